"""Which days a page of metrics is about: read from its address, and offered as links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import urlencode

from django.http.request import QueryDict
from django.utils.translation import gettext as _

from comity.insights.metric import Dimension, Metric
from comity.insights.question import Question, ask, today_of
from comity.kernel.periods import FiscalCalendar, Period, UnknownPeriod, rolling_months
from comity.programs.models import Program

ALL_TIME: Final = "all"


@dataclass(frozen=True)
class Days:
    """The period of a page (null: all time), its as-of date, and what was wrong with the address."""

    program: Program
    period: Period | None
    as_of: date | None
    problem: str = ""

    def question(self, by: Dimension | None = None) -> Question:
        """What the page asks."""
        starts_on, ends_on = (self.period.starts_on, self.period.ends_on) if self.period else (None, None)
        return ask(self.program, from_on=starts_on, to_on=ends_on, as_of=self.as_of, by=by)

    @property
    def label(self) -> str:
        """The period for people."""
        return period_label(self.period)

    def query(self, **more: str) -> str:
        """The address's query for these days."""
        days = {"period": self.period.label if self.period else ALL_TIME}
        if self.as_of:
            days["as_of"] = self.as_of.isoformat()
        return urlencode({**days, **{name: value for name, value in more.items() if value is not None}})

    def note(self, metric: Metric) -> str:
        """What a figure's period is called beside it: some figures are of a day alone."""
        return "" if metric.over.of_a_day else self.label


def read_days(program: Program, given: QueryDict) -> Days:
    """The days of an address; the year of the data-as-of date where it names none, or names them wrongly."""
    usual = FiscalCalendar(program.fiscal_year_starts).year_of(today_of(program))
    try:
        as_of = _day(given.get("as_of", ""))
        starts_on, ends_on = _day(given.get("from", "")), _day(given.get("to", ""))
        if starts_on or ends_on:
            return Days(program, Period(starts_on or date(1900, 1, 1), ends_on or today_of(program)), as_of)
        label = given.get("period", "")
        if label == ALL_TIME:
            return Days(program, None, as_of)
        period = FiscalCalendar(program.fiscal_year_starts).parse(label) if label else usual
    except (ValueError, UnknownPeriod) as wrong:
        return Days(program, usual, None, str(wrong))
    return Days(program, period, as_of)


def offered_periods(program: Program) -> list[tuple[str, Period | None]]:
    """What one usually asks about, with its name: this and the last year and quarter, 12 months, all time."""
    calendar, today = FiscalCalendar(program.fiscal_year_starts), today_of(program)
    year, quarter = calendar.year_of(today), calendar.quarter_of(today)
    units = [year, year.previous(), quarter, quarter.previous(), calendar.month_of(today)]
    named: list[tuple[str, Period | None]] = [(unit.label, unit) for unit in units]
    return [*named, (_("Last 12 months"), rolling_months(today)), (period_label(None), None)]


def period_label(period: Period | None) -> str:
    """A period in words."""
    if period is None:
        return _("All time")
    return period.label.replace("..", " – ")


def _day(text: str) -> date | None:
    """Raises ValueError with a sentence."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(_("“%(text)s” is not a date like 2026-03-31.") % {"text": text[:40]}) from None
