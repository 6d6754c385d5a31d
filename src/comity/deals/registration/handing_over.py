"""A protection handed over to another partner: the one ends, the other begins where it stood."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from comity.deals.models import Handling, Registration
from comity.deals.registration.protection import NotProtected, join_deal
from comity.deals.registration.recording import (
    ORDER,
    By,
    draw,
    draw_reference,
    handling_of,
    judge_and_keep,
    locked,
    make_move,
    share_verdict,
)
from comity.deals.registration.sides import lock_program
from comity.deals.states.registrations import PROTECTED, Move, State
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Invalid
from comity.kernel.words import words
from comity.programs.models import Partnership
from comity.programs.states import Status

_OF_THE_CUSTOMER = ("customer_name", "customer_domain", "customer_country", "customer_industry", "name_key",
                    "domain_key", "kind", "families", "currency", "expected_close_on")  # fmt: skip
"""What goes along: what the first partner told of its own work, people and price stays between it and the vendor."""


@transaction.atomic
def hand_over_protection(
    *, registration: Registration, to: Partnership, actor: Actor, text: str, at: datetime
) -> Registration:
    """End a protection and give another active partner of the program one to the same day, with the deal behind it.

    Both read why; whoever waited behind the first waits behind the second. Raises NotAllowed, NotProtected, Invalid.
    """
    actor.require(Permission.DECIDE_REGISTRATIONS)
    lock_program(registration.program_id)
    current, why = locked(registration), text.strip()
    if State(current.state) not in PROTECTED:
        raise NotProtected(words("Only an approved registration has a protection to hand over."))
    _check(current, to, why)
    until, by, before = current.protected_until, By.vendor(actor), handling_of(current)
    make_move(current, Move.REVOKE, at=at, by=by, reason="handed_over", text=why)
    made = _taken_over(current, to, actor, at=at)
    handling = Handling.objects.create(
        vendor_id=current.vendor_id, registration=made, order_number=draw(current.vendor_id, ORDER),
        account=before.account, decided_by_id=actor.person_id,
    )  # fmt: skip
    make_move(made, Move.SUBMIT, at=at, by=by)
    verdict, clauses = judge_and_keep(made, handling, at=at)
    make_move(made, Move.APPROVE, at=at, by=by, reason="handed_over", text=why)
    made.protected_until = until
    made.save(update_fields=["protected_until"])
    share_verdict(made, verdict, clauses, at=at)
    waiting = Handling.objects.filter(vendor_id=current.vendor_id, queued_behind=current)
    for one in waiting.exclude(registration=made):
        one.queued_behind = made
        one.save(update_fields=["queued_behind"])
    if before.opportunity is not None:
        deal = before.opportunity
        before.opportunity = None
        before.save(update_fields=["opportunity"])
        join_deal(made, handling, deal, actor)
    return made


def _check(current: Registration, to: Partnership, why: str) -> None:
    wrong = {}
    if to.program_id != current.program_id or to.status != Status.ACTIVE or to.pk == current.partnership_id:
        wrong["to"] = words("Choose another active partner of the program.")
    if not why or len(why) > 2_000:
        wrong["text"] = words("Say why, in at most 2,000 characters; both partners read it.")
    if wrong:
        raise Invalid(words("Nothing was handed over."), fields=wrong)


def _taken_over(current: Registration, to: Partnership, actor: Actor, *, at: datetime) -> Registration:
    copied = {name: getattr(current, name) for name in _OF_THE_CUSTOMER}
    return Registration.objects.create(
        vendor_id=current.vendor_id, program=current.program, partnership=to, partner_id=to.partner_id,
        submitted_at=at, reference=draw_reference(current.program, at), **copied,
    )  # fmt: skip
