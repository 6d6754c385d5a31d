"""What was won and how: amounts, sizes, rates and cycles of deals by their close date."""

from __future__ import annotations

from typing import Any, Final

from comity.insights.metric import (
    DEAL_DIMENSIONS,
    ONE_OFF,
    PARTNERSHIP_DIMENSIONS,
    Better,
    Dimension,
    Metric,
    Over,
    Pick,
    Rows,
    Unit,
    Variant,
    amount_of,
    count_of,
    having_amount,
    lacking_amount,
)
from comity.kernel.words import words

MISSING: Final = words("no amount is known")


def with_role(role: str) -> Pick:
    """Deals that count under this role."""
    return lambda deal: deal.role == role


def won(deal: Rows) -> Any:
    """Won deals."""
    return deal.is_won


def won_with_role(role: str) -> Pick:
    """Won deals that count under this role."""
    return lambda deal: deal.is_won & (deal.role == role)


def won_with_partner(deal: Rows) -> Any:
    """Won deals on which any partner has a role."""
    return deal.is_won & (deal.role != "direct")


def closed(deal: Rows) -> Any:
    """Won and lost deals: all of those closed in the period."""
    return deal.is_won | ~deal.is_won


def won_and_dated(deal: Rows) -> Any:
    """Won deals whose opened date is known."""
    return deal.is_won & deal.cycle_days.notnull()


PARTNER_SOURCED_REVENUE: Final = Metric(
    name="partner_sourced_revenue",
    title=words("Partner-sourced revenue"),
    unit=Unit.MONEY,
    basis=ONE_OFF,
    over=Over.CLOSED_DEALS,
    meaning=words("Amount won with close date in the period, of deals that a partner sourced."),
    missing=MISSING,
    dimensions=DEAL_DIMENSIONS,
    behind=won_with_role("sourced"),
    numerator=amount_of(won_with_role("sourced")),
    lacking=lacking_amount(won_with_role("sourced")),
)

PARTNER_INFLUENCED_REVENUE: Final = Metric(
    name="partner_influenced_revenue",
    title=words("Partner-influenced revenue"),
    unit=Unit.MONEY,
    basis=ONE_OFF,
    over=Over.CLOSED_DEALS,
    meaning=words("Amount won with close date in the period, of deals that a partner influenced and none sourced."),
    missing=MISSING,
    dimensions=DEAL_DIMENSIONS,
    behind=won_with_role("influenced"),
    numerator=amount_of(won_with_role("influenced")),
    lacking=lacking_amount(won_with_role("influenced")),
)

PARTNER_FULFILLED_REVENUE: Final = Metric(
    name="partner_fulfilled_revenue",
    title=words("Partner-fulfilled revenue"),
    unit=Unit.MONEY,
    basis=ONE_OFF,
    over=Over.CLOSED_DEALS,
    meaning=(
        words(
            "Amount won with close date in the period, of deals whose order went through a partner "
            "and that no partner sourced or influenced."
        )
    ),
    missing=MISSING,
    dimensions=DEAL_DIMENSIONS,
    behind=won_with_role("fulfilled"),
    numerator=amount_of(won_with_role("fulfilled")),
    lacking=lacking_amount(won_with_role("fulfilled")),
)

PARTNER_REVENUE: Final = Metric(
    name="partner_revenue",
    title=words("Partner revenue"),
    unit=Unit.MONEY,
    basis=ONE_OFF,
    over=Over.CLOSED_DEALS,
    meaning=words(
        "Amount won with close date in the period, of deals on which any partner has a role; each deal once."
    ),
    missing=MISSING,
    dimensions=DEAL_DIMENSIONS,
    behind=won_with_partner,
    numerator=amount_of(won_with_partner),
    lacking=lacking_amount(won_with_partner),
)

PARTNER_SHARE_OF_REVENUE: Final = Metric(
    name="partner_share_of_revenue",
    title=words("Partner share of revenue"),
    unit=Unit.RATIO,
    over=Over.CLOSED_DEALS,
    meaning=(
        words(
            "Partner revenue over all won amount of the period. Slices by partner and role are parts "
            "of the whole program; slices by manager, family and time are parts of their own slice."
        )
    ),
    missing=words("nothing was won in the period"),
    dimensions=DEAL_DIMENSIONS,
    behind=won,
    numerator=amount_of(won_with_partner),
    denominator=amount_of(won),
    lacking=lacking_amount(won),
    whole_for=PARTNERSHIP_DIMENSIONS - {Dimension.MANAGER} | {Dimension.ROLE},
)

AVERAGE_DEAL_SIZE: Final = Metric(
    name="average_deal_size",
    title=words("Average deal size"),
    unit=Unit.MONEY,
    basis=ONE_OFF,
    over=Over.CLOSED_DEALS,
    meaning=words("Won amount over the number of won deals whose amount is known, in the period."),
    missing=words("nothing was won in the period"),
    dimensions=DEAL_DIMENSIONS,
    behind=won,
    numerator=amount_of(won),
    denominator=having_amount(won),
    lacking=lacking_amount(won),
)

WIN_RATE: Final = Metric(
    name="win_rate",
    title=words("Win rate"),
    unit=Unit.RATIO,
    over=Over.CLOSED_DEALS,
    meaning=words("Won over won plus lost, by close date in the period."),
    missing=words("no deal was closed in the period"),
    dimensions=DEAL_DIMENSIONS,
    behind=closed,
    numerator=count_of(won),
    denominator=count_of(closed),
)

SALES_CYCLE_DAYS: Final = Metric(
    name="sales_cycle_days",
    title=words("Sales cycle"),
    unit=Unit.DAYS,
    over=Over.CLOSED_DEALS,
    meaning=words("Median days from opened to close date, over deals won in the period whose opened date is known."),
    missing=words("no opened date is known"),
    dimensions=DEAL_DIMENSIONS,
    behind=won,
    value=lambda deal: deal.cycle_days.median(where=won(deal)),
    denominator=count_of(won_and_dated),
    better=Better.LOWER,
    variants=(
        Variant(
            key="mean",
            label=lambda _: words("Mean"),
            numerator=lambda deal: deal.cycle_days.sum(where=won(deal)).coalesce(0),
            denominator=count_of(won_and_dated),
            rows=count_of(won),
        ),
    ),
)

METRICS: Final = (
    PARTNER_SOURCED_REVENUE,
    PARTNER_INFLUENCED_REVENUE,
    PARTNER_FULFILLED_REVENUE,
    PARTNER_REVENUE,
    PARTNER_SHARE_OF_REVENUE,
    AVERAGE_DEAL_SIZE,
    WIN_RATE,
    SALES_CYCLE_DAYS,
)
