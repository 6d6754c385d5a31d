"""What a partner does with a lead that it was offered: take it, decline it, work on it, give it back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction

from comity.deals.registration.sides import on_vendor_side
from comity.identity.actors import Actor
from comity.kernel.errors import Invalid
from comity.kernel.words import words as say
from comity.leads.events import LeadAccepted
from comity.leads.models import CONTACT, Lead, LeadOffer
from comity.leads.recording import By, LeadGone, LeadNotFound, checked_words, locked, make_move, move_offer
from comity.leads.routing import pass_on
from comity.leads.states import (
    DECLINE_REASONS,
    MACHINE,
    OFFER_MACHINE,
    RETURN_REASONS,
    Move,
    OfferMove,
    OfferState,
    State,
)
from comity.platform.outbox import announce
from comity.programs.models import Partnership


@transaction.atomic
def accept_lead(*, offer: LeadOffer, partnership: Partnership, actor: Actor, at: datetime) -> LeadOffer:
    """Take a lead: from now on the partner reads whom to call. Twice is once.

    Raises NotAllowed, LeadNotFound, LeadGone (the time has run out, or the lead moved on).
    """
    with held_offer(offer, partnership, actor) as (lead, current):
        if current.state == OfferState.ACCEPTED:
            return current
        if current.state == OfferState.OFFERED and current.due_at <= at:
            raise LeadGone(say("The time to answer has run out; the lead is offered to somebody else."))
        _refuse_gone(current, OfferMove.ACCEPT)
        by = By.partner(actor)
        move_offer(current, OfferMove.ACCEPT, at=at, by=by)
        contact = {name: getattr(lead, name) for name in CONTACT}
        LeadOffer.objects.filter(vendor_id=lead.vendor_id, pk=current.pk).update(**contact)
        make_move(lead, Move.ACCEPT, at=at, by=by, answered_at=at)
        announce(LeadAccepted(lead_id=lead.pk, program_id=lead.program_id, partnership_id=partnership.pk, at=at))
        return LeadOffer.objects.get(pk=current.pk)


@transaction.atomic
def decline_lead(
    *, offer: LeadOffer, partnership: Partnership, actor: Actor, at: datetime, reason: str, text: str = ""
) -> None:
    """Decline a lead: the next partner is asked, and this one never again.

    Raises NotAllowed, LeadNotFound, LeadGone, Invalid.
    """
    words = checked_words(reason, text, DECLINE_REASONS)
    with held_offer(offer, partnership, actor) as (lead, current):
        _refuse_gone(current, OfferMove.DECLINE)
        pass_on(lead, current, OfferMove.DECLINE, at=at, by=By.partner(actor), reason=reason, text=words)


@transaction.atomic
def work_on_lead(
    *, offer: LeadOffer, partnership: Partnership, actor: Actor, at: datetime, move: Move, text: str = ""
) -> LeadOffer:
    """Say how far an accepted lead is: begun, or qualified. Raises NotAllowed, LeadNotFound, LeadGone, IllegalMove."""
    if move not in (Move.START, Move.QUALIFY):
        raise Invalid(
            say("A partner starts on a lead or qualifies it."), fields={"move": say("Choose start or qualify.")}
        )
    words = checked_words("", text, (), needed=False)
    with held_offer(offer, partnership, actor) as (lead, current):
        refuse_unless_accepted(current)
        MACHINE.next_state(State(lead.state), move)
        make_move(lead, move, at=at, by=By.partner(actor), text=words)
        return LeadOffer.objects.get(pk=current.pk)


@transaction.atomic
def return_lead(
    *, offer: LeadOffer, partnership: Partnership, actor: Actor, at: datetime, reason: str, text: str = ""
) -> None:
    """Give a bad lead back, with the reason; the vendor decides what becomes of it.

    Raises NotAllowed, LeadNotFound, LeadGone, IllegalMove, Invalid.
    """
    words = checked_words(reason, text, RETURN_REASONS)
    with held_offer(offer, partnership, actor) as (lead, current):
        refuse_unless_accepted(current)
        MACHINE.next_state(State(lead.state), Move.RETURN)
        move_offer(current, OfferMove.RETURN, at=at, by=By.partner(actor), reason=reason, text=words)
        make_move(lead, Move.RETURN, at=at, by=By.partner(actor), reason=reason, text=words, held_for="")


@contextmanager
def held_offer(offer: LeadOffer, partnership: Partnership, actor: Actor) -> Iterator[tuple[Lead, LeadOffer]]:
    """The lead and the partner's offer as they are now, held on the vendor's side. Raises NotAllowed, LeadNotFound."""
    with on_vendor_side(partnership, actor) as vendor_id:
        own = LeadOffer.objects.select_related("lead", "partnership").filter(
            vendor_id=vendor_id, partnership=partnership, pk=offer.pk
        )
        found = own.first()
        if found is None:
            raise LeadNotFound(say("There is no such lead of yours."))
        lead = locked(found.lead)
        yield lead, own.select_for_update(of=("self",)).get()


def _refuse_gone(offer: LeadOffer, move: OfferMove) -> None:
    if not OFFER_MACHINE.allows(OfferState(offer.state), move):
        raise LeadGone(say("%(reference)s is not offered to you any more.", reference=offer.reference))


def refuse_unless_accepted(offer: LeadOffer) -> None:
    """Raises LeadGone for a lead that the partner does not have."""
    if offer.state != OfferState.ACCEPTED:
        raise LeadGone(say("%(reference)s is not with you any more.", reference=offer.reference))
