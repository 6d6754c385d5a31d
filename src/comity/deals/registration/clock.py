"""Business time: a decision clock counts the hours in which the vendor works, in the program's time zone."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

OPENS: Final = time(9)
CLOSES: Final = time(17)
DAY_HOURS: Final = 8
SATURDAY: Final = 5
_FURTHEST: Final = 3_650
"""Days looked ahead at most: a calendar without any working day must not hang."""


def is_business_day(day: date, holidays: Collection[date] = ()) -> bool:
    """Monday to Friday, but for the vendor's holidays."""
    return day.weekday() < SATURDAY and day not in holidays


def add_business_hours(at: datetime, hours: int, *, zone: str, holidays: Collection[date] = ()) -> datetime:
    """The instant by which this many business hours (9 to 17 o'clock in `zone`) have passed since `at`.

    What comes in on a weekend counts from the next opening. Two business days are 16 hours.
    """
    left = timedelta(hours=hours)
    for opens, closes in _openings(at, zone, holidays):
        start = max(opens, at)
        if start >= closes:
            continue
        if closes - start >= left:
            return (start + left).astimezone(at.tzinfo)
        left -= closes - start
    raise ValueError(f"The calendar has no {hours} business hours within ten years.")


def business_hours_between(start: datetime, end: datetime, *, zone: str, holidays: Collection[date] = ()) -> float:
    """How many business hours lie between two instants; negative when the end has passed."""
    if end < start:
        return -business_hours_between(end, start, zone=zone, holidays=holidays)
    total = timedelta()
    for opens, closes in _openings(start, zone, holidays):
        if opens >= end:
            break
        total += max(timedelta(), min(closes, end) - max(opens, start))
    return total / timedelta(hours=1)


def _openings(at: datetime, zone: str, holidays: Collection[date]) -> Iterator[tuple[datetime, datetime]]:
    place = ZoneInfo(zone)
    first = at.astimezone(place).date()
    for step in range(_FURTHEST):
        day = first + timedelta(days=step)
        if is_business_day(day, holidays):
            yield datetime.combine(day, OPENS, place), datetime.combine(day, CLOSES, place)
