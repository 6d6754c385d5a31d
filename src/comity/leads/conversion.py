"""What a lead becomes: a registration of its partner's, or an opportunity of the vendor's; the chain stays readable."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from comity.deals.events import OpportunitiesImported, OpportunityChanged, RegistrationDiscarded
from comity.deals.models import CustomerAccount, Handling, Opportunity, Registration
from comity.deals.registration.drafting import RegistrationDraft, save_draft
from comity.deals.services.customers import CustomerDraft, create_customer
from comity.deals.services.opportunities import OpportunityDraft, create_opportunity
from comity.deals.services.parts import PartnerDraft, set_partners
from comity.deals.states import DealStatus, PartnerRole
from comity.deals.states.registrations import RegistrationSource
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.leads.answering import held_offer, refuse_unless_accepted
from comity.leads.events import LeadConverted
from comity.leads.models import Lead, LeadOffer, Referral
from comity.leads.recording import THE_RULES, By, locked, make_move
from comity.leads.states import MACHINE, Move, Source, State
from comity.platform.outbox import announce
from comity.platform.tenancy import current_organization_id
from comity.programs.calendars import today_in
from comity.programs.models import Partnership

_SOURCES = {
    Source.EVENT: RegistrationSource.EVENT,
    Source.REFERRAL: RegistrationSource.REFERRAL,
    Source.WEBSITE: RegistrationSource.INBOUND,
    Source.CALL: RegistrationSource.INBOUND,
}


@transaction.atomic
def convert_to_registration(*, offer: LeadOffer, partnership: Partnership, actor: Actor, at: datetime) -> Registration:
    """Begin a registration of what an accepted lead says; the partner completes and submits it. Twice is once.

    Raises NotAllowed, LeadNotFound, LeadGone, IllegalMove.
    """
    with held_offer(offer, partnership, actor) as (lead, current):
        if lead.state == State.CONVERTED and current.registration_id:
            return Registration.objects.get(pk=current.registration_id)
        refuse_unless_accepted(current)
        MACHINE.next_state(State(lead.state), Move.CONVERT)
        made = save_draft(partnership=partnership, actor=actor, draft=_registration(lead), at=at)
        LeadOffer.objects.filter(vendor_id=lead.vendor_id, pk=current.pk).update(registration_id=made.pk)
        make_move(lead, Move.CONVERT, at=at, by=By.partner(actor), registration_id=made.pk)
        _tell(lead, at)
        return made


@transaction.atomic
def convert_to_opportunity(*, lead: Lead, actor: Actor, at: datetime) -> Opportunity:
    """Open a deal in the pipeline from a lead. Who referred it is its source; whoever works on it takes part.

    Raises NotAllowed, IllegalMove, StageMissing, and what recording a deal raises.
    """
    actor.require(Permission.MANAGE_LEADS)
    actor.require(Permission.EDIT_DEALS)
    current = locked(lead)
    MACHINE.next_state(State(current.state), Move.CONVERT)
    account = current.account or _customer(current, actor)
    draft = OpportunityDraft(
        name=_name_of_deal(current), account=account, opened_on=today_in(current.program, at), amount=current.value,
        currency=current.currency, manager=current.holder.manager if current.holder else None,
    )  # fmt: skip
    deal = create_opportunity(program=current.program, actor=actor, draft=draft, at=at)
    if parts := _parts(current):
        deal = set_partners(opportunity=deal, actor=actor, partners=parts)
    make_move(
        current, Move.CONVERT, at=at, by=By.vendor(actor), opportunity_id=deal.pk, account_id=account.pk, held_for=""
    )
    _tell(current, at)
    return deal


def follow_discarded(event: RegistrationDiscarded) -> None:
    """Handler: the draft of a lead was thrown away; its partner goes on working on the lead."""
    lead = Lead.objects.filter(vendor_id=current_organization_id(), registration_id=event.registration_id).first()
    if lead is None:
        return
    current = locked(lead)
    if current.state == State.CONVERTED and current.registration_id == event.registration_id:
        offers = LeadOffer.objects.filter(vendor_id=current.vendor_id, lead=current)
        offers.filter(registration_id=event.registration_id).update(registration_id=None)
        make_move(current, Move.START, at=_now_of(current), by=THE_RULES)


def follow_deal(event: OpportunityChanged) -> None:
    """Handler: a deal that a lead's registration got belongs to the lead; who referred it reads whether it is won."""
    deals = Opportunity.objects.filter(vendor_id=current_organization_id(), pk=event.opportunity_id)
    _complete(deals)
    _follow(deals)


def follow_deals(event: OpportunitiesImported) -> None:
    """Handler: the same for the deals of an import."""
    _follow(Opportunity.objects.filter(vendor_id=current_organization_id(), import_run_id=event.run_id))


def _complete(deals: QuerySet[Opportunity]) -> None:
    """The deal of a lead's registration is the lead's, too."""
    grown = Handling.objects.filter(vendor_id=current_organization_id(), opportunity__in=deals)
    for registration_id, opportunity_id in grown.values_list("registration_id", "opportunity_id"):
        leads = Lead.objects.filter(vendor_id=current_organization_id(), registration_id=registration_id)
        for lead in leads.filter(state=State.CONVERTED, opportunity__isnull=True):
            current = locked(lead)
            current.opportunity_id = opportunity_id
            current.save(update_fields=["opportunity"])
            _tell(current, _now_of(current))


def _follow(deals: QuerySet[Opportunity]) -> None:
    vendor_id = current_organization_id()
    grown = Lead.objects.filter(vendor_id=vendor_id, state=State.CONVERTED, referrals__isnull=False)
    for status, told in ((DealStatus.WON, "won"), (DealStatus.OPEN, "converted"), (DealStatus.LOST, "closed")):
        ids = deals.filter(status=status).values("pk")
        registered = Handling.objects.filter(vendor_id=vendor_id, opportunity__in=ids).values("registration_id")
        leads = grown.filter(Q(opportunity__in=ids) | Q(registration_id__in=registered)).values("pk")
        Referral.objects.filter(vendor_id=vendor_id, lead__in=leads).exclude(state=told).update(state=told)


def _registration(lead: Lead) -> RegistrationDraft:
    return RegistrationDraft(
        customer_name=lead.customer_name, customer_domain=lead.customer_domain, customer_country=lead.customer_country,
        customer_industry=lead.customer_industry, contact_name=lead.contact_name, contact_email=lead.contact_email,
        families=tuple(lead.families), use_case=lead.need, value=lead.value, currency=lead.currency,
        source=_SOURCES.get(Source(lead.source), RegistrationSource.OTHER).value,
    )  # fmt: skip


def _customer(lead: Lead, actor: Actor) -> CustomerAccount:
    draft = CustomerDraft(
        name=lead.customer_name, domains=(lead.customer_domain,) if lead.customer_domain else (),
        country=lead.customer_country, city=lead.customer_city, industry=lead.customer_industry,
    )  # fmt: skip
    return create_customer(actor=actor, draft=draft)


def _name_of_deal(lead: Lead) -> str:
    products = ", ".join(lead.families)
    return f"{lead.customer_name}{f' · {products}' if products else ''}"[:300]


def _parts(lead: Lead) -> list[PartnerDraft]:
    """The referrer brought the deal; a partner that works on a lead of the vendor's has a part in it."""
    parts = []
    referrer = lead.referred_by
    if referrer is not None:
        parts.append(PartnerDraft(partnership=referrer, role=PartnerRole.SOURCED))
    if lead.holder is not None and lead.holder != referrer:
        parts.append(PartnerDraft(partnership=lead.holder, role=PartnerRole.INFLUENCED))
    return parts


def _tell(lead: Lead, at: datetime) -> None:
    announce(
        LeadConverted(
            lead_id=lead.pk, program_id=lead.program_id, at=at, opportunity_id=lead.opportunity_id,
            registration_id=lead.registration_id, holder_id=lead.holder_id, referrer_id=lead.referred_by_id,
        )
    )  # fmt: skip


def _now_of(lead: Lead) -> datetime:
    """A handler runs on the real clock, never before the lead's last move."""
    return max(timezone.now(), lead.moved_at)
