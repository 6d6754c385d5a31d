"""Judging again what is not decided yet, because the evidence changed: the clock goes on as it was."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from comity.deals.models import Registration
from comity.deals.registration.evidence import Outcome, RecordKind, Verdict
from comity.deals.registration.recording import (
    THE_RULES,
    handling_of,
    judge_and_keep,
    locked,
    make_move,
    share_verdict,
)
from comity.deals.registration.rules import LETTER
from comity.deals.states.registrations import UNDECIDED, Move, State


def judge_again(current: Registration, *, at: datetime) -> Verdict | None:
    """Judge a submission that nobody decided, or that waits behind another; who need not wait goes to a person.

    None for any other. Vendor's side, under the program's lock.
    """
    state = State(current.state)
    if state not in (*UNDECIDED, State.QUEUED):
        return None
    handling = handling_of(current)
    clock = current.due_at, handling.escalates_at
    waits = state is State.QUEUED
    verdict, clauses = judge_and_keep(current, handling, at=at, clock_from=at if waits else None)
    if waits and verdict.outcome is not Outcome.QUEUE:
        make_move(current, Move.REVIEW, at=at, by=THE_RULES)
    else:
        current.due_at, handling.escalates_at = clock
        current.save(update_fields=["due_at"])
        handling.save(update_fields=["escalates_at"])
    share_verdict(current, verdict, clauses, at=at)
    return verdict


def judge_those_passed(current: Registration, verdict: Verdict | None, *, at: datetime) -> None:
    """Judge again who came first but is passed by the customer's letter, so that nobody approves by an old verdict."""
    if verdict is None or not any(one.rule == LETTER for one in verdict.findings):
        return
    passed = {key for one in verdict.findings if one.rule == LETTER for key in one.records}
    for one in verdict.competitors:
        if one.kind is RecordKind.REGISTRATION and one.id in passed:
            judge_again(locked(Registration(pk=UUID(one.id), vendor_id=current.vendor_id)), at=at)
