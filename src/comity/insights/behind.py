"""The rows behind a figure: the deals, partnerships, registrations or offers of leads counted, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from comity.deals.models import Opportunity, Registration
from comity.insights.catalogue import METRICS
from comity.insights.engine import answer, compiled, fetch
from comity.insights.labels import label_keys, slice_of_key
from comity.insights.metric import CALENDAR_DIMENSIONS, Dimension, Metric, Over
from comity.insights.question import Question
from comity.insights.registrations import SECONDS
from comity.leads.models import Lead
from comity.programs.models import Manager, Partnership

MOST_REVENUES: Final = 100_000
WORDS: Final = CALENDAR_DIMENSIONS | {Dimension.ROLE, Dimension.TYPE, Dimension.SEGMENT}
"""Slices whose key is a text; of the others it is an id."""


@dataclass(frozen=True)
class DealLine:
    """A deal behind a figure; the amount is in the program's currency, null where it is not known."""

    opportunity_id: UUID
    name: str
    account: str
    status: str
    opened_on: date | None
    closed_on: date | None
    role: str
    manager: str
    amount: Decimal | None


@dataclass(frozen=True)
class PartnerLine:
    """A partnership behind a figure."""

    partnership_id: UUID
    name: str
    manager: str
    last_activity_on: date | None = None
    last_won_on: date | None = None
    amount: Decimal | None = None
    deals: int | None = None


@dataclass(frozen=True)
class RegistrationLine:
    """A registration behind a figure; hours until the first decision, null where it was not decided here."""

    registration_id: UUID
    reference: str
    customer: str
    partner: str
    state: str
    submitted_on: date
    decided_on: date | None
    hours: Decimal | None
    against: tuple[str, ...]
    """What stood against it: partner, deal, customer."""


@dataclass(frozen=True)
class LeadLine:
    """An offer of a lead behind a figure; hours until the partner's own answer."""

    lead_id: UUID
    reference: str
    customer: str
    partner: str
    offered_on: date
    answer: str
    answered_on: date | None
    hours: Decimal | None
    returned_on: date | None
    converted_on: date | None


class Kind(StrEnum):
    """What the rows behind a figure are."""

    DEALS = "deals"
    PARTNERSHIPS = "partnerships"
    REGISTRATIONS = "registrations"
    LEADS = "leads"


KIND_OF: Final = {
    Over.CLOSED_DEALS: Kind.DEALS,
    Over.OPEN_DEALS: Kind.DEALS,
    Over.QUOTAS: Kind.DEALS,
    Over.PARTNERSHIPS: Kind.PARTNERSHIPS,
    Over.REVENUES: Kind.PARTNERSHIPS,
    Over.BOOKS: Kind.PARTNERSHIPS,
    Over.REGISTRATIONS: Kind.REGISTRATIONS,
    Over.LEAD_OFFERS: Kind.LEADS,
}


@dataclass(frozen=True)
class Behind:
    """One page of the rows behind a figure."""

    kind: Kind
    lines: Sequence[DealLine] | Sequence[PartnerLine] | Sequence[RegistrationLine] | Sequence[LeadLine]
    total: int


def rows_behind(
    question: Question, metric: Metric, *, key: str | None = None, offset: int = 0, limit: int = 50
) -> Behind:
    """The rows counted in `rows` of the total, or of the slice with this key (`question.by` says of which dimension).

    Raises LookupError for a key that does not exist.
    """
    parameters = question.parameters() | {"limit": limit, "offset": offset}
    by, which, wanted = None, "all", None
    if key is not None and question.by in metric.dimensions:
        by = question.by
        wanted = slice_of_key(question, key)
        which = "unset" if wanted is None else "one"
        parameters["key" if by in WORDS else "key_id"] = wanted
    # A slice that is told as a part of the whole counts the whole's rows: then those of its own are counted here.
    is_counted = by is not None and by in metric.whole_for
    found = fetch(_statement(metric.name, by, which, is_counted), parameters)
    kind = KIND_OF[metric.over]
    counted = found[0]["all_of_them"] if is_counted and found else 0
    total = counted if is_counted else _rows_of(question.sliced(by), metric, wanted)
    return Behind(kind, _LINES[kind](question, found), total)


def revenues_behind(question: Question, metric: Metric) -> list[Decimal | None]:
    """The revenue of each active partnership of the period, the largest first; for a metric over revenues."""
    found = fetch(
        _statement(metric.name, None, "all", False), question.parameters() | {"limit": MOST_REVENUES, "offset": 0}
    )
    return [row["amount"] for row in found]


def _rows_of(question: Question, metric: Metric, wanted: UUID | str | None) -> int:
    """How many they are: the figure itself says so."""
    by = question.by
    place = (None, None) if by is None else (by, label_keys(question, {wanted})[wanted][0])
    return next((row.rows for row in answer(question, [metric]) if (row.dimension, row.key) == place), 0)


@lru_cache(maxsize=256)
def _statement(name: str, by: Dimension | None, which: str, is_counted: bool) -> str:
    import ibis

    from comity.insights.tables import hole

    metric = METRICS[name]
    rows = _SOURCES[metric.over](metric, by)
    if which == "one":
        rows = rows.filter(rows.key == hole("key" if by in WORDS else "key_id"))
    elif which == "unset":
        rows = rows.filter(rows.key.isnull())
    place = [ibis.desc(rows[name]) for name in _FIRST.get(metric.over, ("amount",))] + [rows.row_id]
    if is_counted:
        rows = rows.mutate(all_of_them=rows.count().over(ibis.window()))
    return compiled(rows.order_by(place)) + " LIMIT %(limit)s OFFSET %(offset)s"


def _of_deals(metric: Metric, by: Dimension | None) -> Any:
    from comity.insights.frames import frame

    rows = frame(metric.over, by)
    rows = rows.filter(metric.behind(rows))
    return _picked(rows, by, row_id="opportunity_id", columns=("role", "status", "opened_on", "closed_on", "amount"))


def _of_quotas(metric: Metric, by: Dimension | None) -> Any:
    from comity.insights import frames

    quota, won = frames.counted_quotas(by), frames.credited_deals(by).rename(owner="holder")
    rows = quota.join(
        won, [quota.holder == won.owner, won.closed_on >= quota.starts_on, won.closed_on <= quota.ends_on]
    )
    return _picked(rows, by, row_id="opportunity_id", columns=("role", "status", "opened_on", "closed_on", "amount"))


def _of_partnerships(metric: Metric, by: Dimension | None) -> Any:
    import ibis

    from comity.insights.frames import frame

    rows = frame(metric.over, by)
    rows = rows.filter(metric.behind(rows)).mutate(amount=ibis.null("decimal(38, 4)"))
    return _picked(rows, by, row_id="partnership_id", columns=("last_activity_on", "last_won_on", "amount"))


def _of_registrations(metric: Metric, by: Dimension | None) -> Any:
    from comity.insights.frames import frame

    rows = frame(metric.over, by)
    columns = ("submitted_on", "decided_on", "seconds", "rival_on", "deal_on", "customer_on")
    return _picked(rows.filter(metric.behind(rows)), by, row_id="registration_id", columns=columns)


def _of_leads(metric: Metric, by: Dimension | None) -> Any:
    from comity.insights.frames import frame

    rows = frame(metric.over, by)
    columns = (
        "sequence", "partnership_id", "offered_on", "answer", "answered_on", "seconds", "returned_on", "converted_on",
    )  # fmt: skip
    return _picked(rows.filter(metric.behind(rows)), by, row_id="lead_id", columns=columns)


def _of_revenues(metric: Metric, by: Dimension | None) -> Any:
    from comity.insights.frames import frame

    return _picked(frame(metric.over, by), by, row_id="partnership_id", columns=("amount", "deals"))


def _of_books(metric: Metric, by: Dimension | None) -> Any:
    """Those whose manager counts: the ones with a capacity, or all where no one has one."""
    import ibis

    from comity.insights import frames

    manager, member = frames.books(None), frames.active_members(Dimension.MANAGER)
    manager = manager.mutate(nobody=manager.capacity.max().over(ibis.window()).isnull())
    if by is None:
        manager = manager.filter(manager.capacity.notnull() | manager.nobody)
    rows = member.join(manager.select("manager_id"), [member.key == manager.manager_id])
    rows = rows.mutate(amount=ibis.null("decimal(38, 4)"))
    return _picked(rows, by, row_id="partnership_id", columns=("amount",))


def _picked(rows: Any, by: Dimension | None, *, row_id: str, columns: tuple[str, ...]) -> Any:
    keys = () if by is None else ("key",)
    return rows.select(*columns, *keys, row_id=rows[row_id])


_SOURCES: Final[dict[Over, Callable[[Metric, Dimension | None], Any]]] = {
    Over.CLOSED_DEALS: _of_deals,
    Over.OPEN_DEALS: _of_deals,
    Over.QUOTAS: _of_quotas,
    Over.PARTNERSHIPS: _of_partnerships,
    Over.REVENUES: _of_revenues,
    Over.BOOKS: _of_books,
    Over.REGISTRATIONS: _of_registrations,
    Over.LEAD_OFFERS: _of_leads,
}
_FIRST: Final = {Over.REGISTRATIONS: ("submitted_on",), Over.LEAD_OFFERS: ("offered_on", "sequence")}
"""By what rows are ordered, the highest first, where not by their amount."""


def _deal_lines(question: Question, found: list[dict[str, Any]]) -> list[DealLine]:
    """Names of the deals on this page."""
    deals = Opportunity.objects.filter(
        vendor_id=question.program.vendor_id, pk__in={row["row_id"] for row in found}
    ).select_related("account", "manager")
    named = {deal.pk: deal for deal in deals}
    return [
        DealLine(
            opportunity_id=row["row_id"],
            name=deal.name,
            account=deal.account.name if deal.account else "",
            status=row["status"],
            opened_on=row["opened_on"],
            closed_on=row["closed_on"],
            role=row["role"],
            manager=deal.manager.name if deal.manager else "",
            amount=row["amount"],
        )
        for row in found
        if (deal := named.get(row["row_id"]))
    ]


def _partner_lines(question: Question, found: list[dict[str, Any]]) -> list[PartnerLine]:
    """Names of the partnerships on this page."""
    vendor_id = question.program.vendor_id
    partners = Partnership.objects.filter(vendor_id=vendor_id, pk__in={row["row_id"] for row in found})
    named = {partner.pk: partner for partner in partners}
    managers = dict(
        Manager.objects.filter(
            vendor_id=vendor_id, pk__in={partner.manager_id for partner in named.values() if partner.manager_id}
        ).values_list("pk", "name")
    )
    return [
        PartnerLine(
            partnership_id=row["row_id"],
            name=partner.name,
            manager=managers.get(partner.manager_id, "") if partner.manager_id else "",
            last_activity_on=row.get("last_activity_on"),
            last_won_on=row.get("last_won_on"),
            amount=row.get("amount"),
            deals=(row["deals"] or 0) if "deals" in row else None,
        )
        for row in found
        if (partner := named.get(row["row_id"]))
    ]


def _registration_lines(question: Question, found: list[dict[str, Any]]) -> list[RegistrationLine]:
    """Names of the registrations on this page, each in the state it is in now."""
    claims = Registration.objects.filter(
        vendor_id=question.program.vendor_id, pk__in={row["row_id"] for row in found}
    ).select_related("partnership")
    named = {claim.pk: claim for claim in claims}
    return [
        RegistrationLine(
            registration_id=claim.pk,
            reference=claim.reference or "",
            customer=claim.customer_name,
            partner=claim.partnership.name,
            state=claim.state,
            submitted_on=row["submitted_on"],
            decided_on=row["decided_on"],
            hours=_hours(row["seconds"]),
            against=tuple(word for word, day in _AGAINST if row[day] is not None),
        )
        for row in found
        if (claim := named.get(row["row_id"]))
    ]


def _lead_lines(question: Question, found: list[dict[str, Any]]) -> list[LeadLine]:
    """Names of the leads on this page."""
    vendor_id = question.program.vendor_id
    leads = Lead.objects.filter(vendor_id=vendor_id, pk__in={row["row_id"] for row in found}).in_bulk()
    partners = Partnership.objects.filter(
        vendor_id=vendor_id, pk__in={row["partnership_id"] for row in found}
    ).values_list("pk", "name")
    names = dict(partners)
    return [
        LeadLine(
            lead_id=lead.pk,
            reference=lead.reference,
            customer=lead.customer_name,
            partner=names.get(row["partnership_id"], ""),
            offered_on=row["offered_on"],
            answer=row["answer"],
            answered_on=row["answered_on"] if row["answer"] else None,
            hours=_hours(row["seconds"]),
            returned_on=row["returned_on"],
            converted_on=row["converted_on"],
        )
        for row in found
        if (lead := leads.get(row["row_id"]))
    ]


def _hours(seconds: Decimal | None) -> Decimal | None:
    return None if seconds is None else seconds / SECONDS


_AGAINST: Final = (("partner", "rival_on"), ("deal", "deal_on"), ("customer", "customer_on"))
_LINES: Final[dict[Kind, Callable[[Question, list[dict[str, Any]]], Any]]] = {
    Kind.DEALS: _deal_lines,
    Kind.PARTNERSHIPS: _partner_lines,
    Kind.REGISTRATIONS: _registration_lines,
    Kind.LEADS: _lead_lines,
}
