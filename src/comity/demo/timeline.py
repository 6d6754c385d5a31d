"""What people noted of the demo's partners: calls, meetings, e-mails, notes, tasks and next steps, in the last year.

Seeded: the same each time. Strategic partners are spoken with often, others less; the sleeper has not been called since
spring, and the one that left was talked to until the end. What was said lies before the story's last day; what is still
to be done is due around the day on which the demo is loaded, since reminders go by the real clock.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone

from comity.demo import partners as known
from comity.demo.story import LAST_DAY
from comity.identity.actors import Actor
from comity.programs.models import Partnership, Program
from comity.programs.queries import segments_of
from comity.timeline.drafts import LogDraft, StepDraft, TaskDraft
from comity.timeline.services import Past, PastEntry, PastTask, bring_in
from comity.timeline.states import Kind

SEED: Final = 2026
A_YEAR: Final = 365
EVERY_DAYS: Final = {"strategic": 11, "core": 22, "emerging": 41}
LAST_SPOKEN: Final = {known.BRIGHTWATER: date(2026, 6, 18), known.KESTREL: date(2026, 3, 24)}
"""Partners that nobody called after this day."""
ON_THEIR_WAY: Final = ("onboarding", "applied", "prospect")

_SAID: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.CALL: (
        "Pipeline call: went through the open deals. Two need a demo before the end of the quarter.",
        "Asked how the last project went. The customer is happy; they want a reference together with us.",
        "Their new sales lead starts next month. Introduced the partner portal and the price list.",
        "Talked about the renewal at their largest customer; they expect no change.",
        "They struggle to find certified staff. Sent the training dates afterwards.",
        "Discussed who fulfils the order. They prefer to buy through the distributor.",
        "Short check-in, nothing urgent. They will bring two new accounts next week.",
    ),
    Kind.MEETING: (
        "Quarterly review at their office: numbers, next campaigns, staffing. Minutes are in the files.",
        "Joint account planning, half a day. Agreed on six target customers.",
        "Met at the trade fair. Their managing director asked for a roadmap session.",
        "Technical workshop on Bridge Gateway with four of their engineers.",
        "Executive lunch: Vera met their chief executive. They want to grow by a third next year.",
    ),
    Kind.EMAIL: (
        "Sent the new price list and the dates of the certification course.",
        "They confirmed the joint webinar in six weeks.",
        "Reminded them of the two deals without an expected close date.",
        "Sent the agreement with the changes that legal asked for.",
        "They asked for a case study in manufacturing; forwarded to marketing.",
    ),
    Kind.NOTE: (
        "Their regional manager has left; ask who follows.",
        "A competitor runs a campaign with them this quarter. Watch.",
        "Pays late now and then, never disputes an invoice.",
        "Strong in public sector, weak in retail.",
    ),
}
_WEIGHTS: Final = {Kind.CALL: 5, Kind.MEETING: 2, Kind.EMAIL: 4, Kind.NOTE: 1}
_STEPS: Final = (
    "Review the open deals together", "Send the joint business plan", "Agree on two new target customers",
    "Book the certification course", "Prepare the quarterly review", "Introduce the new solutions engineer",
    "Follow up on the webinar leads", "Get the reference approved",
)  # fmt: skip
_FIRST_STEPS: Final = {
    "onboarding": "Finish the product training", "applied": "Decide on the application",
    "prospect": "Set up a first call",
}  # fmt: skip
_TASKS: Final = (
    "Send the updated price list", "Ask for the forecast of next quarter", "Share the case study",
    "Clarify who signs the agreement", "Invite them to the partner day", "Check the listing in the directory",
    "Collect feedback on the portal", "Send the minutes of the review",
)  # fmt: skip


def note_what_was_said(program: Program, actor: Actor) -> int:
    """Bring the timeline of a program in, through the one service for that; the number of rows."""
    today = max(LAST_DAY, timezone.now().date())
    dice = random.Random(SEED)  # noqa: S311 - dice, no secrets
    rows = Partnership.objects.filter(vendor_id=program.vendor_id, program=program).select_related("manager")
    segments = segments_of(program.vendor_id, [partner.pk for partner in rows])
    entries: list[PastEntry] = []
    tasks: list[PastTask] = []
    steps: list[tuple[Partnership, StepDraft]] = []
    for partner in rows.order_by("external_id"):
        author = partner.manager.person_id if partner.manager else None
        every = EVERY_DAYS.get(segments.get(partner.pk, ""), EVERY_DAYS["emerging"])
        entries += _entries(dice, partner, author, every)
        if partner.status in ("ended", "paused"):
            continue
        tasks += _tasks(dice, partner, author, today)
        if partner.external_id != known.BRIGHTWATER and dice.random() < 0.8:
            text = _FIRST_STEPS.get(partner.status) or dice.choice(_STEPS)
            due = today + timedelta(days=dice.randint(-6, 28)) if dice.random() < 0.85 else None
            steps.append((partner, StepDraft(text, due)))
    return bring_in(actor=actor, past=Past(entries, tasks, steps), at=_moment(dice, LAST_DAY + timedelta(days=1)))


def _entries(dice: random.Random, partner: Partnership, author: UUID | None, every: int) -> list[PastEntry]:
    """A contact every so many days, back from the last one to a year before, or to the beginning."""
    first = max(partner.started_on or LAST_DAY - timedelta(days=40), LAST_DAY - timedelta(days=A_YEAR))
    day = LAST_SPOKEN.get(partner.external_id or "", LAST_DAY - timedelta(days=dice.randint(0, every)))
    if partner.status in ("ended", "paused"):
        day = min(day, partner.ended_on or LAST_DAY - timedelta(days=150))
    found = []
    while day >= first:
        if day.weekday() < 5:
            kind = dice.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
            shared = kind is Kind.MEETING and dice.random() < 0.5
            draft = LogDraft(kind, _moment(dice, day), dice.choice(_SAID[kind]), shared)
            found.append(PastEntry(partner, draft, author))
        day -= timedelta(days=max(1, round(every * dice.uniform(0.5, 1.5))))
    return found


def _tasks(dice: random.Random, partner: Partnership, owner: UUID | None, today: date) -> list[PastTask]:
    """Up to two that are open, and one that was done."""
    found = []
    for title in dice.sample(_TASKS, dice.choice((0, 1, 1, 2))):
        due = today + timedelta(days=dice.randint(-9, 21))
        found.append(PastTask(partner, TaskDraft(title, due, owner)))
    done_on = LAST_DAY - timedelta(days=dice.randint(3, 60))
    if partner.started_on and partner.started_on < done_on:
        found.append(PastTask(partner, TaskDraft(dice.choice(_TASKS), done_on, owner), done_at=_moment(dice, done_on)))
    return found


def _moment(dice: random.Random, day: date) -> datetime:
    return datetime.combine(day, time(dice.randint(7, 15), dice.choice((0, 15, 30, 45))), UTC)
