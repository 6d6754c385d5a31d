"""Health as pages say it: the facts gathered, the rule asked, its reasons put into the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from comity.insights.models import PartnerFigures
from comity.insights.question import today_of
from comity.insights.rules import Band, Facts, Health, Reason, health_of
from comity.programs.models import Partnership, Program


@dataclass(frozen=True)
class ShownHealth:
    """A score with its tone, its reason in a few words, and every reason as a sentence with its points."""

    score: int | None
    tone: str
    summary: str
    reasons: tuple[tuple[str, int, str], ...]
    """Sentence, points, tone."""


#: Columns of PartnerFigures that health asks for, in this order.
FIGURES: Final = ("last_activity_on", "revenue", "revenue_before", "open_deals", "pipeline_moved_on")


@dataclass(frozen=True)
class DaysBefore:
    """Counts days back from the program's data-as-of date; what comes later counts as of that day."""

    today: date
    zone: ZoneInfo

    def since(self, day: date | None) -> int | None:
        """Days since a day."""
        return None if day is None else max(0, (self.today - day).days)

    def since_instant(self, at: datetime | None) -> int | None:
        """Days since the day of an instant, in the program's time zone."""
        return None if at is None else self.since(at.astimezone(self.zone).date())


def facts_of(
    partnership: Partnership, figures: PartnerFigures | None, last_contact_at: datetime | None, program: Program
) -> Facts:
    """What the rule asks for, as of the program's data-as-of date."""
    days = DaysBefore(today_of(program), ZoneInfo(program.time_zone))
    return Facts(
        status=partnership.status,
        segment=getattr(partnership, "segment", None) or "",
        started_days=days.since(partnership.started_on),
        contact_days=days.since_instant(last_contact_at),
        activity_days=days.since(figures.last_activity_on if figures else None),
        revenue=figures.revenue if figures else None,
        revenue_before=figures.revenue_before if figures else None,
        open_deals=figures.open_deals if figures else 0,
        moved_days=days.since(figures.pipeline_moved_on if figures else None),
    )


def assess(
    partnership: Partnership, figures: PartnerFigures | None, last_contact_at: datetime | None, program: Program
) -> ShownHealth:
    """The health of a partner that the reader may see the figures of."""
    return shown(health_of(facts_of(partnership, figures, last_contact_at, program)))


def shown(health: Health) -> ShownHealth:
    """Health in the reader's words."""
    main = health.main_reason
    return ShownHealth(
        score=health.score,
        tone=health.band.value if health.band else "neutral",
        summary=str(main.short) if main else "",
        reasons=tuple((str(reason.text), reason.points, _tone(reason)) for reason in health.reasons),
    )


def _tone(reason: Reason) -> str:
    return (Band.GOOD if reason.points >= 18 else Band.FAIR if reason.points >= 8 else Band.POOR).value
