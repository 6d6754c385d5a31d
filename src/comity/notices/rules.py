"""When a digest is due: arithmetic on the reader's own clock."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from comity.notices.states import Way

DIGEST_HOUR: Final = 8
"""Of the reader's own morning."""


def clock_of(time_zone: str) -> ZoneInfo:
    """A person's time zone; UTC for a name that this machine does not know."""
    try:
        return ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def last_cut(way: Way, time_zone: str, now: datetime) -> datetime:
    """The last morning (`DAILY`) or Monday morning (`WEEKLY`) that has begun, by the reader's clock: a digest tells
    what happened before it. Raises ValueError for a way that has no digest."""
    if way not in (Way.DAILY, Way.WEEKLY):
        raise ValueError(f"{way} has no digest")
    local = now.astimezone(clock_of(time_zone))
    day = local.date() if local.time() >= time(DIGEST_HOUR) else local.date() - timedelta(days=1)
    if way is Way.WEEKLY:
        day -= timedelta(days=day.weekday())
    return datetime.combine(day, time(DIGEST_HOUR), tzinfo=local.tzinfo)


def digest_key(way: Way, cut: datetime) -> str:
    """The name of one digest: once to each reader."""
    return f"{way.value}:{cut:%Y-%m-%d}"
