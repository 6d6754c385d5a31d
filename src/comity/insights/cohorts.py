"""Partnerships by the quarter in which they started: how many won a first deal, and how soon.

Pure but for `cohorts_of`, which reads one row a partnership.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median
from typing import Final
from uuid import UUID

from django.db import connection

from comity.insights.marts import DEAL_WON
from comity.kernel.periods import FiscalCalendar, Period
from comity.programs.models import Program
from comity.programs.states import Status

WITHIN_DAYS: Final = (90, 180, 270, 365)
QUARTERS: Final = 16
"""So many of the newest cohorts are shown: four years."""
NOT_STARTED: Final = (Status.PROSPECT.value, Status.APPLIED.value)


@dataclass(frozen=True)
class Start:
    """One partnership: when it started, and the first deal that it won from that day on."""

    partnership_id: UUID
    name: str
    started_on: date
    first_won_on: date | None

    @property
    def days(self) -> int | None:
        """From the start to the first won deal; 0 on the same day."""
        return None if self.first_won_on is None else (self.first_won_on - self.started_on).days


@dataclass(frozen=True)
class Reached:
    """Of a cohort: how many had won a first deal within so many days. No share while one of them is younger."""

    within_days: int
    partners: int
    share: Decimal | None


@dataclass(frozen=True)
class Cohort:
    """The partnerships that started in one quarter."""

    period: Period
    starts: tuple[Start, ...]
    reached: tuple[Reached, ...]
    median_days: Decimal | None
    """Over those that have won a deal."""

    @property
    def partners(self) -> int:
        """How many started."""
        return len(self.starts)

    @property
    def waiting(self) -> int:
        """How many have not won a deal yet."""
        return sum(start.first_won_on is None for start in self.starts)


def cohorts_by_quarter(starts: Iterable[Start], calendar: FiscalCalendar, as_of: date) -> list[Cohort]:
    """The newest cohorts, the newest last; a quarter in which nobody started is left out."""
    found: dict[Period, list[Start]] = {}
    for start in starts:
        found.setdefault(calendar.quarter_of(start.started_on), []).append(start)
    newest = sorted(found, key=lambda period: period.starts_on)[-QUARTERS:]
    return [_cohort(period, found[period], as_of) for period in newest]


def cohorts_of(program: Program, as_of: date) -> list[Cohort]:
    """The cohorts of a program as of a day. One query, a row a partnership; deals taken back by then do not count."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT p.id, p.name, p.started_on, min(a."on")
            FROM programs_partnership p
            LEFT JOIN insights_partneractivity a
              ON a.vendor_id = p.vendor_id AND a.partnership_id = p.id AND a.kind = %(won)s
             AND a."on" BETWEEN p.started_on AND %(as_of)s AND a.undone_on > %(as_of)s
            WHERE p.vendor_id = %(vendor)s AND p.program_id = %(program)s AND p.started_on <= %(as_of)s
              AND p.status <> ALL(%(not_started)s)
            GROUP BY p.id, p.name, p.started_on
            ORDER BY p.started_on, p.name, p.id
            """,
            {
                "won": DEAL_WON, "as_of": as_of, "vendor": program.vendor_id, "program": program.pk,
                "not_started": list(NOT_STARTED),
            },
        )  # fmt: skip
        rows = cursor.fetchall()
    return cohorts_by_quarter((Start(*row) for row in rows), FiscalCalendar(program.fiscal_year_starts), as_of)


def _cohort(period: Period, starts: Sequence[Start], as_of: date) -> Cohort:
    days = [start.days for start in starts if start.days is not None]
    youngest = max(start.started_on for start in starts)
    reached = []
    for within in WITHIN_DAYS:
        partners = sum(one <= within for one in days)
        is_old_enough = youngest + timedelta(days=within) <= as_of
        reached.append(Reached(within, partners, Decimal(partners) / len(starts) if is_old_enough else None))
    return Cohort(period, tuple(starts), tuple(reached), Decimal(median(days)) if days else None)
