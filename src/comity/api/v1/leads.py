"""Leads: the vendor's systems send and follow them; a partner's read what is offered and answer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router
from ninja.responses import Status as Reply

from comity.api.fields import Named, named
from comity.api.paging import ListQuery, page_of
from comity.api.tokens import READ, WRITE
from comity.api.v1.lead_shapes import (
    AskedOut,
    FitOut,
    FoundOut,
    LeadAction,
    LeadInFull,
    LeadOut,
    LeadPage,
    LeadQuery,
    NewLead,
    NewReferral,
    OfferAction,
    OfferOut,
    OfferPage,
    OfferQuery,
    ReferralOut,
    ReferralPage,
    RouteOut,
)
from comity.api.v1.lookups import named_program, partnership_of
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.leads.answering import accept_lead, decline_lead, return_lead, work_on_lead
from comity.leads.conversion import convert_to_opportunity, convert_to_registration
from comity.leads.decisions import disqualify_lead, merge_lead, offer_to, reopen_lead, route_lead, take_back_lead
from comity.leads.intake import LeadDraft, take_in_lead
from comity.leads.matching import findings_of
from comity.leads.models import Lead, LeadOffer, Referral
from comity.leads.queries import (
    lead_visible_to,
    leads_visible_to,
    newest_route,
    offer_visible_to,
    offers_visible_to,
    referrals_visible_to,
)
from comity.leads.referrals import refer_lead
from comity.leads.states import Channel, Move
from comity.leads.wording import reason_told, rule_name

router = Router(tags=["Leads"])


@router.get("/leads", response=LeadPage, auth=READ, summary="List leads")
def list_leads(request: Any, query: Query[LeadQuery]) -> Any:
    """The vendor's leads. Needs “view deals”; a partner reads its offers instead."""
    actor: Actor = request.actor
    actor.require(Permission.VIEW_DEALS)
    asked = {"program_id": query.program, "state": query.state, "source": query.source}
    wanted = {name: value for name, value in asked.items() if value is not None}
    return page_of(request, leads_visible_to(actor).filter(**wanted), query, _show, newest_first=True)


@router.post("/leads", response={201: LeadInFull}, auth=WRITE, summary="Send a lead")
def add_lead(request: Any, new: NewLead, response: HttpResponse) -> Any:
    """Take a lead in; the rules send it on at once. Needs “manage leads”. Twice with one external id makes one lead."""
    actor: Actor = request.actor
    actor.require(Permission.MANAGE_LEADS)
    given = {name: value for name, value in new.given().items() if name not in ("program_id", "families", "currency")}
    draft = LeadDraft(**given, families=tuple(new.families), currency=new.currency or "")
    made = take_in_lead(
        program=named_program(actor, new.program_id), actor=actor, draft=draft, at=request.received_at,
        channel=Channel.API,
    )  # fmt: skip
    response["Location"] = f"/api/v1/leads/{made.pk}"
    return Reply(201, _in_full(actor, made.pk))


@router.get("/leads/{uuid:lead_id}", response=LeadInFull, auth=READ, summary="Read a lead")
def read_lead(request: Any, lead_id: UUID) -> Any:
    """One lead with its route explained. Needs “view deals”."""
    return _in_full(request.actor, lead_id)


@router.post("/leads/{uuid:lead_id}/act", response=LeadInFull, auth=WRITE, summary="Do something with a lead")
def act_on_lead(request: Any, lead_id: UUID, said: LeadAction) -> Any:
    """Offer it, take it back, disqualify, merge, reopen or convert it. Needs “manage leads”."""
    actor: Actor = request.actor
    found = lead_visible_to(actor, lead_id)
    order: dict[str, Any] = {"lead": found, "actor": actor, "at": request.received_at}
    if said.action == "offer" and said.partnership_id is not None:
        offer_to(**order, partnership=partnership_of(actor, said.partnership_id))
    elif said.action == "offer":
        route_lead(**order)
    elif said.action == "take_back":
        take_back_lead(**order, text=said.text)
    elif said.action == "disqualify":
        disqualify_lead(**order, reason=said.reason, text=said.text)
    elif said.action == "merge":
        merge_lead(**order, into=lead_visible_to(actor, said.into_id or lead_id))
    elif said.action == "reopen":
        reopen_lead(**order)
    else:
        convert_to_opportunity(**order)
    return _in_full(actor, lead_id)


@router.get("/lead-offers", response=OfferPage, auth=READ, summary="List the leads offered to us")
def list_offers(request: Any, query: Query[OfferQuery]) -> Any:
    """A partner's own offers. Needs “portal deals”."""
    actor: Actor = request.actor
    actor.require(Permission.PORTAL_DEALS)
    rows = offers_visible_to(actor)
    if query.state is not None:
        rows = rows.filter(state=query.state)
    return page_of(request, rows, query, _show_offer, newest_first=True)


@router.get("/lead-offers/{uuid:offer_id}", response=OfferOut, auth=READ, summary="Read a lead offered to us")
def read_offer(request: Any, offer_id: UUID) -> Any:
    """One offer. Needs “portal deals”."""
    return _show_offer(offer_visible_to(request.actor, offer_id))


@router.post("/lead-offers/{uuid:offer_id}/act", response=OfferOut, auth=WRITE, summary="Answer a lead")
def act_on_offer(request: Any, offer_id: UUID, said: OfferAction) -> Any:
    """Accept, decline, work on, give back or register it. Needs “portal deals”."""
    actor: Actor = request.actor
    found = offer_visible_to(actor, offer_id)
    order: dict[str, Any] = {
        "offer": found, "partnership": found.partnership, "actor": actor, "at": request.received_at,
    }  # fmt: skip
    why: dict[str, Any] = {"reason": said.reason, "text": said.text}
    if said.action == "accept":
        accept_lead(**order)
    elif said.action == "decline":
        decline_lead(**order, **why)
    elif said.action == "return":
        return_lead(**order, **why)
    elif said.action == "register":
        convert_to_registration(**order)
    else:
        work_on_lead(**order, move=Move(said.action), text=said.text)
    return _show_offer(offer_visible_to(actor, offer_id))


@router.get("/referrals", response=ReferralPage, auth=READ, summary="List our referrals")
def list_referrals(request: Any, query: Query[ListQuery]) -> Any:
    """A partner's own referrals. Needs “portal deals”."""
    actor: Actor = request.actor
    actor.require(Permission.PORTAL_DEALS)
    return page_of(request, referrals_visible_to(actor), query, _show_referral, newest_first=True)


@router.post("/referrals", response={201: ReferralOut}, auth=WRITE, summary="Refer a prospect")
def add_referral(request: Any, new: NewReferral) -> Any:
    """A partner names a prospect. Needs “portal deals”; one's own company is refused."""
    actor: Actor = request.actor
    actor.require(Permission.PORTAL_DEALS)
    given = {name: value for name, value in new.given().items() if name not in ("partnership_id", "agreed")}
    made = refer_lead(
        partnership=partnership_of(actor, new.partnership_id), actor=actor, draft=LeadDraft(**given),
        agreed=new.agreed, at=request.received_at,
    )  # fmt: skip
    return Reply(201, _show_referral(made))


def _show(row: Lead) -> LeadOut:
    return LeadOut(**_values(row))


def _values(row: Lead) -> dict[str, Any]:
    kept = {name: getattr(row, name) for name in LeadOut.model_fields if name not in ("partnership", "referred_by")}
    return {**kept, "partnership": named(row.holder), "referred_by": named(row.referred_by)}


def _in_full(actor: Actor, lead_id: UUID) -> LeadInFull:
    row = lead_visible_to(actor, lead_id)
    findings = [
        FoundOut.model_validate({"kind": one.kind, "id": one.id, "name": one.name, "band": one.band,
                                 "reasons": list(one.reasons)})
        for one in findings_of(row)
    ]  # fmt: skip
    return LeadInFull(**_values(row), findings=findings, route=_route(row))


def _route(row: Lead) -> RouteOut | None:
    kept = newest_route(row)
    if kept is None:
        return None
    asked = [
        AskedOut(
            rule=rule_name(one.rule), is_about=one.is_about,
            fits=[
                FitOut(partnership=Named(id=fit.candidate, name=fit.name), fits=fit.fits, place=fit.place,
                       reasons=[reason_told(reason) for reason in fit.reasons])
                for fit in one.fits
            ],
        )
        for one in kept[1].asked
    ]  # fmt: skip
    return RouteOut(
        version=kept[0].version.number, rule=rule_name(kept[1].rule), chosen_id=kept[1].chosen, held=kept[1].held,
        asked=asked,
    )  # fmt: skip


def _show_offer(row: LeadOffer) -> OfferOut:
    kept = {name: getattr(row, name) for name in OfferOut.model_fields if name not in ("partnership", "progress")}
    partnership = Named(id=row.partnership_id, name=row.partnership.program.vendor_name)
    progress: Any = row.progress or None
    return OfferOut(**kept, partnership=partnership, progress=progress)


def _show_referral(row: Referral) -> ReferralOut:
    state: Any = row.state
    return ReferralOut(
        id=row.pk, customer_name=row.customer_name, referred_at=row.referred_at, by_link=row.link_id is not None,
        state=state,
    )  # fmt: skip
