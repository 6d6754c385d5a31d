"""Periods of whole days, and the calendar (fiscal or not) that names them.

Both ends of a period are included. Days are those of the organization's time zone: callers turn instants into
dates first, and pass "today" or the data-as-of date in; there is no clock here.

A fiscal year is named by the calendar year in which it ends: with April first, FY2020 is 2019-04-01 to 2020-03-31.
"""

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from comity.kernel.errors import Invalid
from comity.kernel.words import words

_DAY: Final = timedelta(days=1)
_LABEL: Final = re.compile(
    r"(?P<month_year>\d{4})-(?P<month>0[1-9]|1[0-2])"
    r"|(?P<fiscal>FY)?(?P<year>\d{4})(?:-Q(?P<quarter>[1-4]))?"
    r"|(?P<starts_on>\d{4}-\d\d-\d\d)\.\.(?P<ends_on>\d{4}-\d\d-\d\d)",
    re.ASCII,
)


class UnknownPeriod(Invalid):
    """The text names no period. Detail: `label`."""

    code, title = "unknown_period", words("Unknown period")


class Grain(StrEnum):
    """What kind of period: it decides which one came before."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    CUSTOM = "custom"


_MONTHS_IN: Final = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Period:
    """Some days in a row, `starts_on` and `ends_on` included.

    `Period(starts_on, ends_on)` is a custom one; months, quarters and years come from a `FiscalCalendar`.
    `first_month` is that of the fiscal year a quarter or year belongs to (1 for months and custom periods).
    """

    starts_on: date
    ends_on: date
    grain: Grain = Grain.CUSTOM
    first_month: int = 1

    def __post_init__(self) -> None:
        """Raises ValueError for ends in the wrong order or days that do not fit the grain, TypeError for an instant."""
        if isinstance(self.starts_on, datetime) or isinstance(self.ends_on, datetime):
            raise TypeError("A period has dates, not instants: take the date in the organization's time zone.")
        if self.starts_on > self.ends_on:
            raise ValueError(f"A period cannot end ({self.ends_on}) before it starts ({self.starts_on}).")
        months = _MONTHS_IN.get(self.grain)
        if months and (self.starts_on.day != 1 or self.ends_on != _whole_months_end(self.starts_on, months)):
            raise ValueError(f"{self.starts_on} to {self.ends_on} is not a {self.grain}.")
        aligned = not months or (self.starts_on.month - self.first_month) % months == 0
        named_by_year = self.grain in {Grain.QUARTER, Grain.YEAR}
        if not aligned or not 1 <= self.first_month <= 12 or (self.first_month != 1 and not named_by_year):
            raise ValueError(f"A {self.grain} from {self.starts_on} does not fit a year from month {self.first_month}.")

    @property
    def label(self) -> str:
        """Its name, which `FiscalCalendar.parse` reads back: 2019-03, 2019-Q3, 2019, FY2019-Q3, FY2019.

        A custom period is named by its ends, 2019-03-05..2019-04-04.
        """
        if self.grain is Grain.CUSTOM:
            return f"{self.starts_on.isoformat()}..{self.ends_on.isoformat()}"
        if self.grain is Grain.MONTH:
            return f"{self.starts_on.year:04d}-{self.starts_on.month:02d}"
        month_of_year = (self.starts_on.month - self.first_month) % 12
        year = _add_months(self.starts_on, 11 - month_of_year).year
        name = f"{year:04d}" if self.first_month == 1 else f"FY{year:04d}"
        return name if self.grain is Grain.YEAR else f"{name}-Q{month_of_year // 3 + 1}"

    def __str__(self) -> str:
        """The label."""
        return self.label

    @property
    def days(self) -> int:
        """How many days, both ends counted."""
        return (self.ends_on - self.starts_on).days + 1

    def contains(self, day: date) -> bool:
        """Whether the day lies in the period, either end included."""
        return self.starts_on <= day <= self.ends_on

    def previous(self) -> "Period":
        """The one directly before: the month before a month, the quarter before a quarter, the year before a year.

        Before a custom period: as many days.
        """
        last_day = self.starts_on - _DAY
        if self.grain is Grain.CUSTOM:
            return Period(last_day - timedelta(days=self.days - 1), last_day)
        return Period(_add_months(self.starts_on, -_MONTHS_IN[self.grain]), last_day, self.grain, self.first_month)

    def year_before(self) -> "Period":
        """The same days one year earlier.

        Whole months stay whole (February ends on its own last day); else 29 February becomes the 28th.
        """
        starts_on = _add_months(self.starts_on, -12)
        ends_on = _add_months(self.ends_on, -12)
        if self.starts_on.day == 1 and _is_last_of_month(self.ends_on):
            ends_on = _last_of_month(ends_on)
        return Period(starts_on, ends_on, self.grain, self.first_month)


@dataclass(frozen=True, slots=True)
class FiscalCalendar:
    """Which months, quarters and years there are when the year starts with `first_month` (1 is the calendar year)."""

    first_month: int = 1

    def __post_init__(self) -> None:
        """Raises ValueError for a month outside 1-12."""
        if not 1 <= self.first_month <= 12:
            raise ValueError(f"A year starts with month 1 to 12, not {self.first_month}.")

    def month_of(self, day: date) -> Period:
        """The month the day lies in; the same in every calendar."""
        return _whole_months(Grain.MONTH, _date(day).replace(day=1), 1)

    def quarter_of(self, day: date) -> Period:
        """The quarter of this calendar the day lies in."""
        return self._unit_of(Grain.QUARTER, day)

    def year_of(self, day: date) -> Period:
        """The year of this calendar the day lies in."""
        return self._unit_of(Grain.YEAR, day)

    def months(self, period: Period) -> Iterator[Period]:
        """Each month with a day in the period, in order; the outer ones may reach beyond it."""
        return _walk(self.month_of, period)

    def quarters(self, period: Period) -> Iterator[Period]:
        """Each quarter with a day in the period, in order; the outer ones may reach beyond it."""
        return _walk(self.quarter_of, period)

    def years(self, period: Period) -> Iterator[Period]:
        """Each year with a day in the period, in order; the outer ones may reach beyond it."""
        return _walk(self.year_of, period)

    def parse(self, label: str) -> Period:
        """The period of a label; see `Period.label`.

        `FY` means a year of this calendar; without it the year is the calendar's own, from January.
        Raises UnknownPeriod.
        """
        found = _LABEL.fullmatch(label)
        try:
            if found is not None:
                return self._period(found)
        except ValueError:  # year 0000, 31 February, or ends in the wrong order
            pass
        raise UnknownPeriod(
            words(
                "“%(label)s” is not a period. Write it like 2019-03, 2019-Q3, 2019, FY2019-Q3, FY2019 or "
                "2019-03-05..2019-04-04.",
                label=label,
            ),
            label=label,
        )

    def _period(self, found: re.Match[str]) -> Period:
        if found["starts_on"]:
            return Period(date.fromisoformat(found["starts_on"]), date.fromisoformat(found["ends_on"]))
        if found["month"]:
            return self.month_of(date(int(found["month_year"]), int(found["month"]), 1))
        first_month = self.first_month if found["fiscal"] else 1
        last_month = date(int(found["year"]), (first_month - 2) % 12 + 1, 1)  # the name is the year it ends in
        year = FiscalCalendar(first_month).year_of(last_month)
        if not found["quarter"]:
            return year
        starts_on = _add_months(year.starts_on, 3 * (int(found["quarter"]) - 1))
        return _whole_months(Grain.QUARTER, starts_on, first_month)

    def _unit_of(self, grain: Grain, day: date) -> Period:
        months_into = (_date(day).month - self.first_month) % _MONTHS_IN[grain]
        return _whole_months(grain, _add_months(day.replace(day=1), -months_into), self.first_month)


def window(as_of: date, days: int) -> Period:
    """The `days` days that end with, and include, `as_of`. Raises ValueError for fewer than one."""
    if days < 1:
        raise ValueError(f"A window has at least one day, not {days}.")
    return Period(as_of - timedelta(days=days - 1), as_of)


def rolling_months(as_of: date, months: int = 12) -> Period:
    """The `months` months that end with, and include, `as_of`: for 2020-05-31 and 12, 2019-06-01 to 2020-05-31.

    To the last of a month they are whole months; else they start the day after the same day of an earlier month.
    Raises ValueError for fewer than one.
    """
    if months < 1:
        raise ValueError(f"A rolling period has at least one month, not {months}.")
    if _is_last_of_month(as_of):
        return Period(_add_months(as_of.replace(day=1), 1 - months), as_of)
    return Period(_add_months(as_of, -months) + _DAY, as_of)


def _walk(unit_of: Callable[[date], Period], period: Period) -> Iterator[Period]:
    unit = unit_of(period.starts_on)
    yield unit
    while unit.ends_on < period.ends_on:
        unit = unit_of(unit.ends_on + _DAY)
        yield unit


def _whole_months(grain: Grain, starts_on: date, first_month: int) -> Period:
    return Period(starts_on, _whole_months_end(starts_on, _MONTHS_IN[grain]), grain, first_month)


def _whole_months_end(starts_on: date, months: int) -> date:
    """Last day of so many whole months, of which `starts_on` is the first day."""
    return _last_of_month(_add_months(starts_on, months - 1))


def _add_months(day: date, months: int) -> date:
    """The same day some months on (or back); the last of that month where it has fewer days."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        raise ValueError(f"{months} months from {day} is outside the calendar.")
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _last_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _is_last_of_month(day: date) -> bool:
    return day == _last_of_month(day)


def _date(day: date) -> date:
    """Refuse an instant, whose date depends on the time zone. Raises TypeError."""
    if isinstance(day, datetime):
        raise TypeError("Take the date of this instant in the organization's time zone first.")
    return day
