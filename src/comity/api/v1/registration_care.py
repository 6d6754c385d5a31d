"""What goes on around registrations: the clear ones at once, a protection handed over, progress told, stand-ins."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router
from ninja.responses import Status as Reply
from pydantic import Field

from comity.api.fields import Day, Input, Named, Output
from comity.api.paging import ListQuery, Page, StrictQuery, page_of
from comity.api.tokens import READ, WRITE
from comity.api.v1.lookups import named_program, partnership_of
from comity.api.v1.registrations import LongWords, RegistrationInFull, Words, read_registration
from comity.deals.models import RegistrationUpdate, StandIn
from comity.deals.registration.bulk import MOST, decide_together
from comity.deals.registration.handing_over import hand_over_protection
from comity.deals.registration.queries import registration_visible_to
from comity.deals.registration.stand_ins import name_stand_in, stand_ins_visible_to, take_back_stand_in
from comity.deals.registration.updates import Progress, tell_progress, updates_of
from comity.deals.states.registrations import Move
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import NotFound
from comity.programs.calendars import today_in
from comity.programs.models import Program
from comity.programs.queries import programs_visible_to

router = Router(tags=["Registrations"])


class BulkDecision(Input):
    """Registrations of one program, and what becomes of those of which the rules say the same."""

    program_id: UUID
    registration_ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST)]
    move: Literal["approve", "reject"]


class BulkOutcome(Output):
    """How many were decided, and the references of those left: changed meanwhile, or the rules disagree."""

    decided: int
    left: list[str]


class HandOver(Input):
    """Another active partner of the program, and why; both partners read it."""

    partnership_id: UUID
    text: Words


class ProgressIn(Input):
    """Where the deal stands; a new expected day stands on the registration from then on."""

    note: Annotated[str, Field(max_length=4_000)]
    expected_close_on: Day | None = None


class ProgressOut(Output):
    """What the partner told."""

    id: UUID
    at: datetime
    person_name: str
    note: LongWords
    expected_close_on: date | None


class ProgressPage(Page[ProgressOut]):
    """What the partner told of one registration, the newest first."""


class NewStandIn(Input):
    """Who decides for whom, from day to day, both included. Without `person_id` for the one whose token it is."""

    person_id: UUID | None = None
    stand_in_id: UUID
    from_on: Day
    to_on: Day
    program_id: UUID | None = None


class StandInQuery(StrictQuery):
    """In whose days “today” is meant; the vendor's only program where there is one."""

    program_id: UUID | None = Field(None, alias="program")


class StandInOut(Output):
    """A stand-in of today or later."""

    id: UUID
    person: Named
    stand_in: Named
    from_on: date
    to_on: date


class StandInList(Output):
    """Those of today and later, the earliest first."""

    items: list[StandInOut]


@router.post("/registrations/decide", response=BulkOutcome, auth=WRITE, summary="Decide the clear ones at once")
def decide_clear_ones(request: Any, said: BulkDecision) -> Any:
    """Approve what the rules approve, or reject what they refuse, all in one. Needs “decide registrations”."""
    actor: Actor = request.actor
    actor.require(Permission.DECIDE_REGISTRATIONS)
    done = decide_together(
        program=named_program(actor, said.program_id), ids=said.registration_ids, actor=actor, move=Move(said.move),
        at=request.received_at,
    )  # fmt: skip
    return BulkOutcome(decided=done.decided, left=list(done.left))


@router.post(
    "/registrations/{uuid:registration_id}/hand-over", response={201: RegistrationInFull}, auth=WRITE,
    summary="Hand a protection over",
)  # fmt: skip
def hand_over(request: Any, registration_id: UUID, said: HandOver, response: HttpResponse) -> Any:
    """End a protection and give another partner one to the same day. Answers with the other's registration."""
    actor: Actor = request.actor
    found = registration_visible_to(actor, registration_id)
    actor.require(Permission.DECIDE_REGISTRATIONS)
    made = hand_over_protection(
        registration=found, to=partnership_of(actor, said.partnership_id), actor=actor, text=said.text,
        at=request.received_at,
    )  # fmt: skip
    response["Location"] = f"/api/v1/registrations/{made.pk}"
    return Reply(201, read_registration(request, made.pk))


@router.get(
    "/registrations/{uuid:registration_id}/updates", response=ProgressPage, auth=READ, summary="List what was told"
)
def list_updates(request: Any, registration_id: UUID, query: Query[ListQuery]) -> Any:
    """How the partner says the deal goes; both sides read it."""
    found = registration_visible_to(request.actor, registration_id)
    return page_of(request, updates_of(found), query, _told, newest_first=True)


@router.post(
    "/registrations/{uuid:registration_id}/updates", response={201: ProgressOut}, auth=WRITE,
    summary="Tell how it goes",
)  # fmt: skip
def add_update(request: Any, registration_id: UUID, said: ProgressIn) -> Any:
    """Tell the vendor how the deal of an approved registration goes. Needs “portal deals”."""
    actor: Actor = request.actor
    found = registration_visible_to(actor, registration_id)
    actor.require(Permission.PORTAL_DEALS)
    made = tell_progress(
        registration=found, partnership=found.partnership, actor=actor, at=request.received_at,
        progress=Progress(said.note, said.expected_close_on),
    )  # fmt: skip
    return Reply(201, _told(made))


@router.get("/stand-ins", response=StandInList, auth=READ, summary="List stand-ins")
def list_stand_ins(request: Any, query: Query[StandInQuery]) -> Any:
    """Who decides for whom while they are away, from today on. Needs “view deals”."""
    actor: Actor = request.actor
    actor.require(Permission.VIEW_DEALS)
    today = today_in(_program(actor, query.program_id), request.received_at)
    return StandInList(items=[_away(row) for row in stand_ins_visible_to(actor, today)])


@router.post("/stand-ins", response={201: StandInOut}, auth=WRITE, summary="Name a stand-in")
def add_stand_in(request: Any, new: NewStandIn) -> Any:
    """Needs “decide registrations”; for another person “manage program” as well."""
    actor: Actor = request.actor
    actor.require(Permission.DECIDE_REGISTRATIONS)
    made = name_stand_in(
        actor=actor, person_id=new.person_id or actor.person_id, stand_in_id=new.stand_in_id, from_on=new.from_on,
        to_on=new.to_on, today=today_in(_program(actor, new.program_id), request.received_at),
    )  # fmt: skip
    return Reply(201, _away(made))


@router.delete("/stand-ins/{uuid:stand_in_id}", response={204: None}, auth=WRITE, summary="Take a stand-in back")
def end_stand_in(request: Any, stand_in_id: UUID) -> Any:
    """End it, or let it not begin. Needs “decide registrations”; another's “manage program” as well."""
    actor: Actor = request.actor
    actor.require(Permission.DECIDE_REGISTRATIONS)
    found = StandIn.objects.filter(vendor_id=actor.organization_id, pk=stand_in_id).first()
    if found is None:
        raise NotFound("There is no such stand-in here.")
    take_back_stand_in(stand_in=found, actor=actor)
    return Reply(204, None)


def _program(actor: Actor, program_id: UUID | None) -> Program:
    """The program whose days count; the vendor's oldest where none is named. Raises NotFound, Invalid."""
    if program_id is not None:
        return named_program(actor, program_id)
    first = programs_visible_to(actor).order_by("pk").first()
    if first is None:
        raise NotFound("There is no program here.")
    return first


def _told(row: RegistrationUpdate) -> ProgressOut:
    return ProgressOut(**{name: getattr(row, name) for name in ProgressOut.model_fields})


def _away(row: StandIn) -> StandInOut:
    return StandInOut(
        id=row.pk, from_on=row.from_on, to_on=row.to_on, person=Named(id=row.person.pk, name=row.person.name),
        stand_in=Named(id=row.stand_in.pk, name=row.stand_in.name),
    )  # fmt: skip
