"""Leads: who sees which, and what stands around one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from comity.deals.models import Handling, Opportunity
from comity.deals.paging import Order
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.words import words
from comity.leads.models import (
    Lead,
    LeadFile,
    LeadOffer,
    LeadRoute,
    LeadStep,
    LeadWishes,
    Referral,
    ReferralLink,
    RoutingVersion,
)
from comity.leads.recording import LeadNotFound
from comity.leads.routing import route_of
from comity.leads.rules import Route
from comity.leads.states import FOR_A_PERSON, IN_HAND, OPEN, OfferState
from comity.programs.models import Partnership, Program

LEAD_ORDERS: Final = (
    Order("received", "received_at", "text"),
    Order("moved", "moved_at", "text"),
    Order("value", "value", "number", nullable=True),
)
GROUPS: Final = {"open": OPEN, "person": FOR_A_PERSON, "in_hand": IN_HAND}


@dataclass(frozen=True)
class LeadFilter:
    """Which leads a list shows; what is empty does not limit it."""

    state: str = ""
    """A state, or open, person (somebody decides), in_hand (a partner has it)."""
    source: str = ""
    partner: UUID | None = None
    search: str = ""


def leads_visible_to(actor: Actor, program: Program | None = None) -> QuerySet[Lead]:
    """The vendor's leads; a partner has offers, never leads."""
    if not (actor.is_vendor and actor.can(Permission.VIEW_DEALS)):
        return Lead.objects.none()
    rows = Lead.objects.filter(vendor_id=actor.organization_id)
    if program is not None:
        rows = rows.filter(program=program)
    return rows.select_related("program", "holder", "referred_by")


def lead_visible_to(actor: Actor, lead_id: UUID, program: Program | None = None) -> Lead:
    """One lead. Raises LeadNotFound."""
    found = leads_visible_to(actor, program).select_related("account", "opportunity", "duplicate_of").filter(pk=lead_id)
    lead = found.first()
    if lead is None:
        raise LeadNotFound(words("There is no such lead here."))
    return lead


def leads_matching(actor: Actor, program: Program, wanted: LeadFilter) -> QuerySet[Lead]:
    """The visible leads that a filter lets through."""
    rows = leads_visible_to(actor, program)
    if wanted.state:
        states = GROUPS.get(wanted.state)
        rows = rows.filter(state__in=[state.value for state in states]) if states else rows.filter(state=wanted.state)
    if wanted.source:
        rows = rows.filter(source=wanted.source)
    if wanted.partner:
        rows = rows.filter(Q(holder=wanted.partner) | Q(referred_by=wanted.partner))
    words = " ".join(wanted.search.replace("\x00", "").split())[:200]
    if words:
        named = Q(customer_name__icontains=words) | Q(reference__iexact=words) | Q(contact_email__iexact=words)
        rows = rows.filter(named | Q(domain_key=words.lower()))
    return rows


def offers_visible_to(actor: Actor, partnership: Partnership | None = None) -> QuerySet[LeadOffer]:
    """A partner's own offers, the newest first."""
    if not actor.can(Permission.PORTAL_DEALS):
        return LeadOffer.objects.none()
    rows = LeadOffer.objects.filter(partner_id=actor.organization_id)
    if partnership is not None:
        rows = rows.filter(vendor_id=partnership.vendor_id, partnership=partnership)
    return rows.select_related("partnership__program").order_by("-offered_at", "-id")


def offer_visible_to(actor: Actor, offer_id: UUID, partnership: Partnership | None = None) -> LeadOffer:
    """One offer. Raises LeadNotFound."""
    found = offers_visible_to(actor, partnership).filter(pk=offer_id).first()
    if found is None:
        raise LeadNotFound(words("There is no such lead of yours."))
    return found


def offers_to_answer(actor: Actor) -> QuerySet[LeadOffer]:
    """What waits for a partner's answer, the nearest clock first."""
    return offers_visible_to(actor).filter(state=OfferState.OFFERED).order_by("due_at", "id")


def offers_of(lead: Lead) -> QuerySet[LeadOffer]:
    """Whom a lead was offered to, the newest first; vendor only."""
    rows = LeadOffer.objects.filter(vendor_id=lead.vendor_id, lead=lead)
    return rows.select_related("partnership").order_by("-offered_at", "-id")


def steps_of(lead: Lead) -> QuerySet[LeadStep]:
    """What happened to it, the newest first; vendor only."""
    rows = LeadStep.objects.filter(vendor_id=lead.vendor_id, lead=lead)
    return rows.select_related("partnership").order_by("-sequence")


def newest_route(lead: Lead) -> tuple[LeadRoute, Route] | None:
    """What the rules said last of a lead, with the version that said it; vendor only."""
    kept = LeadRoute.objects.filter(vendor_id=lead.vendor_id, lead=lead).select_related("version").order_by("-id")
    found = kept.first()
    return (found, route_of(found.body)) if found else None


def waiting_leads(actor: Actor, program: Program) -> QuerySet[Lead]:
    """What waits for one of the vendor's people, the longest first."""
    states = [state.value for state in FOR_A_PERSON]
    return leads_visible_to(actor, program).filter(state__in=states).order_by("moved_at", "id")


def lead_of_registration(actor: Actor, registration_id: UUID) -> Lead | None:
    """The lead that a registration grew out of; vendor only."""
    return leads_visible_to(actor).filter(registration_id=registration_id).first()


def offer_of_registration(actor: Actor, registration_id: UUID) -> LeadOffer | None:
    """The partner's own lead that its registration grew out of."""
    return offers_visible_to(actor).filter(registration_id=registration_id).first()


def lead_of_deal(actor: Actor, deal: Opportunity) -> Lead | None:
    """The lead that a deal grew out of, directly or by a registration; vendor only."""
    registered = Handling.objects.filter(vendor_id=deal.vendor_id, opportunity=deal).values("registration_id")
    return leads_visible_to(actor).filter(Q(opportunity=deal) | Q(registration_id__in=registered)).first()


def referrals_visible_to(actor: Actor, partnership: Partnership | None = None) -> QuerySet[Referral]:
    """A partner's own referrals, the newest first."""
    if not actor.can(Permission.PORTAL_DEALS):
        return Referral.objects.none()
    rows = Referral.objects.filter(partner_id=actor.organization_id)
    if partnership is not None:
        rows = rows.filter(vendor_id=partnership.vendor_id, partnership=partnership)
    return rows.order_by("-referred_at", "-id")


def link_of_partnership(actor: Actor, partnership: Partnership) -> ReferralLink | None:
    """The partner's link that works now."""
    if not actor.can(Permission.PORTAL_DEALS):
        return None
    own = ReferralLink.objects.filter(partner_id=actor.organization_id, partnership=partnership)
    return own.filter(ended_at__isnull=True).first()


def wishes_of(partnership: Partnership) -> LeadWishes | None:
    """Which leads a partner declared to take; both sides."""
    return LeadWishes.objects.filter(vendor_id=partnership.vendor_id, partnership=partnership).first()


def routing_visible_to(actor: Actor, program: Program) -> QuerySet[RoutingVersion]:
    """The versions of a program's routing, the newest first; vendor only."""
    if not (actor.is_vendor and actor.can(Permission.VIEW_DEALS)):
        return RoutingVersion.objects.none()
    return RoutingVersion.objects.filter(vendor_id=actor.organization_id, program=program).order_by("-number")


def files_visible_to(actor: Actor, program: Program) -> QuerySet[LeadFile]:
    """The files of leads that were taken in, the newest first; vendor only."""
    if not (actor.is_vendor and actor.can(Permission.MANAGE_LEADS)):
        return LeadFile.objects.none()
    return LeadFile.objects.filter(vendor_id=actor.organization_id, program=program).order_by("-uploaded_at", "-id")
