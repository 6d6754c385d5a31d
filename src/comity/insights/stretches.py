"""A period as whole months or years and the days at both ends: what sums are put together from. Pure dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

type Days = tuple[date, date]
"""First and last day; none where the first is the later one."""

NONE: Final[Days] = (date(1, 1, 2), date(1, 1, 1))
ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Stretches:
    """The same days, cut where whole units begin and end."""

    head: Days
    whole: Days
    """The first days of the first and of the last whole unit."""
    tail: Days


def by_months(first: date, last: date) -> Stretches:
    """A period (both ends included) as days, whole months, days."""
    return _cut(first, last, months=1)


def by_years(first: date, last: date) -> Stretches:
    """The same with calendar years."""
    return _cut(first, last, months=12)


def _cut(first: date, last: date, *, months: int) -> Stretches:
    begin = _start_from(first, months)
    end = _start_of(last + ONE_DAY, months) if last < date.max else None
    if begin is None or (end is not None and begin >= end):
        return Stretches((first, last), NONE, NONE)
    head = (first, begin - ONE_DAY) if begin > first else NONE
    if end is None:
        return Stretches(head, (begin, last), NONE)
    return Stretches(head, (begin, end - ONE_DAY), (end, last) if end <= last else NONE)


def _start_from(day: date, months: int) -> date | None:
    """The first unit that begins on the day or later; null at the end of time."""
    start = _start_of(day, months)
    if start == day:
        return start
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, 1) if year <= date.max.year else None


def _start_of(day: date, months: int) -> date:
    return day.replace(month=1, day=1) if months == 12 else day.replace(day=1)
