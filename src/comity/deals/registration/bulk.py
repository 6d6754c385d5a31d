"""The clear ones at once: what a person chose is decided where the rules say the same; the rest is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from comity.deals.models import Registration
from comity.deals.registration.clauses import Disclosure
from comity.deals.registration.decisions import Decision, decide_registration, newest_verdict
from comity.deals.registration.engagement import clauses_of
from comity.deals.registration.evidence import Effect, Outcome, Verdict
from comity.deals.registration.recording import locked, rules_of
from comity.deals.registration.sides import lock_program
from comity.deals.states.registrations import UNDECIDED, Move, State
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Invalid
from comity.kernel.words import words
from comity.programs.models import Program

CLEAR: Final = {Move.APPROVE: Outcome.APPROVE, Move.REJECT: Outcome.REJECT}
"""What may be decided together, and what the rules have to say of it."""
MOST: Final = 100
_REASONS: Final = {
    "first_registrant": "registered_before",
    "vendor_activity": "vendor_is_working_on_it",
    "existing_customer": "existing_customer",
    "public_tender": "public_tender",
    "own_duplicate": "duplicate_of_your_own",
}


@dataclass(frozen=True)
class Together:
    """What became of those chosen: how many were decided, and which were left, by reference."""

    decided: int
    left: tuple[str, ...]


@transaction.atomic
def decide_together(*, program: Program, ids: Sequence[UUID], actor: Actor, move: Move, at: datetime) -> Together:
    """Approve what the rules approve, or reject what they refuse, each with the rules' own reason.

    One that changed meanwhile, or of which the rules say otherwise, is left. Raises NotAllowed, Invalid (nothing
    chosen, too many, another decision).
    """
    actor.require(Permission.DECIDE_REGISTRATIONS)
    if move not in CLEAR or not ids or len(ids) > MOST:
        raise Invalid(
            words("Nothing was decided."),
            fields={"chosen": words("Choose up to %(most)s registrations of the queue.", most=MOST)},
        )
    lock_program(program.pk)
    rows = Registration.objects.filter(vendor_id=actor.organization_id, program=program, pk__in=ids)
    decided, left = 0, []
    for row in rows.order_by("submitted_at", "id"):
        current = locked(row)
        verdict = newest_verdict(current) if State(current.state) in UNDECIDED else None
        if verdict is None or verdict.outcome is not CLEAR[move]:
            left.append(current.reference or "")
            continue
        decision = Decision(move, reason_of(verdict, move, clauses_of(rules_of(current)).disclosure))
        decide_registration(registration=current, actor=actor, decision=decision, at=at)
        decided += 1
    return Together(decided, tuple(left))


def reason_of(verdict: Verdict, move: Move, disclosure: Disclosure) -> str:
    """The reason from the list that says what the rules said, as far as the partner may be told."""
    if move is Move.APPROVE:
        return "first_and_complete"
    refusing = next((one.rule for one in verdict.findings if one.effect is Effect.REFUSE), "")
    own = refusing in ("public_tender", "own_duplicate")
    told = own or disclosure is Disclosure.OF_WHICH_KIND
    return _REASONS.get(refusing, "not_covered_by_the_rules") if told else "not_covered_by_the_rules"
