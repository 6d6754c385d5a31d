"""How unevenly partner revenue is spread over the active partnerships."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from comity.insights.metric import Better, Metric, Over, Rows, Sum, Unit, Variant
from comity.kernel.words import words

HUNDRED: Final = 100


def everybody(partner: Rows) -> Any:
    """Every active partnership, those without revenue included."""
    return partner.partnership_id.notnull()


def sellers(partner: Rows) -> Any:
    """Those with revenue."""
    return partner.amount > 0


def total(partner: Rows) -> Any:
    """Revenue of all."""
    return partner.amount.sum().coalesce(0)


def total_of_sellers(partner: Rows) -> Any:
    """Revenue of those with revenue."""
    return partner.amount.sum(where=sellers(partner)).coalesce(0)


def of_the_top(percent: int, members: str) -> Sum:
    """Revenue of the largest: `place` counts from 0 downwards, so this is the share rounded up, in whole numbers."""

    def revenue(partner: Rows) -> Any:
        is_top = partner.place * HUNDRED < partner[members] * percent
        return partner.amount.sum(where=is_top).coalesce(0)

    return revenue


def labelled(percent: int) -> Callable[[int], str]:
    """How many of how many."""
    return lambda rows: words(
        "Top %(percent)s %%: %(value)s of %(rows)s", percent=percent, value=-(-rows * percent // HUNDRED), rows=rows
    )


def gini(partner: Rows) -> Any:
    """Sum of (2i - n - 1) times revenue, i counting upwards from 1; over n times the total it is the coefficient."""
    ascending = partner.members - partner.place
    return ((ascending * 2 - partner.members - 1) * partner.amount).sum()


def shares(percent: int) -> tuple[Variant, Variant]:
    """The top share over all, and over those with revenue."""
    key = f"{percent / HUNDRED:.2f}"
    return (
        Variant(
            key=key,
            label=labelled(percent),
            dimension="top_share",
            numerator=of_the_top(percent, "members"),
            denominator=total,
            rows=lambda partner: partner.count(),
        ),
        Variant(
            key=key,
            label=labelled(percent),
            dimension="top_share_with_revenue",
            numerator=of_the_top(percent, "sellers"),
            denominator=total_of_sellers,
            rows=lambda partner: partner.count(where=sellers(partner)),
        ),
    )


_TENTH, _TENTH_OF_SELLERS = shares(10)
_SIXTH, _SIXTH_OF_SELLERS = shares(15)

REVENUE_CONCENTRATION: Final = Metric(
    name="revenue_concentration",
    title=words("Revenue concentration"),
    unit=Unit.RATIO,
    over=Over.REVENUES,
    meaning=(
        words(
            "Share of partner revenue of the top 10 % of active partnerships (number rounded up). "
            "Beside it: the top 15 %, both over those with revenue only, and the Gini and Herfindahl "
            "coefficients (0 to 1) over all."
        )
    ),
    missing=words("there is no revenue in the period"),
    dimensions=frozenset(),
    behind=everybody,
    numerator=_TENTH.numerator,
    denominator=_TENTH.denominator,
    lacking=lambda partner: partner.without_amount.sum().coalesce(0),
    better=Better.LOWER,
    variants=(
        _TENTH,
        _SIXTH,
        _TENTH_OF_SELLERS,
        _SIXTH_OF_SELLERS,
        Variant(
            key="gini",
            label=lambda _: "Gini",
            numerator=gini,
            denominator=lambda partner: (partner.members * partner.amount).sum(),
            rows=lambda partner: partner.count(),
            shows_parts=False,
        ),
        Variant(
            key="herfindahl",
            label=lambda _: "Herfindahl",
            numerator=lambda partner: (partner.amount * partner.amount).sum(),
            denominator=lambda partner: partner.amount.sum() * partner.amount.sum(),
            rows=lambda partner: partner.count(),
            shows_parts=False,
        ),
    ),
)

METRICS: Final = (REVENUE_CONCENTRATION,)
