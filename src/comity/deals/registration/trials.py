"""What if: the registrations of a year judged by the rules in force and by a draft, as a job with its progress.

Each is judged on what was known when it was submitted (`gathering.gather`, `as_of`), by both versions on the same
evidence, so that the rules alone make the difference. Batches are transactions of their own, in the order of
submission; a killed worker's successor goes on where it was, and nothing but one batch is in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app

from comity.deals.models import (
    EngagementDraft,
    EngagementRules,
    Handling,
    Registration,
    RulesTrial,
    RulesTrialChange,
)
from comity.deals.registration.clauses import Clauses
from comity.deals.registration.engagement import clauses_of, rules_on
from comity.deals.registration.evidence import Verdict
from comity.deals.registration.gathering import gather
from comity.deals.registration.rules import judge
from comity.deals.registration.rules_drafts import locked_draft, publish_rules_draft
from comity.deals.registration.sides import lock_program
from comity.deals.states.registrations import State, TrialState
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, NotFound
from comity.kernel.words import words
from comity.platform.tenancy import tenant
from comity.programs.calendars import today_in
from comity.programs.models import Program

TRY_RULES: Final = "try_rules"
YEAR: Final = timedelta(days=365)
BATCH: Final = 50
UNFINISHED: Final = (TrialState.WAITING.value, TrialState.RUNNING.value)


class Stale(StrEnum):
    """Why a result no longer tells what publishing would change."""

    DRAFT_CHANGED = "draft_changed"
    NO_DRAFT = "no_draft"
    RULES_CHANGED = "rules_changed"


class TrialNotFound(NotFound):
    """There is no such trial, or the reader may not know of it."""

    code, title = "trial_not_found", words("No such trial of rules")


class TriedAnother(Conflict):
    """What would be published is not what this trial ran through to its end."""

    code, title = "tried_another", words("This trial tells of another draft")


def trials_visible_to(actor: Actor, program: Program | None = None) -> QuerySet[RulesTrial]:
    """Trials of drafts, the newest first; for who may publish rules."""
    if not (actor.is_vendor and actor.can(Permission.MANAGE_PROGRAM)):
        return RulesTrial.objects.none()
    rows = RulesTrial.objects.filter(vendor_id=actor.organization_id)
    if program is not None:
        rows = rows.filter(program=program)
    return rows.select_related("program", "rules").order_by("-created_at", "-id")


def trial_visible_to(actor: Actor, trial_id: UUID, program: Program | None = None) -> RulesTrial:
    """One trial. Raises TrialNotFound."""
    found = trials_visible_to(actor, program).filter(pk=trial_id).first()
    if found is None:
        raise TrialNotFound(words("There is no such trial of rules here."))
    return found


def changes_of(trial: RulesTrial) -> QuerySet[RulesTrialChange]:
    """The registrations whose verdict would be another one."""
    rows = RulesTrialChange.objects.filter(vendor_id=trial.vendor_id, trial=trial)
    return rows.select_related("registration__partnership")


def stale(trial: RulesTrial, draft: EngagementDraft | None, at: datetime) -> Stale | None:
    """Whether the draft or the rules in force are others than those that were tried."""
    if draft is None:
        return Stale.NO_DRAFT
    if draft.clauses != trial.clauses:
        return Stale.DRAFT_CHANGED
    in_force = rules_on(trial.program, today_in(trial.program, at))
    return Stale.RULES_CHANGED if in_force.pk != trial.rules_id else None


@transaction.atomic
def start_trial(*, program: Program, actor: Actor, at: datetime) -> RulesTrial:
    """Run the registrations of the year to now through the draft; a trial of the same draft under way is joined, one of
    another gives way. Raises NotAllowed, NoDraftOfRules."""
    actor.require(Permission.MANAGE_PROGRAM)
    lock_program(program.pk)
    draft, in_force = locked_draft(program), rules_on(program, today_in(program, at))
    running = RulesTrial.objects.select_for_update(of=("self",)).filter(
        vendor_id=program.vendor_id, program=program, state__in=UNFINISHED
    )
    for trial in running:
        if trial.clauses == draft.clauses and trial.rules_id == in_force.pk:
            return trial
        trial.state, trial.finished_at = TrialState.REPLACED.value, at
        trial.save(update_fields=["state", "finished_at"])
    made = RulesTrial.objects.create(
        vendor_id=program.vendor_id, program=program, clauses=draft.clauses, rules=in_force, since=at - YEAR, until=at,
        started_by_id=actor.person_id,
    )  # fmt: skip
    app.configure_task(TRY_RULES).defer(organization=str(program.vendor_id), trial=str(made.pk))
    return made


@transaction.atomic
def publish_tried(*, trial: RulesTrial, actor: Actor, at: datetime) -> EngagementRules:
    """Let the draft hold, if it is still the one that was tried, beside the rules in force.

    Raises NotAllowed, NoDraftOfRules, TriedAnother, and what `publish_rules` raises.
    """
    actor.require(Permission.MANAGE_PROGRAM)
    draft = locked_draft(trial.program)
    if trial.state != TrialState.DONE or stale(trial, draft, at) is not None:
        raise TriedAnother(words("The draft was not tried as it stands now; try it again first."))
    return publish_rules_draft(program=trial.program, actor=actor, at=at)


def work_batch(*, vendor_id: UUID, trial_id: UUID, size: int = BATCH) -> bool:
    """Judge the next registrations; whether there may be more."""
    with tenant(organization_id=vendor_id, door="job"):
        trial = RulesTrial.objects.select_for_update(of=("self",)).select_related("program", "rules").get(
            vendor_id=vendor_id, pk=trial_id
        )  # fmt: skip
        if trial.state not in UNFINISHED:
            return False
        if trial.rules is None:  # a draft was published in its place: there is nothing to compare with any more
            trial.state, trial.finished_at = TrialState.REPLACED.value, timezone.now()
            trial.save(update_fields=["state", "finished_at"])
            return False
        rows = _submitted(trial)
        if trial.state == TrialState.WAITING:
            trial.state, trial.total = TrialState.RUNNING.value, rows.count()
        if trial.after_at is not None:
            rows = rows.filter(
                Q(submitted_at__gt=trial.after_at) | Q(submitted_at=trial.after_at, pk__gt=trial.after_id)
            )
        batch = list(rows.select_related("program").order_by("submitted_at", "pk")[:size])
        if batch:
            _judge(trial, batch, (clauses_of(trial.rules), Clauses.model_validate(trial.clauses)))
            trial.done, trial.after_at, trial.after_id = trial.done + len(batch), batch[-1].submitted_at, batch[-1].pk
        else:
            trial.state, trial.finished_at = TrialState.DONE.value, timezone.now()
        trial.save()
        return bool(batch)


def break_off(*, vendor_id: UUID, trial_id: UUID) -> None:
    """Say that a trial failed, so that the next one may start."""
    with tenant(organization_id=vendor_id, door="job"):
        mine = RulesTrial.objects.filter(vendor_id=vendor_id, pk=trial_id, state__in=UNFINISHED)
        mine.update(state=TrialState.FAILED.value, finished_at=timezone.now())


def _submitted(trial: RulesTrial) -> QuerySet[Registration]:
    rows = Registration.objects.filter(vendor_id=trial.vendor_id, program=trial.program)
    return rows.filter(submitted_at__gt=trial.since, submitted_at__lte=trial.until).exclude(state=State.DRAFT)


def _judge(trial: RulesTrial, batch: list[Registration], versions: tuple[Clauses, Clauses]) -> None:
    """Judge a batch by both versions and keep what differs, counted."""
    kept = Handling.objects.filter(vendor_id=trial.vendor_id, registration__in=batch)
    orders = dict(kept.values_list("registration_id", "order_number"))
    changes, moves = [], Counter({(before, after): number for before, after, number in trial.moves})
    for row in batch:
        assert row.submitted_at is not None
        before, after = _verdicts(row, orders[row.pk], versions)
        trial.automatic_before += before.automatic
        trial.automatic_after += after.automatic
        if before.outcome is after.outcome:
            continue
        moves[before.outcome.value, after.outcome.value] += 1
        changes.append(
            RulesTrialChange(
                vendor_id=trial.vendor_id,
                trial=trial,
                registration=row,
                submitted_at=row.submitted_at,
                before=before.outcome.value,
                after=after.outcome.value,
                sentence=after.sentence,
            )
        )
    RulesTrialChange.objects.bulk_create(changes)
    trial.changed += len(changes)
    trial.moves = [[before, after, number] for (before, after), number in moves.most_common()]


def _verdicts(row: Registration, order: int, versions: Iterable[Clauses]) -> list[Verdict]:
    found = gather(row, order, as_of=row.submitted_at)
    at, zone = found.claim.submitted_at, row.program.time_zone
    return [judge(found.claim, found.evidence, one, version=0, at=at, zone=zone) for one in versions]
