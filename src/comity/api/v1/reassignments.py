"""Several partners given to one manager in one step, and that step taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Query, Router
from ninja.responses import Status as Reply
from pydantic import Field

from comity.api.fields import Input, Named, Output, named
from comity.api.paging import ListQuery, Page, page_of
from comity.api.tokens import READ, WRITE
from comity.api.v1.lookups import named_manager, program_of
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Invalid, NotFound
from comity.programs.models import Reassignment
from comity.programs.queries import partnerships_visible_to
from comity.programs.services.reassignments import assign_many, reassignments_of, undo_reassignment

router = Router(tags=["Partnerships"])


class NewReassignment(Input):
    """Which partners go to which manager, from today on; null for nobody."""

    partnership_ids: Annotated[list[UUID], Field(min_length=1, max_length=1_000)]
    manager_id: UUID | None


class ReassignmentOut(Output):
    """One step of your own, and how many partners changed hands by it."""

    id: UUID
    manager: Named | None
    partners: int
    made_at: datetime


class ReassignmentPage(Page[ReassignmentOut]):
    """Steps that were not taken back."""


class PartnersReturned(Output):
    """How many partners went back to whose they were; those that changed hands since stay."""

    returned: int


@router.get(
    "/programs/{uuid:program_id}/reassignments",
    response=ReassignmentPage,
    auth=READ,
    summary="List your reassignments",
)
def list_reassignments(request: Any, program_id: UUID, query: Query[ListQuery]) -> Any:
    """Your own steps that were not taken back, newest first. Needs “edit partners”."""
    found = reassignments_of(request.actor, program_of(request.actor, program_id)).select_related("manager")
    return page_of(request, found, query, _show, newest_first=True)


@router.post(
    "/programs/{uuid:program_id}/reassignments",
    response={201: ReassignmentOut},
    auth=WRITE,
    summary="Give several partners to a manager",
)
def reassign(request: Any, program_id: UUID, new: NewReassignment) -> Any:
    """Give partners to a manager, or to nobody, from today on, all of them or none. Needs “edit partners”."""
    actor: Actor = request.actor
    program = program_of(actor, program_id)
    actor.require(Permission.EDIT_PARTNERS)
    wanted = set(new.partnership_ids)
    chosen = list(partnerships_visible_to(actor, program).filter(pk__in=wanted))
    if missing := wanted - {row.pk for row in chosen}:
        named_ids = ", ".join(sorted(str(key) for key in missing)[:3])
        raise Invalid(
            "Nothing was changed.", fields={"partnership_ids": f"There is no such partner here: {named_ids}."}
        )
    manager = named_manager(program, new.manager_id)
    step = assign_many(program=program, partnerships=chosen, manager=manager, actor=actor, at=request.received_at)
    return Reply(201, _show(step))


@router.post(
    "/programs/{uuid:program_id}/reassignments/{uuid:reassignment_id}/undo",
    response=PartnersReturned,
    auth=WRITE,
    summary="Take a reassignment back",
)
def undo(request: Any, program_id: UUID, reassignment_id: UUID) -> Any:
    """Give the partners of your own step back to whose they were, on its day only. Needs “edit partners”."""
    program = program_of(request.actor, program_id)
    step = reassignments_of(request.actor, program).filter(pk=reassignment_id).first()
    if step is None:
        raise NotFound("There is no such step of yours that could be taken back.")
    return PartnersReturned(returned=undo_reassignment(step=step, actor=request.actor, at=request.received_at))


def _show(step: Reassignment) -> ReassignmentOut:
    return ReassignmentOut(id=step.pk, manager=named(step.manager), partners=len(step.before), made_at=step.made_at)
