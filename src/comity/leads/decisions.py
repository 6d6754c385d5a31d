"""What the vendor's people decide about a lead: whom it goes to, that it is known, that it is none, that it is ours."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.words import words
from comity.leads.models import Lead, LeadOffer
from comity.leads.recording import THE_RULES, By, checked_words, live_offer, locked, make_move, move_offer
from comity.leads.routing import offer_lead, pass_on, send_on
from comity.leads.states import (
    DISQUALIFY_REASONS,
    MACHINE,
    OFFER_MACHINE,
    Move,
    OfferMove,
    OfferState,
    State,
)
from comity.programs.models import Partnership
from comity.programs.states import Status


class NotToBeAsked(Conflict):
    """This partner declined or returned the lead before, or is not active."""

    code, title = "not_to_be_asked", words("This partner is not asked")


@transaction.atomic
def route_lead(*, lead: Lead, actor: Actor, at: datetime) -> Lead:
    """Let the rules send a lead on that waits for a person. Raises NotAllowed, IllegalMove."""
    actor.require(Permission.MANAGE_LEADS)
    current = locked(lead)
    MACHINE.next_state(State(current.state), Move.OFFER)
    send_on(current, at=at, by=By.vendor(actor))
    return current


@transaction.atomic
def offer_to(*, lead: Lead, partnership: Partnership, actor: Actor, at: datetime) -> LeadOffer:
    """Offer a lead to a partner of one's own choice. Raises NotAllowed, IllegalMove, NotToBeAsked."""
    actor.require(Permission.MANAGE_LEADS)
    current = locked(lead)
    MACHINE.next_state(State(current.state), Move.OFFER)
    chosen = Partnership.objects.filter(vendor_id=current.vendor_id, program=current.program, pk=partnership.pk).first()
    if chosen is None or chosen.status != Status.ACTIVE:
        raise NotToBeAsked(words("%(partnership)s is no active partner of this program.", partnership=partnership.name))
    before = LeadOffer.objects.filter(vendor_id=current.vendor_id, lead=current, partnership=chosen).first()
    if before is not None and not OFFER_MACHINE.allows(OfferState(before.state), OfferMove.OFFER):
        raise NotToBeAsked(
            words(
                "%(chosen)s %(state)s this lead; it is not asked again.",
                chosen=chosen.name,
                state=before.state.replace("_", " "),
            )
        )
    return offer_lead(current, chosen, at=at, by=By.vendor(actor))


@transaction.atomic
def take_back_lead(*, lead: Lead, actor: Actor, at: datetime, text: str = "") -> Lead:
    """Take a lead away from the partner that it is offered to or that has it; the rules choose anew.

    Raises NotAllowed, IllegalMove, Invalid.
    """
    actor.require(Permission.MANAGE_LEADS)
    words = checked_words("", text, (), needed=False)
    current = locked(lead)
    offer = live_offer(current)
    if current.state == State.OFFERED and offer is not None:
        pass_on(current, offer, OfferMove.TAKE_BACK, at=at, by=By.vendor(actor), text=words)
        return current
    MACHINE.next_state(State(current.state), Move.RECALL)
    if offer is not None:
        move_offer(offer, OfferMove.TAKE_BACK, at=at, text=words)
    make_move(current, Move.RECALL, at=at, by=By.vendor(actor), text=words)
    send_on(current, at=at, by=THE_RULES)
    return current


@transaction.atomic
def disqualify_lead(*, lead: Lead, actor: Actor, at: datetime, reason: str, text: str = "") -> Lead:
    """Say that it is no lead, and why. Raises NotAllowed, IllegalMove, Invalid."""
    actor.require(Permission.MANAGE_LEADS)
    words = checked_words(reason, text, DISQUALIFY_REASONS)
    current = locked(lead)
    make_move(current, Move.DISQUALIFY, at=at, by=By.vendor(actor), reason=reason, text=words, held_for="")
    return current


@transaction.atomic
def merge_lead(*, lead: Lead, into: Lead, actor: Actor, at: datetime) -> Lead:
    """Say that a lead is the same as another one; that one goes on. Raises NotAllowed, IllegalMove, Invalid."""
    actor.require(Permission.MANAGE_LEADS)
    current = locked(lead)
    other = Lead.objects.filter(vendor_id=current.vendor_id, program=current.program, pk=into.pk).first()
    if other is None or other.pk == current.pk or other.state == State.DUPLICATE:
        raise Invalid(
            words("Nothing was changed yet."),
            fields={"into": words("Choose another lead that is no duplicate itself.")},
        )
    make_move(current, Move.MERGE, at=at, by=By.vendor(actor), duplicate_of_id=other.pk, held_for="")
    return current


@transaction.atomic
def reopen_lead(*, lead: Lead, actor: Actor, at: datetime) -> Lead:
    """Take up again what was set aside; the rules choose anew. Raises NotAllowed, IllegalMove."""
    actor.require(Permission.MANAGE_LEADS)
    current = locked(lead)
    make_move(current, Move.REOPEN, at=at, by=By.vendor(actor))
    send_on(current, at=at, by=THE_RULES)
    return current
