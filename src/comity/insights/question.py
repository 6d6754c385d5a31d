"""What is asked of a program: which days, and what today means."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from django.utils import timezone

from comity.insights.metric import Dimension
from comity.insights.stretches import by_months, by_years
from comity.kernel.periods import Period
from comity.programs.models import Program, SegmentPolicy
from comity.programs.states import Segment

BEGINNING: Final = date(1, 1, 1)
END: Final = date(9999, 12, 31)


@dataclass(frozen=True)
class Question:
    """A program, a period (both ends included; null: from the beginning, without an end) and an as-of date."""

    program: Program
    from_on: date | None
    to_on: date | None
    as_of: date
    by: Dimension | None = None

    def sliced(self, by: Dimension | None) -> Question:
        """The same question, sliced otherwise."""
        return replace(self, by=by)

    def during(self, period: Period, as_of: date) -> Question:
        """The same question about other days."""
        return replace(self, from_on=period.starts_on, to_on=period.ends_on, as_of=as_of)

    def parameters(self) -> dict[str, object]:
        """What the statements bind; see `tables.HOLES`."""
        from_on, to_on = self.from_on or BEGINNING, self.to_on or END
        return {
            "vendor": self.program.vendor_id,
            "program": self.program.pk,
            "currency": self.program.currency,
            "first_month": self.program.fiscal_year_starts,
            "from_on": from_on,
            "to_on": to_on,
            "until": min(to_on, self.as_of),
            "as_of": self.as_of,
            "year_starts_on": twelve_months_to(self.as_of),
            **_stretches(from_on, min(to_on, self.as_of), self.as_of),
            **self._weights(),
        }

    def _weights(self) -> dict[str, Decimal]:
        policy = SegmentPolicy.objects.filter(vendor_id=self.program.vendor_id, program=self.program).first()
        weights = policy.weights if policy else {}
        return {f"weight_{segment}": Decimal(str(weights.get(segment.value, 1))) for segment in Segment}


def _stretches(from_on: date, until: date, as_of: date) -> dict[str, date]:
    """See `tables.STRETCHES`."""
    months, years = by_months(from_on, until), by_years(from_on, until)
    past_months, past_years = by_months(BEGINNING, as_of), by_years(BEGINNING, as_of)
    named = {
        "month_head": months.head,
        "months": months.whole,
        "month_tail": months.tail,
        "year_head": years.head,
        "years": years.whole,
        "year_tail": years.tail,
        "past_months": past_months.whole,
        "past_month_days": past_months.tail if _has(past_months.whole) else past_months.head,
        "past_years": past_years.whole,
        "past_year_days": past_years.tail if _has(past_years.whole) else past_years.head,
    }
    edges = ("from", "to")
    return {f"{name}_{edge}": day for name, days in named.items() for edge, day in zip(edges, days, strict=True)}


def _has(days: tuple[date, date]) -> bool:
    return days[0] <= days[1]


def ask(
    program: Program,
    *,
    from_on: date | None = None,
    to_on: date | None = None,
    as_of: date | None = None,
    by: Dimension | str | None = None,
) -> Question:
    """A question with its as-of date: as given, else the data-as-of date, or the period's end if that is earlier."""
    if as_of is None:
        as_of = min(today_of(program), to_on or END)
    return Question(program, from_on, to_on, as_of, Dimension(by) if by else None)


def today_of(program: Program) -> date:
    """The data-as-of date; without any data, today in the program's time zone."""
    if program.data_as_of is not None:
        return program.data_as_of
    return timezone.now().astimezone(ZoneInfo(program.time_zone)).date()


def twelve_months_to(day: date) -> date:
    """The first of the 12 months that end with the day: the one after the same day (or 28 February) a year before."""
    try:
        year_ago = day.replace(year=max(day.year - 1, 1))
    except ValueError:  # 29 February
        year_ago = day.replace(year=day.year - 1, day=28)
    return year_ago + datetime.timedelta(days=1)
