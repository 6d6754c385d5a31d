"""How alive the partner base is: what active partnerships did up to the as-of date."""

from __future__ import annotations

from typing import Any, Final

from comity.insights.metric import PARTNERSHIP_DIMENSIONS, Better, Metric, Over, Rows, Unit, count_of
from comity.kernel.words import words

ACTIVE_DAYS: Final = 90
DORMANT_DAYS: Final = 180
MISSING: Final = words("there is no active partnership")


def member(partner: Rows) -> Any:
    """Every active partnership."""
    return partner.partnership_id.notnull()


def was_active(partner: Rows) -> Any:
    """Those with a qualifying activity in the 90 days that end with the as-of date."""
    return partner.quiet_days < ACTIVE_DAYS


def has_produced(partner: Rows) -> Any:
    """Those that won a deal in the 12 months to the as-of date."""
    return partner.last_won_on.notnull()


def is_dormant(partner: Rows) -> Any:
    """Those without a qualifying activity in 180 days."""
    return partner.quiet_days.isnull() | (partner.quiet_days >= DORMANT_DAYS)


ACTIVE_PARTNERS: Final = Metric(
    name="active_partners",
    title=words("Active partners"),
    unit=Unit.COUNT,
    over=Over.PARTNERSHIPS,
    meaning=words("Active partnerships with at least one qualifying activity in the 90 days to the as-of date."),
    missing=MISSING,
    dimensions=PARTNERSHIP_DIMENSIONS,
    behind=was_active,
    numerator=count_of(was_active),
    listed=count_of(member),
)

PRODUCING_PARTNERS: Final = Metric(
    name="producing_partners",
    title=words("Producing partners"),
    unit=Unit.COUNT,
    over=Over.PARTNERSHIPS,
    meaning=words("Active partnerships with at least one won deal in the 12 months to the as-of date."),
    missing=MISSING,
    dimensions=PARTNERSHIP_DIMENSIONS,
    behind=has_produced,
    numerator=count_of(has_produced),
    listed=count_of(member),
)

DORMANCY_RATE: Final = Metric(
    name="dormancy_rate",
    title=words("Dormancy rate"),
    unit=Unit.RATIO,
    over=Over.PARTNERSHIPS,
    meaning=words(
        "Active partnerships without qualifying activity in the 180 days to the as-of date, over all active ones."
    ),
    missing=MISSING,
    dimensions=PARTNERSHIP_DIMENSIONS,
    behind=member,
    numerator=count_of(is_dormant),
    denominator=count_of(member),
    better=Better.LOWER,
)

METRICS: Final = (ACTIVE_PARTNERS, PRODUCING_PARTNERS, DORMANCY_RATE)
