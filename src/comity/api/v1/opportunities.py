"""Opportunities: listed, read, recorded, changed, moved from stage to stage, given their partners."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router
from ninja.responses import Status as Reply

from comity.api.paging import page_of
from comity.api.tokens import READ, WRITE
from comity.api.v1.lookups import (
    named_customer,
    named_manager,
    named_partnership,
    named_program,
    named_stage,
    opportunity_of,
    program_of,
)
from comity.api.v1.opportunity_shapes import (
    NewOpportunity,
    OpportunityChange,
    OpportunityInFull,
    OpportunityPage,
    OpportunityQuery,
    Partners,
    StageMove,
    show,
    show_in_full,
)
from comity.deals.models import Opportunity
from comity.deals.queries import DealFilter, deals_matching, with_parts
from comity.deals.services import (
    OpportunityDraft,
    PartnerDraft,
    close_lost,
    create_opportunity,
    edit_opportunity,
    move_stage,
    set_partners,
)
from comity.deals.states import DealStatus
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Invalid
from comity.programs.calendars import today_in
from comity.programs.models import Program

router = Router(tags=["Opportunities"])


@router.get("/opportunities", response=OpportunityPage, auth=READ, summary="List opportunities")
def list_opportunities(request: Any, query: Query[OpportunityQuery]) -> Any:
    """The deals of one program. Needs “view deals”; a partner reads its shared deals instead."""
    actor: Actor = request.actor
    actor.require(Permission.VIEW_DEALS)
    wanted = DealFilter(
        status=query.status,
        stage=query.stage,
        manager=query.manager,
        partner=query.partnership,
        customer=query.account,
        family=query.family,
        role=query.role,
        closed_from=query.closed_from,
        closed_to=query.closed_to,
        search=query.search or "",
    )
    found = with_parts(deals_matching(actor, program_of(actor, query.program), wanted))
    return page_of(request, found, query, show)


@router.post("/opportunities", response={201: OpportunityInFull}, auth=WRITE, summary="Record an opportunity")
def add_opportunity(request: Any, new: NewOpportunity, response: HttpResponse) -> Any:
    """Record a deal. Needs “edit deals”."""
    actor: Actor = request.actor
    actor.require(Permission.EDIT_DEALS)
    program = named_program(actor, new.program_id)
    given = new.given()
    given.pop("program_id")
    stage = named_stage(actor, program, given.pop("stage_id", None))
    draft = OpportunityDraft(**_for_draft(actor, program, given))
    made = create_opportunity(program=program, actor=actor, draft=draft, at=request.received_at, stage=stage)
    response["Location"] = f"/api/v1/opportunities/{made.pk}"
    return Reply(201, show_in_full(opportunity_of(actor, made.pk)))


@router.get(
    "/opportunities/{uuid:opportunity_id}", response=OpportunityInFull, auth=READ, summary="Read an opportunity"
)
def read_opportunity(request: Any, opportunity_id: UUID) -> Any:
    """One deal with its lines, partners and history."""
    return show_in_full(opportunity_of(request.actor, opportunity_id))


@router.patch(
    "/opportunities/{uuid:opportunity_id}", response=OpportunityInFull, auth=WRITE, summary="Change an opportunity"
)
def change_opportunity(request: Any, opportunity_id: UUID, change: OpportunityChange) -> Any:
    """Change what is known of a deal. Imports keep off whatever was set here."""
    actor: Actor = request.actor
    found = opportunity_of(actor, opportunity_id)
    actor.require(Permission.EDIT_DEALS)
    draft = OpportunityDraft(**{**_as_it_is(found), **_for_draft(actor, found.program, change.given())})
    edit_opportunity(opportunity=found, actor=actor, draft=draft, at=request.received_at)
    return show_in_full(opportunity_of(actor, opportunity_id))


@router.post(
    "/opportunities/{uuid:opportunity_id}/move",
    response=OpportunityInFull,
    auth=WRITE,
    summary="Move an opportunity into a stage",
)
def move_opportunity(request: Any, opportunity_id: UUID, step: StageMove) -> Any:
    """Forward, back, to an end, or open again, on a day; the step is kept in the history."""
    actor: Actor = request.actor
    found = opportunity_of(actor, opportunity_id)
    actor.require(Permission.EDIT_DEALS)
    stage = named_stage(actor, found.program, step.stage_id)
    assert stage is not None  # an id was given
    on, at = step.on or today_in(found.program, request.received_at), request.received_at
    if stage.status == DealStatus.LOST:
        close_lost(
            opportunity=found, actor=actor, on=on, at=at, stage=stage,
            loss_reason=step.loss_reason, competitors=tuple(step.competitors),
        )  # fmt: skip
    elif step.loss_reason or step.competitors:
        raise Invalid("Only a lost deal has these.", fields={"loss_reason": "This stage does not mean lost."})
    else:
        move_stage(opportunity=found, actor=actor, stage=stage, on=on, at=at)
    return show_in_full(opportunity_of(actor, opportunity_id))


@router.put(
    "/opportunities/{uuid:opportunity_id}/partners",
    response=OpportunityInFull,
    auth=WRITE,
    summary="Set the partners of an opportunity",
)
def set_opportunity_partners(request: Any, opportunity_id: UUID, wanted: Partners) -> Any:
    """Put these partners, roles and shares in the place of the deal's."""
    actor: Actor = request.actor
    found = opportunity_of(actor, opportunity_id)
    actor.require(Permission.EDIT_DEALS)
    partners = [
        PartnerDraft(
            partnership=named_partnership(
                actor, found.program, partner.partnership_id, f"partners.{place}.partnership_id"
            ),
            role=partner.role,
            share=partner.share,
        )
        for place, partner in enumerate(wanted.partners)
    ]
    set_partners(opportunity=found, actor=actor, partners=partners)
    return show_in_full(opportunity_of(actor, opportunity_id))


def _as_it_is(row: Opportunity) -> dict[str, Any]:
    texts = ("name", "account", "kind", "manager", "loss_reason", "currency", "term_months")
    days_and_amounts = ("opened_on", "closed_on", "expected_close_on", "amount", "recurring_amount", "list_amount")
    kept = {name: getattr(row, name) for name in (*texts, *days_and_amounts)}
    return {**kept, "competitors": tuple(row.competitors), "external_id": row.external_id or ""}


def _for_draft(actor: Actor, program: Program, given: dict[str, Any]) -> dict[str, Any]:
    """What was sent, in the words of the service. Raises Invalid for an id that is not here."""
    values = dict(given)
    if "account_id" in values:
        values["account"] = named_customer(actor, values.pop("account_id"))
    if "manager_id" in values:
        values["manager"] = named_manager(program, values.pop("manager_id"))
    if "competitors" in values:
        values["competitors"] = tuple(values["competitors"])
    if "external_id" in values:
        values["external_id"] = values["external_id"] or ""
    return values
