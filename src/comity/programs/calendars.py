"""A program's own days: what "today" is where it lives, and how its fiscal year is cut."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from comity.kernel.periods import FiscalCalendar
from comity.programs.models import Program


def today_in(program: Program, at: datetime) -> date:
    """The day it is at this instant in the program's time zone."""
    return at.astimezone(ZoneInfo(program.time_zone)).date()


def calendar_of(program: Program) -> FiscalCalendar:
    """The calendar whose year starts with the program's first fiscal month."""
    return FiscalCalendar(program.fiscal_year_starts)
