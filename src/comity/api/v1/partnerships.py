"""Partnerships: listed, read, taken in, changed, moved from status to status, handed to a manager."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router
from ninja.responses import Status as Reply
from pydantic import Field, StrictInt

from comity.api.fields import Day, Input, Named, Output, ShortText, Text, left_out, named
from comity.api.paging import ListQuery, Page, page_of
from comity.api.tokens import READ, WRITE
from comity.api.v1.lookups import (
    named_manager,
    named_program,
    named_region,
    named_tier,
    partnership_of,
    program_of,
)
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import NotAllowed
from comity.programs.models import Partnership
from comity.programs.queries import PartnershipFilter, contact_of, filter_partnerships, partnerships_visible_to
from comity.programs.services import (
    PartnershipDraft,
    assign_manager,
    create_partnership,
    edit_partnership,
    move_partnership,
    set_potential,
)
from comity.programs.states import Move, PartnerType, Segment, Status

router = Router(tags=["Partnerships"])
Place = Annotated[str, Field(max_length=100)]
Types = Annotated[list[PartnerType], Field(max_length=8)]


class Contact(Output):
    """The partner manager, as a partner knows them."""

    name: str
    email: str


class PartnershipFacts(Output):
    """What both sides read of a partnership."""

    id: UUID
    program: Named
    name: str
    types: list[PartnerType]
    status: Status
    tier: Named | None
    region: Named | None
    website: str
    country: str
    state: str
    city: str
    started_on: date | None
    launched_on: date | None
    ended_on: date | None


class PartnershipForPartner(PartnershipFacts):
    """A partnership as the partner reads it."""

    contact: Contact | None


class PartnershipForVendor(PartnershipFacts):
    """A partnership as the vendor's own people read it."""

    organization_id: UUID
    external_id: str | None
    sub_type: str
    segment: Segment | None
    potential: Annotated[int | None, Field(description="0 to 100, set by hand.")]
    manager: Named | None
    created_at: datetime


class PartnershipPage(Page[PartnershipForVendor | PartnershipForPartner]):
    """Partnerships."""


class PartnershipQuery(ListQuery):
    """The list of partnerships. Segment and manager are filters for the vendor only."""

    program: UUID | None = None
    status: Status | None = None
    type: PartnerType | None = None
    tier: UUID | None = None
    region: UUID | None = None
    manager: UUID | None = None
    segment: Segment | None = None
    search: Annotated[str | None, Field(max_length=200, description="Part of the name.")] = None


class PartnershipChange(Input):
    """What to change; whatever is left out stays, null takes away."""

    name: Annotated[str, Field(min_length=1, max_length=300)] = left_out()
    types: Types = left_out()
    sub_type: ShortText = left_out()
    tier_id: UUID | None = None
    region_id: UUID | None = None
    website: Text = left_out()
    country: Place = left_out()
    state: Place = left_out()
    city: Place = left_out()
    started_on: Day | None = None
    launched_on: Day | None = None
    ended_on: Day | None = None
    external_id: ShortText | None = None
    potential: Annotated[StrictInt, Field(ge=0, le=100)] | None = None


class NewPartnership(Input):
    """A partner to take in."""

    program_id: UUID
    name: Annotated[str, Field(min_length=1, max_length=300)]
    status: Status = Status.PROSPECT
    types: Types = []
    sub_type: ShortText = ""
    tier_id: UUID | None = None
    region_id: UUID | None = None
    website: Text = ""
    country: Place = ""
    state: Place = ""
    city: Place = ""
    started_on: Day | None = None
    launched_on: Day | None = None
    external_id: ShortText | None = None


class PartnershipMove(Input):
    """A step to the next status, on a day (today in the program's time zone where left out)."""

    move: Move
    on: Day | None = None


class ManagerChange(Input):
    """Who manages the partner from a day on; null for nobody."""

    manager_id: UUID | None
    on: Day | None = None


@router.get("/partnerships", response=PartnershipPage, auth=READ, summary="List partnerships")
def list_partnerships(request: Any, query: Query[PartnershipQuery]) -> Any:
    """The vendor's partnerships, or with a partner's token its own."""
    actor: Actor = request.actor
    if not actor.is_vendor and (query.segment or query.manager):
        raise NotAllowed("Segment and manager are the vendor's own.")
    found = partnerships_visible_to(actor, program_of(actor, query.program) if query.program else None)
    wanted = PartnershipFilter(
        search=query.search or "",
        status=query.status or "",
        tier=str(query.tier or ""),
        partner_type=query.type or "",
        region=str(query.region or ""),
        manager=str(query.manager or ""),
        segment=query.segment or "",
    )
    return page_of(request, filter_partnerships(found, wanted), query, lambda row: show(actor, row))


@router.post("/partnerships", response={201: PartnershipForVendor}, auth=WRITE, summary="Take a partner in")
def add_partnership(request: Any, new: NewPartnership, response: HttpResponse) -> Any:
    """Take a partner in; it gets an organization private to you until its own people claim it."""
    actor: Actor = request.actor
    actor.require(Permission.EDIT_PARTNERS)
    program = named_program(actor, new.program_id)
    given = new.given()
    given.pop("program_id")
    status = given.pop("status", Status.PROSPECT)
    draft = PartnershipDraft(**_for_draft(program, {"name": new.name, **given}))
    made = create_partnership(program=program, actor=actor, draft=draft, status=status)
    response["Location"] = f"/api/v1/partnerships/{made.pk}"
    return Reply(201, show(actor, partnership_of(actor, made.pk)))


@router.get(
    "/partnerships/{uuid:partnership_id}",
    response=PartnershipForVendor | PartnershipForPartner,
    auth=READ,
    summary="Read a partnership",
)
def read_partnership(request: Any, partnership_id: UUID) -> Any:
    """One partnership."""
    return show(request.actor, partnership_of(request.actor, partnership_id))


@router.patch(
    "/partnerships/{uuid:partnership_id}", response=PartnershipForVendor, auth=WRITE, summary="Change a partnership"
)
def change_partnership(request: Any, partnership_id: UUID, change: PartnershipChange) -> Any:
    """Change what is known of a partner. Imports keep off whatever was set here."""
    actor: Actor = request.actor
    found = partnership_of(actor, partnership_id)
    actor.require(Permission.EDIT_PARTNERS)
    given = change.given()
    if "potential" in given:
        set_potential(partnership=found, actor=actor, potential=given.pop("potential"))
    if given:
        draft = PartnershipDraft(**{**_as_it_is(found), **_for_draft(found.program, given)})
        edit_partnership(partnership=found, actor=actor, draft=draft)
    return show(actor, partnership_of(actor, partnership_id))


@router.post(
    "/partnerships/{uuid:partnership_id}/move",
    response=PartnershipForVendor,
    auth=WRITE,
    summary="Move a partnership to its next status",
)
def move_partnership_on(request: Any, partnership_id: UUID, step: PartnershipMove) -> Any:
    """Apply, accept, activate, pause, resume, end or reapply; a step that is not possible now is a conflict."""
    actor: Actor = request.actor
    found = partnership_of(actor, partnership_id)
    move_partnership(partnership=found, actor=actor, move=step.move, at=request.received_at, on=step.on)
    return show(actor, partnership_of(actor, partnership_id))


@router.post(
    "/partnerships/{uuid:partnership_id}/manager",
    response=PartnershipForVendor,
    auth=WRITE,
    summary="Hand a partnership to a manager",
)
def hand_to_manager(request: Any, partnership_id: UUID, change: ManagerChange) -> Any:
    """Give the partner to a manager, or to nobody, from a day on; the hand-over is kept."""
    actor: Actor = request.actor
    found = partnership_of(actor, partnership_id)
    actor.require(Permission.EDIT_PARTNERS)
    manager = named_manager(found.program, change.manager_id)
    assign_manager(partnership=found, manager=manager, actor=actor, at=request.received_at, on=change.on)
    return show(actor, partnership_of(actor, partnership_id))


def show(actor: Actor, row: Partnership) -> PartnershipForVendor | PartnershipForPartner:
    """The partnership as the caller's side reads it."""
    facts: dict[str, Any] = {name: getattr(row, name) for name in PartnershipFacts.model_fields}
    facts |= {"program": named(row.program), "tier": named(row.tier), "region": named(row.region)}
    if not actor.is_vendor:
        contact = contact_of(row)
        return PartnershipForPartner(
            **facts, contact=Contact(name=contact.name, email=contact.email) if contact else None
        )
    own: Any = row  # segment and potential come with the vendor's rows only
    return PartnershipForVendor(
        **facts,
        organization_id=row.partner_id,
        external_id=row.external_id,
        sub_type=row.sub_type,
        segment=own.segment or None,
        potential=own.potential,
        manager=named(row.manager),
        created_at=row.created_at,
    )


def _as_it_is(row: Partnership) -> dict[str, Any]:
    plain = ("name", "sub_type", "tier", "region", "website", "country", "state", "city")
    days = ("started_on", "launched_on", "ended_on")
    kept = {name: getattr(row, name) for name in (*plain, *days)}
    return {**kept, "types": tuple(row.types), "external_id": row.external_id or ""}


def _for_draft(program: Any, given: dict[str, Any]) -> dict[str, Any]:
    """What was sent, in the words of the service. Raises Invalid for an id that is not here."""
    values = dict(given)
    if "tier_id" in values:
        values["tier"] = named_tier(program, values.pop("tier_id"))
    if "region_id" in values:
        values["region"] = named_region(program, values.pop("region_id"))
    if "types" in values:
        values["types"] = tuple(values["types"])
    if "external_id" in values:
        values["external_id"] = values["external_id"] or ""
    return values
