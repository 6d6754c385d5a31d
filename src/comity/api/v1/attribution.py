"""Attribution: touches, the credit of a deal, revenue of a program by partner under each model."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router
from ninja.responses import Status as Reply
from pydantic import Field

from comity.api.fields import Amount, Input, Instant, Output
from comity.api.paging import ListQuery, Page, StrictQuery, page_of
from comity.api.tokens import READ, WRITE
from comity.api.v1.lookups import opportunity_of, partnership_of, program_of
from comity.attribution.models import Touch
from comity.attribution.programme import programme_attribution
from comity.attribution.queries import explain, touches_visible_to
from comity.attribution.states import Basis, Model, TouchKind, TouchSide, TouchState
from comity.attribution.touches import (
    MOST_EVIDENCE,
    TouchDraft,
    confirm_touches,
    record_touch,
    report_touch,
)
from comity.identity.actors import Actor
from comity.kernel.errors import Invalid, NotFound
from comity.kernel.periods import Period
from comity.programs.calendars import today_in

router = Router(tags=["Attribution"])


class TouchOut(Output):
    """Something a partner did for a deal or a customer; only confirmed ones count."""

    id: UUID
    partnership_id: UUID
    opportunity_id: UUID | None
    kind: TouchKind
    happened_at: datetime
    evidence: str
    external_key: str | None
    side: TouchSide
    state: TouchState
    refusal: str


class TouchPage(Page[TouchOut]):
    """Touches, the newest written first."""


class TouchQuery(ListQuery):
    """The list of touches."""

    partnership: UUID | None = None
    opportunity: UUID | None = None
    state: TouchState | None = None


class NewTouch(Input):
    """A touch to record. The same `external_key` again is a no-op. A partner's own touch waits for confirmation."""

    partnership_id: UUID
    opportunity_id: UUID
    kind: TouchKind
    happened_at: Instant
    evidence: Annotated[str, Field(max_length=MOST_EVIDENCE)] = ""
    external_key: Annotated[str, Field(max_length=200)] = ""


class ModelShare(Output):
    """One partner under one model; no amount where the deal has none."""

    model: Model
    share: Decimal
    amount: Amount | None


class CreditedPartner(Output):
    """One partner of a deal: its role, why it has it, and what each model gives it."""

    partnership_id: UUID
    name: str
    role: str
    basis: Basis
    fulfilled: bool
    models: list[ModelShare]


class DealAttribution(Output):
    """The credit of a deal: frozen once it is won, else as if it were won today. Amounts in the deal's currency."""

    opportunity_id: UUID
    currency: str
    frozen_at: datetime | None
    settings_number: int | None
    partners: list[CreditedPartner]


class RoleFigure(Output):
    """Won deals that totals count under one role, each deal once."""

    role: str
    deals: int
    amount: Amount
    without_amount: int


class PartnerFigure(Output):
    """One partner: a deal shows under each of its partners, so roles may exceed the total."""

    partnership_id: UUID
    name: str
    deals: int
    roles: dict[str, Amount]
    models: dict[str, Amount]


class ProgramAttribution(Output):
    """Credit of the deals won in a period, in the program's currency."""

    currency: str
    totals: list[RoleFigure]
    partners: list[PartnerFigure]


class AttributionQuery(StrictQuery):
    """Which close dates, both ends included; all time without any."""

    from_on: date | None = Field(None, alias="from")
    to_on: date | None = Field(None, alias="to")


@router.get("/touches", response=TouchPage, auth=READ, summary="List touches")
def list_touches(request: Any, query: Query[TouchQuery]) -> Any:
    """Touches of any state; with a partner's token its own."""
    found = touches_visible_to(request.actor)
    wanted = {"partnership_id": query.partnership, "opportunity_id": query.opportunity, "state": query.state}
    found = found.filter(**{name: value for name, value in wanted.items() if value is not None})
    return page_of(request, found, query, _touch, newest_first=True)


@router.post("/touches", response={201: TouchOut}, auth=WRITE, summary="Record a touch")
def record_a_touch(request: Any, new: NewTouch, response: HttpResponse) -> Any:
    """Record what a partner did: the vendor's counts at once, a partner's own waits to be confirmed."""
    actor: Actor = request.actor
    draft = TouchDraft(
        partnership=partnership_of(actor, new.partnership_id),
        kind=new.kind,
        happened_at=new.happened_at,
        evidence=new.evidence,
        external_key=new.external_key,
        opportunity=opportunity_of(actor, new.opportunity_id) if actor.is_vendor else None,
    )
    if actor.is_vendor:
        made = record_touch(program=draft.partnership.program, actor=actor, draft=draft, at=request.received_at)
    else:
        made = report_touch(actor=actor, draft=draft, opportunity_id=new.opportunity_id, at=request.received_at)
    response["Location"] = f"/api/v1/touches/{made.pk}"
    return Reply(201, _touch(made))


@router.get("/touches/{uuid:touch_id}", response=TouchOut, auth=READ, summary="Read a touch")
def read_touch(request: Any, touch_id: UUID) -> Any:
    """One touch."""
    return _touch(_touch_of(request.actor, touch_id))


@router.post("/touches/{uuid:touch_id}/confirm", response=TouchOut, auth=WRITE, summary="Confirm a touch")
def confirm_touch(request: Any, touch_id: UUID) -> Any:
    """Say that it happened: from now on it counts. One that is confirmed stays so."""
    found = _touch_of(request.actor, touch_id)
    (done,) = confirm_touches(program=found.program, actor=request.actor, touch_ids=[found.pk], at=request.received_at)
    return _touch(done)


@router.get(
    "/opportunities/{uuid:opportunity_id}/attribution",
    response=DealAttribution,
    auth=READ,
    summary="Read the credit of a deal",
)
def read_deal_attribution(request: Any, opportunity_id: UUID) -> Any:
    """Who has which part of a deal under every model."""
    deal = opportunity_of(request.actor, opportunity_id)
    told = explain(request.actor, deal, today=today_in(deal.program, request.received_at))
    partners = [
        CreditedPartner(
            partnership_id=line.partnership.pk,
            name=line.partnership.name,
            role=line.part.role,
            basis=line.part.basis,
            fulfilled=line.part.fulfilled,
            models=[
                ModelShare(model=model, share=one.share, amount=None if one.amount is None else one.amount.amount)
                for model, one in line.by_model.items()
            ],
        )
        for line in told.lines
    ]
    return DealAttribution(
        opportunity_id=deal.pk,
        currency=deal.currency,
        frozen_at=told.credit.frozen_at if told.credit else None,
        settings_number=told.credit.settings.number if told.credit else None,
        partners=partners,
    )


@router.get(
    "/programs/{uuid:program_id}/attribution",
    response=ProgramAttribution,
    auth=READ,
    summary="Read the attribution of a program",
)
def read_program_attribution(request: Any, program_id: UUID, query: Query[AttributionQuery]) -> Any:
    """Revenue by role, each deal once, and by partner under each model."""
    program = program_of(request.actor, program_id)
    if (query.from_on is None) != (query.to_on is None):
        raise Invalid("Say both ends of the period, or none.", fields={"to": "Needs from and to."})
    period = None
    if query.from_on and query.to_on:
        if query.from_on > query.to_on:
            raise Invalid("The period ends before it begins.", fields={"to": f"Choose {query.from_on} or later."})
        period = Period(query.from_on, query.to_on)
    found = programme_attribution(request.actor, program, period)
    return ProgramAttribution(
        currency=program.currency,
        totals=[
            RoleFigure(role=one.role, deals=one.deals, amount=one.amount, without_amount=one.without_amount)
            for one in found.totals
        ],
        partners=[
            PartnerFigure(
                partnership_id=one.partnership_id,
                name=one.name,
                deals=one.deals,
                roles=one.by_role,
                models={model.value: amount for model, amount in one.by_model.items()},
            )
            for one in found.partners
        ],
    )


def _touch_of(actor: Actor, touch_id: UUID) -> Touch:
    found = touches_visible_to(actor).select_related("program").filter(pk=touch_id).first()
    if found is None:
        raise NotFound("There is no such touch here.")
    return found


def _touch(row: Touch) -> TouchOut:
    return TouchOut(**{name: getattr(row, name) for name in TouchOut.model_fields})
