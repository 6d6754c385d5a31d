"""A registration on its way: submitted, answered, withdrawn; and whoever waited behind one that ended."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import transaction

from comity.deals.models import Handling, Registration
from comity.deals.registration.clauses import Clauses, Disclosure
from comity.deals.registration.drafting import missing_fields
from comity.deals.registration.engagement import clauses_of, rules_on
from comity.deals.registration.evidence import Outcome, Verdict
from comity.deals.registration.recording import (
    MOVE_FOR,
    THE_RULES,
    By,
    draw,
    draw_reference,
    handling_of,
    judge_and_keep,
    locked,
    make_move,
    share_verdict,
)
from comity.deals.registration.recording import ORDER as ORDER_COUNTER
from comity.deals.registration.rejudging import judge_again, judge_those_passed
from comity.deals.registration.sides import lock_program, on_vendor_side, own_locked
from comity.deals.states.registrations import MACHINE, Move, State
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import DomainError, Invalid
from comity.kernel.words import words
from comity.programs.calendars import today_in
from comity.programs.models import Partnership

log = structlog.get_logger(__name__)
HOUR = timedelta(hours=1)
AUTOMATIC_REASONS = {
    Move.APPROVE: "first_and_complete",
    Move.APPROVE_WITH_CONDITIONS: "first_and_complete",
    Move.QUEUE: "registered_before",
    Move.REJECT: "not_covered_by_the_rules",
}


class TooManySubmissions(DomainError):
    """The partner registered more within an hour than the program takes; the draft is kept."""

    code, status, title = "too_many_submissions", 429, words("Too many registrations at once")


@transaction.atomic
def submit_registration(
    *, registration: Registration, partnership: Partnership, actor: Actor, at: datetime
) -> Registration:
    """Give a complete draft its place in the program's order, judge it, and start the decision clock.

    Raises NotAllowed, RegistrationNotFound, IllegalMove, Invalid (what is missing), TooManySubmissions.
    """
    with on_vendor_side(partnership, actor):
        lock_program(partnership.program_id)
        return _submit(own_locked(partnership, registration), actor, By.partner(actor), at)


@transaction.atomic
def submit_for_partner(*, registration: Registration, actor: Actor, at: datetime) -> Registration:
    """Submit a draft that the vendor's operations brought in for a partner. Raises as `submit_registration`."""
    actor.require(Permission.IMPORT_DATA)
    lock_program(registration.program_id)
    return _submit(locked(registration), actor, By.vendor(actor), at)


def _submit(current: Registration, actor: Actor, by: By, at: datetime) -> Registration:
    """On the vendor's side, under the program's lock."""
    MACHINE.next_state(State(current.state), Move.SUBMIT)
    _refuse_incomplete(current)
    flag = _watch_pace(current, at)
    current.submitted_at, current.submitted_by_id = at, actor.person_id
    current.reference = draw_reference(current.program, at)
    current.save(update_fields=["submitted_at", "submitted_by_id", "reference"])
    handling = Handling.objects.create(
        vendor_id=current.vendor_id, registration=current, order_number=draw(current.vendor_id, ORDER_COUNTER),
        flag=flag,
    )  # fmt: skip
    make_move(current, Move.SUBMIT, at=at, by=by)
    verdict, clauses = judge_and_keep(current, handling, at=at)
    decide_automatically(current, verdict, clauses, at=at)
    judge_those_passed(current, verdict, at=at)
    return current


@transaction.atomic
def answer_return(
    *, registration: Registration, partnership: Partnership, actor: Actor, at: datetime, text: str = ""
) -> Registration:
    """Send back what was returned for information. In time it keeps its place in the order; later it draws a new one.

    Raises NotAllowed, RegistrationNotFound, IllegalMove, Invalid.
    """
    with on_vendor_side(partnership, actor) as vendor_id:
        lock_program(partnership.program_id)
        current = own_locked(partnership, registration)
        MACHINE.next_state(State(current.state), Move.ANSWER)
        _refuse_incomplete(current)
        handling = handling_of(current)
        late = current.answer_by is not None and at > current.answer_by
        if late:
            handling.order_number = draw(vendor_id, ORDER_COUNTER)
            handling.save(update_fields=["order_number"])
        current.answer_by = None
        current.save(update_fields=["answer_by"])
        make_move(current, Move.ANSWER, at=at, by=By.partner(actor), text=_short(text))
        verdict, clauses = judge_and_keep(current, handling, at=at, clock_from=at)
        decide_automatically(current, verdict, clauses, at=at)
        judge_those_passed(current, verdict, at=at)
        if late:
            promote_waiting(current, at=at)
        return current


@transaction.atomic
def withdraw_registration(
    *, registration: Registration, partnership: Partnership, actor: Actor, at: datetime, text: str = ""
) -> Registration:
    """Take a registration back; whoever waits behind it moves up.

    Raises NotAllowed, RegistrationNotFound, IllegalMove.
    """
    with on_vendor_side(partnership, actor):
        lock_program(partnership.program_id)
        current = own_locked(partnership, registration)
        make_move(current, Move.WITHDRAW, at=at, by=By.partner(actor), text=_short(text))
        promote_waiting(current, at=at)
        return current


def decide_automatically(registration: Registration, verdict: Verdict, clauses: Clauses, *, at: datetime) -> None:
    """Let the rules decide what their bands allow; the rest waits for a person. The partner may read the result."""
    if verdict.automatic and verdict.outcome is not Outcome.PERSON:
        move = MOVE_FOR[verdict.outcome]
        if verdict.conditions:
            registration.conditions = " ".join(verdict.conditions)
            registration.save(update_fields=["conditions"])
        told = clauses.disclosure is Disclosure.OF_WHICH_KIND or move in (Move.APPROVE, Move.APPROVE_WITH_CONDITIONS)
        reason = AUTOMATIC_REASONS[move] if told else "not_covered_by_the_rules"
        make_move(registration, move, at=at, by=THE_RULES, reason=reason)
    share_verdict(registration, verdict, clauses, at=at)


def promote_waiting(ended: Registration, *, at: datetime) -> list[Registration]:
    """Judge again who waits behind a registration that lost its place: whom nobody is before any more moves up.

    Vendor's side, under the program's lock.
    """
    waiting = Handling.objects.filter(
        vendor_id=ended.vendor_id, queued_behind=ended, registration__state=State.QUEUED
    ).order_by("order_number")
    promoted = []
    for handling in list(waiting.select_related("registration")):
        current = locked(handling.registration)
        verdict, clauses = judge_and_keep(current, handling, at=at, clock_from=at)
        if verdict.outcome is Outcome.QUEUE:
            continue
        make_move(current, Move.REVIEW, at=at, by=THE_RULES)
        decide_automatically(current, verdict, clauses, at=at)
        promoted.append(current)
    undecided = Handling.objects.filter(vendor_id=ended.vendor_id, queued_behind=ended).exclude(
        registration__state=State.QUEUED
    )
    for handling in undecided.select_related("registration"):
        judge_again(locked(handling.registration), at=at)
    return promoted


def _refuse_incomplete(registration: Registration) -> None:
    missing = missing_fields(registration)
    if missing:
        raise Invalid(words("The registration is not complete yet; only a complete one has a place."), fields=missing)


def _watch_pace(registration: Registration, at: datetime) -> str:
    """Refuse a flood of registrations and flag what looks like fishing for answers. Raises TooManySubmissions."""
    clauses = clauses_of(rules_on(registration.program, today_in(registration.program, at)))
    lately = Registration.objects.filter(
        vendor_id=registration.vendor_id, partnership_id=registration.partnership_id, submitted_at__gt=at - HOUR
    ).count()
    if lately >= clauses.submissions_an_hour:
        log.warning("registrations_refused", partnership=str(registration.partnership_id), within_an_hour=lately)
        raise TooManySubmissions(
            words(
                "You registered %(lately)s deals within an hour, which is the most. The draft is kept; "
                "submit it later.",
                lately=lately,
            )
        )
    if lately + 1 < clauses.flagged_from:
        return ""
    log.info("registrations_flagged", partnership=str(registration.partnership_id), within_an_hour=lately + 1)
    return words("Number %(lately)s of this partner within an hour", lately=lately + 1)


def _short(text: str) -> str:
    return text.strip()[:2_000]
