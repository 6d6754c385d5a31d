"""Appeals: a partner asks for somebody else to look; somebody other than the decider answers."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from comity.deals.events import RegistrationAppealed
from comity.deals.models import Registration, RegistrationAppeal, RegistrationStep
from comity.deals.registration.clock import add_business_hours
from comity.deals.registration.engagement import clauses_of
from comity.deals.registration.recording import (
    By,
    handling_of,
    judge_and_keep,
    locked,
    make_move,
    rules_of,
    share_verdict,
)
from comity.deals.registration.sides import lock_program, on_vendor_side, own_locked
from comity.deals.states.registrations import APPEALABLE, Move, State
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.words import words
from comity.platform.outbox import announce
from comity.programs.models import Partnership


class NoAppeal(Conflict):
    """There is nothing to appeal against, the time has passed, or an appeal is open already."""

    code, title = "no_appeal", words("This cannot be appealed against")


class DecidedByYou(Conflict):
    """Who decided does not answer the appeal against it."""

    code, title = "decided_by_you", words("Somebody else answers this appeal")


def appeal_until(registration: Registration) -> datetime | None:
    """By when the partner may appeal; None where there is nothing to appeal against. Vendor's side."""
    if registration.state not in APPEALABLE or registration.decided_at is None:
        return None
    return registration.decided_at + timedelta(days=clauses_of(rules_of(registration)).appeal_days)


@transaction.atomic
def file_appeal(
    *, registration: Registration, partnership: Partnership, actor: Actor, grounds: str, at: datetime
) -> RegistrationAppeal:
    """Appeal against a refusal, a place in the queue or a revocation.

    Raises NotAllowed, RegistrationNotFound, Invalid (grounds), NoAppeal.
    """
    with on_vendor_side(partnership, actor) as vendor_id:
        current = own_locked(partnership, registration)
        said = grounds.strip()
        if not said or len(said) > 4_000:
            text = words("Say why it should be decided otherwise, in at most 4,000 characters.")
            raise Invalid(words("The appeal was not filed."), fields={"grounds": text})
        until = appeal_until(current)
        if until is None or at > until:
            raise NoAppeal(words("There is no decision to appeal against, or the time for it has passed."))
        appeals = RegistrationAppeal.objects.filter(vendor_id=vendor_id, registration=current)
        if appeals.filter(filed_at__gte=current.decided_at).exists():
            raise NoAppeal(words("You appealed against this decision already."))
        clauses = clauses_of(rules_of(current))
        zone, holidays = current.program.time_zone, clauses.holidays
        made = RegistrationAppeal.objects.create(
            vendor_id=vendor_id, registration=current, partnership=partnership, partner_id=current.partner_id,
            grounds=said, filed_at=at, filed_by_id=actor.person_id, filed_by_name=actor.name[:200],
            due_at=add_business_hours(at, clauses.decision_hours, zone=zone, holidays=holidays),
        )  # fmt: skip
        announce(RegistrationAppealed(appeal_id=made.pk, answered=False))
        return made


@transaction.atomic
def answer_appeal(
    *, appeal: RegistrationAppeal, actor: Actor, granted: bool, answer: str, at: datetime
) -> RegistrationAppeal:
    """Grant an appeal, which takes the registration up again, or dismiss it; with reasons.

    Raises NotAllowed, NoAppeal (answered already), DecidedByYou, Invalid.
    """
    actor.require(Permission.DECIDE_REGISTRATIONS)
    lock_program(appeal.registration.program_id)
    current = RegistrationAppeal.objects.select_for_update(of=("self",)).get(vendor_id=appeal.vendor_id, pk=appeal.pk)
    registration = locked(appeal.registration)
    if current.state != "open":
        raise NoAppeal(words("This appeal was answered already."))
    if _decider(registration) == actor.person_id:
        raise DecidedByYou(words("You made the decision that this appeal is about; somebody else answers it."))
    if not answer.strip() or len(answer) > 2_000:
        raise Invalid(
            words("The appeal was not answered."), fields={"answer": words("Give the reasons; the partner reads them.")}
        )
    current.state = "granted" if granted else "dismissed"
    current.answer, current.decided_at = answer.strip(), at
    current.decided_by_id, current.decided_by_name = actor.person_id, actor.name[:200]
    current.save()
    if granted and State(registration.state) in APPEALABLE:
        by = By.vendor(actor)
        make_move(registration, Move.REVIEW, at=at, by=by, reason="appeal_granted", text=current.answer)
        verdict, clauses = judge_and_keep(registration, handling_of(registration), at=at, clock_from=at)
        share_verdict(registration, verdict, clauses, at=at)
    announce(RegistrationAppealed(appeal_id=current.pk, answered=True))
    return current


def _decider(registration: Registration) -> object:
    """Who made the decision that stands; the rules are nobody."""
    steps = RegistrationStep.objects.filter(
        vendor_id=registration.vendor_id, registration=registration, to_state=registration.state
    )
    return steps.order_by("-sequence").values_list("person_id", flat=True).first()
