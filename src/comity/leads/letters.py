"""What people are told of leads. What a partner gets is written under its own scope, from its own row; none holds the
prospect's name or the data of a person: those stand on the page, as long as the lead is theirs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string

from comity.identity.models import Membership
from comity.identity.roles import Permission, Role, permissions_of
from comity.leads.events import LeadMoved
from comity.leads.models import Lead, LeadOffer, LeadStep
from comity.leads.states import Move, OfferState
from comity.notices.services import Fact, Reader, readers, tell
from comity.platform.tenancy import tenant
from comity.programs.models import Manager, Partnership


def tell_of_move(event: LeadMoved) -> None:
    """Handler: a partner learns of an offer while it stands, the partner manager of a lead that came back."""
    lead = Lead.objects.select_related("program").get(pk=event.lead_id)
    step = LeadStep.objects.select_related("partnership__manager__person").get(lead=lead, sequence=event.sequence)
    if step.partnership is None:
        return
    if step.move == Move.OFFER:
        _tell_of_offer(lead, step)
    elif step.move == Move.RETURN:
        _to_vendor(lead, step.partnership, step, "lead_returned", "returned")


def _tell_of_offer(lead: Lead, step: LeadStep) -> None:
    partnership = step.partnership
    assert partnership is not None
    offer = LeadOffer.objects.filter(vendor_id=lead.vendor_id, lead=lead, partnership=partnership).first()
    if offer is None or offer.state != OfferState.OFFERED:
        return
    with tenant(organization_id=partnership.partner_id, door="job"):
        to = readers(*_sellers_of(partnership.partner_id))
        own = LeadOffer.objects.select_related("partnership__program").get(pk=offer.pk)
        program = own.partnership.program
        fact = Fact(
            kind="lead_offered",
            key=f"{own.pk}:{own.offered_at.isoformat()}",
            path=f"/portal/{own.partnership_id}/deals/leads/{own.pk}/",
            values={"reference": own.reference, "vendor": program.vendor_name},
            body=lambda: render_to_string("leads/offered.txt", {"offer": own, "program": program}).strip(),
        )
        tell(vendor_id=lead.vendor_id, to=to, fact=fact)
    if not to:
        _to_vendor(lead, partnership, step, "lead_without_reader", "nobody_there")


def _to_vendor(lead: Lead, partnership: Partnership, step: LeadStep, kind: str, template: str) -> None:
    context: dict[str, Any] = {"lead": lead, "partnership": partnership, "step": step}
    fact = Fact(
        kind=kind,
        key=f"{lead.pk}:{step.sequence}",
        path=f"/workspace/{lead.program.slug}/deals/leads/{lead.pk}/",
        values={"reference": lead.reference, "partner": partnership.name},
        body=lambda: render_to_string(f"leads/{template}.txt", context).strip(),
    )
    tell(vendor_id=lead.vendor_id, to=_manager(partnership.manager), fact=fact)


def _sellers_of(organization_id: UUID) -> list[UUID]:
    """A partner's people who may answer; under the partner's scope."""
    roles = [role.value for role in Role if Permission.PORTAL_DEALS in permissions_of(role)]
    members = Membership.objects.filter(organization_id=organization_id, ended_at__isnull=True, role__in=roles)
    return list(members.order_by("person__email").values_list("person_id", flat=True))


def _manager(manager: Manager | None) -> Iterable[Reader]:
    if manager is None:
        return []
    if manager.person_id:
        return readers(manager.person_id)
    return [Reader(address=manager.email)] if manager.email else []
