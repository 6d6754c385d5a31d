"""What a person of the vendor decides: with a reason from the list, and against the verdict only with a second look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from comity.deals.models import Handling, Registration, RegistrationVerdict
from comity.deals.registration.clauses import Clauses
from comity.deals.registration.clock import add_business_hours
from comity.deals.registration.engagement import clauses_of
from comity.deals.registration.evidence import Outcome, Verdict
from comity.deals.registration.masking import verdict_of
from comity.deals.registration.recording import By, handling_of, locked, make_move, rules_of, share_verdict
from comity.deals.registration.sides import lock_program
from comity.deals.registration.submission import promote_waiting
from comity.deals.states.registrations import MACHINE, PROTECTED, REASONS, UNDECIDED, Move, State
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.words import words

DECISIONS: Final = (Move.APPROVE, Move.APPROVE_WITH_CONDITIONS, Move.QUEUE, Move.REJECT, Move.RETURN)
GRANTS: Final = (Move.APPROVE, Move.APPROVE_WITH_CONDITIONS)
_AGAINST: Final = (Outcome.REJECT, Outcome.QUEUE)


class NothingToConfirm(Conflict):
    """Nobody asked for a decision against the rules, or it was you who asked."""

    code, title = "nothing_to_confirm", words("There is nothing for you to confirm")


@dataclass(frozen=True)
class Decision:
    """One decision: the move, its reason from the list, words for the partner, conditions of an approval.

    `deal`: the deal to link once somebody else has confirmed a decision against the rules: its id, “new” or "".
    """

    move: Move
    reason: str = ""
    text: str = ""
    conditions: str = ""
    deal: str = ""


@transaction.atomic
def decide_registration(*, registration: Registration, actor: Actor, decision: Decision, at: datetime) -> Registration:
    """Approve, approve with conditions, queue, reject or return.

    To grant what the rules refuse is an override: it is written down with its reason and waits for a second person.
    Raises NotAllowed, IllegalMove, Invalid (reason, text, conditions).
    """
    actor.require(Permission.DECIDE_REGISTRATIONS)
    _check(decision)
    lock_program(registration.program_id)
    current = locked(registration)
    MACHINE.next_state(State(current.state), decision.move)
    if decision.move in GRANTS and State(current.state) not in PROTECTED and is_against(current):
        return _ask_second_look(current, actor, decision)
    return _carry_out(current, decision, at=at, by=By.vendor(actor), actor=actor)


@transaction.atomic
def confirm_override(*, registration: Registration, actor: Actor, at: datetime) -> Registration:
    """Confirm, as somebody else, a decision against the rules. Raises NotAllowed, NothingToConfirm, IllegalMove."""
    actor.require(Permission.DECIDE_REGISTRATIONS)
    lock_program(registration.program_id)
    current = locked(registration)
    handling = handling_of(current)
    if not handling.override_move or handling.override_by_id == actor.person_id:
        raise NothingToConfirm(
            words("A decision against the rules is confirmed by somebody other than who asked for it.")
        )
    move = Move(handling.override_move)
    decision = Decision(move, "agreed_with_sales", handling.override_reason, current.conditions)
    return _carry_out(current, decision, at=at, by=By.vendor(actor), actor=actor, against=True)


@transaction.atomic
def drop_override(*, registration: Registration, actor: Actor) -> Registration:
    """Take a decision against the rules back, or refuse to confirm it. Raises NotAllowed, NothingToConfirm."""
    actor.require(Permission.DECIDE_REGISTRATIONS)
    current = locked(registration)
    handling = handling_of(current)
    if not handling.override_move:
        raise NothingToConfirm(words("Nobody asked for a decision against the rules."))
    _clear_override(handling)
    return current


@transaction.atomic
def revoke_registration(
    *, registration: Registration, actor: Actor, reason: str, text: str, at: datetime
) -> Registration:
    """End a protection for cause, in words; whoever waits behind it moves up.

    Raises NotAllowed, IllegalMove, Invalid.
    """
    actor.require(Permission.DECIDE_REGISTRATIONS)
    decision = Decision(Move.REVOKE, reason, text)
    _check(decision)
    if not text.strip():
        raise Invalid(
            words("Nothing was decided yet."), fields={"text": words("Say what happened; the partner reads it.")}
        )
    lock_program(registration.program_id)
    return _carry_out(locked(registration), decision, at=at, by=By.vendor(actor), actor=actor)


def is_against(registration: Registration) -> bool:
    """Whether an approval would be against what the rules said last."""
    return newest_verdict(registration).outcome in _AGAINST


def newest_verdict(registration: Registration) -> Verdict:
    """What the rules said last. Vendor's side."""
    kept = RegistrationVerdict.objects.filter(vendor_id=registration.vendor_id, registration=registration)
    return verdict_of(kept.order_by("-id").values_list("body", flat=True)[0])


def _ask_second_look(current: Registration, actor: Actor, decision: Decision) -> Registration:
    if not decision.text.strip():
        raise Invalid(
            words("The rules say otherwise, so an approval needs its reason in words."),
            fields={"text": words("Say why it is approved against the rules; both sides read it.")},
        )
    handling = handling_of(current)
    handling.override_move, handling.override_reason = decision.move.value, decision.text.strip()
    handling.override_by_id, handling.override_deal = actor.person_id, decision.deal[:36]
    handling.save(update_fields=["override_move", "override_reason", "override_by_id", "override_deal"])
    if decision.conditions.strip():
        current.conditions = decision.conditions.strip()
        current.save(update_fields=["conditions"])
    return current


def _carry_out(
    current: Registration, decision: Decision, *, at: datetime, by: By, actor: Actor, against: bool = False
) -> Registration:
    handling = handling_of(current)
    handling.decided_by_id = actor.person_id
    clauses = clauses_of(rules_of(current))
    verdict = newest_verdict(current)
    if decision.move is Move.QUEUE and handling.queued_behind_id is None:
        handling.queued_behind_id = _first_ahead(verdict)
    handling.save(update_fields=["decided_by_id", "queued_behind"])
    _clear_override(handling)
    _set_conditions(current, decision, clauses, at=at)
    make_move(
        current, decision.move, at=at, by=by, reason=decision.reason, text=decision.text.strip(),
        against_verdict=against or _is_otherwise(decision.move, verdict, State(current.state)),
    )  # fmt: skip
    share_verdict(current, verdict, clauses, at=at)
    if decision.move in (Move.REJECT, Move.REVOKE):
        promote_waiting(current, at=at)
    return current


def _set_conditions(current: Registration, decision: Decision, clauses: Clauses, *, at: datetime) -> None:
    current.conditions = decision.conditions.strip() if decision.move is Move.APPROVE_WITH_CONDITIONS else ""
    current.answer_by = None
    if decision.move is Move.RETURN:
        zone, holidays = current.program.time_zone, clauses.holidays
        current.answer_by = add_business_hours(at, clauses.answer_hours, zone=zone, holidays=holidays)
    current.save(update_fields=["conditions", "answer_by"])


def _is_otherwise(move: Move, verdict: Verdict, before: State) -> bool:
    """Whether a refusal is against the rules; to refuse is a person's right, but it is written down."""
    return before in UNDECIDED and move is Move.REJECT and verdict.outcome is Outcome.APPROVE


def _first_ahead(verdict: Verdict) -> UUID | None:
    found = [key for one in verdict.findings if one.rule == "first_registrant" for key in one.records]
    return UUID(found[0]) if found else None


def _clear_override(handling: Handling) -> None:
    handling.override_move, handling.override_reason, handling.override_by_id = "", "", None
    handling.override_deal = ""
    handling.save(update_fields=["override_move", "override_reason", "override_by_id", "override_deal"])


def _check(decision: Decision) -> None:
    wrong = {}
    if decision.reason not in REASONS.get(decision.move, ()):
        wrong["reason"] = words("Choose a reason from the list; the partner reads it.")
    if decision.move is Move.RETURN and not decision.text.strip():
        wrong["text"] = words("Ask for what is missing; the partner reads it.")
    if decision.move is Move.APPROVE_WITH_CONDITIONS and not decision.conditions.strip():
        wrong["conditions"] = words("Write the conditions down.")
    for name in ("text", "conditions"):
        if len(getattr(decision, name)) > 2_000:
            wrong[name] = words("Please shorten this to 2,000 characters.")
    if wrong:
        raise Invalid(words("Nothing was decided yet."), fields=wrong)
