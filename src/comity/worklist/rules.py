"""The order of a worklist, the clock it goes by, and from when on something needs a person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Final

from comity.worklist.needs import Need

OPENS, CLOSES = time(9), time(17)
HOURS_A_DAY: Final = Decimal(8)
WORKING_DAYS: Final = 5
"""Monday to Friday."""
WITHOUT_DUE: Final = HOURS_A_DAY * WORKING_DAYS
"""Business hours left of what has no due instant: as if a working week."""
SHORTEST: Final = Decimal(1)
"""Nothing is weighed as if less than an hour were left."""

QUIET_DAYS: Final = 90
"""Days without a qualifying activity after which a partner counts no longer as active (metric `active_partners`)."""
DORMANT_DAYS: Final = 180
"""And after which it is dormant (metric `dormancy_rate`)."""
ONBOARDING_DAYS: Final = 84
"""The twelve weeks of onboarding."""
STUCK_DAYS: Final = 60
CLOSING_DAYS: Final = 7
ANSWER_DAYS: Final = 5
"""Business days within which an application is answered."""
STALE_DAYS: Final = 14
BEHIND_PACE: Final = Decimal("0.8")
"""A quota is behind when less than this share of what its days ask for by now is won."""
EARLY_SHARE: Final = Decimal("0.15")
"""Until this share of the days is over, a pace says nothing."""


def business_hours(start: datetime, end: datetime, zone: tzinfo) -> Decimal:
    """Hours of business days, Monday to Friday 9 to 17 in the zone, between two instants; 0 if the end is not later."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    if last <= first:
        return Decimal(0)
    if first.date() == last.date():
        return _open_hours(first.date(), first.time(), last.time())
    between = _weekdays(first.date() + timedelta(days=1), last.date())
    at_the_ends = _open_hours(first.date(), first.time(), CLOSES) + _open_hours(last.date(), OPENS, last.time())
    return at_the_ends + between * HOURS_A_DAY


def _open_hours(day: date, start: time, end: time) -> Decimal:
    """Business hours of one day from a time on until another."""
    if day.weekday() >= WORKING_DAYS:
        return Decimal(0)
    opened, closed = max(start, OPENS), min(end, CLOSES)
    if closed <= opened:
        return Decimal(0)
    return Decimal((datetime.combine(day, closed) - datetime.combine(day, opened)).total_seconds()) / 3600


def _weekdays(first: date, before: date) -> int:
    """How many days from Monday to Friday there are from a day on, before another."""
    whole_weeks, rest = divmod((before - first).days, 7)
    return whole_weeks * WORKING_DAYS + sum((first.weekday() + day) % 7 < WORKING_DAYS for day in range(rest))


def close_of(day: date, zone: tzinfo) -> datetime:
    """The end of business of a day."""
    return datetime.combine(day, CLOSES, zone)


def open_of(day: date, zone: tzinfo) -> datetime:
    """The beginning of business of a day."""
    return datetime.combine(day, OPENS, zone)


def business_days_after(start: datetime, days: int, zone: tzinfo) -> datetime:
    """The end of business so many business days after an instant's day; the day itself does not count."""
    day = start.astimezone(zone).date()
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < WORKING_DAYS
    return close_of(day, zone)


def hours_left(need: Need, zone: tzinfo) -> Decimal | None:
    """Business hours until it is due; null without an instant."""
    return None if need.due_at is None else business_hours(need.seen_at, need.due_at, zone)


def in_order(needs: Iterable[Need], zone: tzinfo) -> list[Need]:
    """Overdue first, the dearest of them first; then by value at stake ÷ business hours left. Ties keep their order."""

    def weight(need: Need) -> tuple[bool, Decimal]:
        stake = need.at_stake or Decimal(0)
        if need.is_overdue:
            return False, -stake
        left = hours_left(need, zone)
        return True, -stake / max(WITHOUT_DUE if left is None else left, SHORTEST)

    return sorted(needs, key=weight)


def is_behind_pace(*, credited: Decimal, quota: Decimal, share_over: Decimal) -> bool:
    """Whether too little is won for the share of the quota's days that is over."""
    return share_over >= EARLY_SHARE and credited < quota * share_over * BEHIND_PACE
