"""The same rows as in `frames.py`, put together from sums: each stands for `times` deals alike in all that metrics ask.

A period is cut into whole months or years and the days around them. Whole units come from the sums; the days around
years are added up deal by deal, which an index by day keeps short.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import ibis

from comity.insights.frames import met_by, period_key, ranked, roles_within
from comity.insights.metric import CALENDAR_DIMENSIONS, PARTNERSHIP_DIMENSIONS, Dimension, Over
from comity.insights.models import NOT_SET
from comity.insights.tables import STATES, days_between, hole, mart, mine, stretch

_SUM: Final = {
    "kind": "string",
    "level": "string",
    "starts_on": "date",
    "key": "uuid",
    "role": "string",
    "deals": "int64",
    "amount": "decimal(38, 4)",
}
CLOSED: Final = mart("insights_closedsum", **_SUM, known_on="date", status="string", cycle_days="int64")
OPEN: Final = mart("insights_opensum", **_SUM)
CYCLES: Final = mart(
    "insights_cyclesum", starts_on="date", known_on="date", role="string", cycle_days="int64", deals="int64"
)
CIRCLES: Final = mart("insights_dealcircle", circle_id="uuid", partnership_id="uuid", rank="int16")


def frame(over: Over, by: Dimension | None, *, is_now: bool) -> Any:
    """The rows of one kind; sliced, they have a column `key`. Now: nothing happened after the as-of date."""
    if over is Over.OPEN_DEALS:
        return _open_deals(by, is_now=is_now)
    return _FRAMES[over](by)


def _closed_deals(by: Dimension | None) -> Any:
    if by in PARTNERSHIP_DIMENSIONS and by is not Dimension.MANAGER:
        return _in_slices(closed_by_circle(), by)
    kind = "family" if by is Dimension.FAMILY else "manager"
    rows = _of(CLOSED, kind, _within(("day", "month_head"), ("month", "months"), ("day", "month_tail")))
    rows = rows.filter(rows.known_on <= hole("as_of"))
    rows = rows.mutate(times=rows.deals, is_won=rows.status == "won")
    return _keyed(rows, by)


def _open_deals(by: Dimension | None, *, is_now: bool) -> Any:
    if by in PARTNERSHIP_DIMENSIONS and by is not Dimension.MANAGER:
        return _in_slices(_open_now() if is_now else _open_then(), by)
    kind = "family" if by is Dimension.FAMILY else "manager"
    rows = _of(OPEN, kind, _within(("month", "past_months"), ("day", "past_month_days")))
    return _keyed(rows.mutate(times=rows.deals), by)


def _open_now() -> Any:
    rows = _of(OPEN, "circle", lambda table: table.level == "always")
    return rows.select(circle_id=rows.key, amount=rows.amount, times=rows.deals)


def _open_then() -> Any:
    """What came to be open and ceased to be, by their partnerships: whole years, and the days of the last one."""
    years = _of(OPEN, "circle", _within(("year", "past_years")))
    parts = [years.select(circle_id=years.key, amount=years.amount, times=years.deals)]
    first, last = stretch("past_year_days")
    for edge, times in (("from_on", 1), ("to_on", -1)):
        deal = mine(STATES)
        deal = deal.filter(deal.status == "open", deal[edge] >= first, deal[edge] <= last)
        parts.append(
            deal.select(
                "circle_id", amount=(deal.amount * times).cast("decimal(38, 4)"), times=ibis.literal(times, "int64")
            )
        )
    return ibis.union(*parts, distinct=False)


def closed_by_circle() -> Any:
    """Deals closed in the period, by their partnerships: whole years, and the deals of the days around them."""
    years = _of(CLOSED, "circle", _within(("year", "years")))
    years = years.filter(years.known_on <= hole("as_of"))
    parts = [
        years.select(
            circle_id=years.key,
            is_won=years.status == "won",
            amount=years.amount,
            cycle_days=years.cycle_days,
            times=years.deals,
        )
    ]
    for name in ("year_head", "year_tail"):
        deal = _known(name)
        parts.append(
            deal.select(
                "circle_id",
                is_won=deal.status == "won",
                amount=deal.amount.cast("decimal(38, 4)"),
                cycle_days=days_between(deal.closed_on, deal.opened_on),
                times=ibis.literal(1, "int64"),
            )
        )
    return ibis.union(*parts, distinct=False)


def _revenues(by: Dimension | None) -> Any:
    won = closed_by_circle()
    won = won.filter(won.is_won)
    earned = won.group_by("circle_id").aggregate(
        revenue=won.amount.sum(),
        deals=won.times.sum(),
        without_amount=won.times.sum(where=won.amount.isnull()).coalesce(0),
    )
    earned = earned.join(mine(CIRCLES), "circle_id")
    return ranked(
        earned.group_by("partnership_id").aggregate(
            revenue=earned.revenue.sum(), deals=earned.deals.sum(), without_amount=earned.without_amount.sum()
        ),
        by,
    )


def _quotas(by: Dimension | None) -> Any:
    won = _of(
        CLOSED,
        "manager",
        lambda table: (
            (table.level == "day")
            & (table.starts_on >= hole("from_on"))
            & (table.starts_on <= hole("until"))
            & (table.status == "won")
            & (table.known_on <= hole("as_of"))
        ),
    )
    daily = won.group_by(owner=won.key.nullif(_nobody()), day=won.starts_on).aggregate(
        amount=won.amount.sum(),
        deals=won.deals.sum(),
        known=won.deals.sum(where=won.amount.notnull()).coalesce(0),
    )
    daily = daily.filter(daily.deals > 0)
    amount = (daily.known > 0).ifelse(daily.amount, None)
    return met_by(daily.mutate(amount=amount, without_amount=daily.deals - daily.known).drop("known"), by)


def median_cycle(by: Dimension | None) -> Any:
    """The median of the days from opened to closed over won deals: of an even number the mean of the middle two."""
    months = mine(CYCLES)
    months = months.filter(
        months.starts_on >= hole("months_from"),
        months.starts_on <= hole("months_to"),
        months.known_on <= hole("as_of"),
    )
    parts = [months.select("role", "starts_on", "cycle_days", times=months.deals)]
    for name in ("month_head", "month_tail"):
        deal = _known(name)
        deal = deal.filter(deal.status == "won", deal.opened_on.notnull())
        parts.append(
            deal.select(
                "role",
                starts_on=deal.closed_on,
                cycle_days=days_between(deal.closed_on, deal.opened_on),
                times=ibis.literal(1, "int64"),
            )
        )
    rows = _keyed(ibis.union(*parts, distinct=False), by)
    keys = [] if by is None else ["key"]
    lengths = rows.group_by(*keys, "cycle_days").aggregate(times=rows.times.sum())
    lengths = lengths.filter(lengths.times > 0)
    upto = lengths.times.sum().over(ibis.cumulative_window(group_by=keys, order_by=lengths.cycle_days))
    all_of_them = lengths.times.sum().over(ibis.window(group_by=keys))
    lengths = lengths.mutate(twice=upto * 2, all_of_them=all_of_them)
    middle = (
        lengths.cycle_days.min(where=lengths.twice >= lengths.all_of_them)
        + lengths.cycle_days.min(where=lengths.twice > lengths.all_of_them)
    ).cast("float64") / 2
    return lengths.group_by(*keys).aggregate(median=middle) if keys else lengths.aggregate(median=middle)


# --- Parts ---


def _of(table: Any, kind: str, which: Callable[[Any], Any]) -> Any:
    rows = mine(table)
    return rows.filter(rows.kind == kind, which(rows))


def _within(*parts: tuple[str, str]) -> Callable[[Any], Any]:
    """Sums of these levels that begin within these stretches."""

    def which(table: Any) -> Any:
        chosen = None
        for level, name in parts:
            first, last = stretch(name)
            part = (table.level == level) & (table.starts_on >= first) & (table.starts_on <= last)
            chosen = part if chosen is None else chosen | part
        return chosen

    return which


def _known(name: str) -> Any:
    """Deals that closed within a stretch, as the as-of date knew them."""
    deal, (first, last) = mine(STATES), stretch(name)
    return deal.filter(
        deal.closed_on >= first, deal.closed_on <= last, deal.from_on <= hole("as_of"), deal.to_on > hole("as_of")
    )


def _keyed(rows: Any, by: Dimension | None) -> Any:
    if by is None:
        return rows.drop("key") if "key" in rows.columns else rows
    if by is Dimension.ROLE:
        return rows.mutate(key=rows.role)
    if by in CALENDAR_DIMENSIONS:
        return rows.mutate(key=period_key(by, rows.starts_on))
    return rows.mutate(key=rows.key.nullif(_nobody()))


def _in_slices(rows: Any, by: Dimension) -> Any:
    return rows.join(roles_within(mine(CIRCLES), "circle_id", by), "circle_id")


def _nobody() -> Any:
    return ibis.literal(str(NOT_SET)).cast("uuid")


_FRAMES: Final[dict[Over, Callable[[Dimension | None], Any]]] = {
    Over.CLOSED_DEALS: _closed_deals,
    Over.REVENUES: _revenues,
    Over.QUOTAS: _quotas,
}
