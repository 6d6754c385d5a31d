"""The marts as Ibis tables, and the holes of a question in what is compiled of them.

What differs from question to question (vendor, program, dates) is left open as *holes*: functions without arguments
that the engine turns into parameters, so that each expression is compiled once.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, Final
from uuid import UUID

import ibis

from comity.programs.states import Segment

HOLE: Final = "comity_hole_"
STRETCHES: Final = tuple(
    f"{part}_{edge}"
    for part in (
        "month_head", "months", "month_tail", "year_head", "years", "year_tail",
        "past_months", "past_month_days", "past_years", "past_year_days",
    )
    for edge in ("from", "to")
)  # fmt: skip
"""The period, and all that lies before the as-of date, in months and in years with the days around them."""
HOLES: Final[dict[str, type]] = {
    "vendor": UUID,
    "program": UUID,
    "currency": str,
    "first_month": int,
    "from_on": date,
    "to_on": date,
    "until": date,
    "as_of": date,
    "year_starts_on": date,
    **dict.fromkeys(STRETCHES, date),
    "key": str,
    "key_id": UUID,
    **{f"weight_{segment}": Decimal for segment in Segment},
}


def stretch(name: str) -> tuple[Any, Any]:
    """First and last day of one of the stretches."""
    return hole(f"{name}_from"), hole(f"{name}_to")


@ibis.udf.scalar.builtin(name="date_mi")
def days_between(until: date, since: date) -> int:
    """Whole days from the second to the first: PostgreSQL's own difference, where Ibis would divide seconds."""
    raise NotImplementedError  # Ibis writes the call into SQL; nobody calls this body


@cache
def hole(name: str) -> Any:
    """A value of the question."""

    def stand_in() -> Any: ...

    stand_in.__name__ = f"{HOLE}{name}"
    stand_in.__annotations__ = {"return": HOLES[name]}
    return ibis.udf.scalar.builtin(stand_in)()


def mart(name: str, **columns: str) -> Any:
    """A table of programs."""
    return ibis.table({"vendor_id": "uuid", "program_id": "uuid", **columns}, name=name)


MONEY: Final = "decimal(20, 4)"
TURNS_OF_REGISTRATIONS: Final = (
    "decided_on", "approved_on", "rejected_on", "appealed_on", "granted_on", "dismissed_on", "rival_on", "deal_on",
    "customer_on",
)  # fmt: skip
STATES: Final = mart(
    "insights_dealstate",
    opportunity_id="uuid",
    from_on="date",
    to_on="date",
    status="string",
    amount=MONEY,
    rate="decimal(32, 18)",
    opened_on="date",
    closed_on="date",
    role="string",
    manager_id="uuid",
    circle_id="uuid",
)
PARTNERS: Final = mart("insights_dealpartner", opportunity_id="uuid", partnership_id="uuid", rank="int16")
PARTS: Final = mart("insights_dealpart", opportunity_id="uuid", family_id="uuid", amount=MONEY, is_whole="boolean")
ACTIVITIES: Final = mart("insights_partneractivity", partnership_id="uuid", kind="string", on="date", undone_on="date")
PARTNERSHIPS: Final = mart(
    "programs_partnership",
    id="uuid",
    status="string",
    tier_id="uuid",
    region_id="uuid",
    manager_id="uuid",
    types="array<string>",
)
SEGMENTS: Final = ibis.table(
    {"vendor_id": "uuid", "partnership_id": "uuid", "segment": "string"}, name="programs_partnershipsegment"
)
REGISTRATIONS: Final = mart(
    "insights_submittedregistration",
    registration_id="uuid",
    partnership_id="uuid",
    submitted_on="date",
    seconds="decimal(18, 6)",
    **dict.fromkeys(TURNS_OF_REGISTRATIONS, "date"),
)
LEAD_OFFERS: Final = mart(
    "insights_offeredlead",
    lead_id="uuid",
    sequence="int32",
    partnership_id="uuid",
    offered_on="date",
    answer="string",
    answered_on="date",
    seconds="decimal(18, 6)",
    returned_on="date",
    converted_on="date",
    conversion_days="int32",
)
MANAGERS: Final = mart("programs_manager", id="uuid", capacity="decimal(6, 1)", is_active="boolean")
QUOTAS: Final = mart(
    "programs_quota",
    id="uuid",
    manager_id="uuid",
    partnership_id="uuid",
    starts_on="date",
    ends_on="date",
    amount=MONEY,
    currency="string",
)


def mine(table: Any) -> Any:
    """Rows of the program asked for. The policies say so too, but the planner needs it in the query."""
    return table.filter(table.vendor_id == hole("vendor"), table.program_id == hole("program")).drop(
        "vendor_id", "program_id"
    )
