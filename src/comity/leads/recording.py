"""What every move of a lead shares: the lead held, its step, the partner's row that follows it, the news."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.models import Max

from comity.deals.registration.recording import THE_RULES, By
from comity.kernel.errors import Conflict, Invalid, NotFound
from comity.kernel.ids import human_reference, uuid7
from comity.kernel.words import words as say
from comity.leads.events import LeadMoved
from comity.leads.models import Lead, LeadOffer, LeadStep, Referral
from comity.leads.states import IN_HAND, LIVE, MACHINE, OFFER_MACHINE, Move, OfferMove, OfferState, State
from comity.platform.outbox import announce
from comity.programs.calendars import today_in
from comity.programs.models import Partnership, Program

__all__ = ["THE_RULES", "By", "checked_words", "draw_reference", "live_offer", "locked", "make_move", "move_offer"]

SHARED: Final = (
    "reference", "customer_name", "customer_domain", "customer_country", "customer_city", "customer_industry", "need",
    "families", "language", "value", "currency",
)  # fmt: skip
"""What a partner reads while a lead is offered; the contact comes with the acceptance."""
EMPTIED: Final[dict[str, Any]] = {
    "customer_name": "", "customer_domain": "", "customer_country": "", "customer_city": "", "customer_industry": "",
    "contact_name": "", "contact_email": "", "contact_phone": "", "contact_role": "", "need": "", "families": [],
    "language": "", "value": None, "currency": "", "progress": "",
}  # fmt: skip
"""What is taken out of a partner's row once the lead is not theirs: all but that it was offered."""
_DRAW: Final = """
INSERT INTO leads_leadcounter (id, vendor_id, year, last) VALUES (%s, %s, %s, 1)
ON CONFLICT (vendor_id, year) DO UPDATE SET last = leads_leadcounter.last + 1 RETURNING last
"""


class LeadNotFound(NotFound):
    """There is no such lead, or the reader may not know of it."""

    code, title = "lead_not_found", say("No such lead")


class LeadGone(Conflict):
    """The lead is not offered to this partner any more."""

    code, title = "lead_gone", say("This lead has moved on")


def locked(lead: Lead) -> Lead:
    """The lead as it is now, held until the end of the transaction. Vendor's side."""
    return (
        Lead.objects.select_for_update(of=("self",))
        .select_related("program", "holder")
        .get(vendor_id=lead.vendor_id, pk=lead.pk)
    )


def draw_reference(program: Program, at: datetime) -> str:
    """The next reference of the vendor, such as LD-2026-00042."""
    year = today_in(program, at).year
    with connection.cursor() as cursor:
        cursor.execute(_DRAW, [uuid7(), program.vendor_id, year])
        return human_reference("LD", year, int(cursor.fetchone()[0]))


def checked_words(reason: str, text: str, offered: tuple[str, ...], *, needed: bool = True) -> str:
    """The words beside a reason from the list. Raises Invalid."""
    words = text.strip()
    if needed and reason not in offered:
        raise Invalid(say("Nothing was changed yet."), fields={"reason": say("Choose a reason from the list.")})
    if reason == "other" and not words:
        raise Invalid(say("Nothing was changed yet."), fields={"text": say("Say it in a few words.")})
    if len(words) > 1_000:
        raise Invalid(say("Nothing was changed yet."), fields={"text": say("Please shorten this to 1,000 characters.")})
    return words


def make_move(
    lead: Lead, move: Move, *, at: datetime, by: By, reason: str = "", text: str = "",
    partnership: Partnership | None = None, **changed: Any,
) -> LeadStep:  # fmt: skip
    """Move a lead, write the step, let the partner's rows follow, and announce it. Raises IllegalMove."""
    source = State(lead.state)
    target = MACHINE.next_state(source, move)
    about = partnership or lead.holder
    changed |= {"state": target.value, "moved_at": at, "reason": reason, "reason_text": text}
    if target in (State.CONVERTED, State.DISQUALIFIED, State.DUPLICATE):
        changed["closed_at"] = at
    elif move is Move.REOPEN:
        changed |= {"closed_at": None, "duplicate_of": None}
    elif source is State.CONVERTED:
        changed |= {"closed_at": None, "registration_id": None}
    if target not in (State.OFFERED, State.CONVERTED, *IN_HAND):
        changed["holder"] = None
    for name, value in changed.items():
        setattr(lead, name, value)
    lead.save(update_fields=list(changed))
    steps = LeadStep.objects.filter(vendor_id=lead.vendor_id, lead=lead)
    step = LeadStep.objects.create(
        vendor_id=lead.vendor_id, lead=lead, sequence=(steps.aggregate(last=Max("sequence"))["last"] or 0) + 1, at=at,
        move=move.value, from_state=source.value, to_state=target.value, side=by.side, person_id=by.person_id,
        person_name=by.name, partnership=about, reason=reason, text=text,
    )  # fmt: skip
    _let_partners_follow(lead, at)
    announce(LeadMoved(lead_id=lead.pk, program_id=lead.program_id, sequence=step.sequence))
    return step


def live_offer(lead: Lead) -> LeadOffer | None:
    """The offer that waits for an answer or was accepted. Vendor's side."""
    live = [state.value for state in LIVE]
    return LeadOffer.objects.filter(vendor_id=lead.vendor_id, lead=lead, state__in=live).first()


def move_offer(
    offer: LeadOffer, move: OfferMove, *, at: datetime, by: By | None = None, reason: str = "", text: str = ""
) -> None:
    """Move one partner's offer; what the partner may read comes with it or goes. Raises IllegalMove."""
    target = OFFER_MACHINE.next_state(OfferState(offer.state), move)
    changed: dict[str, Any] = {"state": target.value, "moved_at": at, "reason": reason, "reason_text": text}
    if target not in LIVE:
        changed |= EMPTIED
    if by is not None:
        changed |= {"answered_at": at, "answered_by_id": by.person_id, "answered_by_name": by.name}
    for name, value in changed.items():
        setattr(offer, name, value)
    offer.save(update_fields=list(changed))


def _let_partners_follow(lead: Lead, at: datetime) -> None:
    """The holder's row tells how far its lead is; the referrer's, what became of it."""
    live = LeadOffer.objects.filter(
        vendor_id=lead.vendor_id, lead=lead, state__in=[state.value for state in LIVE]
    ).exclude(progress=lead.state)
    live.update(progress=lead.state, moved_at=at)
    state = State(lead.state)
    told = {
        State.CONVERTED: "converted", State.DISQUALIFIED: "closed", State.DUPLICATE: "closed",
        **dict.fromkeys(IN_HAND, "accepted"),
    }.get(state, "open")  # fmt: skip
    referral = Referral.objects.filter(vendor_id=lead.vendor_id, lead=lead).first()
    if referral is None:
        return
    referral.state = "accepted" if told == "open" and referral.accepted_at else told
    if told in ("accepted", "converted"):
        referral.accepted_at = referral.accepted_at or at
    referral.save(update_fields=["state", "accepted_at"])
