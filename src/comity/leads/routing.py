"""Sending a lead on: the rules choose, the partner is asked, and who says no or nothing makes room for the next."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from comity.deals.registration.clock import add_business_hours
from comity.leads import recording
from comity.leads.candidates import candidates_of, facts_of
from comity.leads.clauses import Routing
from comity.leads.models import Lead, LeadOffer, LeadRoute, RoutingVersion
from comity.leads.recording import SHARED, By, make_move, move_offer
from comity.leads.rules import Asked, Fit, Reason, Route, route
from comity.leads.states import Move, OfferMove, OfferState, State
from comity.leads.versions import clauses_of, routing_on
from comity.programs.calendars import today_in
from comity.programs.models import Partnership


def send_on(lead: Lead, *, at: datetime, by: By) -> LeadRoute:
    """Let today's rules choose a partner for a lead that is held by the caller, and offer it; or leave it to a person.

    Vendor's side, in a running transaction.
    """
    version = _use(routing_on(lead.program, today_in(lead.program, at)), at)
    found = route(facts_of(lead), candidates_of(lead.program, at, lead), clauses_of(version))
    kept = LeadRoute.objects.create(
        vendor_id=lead.vendor_id, lead=lead, version=version, at=at, chosen_id=found.chosen, body=stored(found)
    )
    if found.chosen is not None:
        chosen = Partnership.objects.get(vendor_id=lead.vendor_id, pk=found.chosen)
        offer_lead(lead, chosen, at=at, by=by, routing=clauses_of(version))
    elif lead.state != State.HELD:
        make_move(lead, Move.HOLD, at=at, by=by, reason=found.held, held_for=found.held)
    else:
        lead.held_for = found.held
        lead.save(update_fields=["held_for"])
    return kept


def offer_lead(
    lead: Lead, partnership: Partnership, *, at: datetime, by: By, routing: Routing | None = None
) -> LeadOffer:
    """Offer a held lead to a partner, until its time runs out. Raises IllegalMove, also for who declined before."""
    clauses = routing or clauses_of(_use(routing_on(lead.program, today_in(lead.program, at)), at))
    due = add_business_hours(at, clauses.offer_hours, zone=lead.program.time_zone, holidays=clauses.holidays)
    shared: dict[str, Any] = {name: getattr(lead, name) for name in SHARED}
    earlier = LeadOffer.objects.filter(vendor_id=lead.vendor_id, lead=lead, partnership=partnership).first()
    if earlier is not None:
        move_offer(earlier, OfferMove.OFFER, at=at)
        fresh = {**shared, "offered_at": at, "due_at": due, "answered_at": None, "answered_by_name": ""}
        LeadOffer.objects.filter(vendor_id=lead.vendor_id, pk=earlier.pk).update(**fresh)
    else:
        LeadOffer.objects.create(
            vendor_id=lead.vendor_id, lead=lead, partnership=partnership, partner_id=partnership.partner_id,
            state=OfferState.OFFERED.value, offered_at=at, due_at=due, moved_at=at, **shared,
        )  # fmt: skip
    make_move(
        lead, Move.OFFER, at=at, by=by, holder=partnership, partnership=partnership, held_for="",
        first_offered_at=lead.first_offered_at or at,
    )  # fmt: skip
    return LeadOffer.objects.get(vendor_id=lead.vendor_id, lead=lead, partnership=partnership)


def pass_on(
    lead: Lead, offer: LeadOffer, move: OfferMove, *, at: datetime, by: By, reason: str = "", text: str = ""
) -> None:
    """The partner said no, said nothing, or lost the offer: the next one is asked. Both rows are held by the caller."""
    was = offer.partnership
    move_offer(offer, move, at=at, by=by if by.side == "partner" else None, reason=reason, text=text)
    told = reason or move.value
    make_move(lead, Move.PASS_ON, at=at, by=by, reason=told, text=text, partnership=was)
    send_on(lead, at=at, by=recording.THE_RULES)


@transaction.atomic
def pass_on_overdue(*, vendor_id: UUID, at: datetime) -> int:
    """Move every offer on whose time has run out; under the vendor's tenant. How many. Two workers share them."""
    states = {"vendor_id": vendor_id, "state": OfferState.OFFERED.value, "due_at__lte": at}
    due = LeadOffer.objects.filter(**states).order_by("due_at", "id").values_list("lead_id", "pk")
    done = 0
    for lead_id, offer_id in list(due):
        # The lead is held first, as everywhere, so that an answer and the clock never wait for each other in a circle.
        held = Lead.objects.select_for_update(of=("self",), skip_locked=True).select_related("program", "holder")
        lead = held.filter(vendor_id=vendor_id, pk=lead_id).first()
        if lead is None:
            continue
        offer = LeadOffer.objects.select_related("partnership").filter(**states, pk=offer_id).first()
        if offer is None:
            continue
        pass_on(lead, offer, OfferMove.RUN_OUT, at=at, by=recording.THE_RULES)
        done += 1
    return done


def preview(*, lead: Lead, at: datetime, routing: Routing | None = None) -> Route:
    """Where a lead would go by today's rules, or by these; writes nothing. Vendor's side."""
    clauses = routing or clauses_of(routing_on(lead.program, today_in(lead.program, at)))
    return route(facts_of(lead), candidates_of(lead.program, at, lead), clauses)


def stored(found: Route) -> dict[str, Any]:
    """Plain JSON."""
    body: dict[str, Any] = _plain(asdict(found))
    return body


def route_of(body: dict[str, Any]) -> Route:
    """A route as it was kept."""
    asked = tuple(
        Asked(one["rule"], one["is_about"], _reasons(one["reasons"]), tuple(_fit(fit) for fit in one["fits"]))
        for one in body["asked"]
    )
    chosen = UUID(body["chosen"]) if body["chosen"] else None
    return Route(chosen, tuple(UUID(key) for key in body["others"]), body["rule"], body["held"], asked)


def _fit(kept: dict[str, Any]) -> Fit:
    return Fit(UUID(kept["candidate"]), kept["name"], kept["fits"], _reasons(kept["reasons"]), kept["place"])


def _reasons(kept: list[dict[str, Any]]) -> tuple[Reason, ...]:
    return tuple(Reason(one["code"], one["holds"], one["values"]) for one in kept)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, UUID) else value


def _use(version: RoutingVersion, at: datetime) -> RoutingVersion:
    """Mark a version as used: from now on its clauses stay."""
    if version.used_at is None:
        version.used_at = at
        version.save(update_fields=["used_at"])
    return version
