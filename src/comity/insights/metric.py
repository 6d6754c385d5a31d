"""What a metric is: data. Which rows it looks at, what it sums of them, and what it means in words.

The sums are expressions over the rows (Ibis tables, see `frames.py`), written with their methods alone, so that this
module and the definitions cost nothing to import. One definition serves every total, slice and list of rows behind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from comity.kernel.words import words

type Rows = Any
"""An Ibis table of one of the kinds of `Over`."""
type Pick = Callable[[Rows], Any]
"""Which of the rows count: a boolean column."""
type Sum = Callable[[Rows], Any]
"""One figure of the rows: an aggregate."""


class Unit(StrEnum):
    """What a figure counts."""

    MONEY = "money"
    RATIO = "ratio"
    COUNT = "count"
    DAYS = "days"
    HOURS = "hours"


class Dimension(StrEnum):
    """By what a metric may be sliced."""

    PARTNER = "partner"
    TIER = "tier"
    TYPE = "type"
    SEGMENT = "segment"
    REGION = "region"
    MANAGER = "manager"
    FAMILY = "family"
    ROLE = "role"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Over(StrEnum):
    """The rows a metric looks at."""

    CLOSED_DEALS = "deals closed in the period"
    OPEN_DEALS = "deals open on the as-of date"
    PARTNERSHIPS = "active partnerships on the as-of date"
    REVENUES = "active partnerships with their revenue of the period"
    BOOKS = "managers with the partnerships in their care"
    QUOTAS = "quotas that lie within the period"
    REGISTRATIONS = "registrations submitted in the period"
    LEAD_OFFERS = "offers of leads made in the period"

    @property
    def of_a_day(self) -> bool:
        """Whether only the as-of date counts, not the period."""
        return self in (Over.OPEN_DEALS, Over.PARTNERSHIPS, Over.BOOKS)


class Better(StrEnum):
    """Which way a figure should move."""

    HIGHER = "higher"
    LOWER = "lower"
    NONE = "none"


PARTNERSHIP_DIMENSIONS: Final = frozenset(
    {
        Dimension.PARTNER,
        Dimension.TIER,
        Dimension.TYPE,
        Dimension.SEGMENT,
        Dimension.REGION,
        Dimension.MANAGER,
    }
)
CALENDAR_DIMENSIONS: Final = frozenset({Dimension.MONTH, Dimension.QUARTER, Dimension.YEAR})
TIMELESS_DIMENSIONS: Final = PARTNERSHIP_DIMENSIONS | {Dimension.FAMILY, Dimension.ROLE}
DEAL_DIMENSIONS: Final = TIMELESS_DIMENSIONS | CALENDAR_DIMENSIONS
OVERLAPPING_DIMENSIONS: Final = PARTNERSHIP_DIMENSIONS - {Dimension.MANAGER} | {Dimension.FAMILY}
"""In these a deal may stand in several slices, so that they may exceed the total."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A further figure beside a metric's total."""

    key: str
    label: Callable[[int], str]
    """The label, given the number of rows."""
    dimension: str | None = None
    numerator: Sum | None = None
    denominator: Sum | None = None
    value: Sum | None = None
    """By itself; else the numerator over the denominator, or the numerator alone."""
    rows: Sum
    shows_parts: bool = True
    unit: Unit | None = None
    """Null: the metric's."""
    missing: str = ""
    """Why there is no value; empty: as the metric says."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric of the catalogue: value = numerator / denominator, or the numerator alone, or `value` by itself."""

    name: str
    title: str
    unit: Unit
    over: Over
    meaning: str
    missing: str
    """Why there is no value when it is not for want of amounts."""
    dimensions: frozenset[Dimension]
    behind: Pick
    """The rows behind the figure, counted and opened."""
    numerator: Sum | None = None
    denominator: Sum | None = None
    value: Sum | None = None
    rows: Sum | None = None
    """How many rows are behind, where they are not rows of the table itself."""
    lacking: Sum | None = None
    """How many of them lack the amount; only where amounts are summed."""
    listed: Sum | None = None
    """A slice is shown where this is above zero (else where it has rows)."""
    whole_for: frozenset[Dimension] = frozenset()
    """Slices by these are divided by the program's denominator."""
    variants: tuple[Variant, ...] = ()
    better: Better = Better.HIGHER
    basis: str = ""
    """Of money: which amount is meant."""


ONE_OFF: Final = words("one-off amount")


def everything(rows: Rows) -> Any:
    """All rows."""
    return rows.count() >= 0


WEIGHT: Final = "times"
"""A column of rows that stand for several deals alike in all that a metric asks: how many, see `summed.py`."""


def counted(rows: Rows, which: Any) -> Any:
    """How many deals (or partnerships) fulfil a condition."""
    if WEIGHT in rows.columns:
        return rows[WEIGHT].sum(where=which).coalesce(0)
    return rows.count(where=which)


def count_of(pick: Pick) -> Sum:
    """How many rows fulfil a condition."""
    return lambda rows: counted(rows, pick(rows))


def amount_of(pick: Pick) -> Sum:
    """The known amounts, summed: 0 over no rows, unknown over rows that all lack it."""

    def total(rows: Rows) -> Any:
        picked = pick(rows)
        nothing = (counted(rows, picked) == 0).ifelse(0, None).cast("decimal(38, 4)")
        # Where nothing known is left of what was added and taken away again, there is no sum, not a sum of 0.
        known = counted(rows, picked & rows.amount.notnull()) > 0
        return known.ifelse(rows.amount.sum(where=picked), nothing)

    return total


def lacking_amount(pick: Pick) -> Sum:
    """How many of the rows have no amount."""
    return lambda rows: counted(rows, pick(rows) & rows.amount.isnull())


def having_amount(pick: Pick) -> Sum:
    """How many of the rows have one."""
    return lambda rows: counted(rows, pick(rows) & rows.amount.notnull())
