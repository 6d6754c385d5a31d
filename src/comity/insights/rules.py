"""The health of a partnership: four plain facts, each worth up to 25 points, each with its sentence. No black box.

A part that cannot be known (no revenue in either year, say) is left out, and the rest counts for the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Final

from comity.kernel.words import Words, counted, words

MOST: Final = 25
"""Points of a part."""
GOOD_FROM, FAIR_FROM = 70, 40
ACTIVE_DAYS, DORMANT_DAYS = 90, 180
"""As the metrics `active_partners` and `dormancy_rate` have it."""
MOVED_DAYS, STUCK_DAYS = 30, 60
CADENCE_DAYS: Final[Mapping[str, int]] = {"strategic": 7, "core": 14, "emerging": 30}
"""How often a segment is spoken with; a partner without one as if emerging."""
GROWS, HOLDS, SHRINKS = Decimal("0.05"), Decimal("-0.10"), Decimal("-0.30")
ACTIVE: Final = "active"


class Part(StrEnum):
    """What health looks at."""

    CONTACT = "contact"
    ACTIVITY = "activity"
    REVENUE = "revenue"
    PIPELINE = "pipeline"


class Band(StrEnum):
    """Health in a word; its value is the tone in which it is shown."""

    GOOD = "good"
    FAIR = "warn"
    POOR = "bad"


@dataclass(frozen=True)
class Facts:
    """What is known of a partnership on a day. Days are counted back from it; null: never, or not known."""

    status: str
    segment: str = ""
    started_days: int | None = None
    contact_days: int | None = None
    activity_days: int | None = None
    revenue: Decimal | None = None
    revenue_before: Decimal | None = None
    open_deals: int = 0
    moved_days: int | None = None


@dataclass(frozen=True)
class Reason:
    """One part: its points of 25, and a sentence with its numbers."""

    part: Part
    points: int
    text: Words
    short: Words
    """The same in a few words, for a header."""

    def __str__(self) -> str:
        return str(self.text)


@dataclass(frozen=True)
class Health:
    """0 to 100 with its reasons, what costs most first. Null: the partnership is not active."""

    score: int | None
    reasons: tuple[Reason, ...] = ()

    @property
    def band(self) -> Band | None:
        """Good from 70 points on, fair from 40."""
        if self.score is None:
            return None
        return Band.GOOD if self.score >= GOOD_FROM else Band.FAIR if self.score >= FAIR_FROM else Band.POOR

    @property
    def main_reason(self) -> Reason | None:
        """What costs most, if anything does; else what speaks for it."""
        return self.reasons[0] if self.reasons else None


def health_of(facts: Facts) -> Health:
    """The health of an active partnership; others have none."""
    if facts.status != ACTIVE:
        return Health(None)
    reasons = _reasons(facts)
    return Health(_score(reasons), tuple(sorted(reasons, key=lambda reason: reason.points)))


def score_of(facts: Facts) -> int | None:
    """The score alone: thousands of partners are put into its order."""
    return _score(_reasons(facts)) if facts.status == ACTIVE else None


def _reasons(facts: Facts) -> list[Reason]:
    parts = (
        _contact(facts.segment, facts.contact_days, facts.started_days),
        _activity(facts.activity_days, facts.started_days),
        _revenue(facts.revenue, facts.revenue_before),
        _pipeline(facts.open_deals, facts.moved_days),
    )
    return [reason for reason in parts if reason is not None]


def _score(reasons: Sequence[Reason]) -> int:
    """The share of the points that could be had, in percent, rounded to the nearest."""
    most = MOST * len(reasons)
    return (200 * sum(reason.points for reason in reasons) + most) // (2 * most)


@lru_cache(maxsize=4096)
def _contact(segment: str, days: int | None, started_days: int | None) -> Reason:
    cadence = CADENCE_DAYS.get(segment, CADENCE_DAYS["emerging"])
    if days is None and started_days is not None and started_days <= 2 * cadence:
        text = counted(
            "New: started %(days)s day ago.", "New: started %(days)s days ago.", started_days, days=started_days
        )
        return Reason(Part.CONTACT, MOST, text, words("new"))
    if days is None:
        return Reason(Part.CONTACT, 0, words("No call, meeting or e-mail is logged."), words("no contact logged"))
    if days <= 2 * cadence:
        text = counted("Last spoken with %(days)s day ago.", "Last spoken with %(days)s days ago.", days, days=days)
        return Reason(Part.CONTACT, MOST, text, words("in touch"))
    text = words(
        "Last spoken with %(days)s days ago; every %(cadence)s days is usual for this segment.",
        days=days,
        cadence=cadence,
    )
    short = words("silent %(days)s days", days=days)
    return Reason(Part.CONTACT, 12 if days <= 4 * cadence else 0, text, short)


@lru_cache(maxsize=4096)
def _activity(days: int | None, started_days: int | None) -> Reason | None:
    if days is None and started_days is not None and started_days < ACTIVE_DAYS:
        return None  # too early to tell
    if days is None:
        return Reason(Part.ACTIVITY, 0, words("No qualifying activity is known."), words("no activity yet"))
    if days < ACTIVE_DAYS:
        text = counted(
            "Qualifying activity %(days)s day ago.", "Qualifying activity %(days)s days ago.", days, days=days
        )
        return Reason(Part.ACTIVITY, MOST, text, words("active"))
    if days < DORMANT_DAYS:
        text = words("Quiet for %(days)s days; dormant from %(limit)s on.", days=days, limit=DORMANT_DAYS)
        return Reason(Part.ACTIVITY, 10, text, words("quiet %(days)s days", days=days))
    text = words("Dormant: no qualifying activity for %(days)s days.", days=days)
    return Reason(Part.ACTIVITY, 0, text, words("dormant, %(days)s days", days=days))


def _revenue(now: Decimal | None, before: Decimal | None) -> Reason | None:
    if now is None or before is None or (now == 0 and before == 0):
        return None
    if before == 0:
        return Reason(Part.REVENUE, MOST, words("First revenue in two years."), words("first revenue"))
    change = (now - before) / before
    percent = abs(int((change * 100).to_integral_value()))
    if change >= GROWS:
        text = words("Revenue of 12 months up %(percent)s %% on the year before.", percent=percent)
        return Reason(Part.REVENUE, MOST, text, words("revenue up %(percent)s %%", percent=percent))
    if change >= HOLDS:
        text = words("Revenue of 12 months about that of the year before.")
        return Reason(Part.REVENUE, 18, text, words("revenue steady"))
    text = words("Revenue of 12 months down %(percent)s %% on the year before.", percent=percent)
    short = words("revenue down %(percent)s %%", percent=percent)
    return Reason(Part.REVENUE, 8 if change >= SHRINKS else 0, text, short)


@lru_cache(maxsize=4096)
def _pipeline(open_deals: int, moved_days: int | None) -> Reason:
    if not open_deals:
        return Reason(Part.PIPELINE, 0, words("No open deal."), words("no open deal"))
    if moved_days is None:
        text = words("Open deals (%(deals)s), since when is not known.", deals=open_deals)
        return Reason(Part.PIPELINE, 8, text, words("pipeline undated"))
    text = counted(
        "Open deals (%(deals)s); the last one moved %(days)s day ago.",
        "Open deals (%(deals)s); the last one moved %(days)s days ago.",
        moved_days,
        days=moved_days,
        deals=open_deals,
    )
    if moved_days <= MOVED_DAYS:
        return Reason(Part.PIPELINE, MOST, text, words("pipeline moves"))
    short = words("pipeline still %(days)s days", days=moved_days)
    return Reason(Part.PIPELINE, 15 if moved_days <= STUCK_DAYS else 8, text, short)
