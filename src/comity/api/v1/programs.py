"""Programs, with the names that partnerships and opportunities point at."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from ninja import Query, Router
from pydantic import Field

from comity.api.fields import Amount, Currency, Day, Input, Named, Output, Text, left_out, named
from comity.api.paging import ListQuery, Page, page_of
from comity.api.tokens import READ, WRITE
from comity.api.v1.lookups import program_of
from comity.deals.queries import stages_visible_to
from comity.deals.states import DealStatus
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.programs.models import Manager, Program
from comity.programs.queries import managers_of, programs_visible_to, regions_of, tiers_of
from comity.programs.services import ProgramDraft, change_program, set_data_as_of
from comity.programs.states import OrganizationModel

router = Router(tags=["Programs"])


class TierOut(Named):
    """A level of the program; rank 1 is the highest."""

    rank: int


class StageOut(Named):
    """A step of the pipeline, what it means, and how likely a deal in it is won (0 to 1)."""

    status: DealStatus
    probability: Amount | None
    position: int


class ManagerOut(Named):
    """A partner manager."""

    email: str
    title: str
    external_id: str | None
    team: Named | None
    reports_to: Named | None
    capacity: Annotated[Amount | None, Field(description="Partnerships at weight 1; null where not said.")]
    is_active: bool


class ProgramForPartner(Output):
    """A program as its partners read it."""

    id: UUID
    slug: str
    name: str
    vendor_name: str
    currency: Currency
    time_zone: str
    fiscal_year_starts: Annotated[int, Field(description="Month, 1 to 12.")]
    data_as_of: Annotated[date | None, Field(description="Up to which day the data are complete.")]


class ProgramForVendor(ProgramForPartner):
    """A program as the vendor's own people read it."""

    organization_model: OrganizationModel
    shows_peer_band: Annotated[bool, Field(description="Whether partners read where they stand among their peers.")]


class ProgramParts(ProgramForVendor):
    """A program with the tiers, regions and stages that other resources point at."""

    tiers: list[TierOut]
    regions: list[Named]
    stages: list[StageOut]


class ProgramPage(Page[ProgramForVendor | ProgramForPartner]):
    """Programs."""


class ManagerPage(Page[ManagerOut]):
    """Managers."""


class ProgramChange(Input):
    """What to change; whatever is left out stays."""

    name: Annotated[str, Field(min_length=1, max_length=200)] = left_out()
    vendor_name: Annotated[str, Field(min_length=1, max_length=300)] = left_out()
    currency: Currency = left_out()
    time_zone: Annotated[str, Field(min_length=1, max_length=64)] = left_out()
    fiscal_year_starts: Annotated[int, Field(ge=1, le=12)] = left_out()
    organization_model: OrganizationModel = left_out()
    shows_peer_band: bool = left_out()
    data_as_of: Day | None = None


class ProgramQuery(ListQuery):
    """The list of programs."""

    slug: Text | None = None


@router.get("/programs", response=ProgramPage, auth=READ, summary="List programs")
def list_programs(request: Any, query: Query[ProgramQuery]) -> Any:
    """The programs of your organization; with a partner's token, those it takes part in."""
    found = programs_visible_to(request.actor)
    if query.slug is not None:
        found = found.filter(slug=query.slug)
    return page_of(request, found, query, lambda program: _program(request.actor, program))


@router.get(
    "/programs/{uuid:program_id}",
    response=ProgramParts | ProgramForPartner,
    auth=READ,
    summary="Read a program",
)
def read_program(request: Any, program_id: UUID) -> Any:
    """One program; for the vendor with its tiers, regions and stages."""
    program = program_of(request.actor, program_id)
    return _with_parts(request.actor, program) if request.actor.is_vendor else _program(request.actor, program)


@router.patch("/programs/{uuid:program_id}", response=ProgramParts, auth=WRITE, summary="Change a program's settings")
def change_program_settings(request: Any, program_id: UUID, change: ProgramChange) -> Any:
    """Change name, money, calendar, or the day up to which the data are complete. Needs “manage program”."""
    actor: Actor = request.actor
    program = program_of(actor, program_id)
    actor.require(Permission.MANAGE_PROGRAM)
    given = change.given()
    if "data_as_of" in given:
        set_data_as_of(program=program, actor=actor, on=given.pop("data_as_of"))
    draft = ProgramDraft(
        name=program.name,
        currency=program.currency,
        time_zone=program.time_zone,
        fiscal_year_starts=program.fiscal_year_starts,
        organization_model=program.organization_model,
        vendor_name=program.vendor_name,
        shows_peer_band=program.shows_peer_band,
    )
    if given:
        change_program(program=program, actor=actor, draft=replace(draft, **given))
    return _with_parts(actor, program_of(actor, program_id))


@router.get("/programs/{uuid:program_id}/managers", response=ManagerPage, auth=READ, summary="List managers")
def list_managers(request: Any, program_id: UUID, query: Query[ListQuery]) -> Any:
    """The program's partner managers. Needs “view team”."""
    program = program_of(request.actor, program_id)
    request.actor.require(Permission.VIEW_TEAM)
    return page_of(request, managers_of(program), query, _manager)


def _values(program: Program) -> dict[str, Any]:
    return {name: getattr(program, name) for name in ProgramForPartner.model_fields}


def _lens(program: Program) -> dict[str, Any]:
    """What only the vendor reads."""
    return {
        "organization_model": OrganizationModel(program.organization_model),
        "shows_peer_band": program.shows_peer_band,
    }


def _program(actor: Actor, program: Program) -> ProgramForVendor | ProgramForPartner:
    if actor.is_vendor:
        return ProgramForVendor(**_values(program), **_lens(program))
    return ProgramForPartner(**_values(program))


def _with_parts(actor: Actor, program: Program) -> ProgramParts:
    return ProgramParts(
        **_values(program),
        **_lens(program),
        tiers=[TierOut(id=tier.pk, name=tier.name, rank=tier.rank) for tier in tiers_of(program)],
        regions=[Named(id=region.pk, name=region.name) for region in regions_of(program)],
        stages=[
            StageOut(
                id=stage.pk,
                name=stage.name,
                status=DealStatus(stage.status),
                probability=stage.probability,
                position=stage.position,
            )
            for stage in stages_visible_to(actor, program)
        ],
    )


def _manager(manager: Manager) -> ManagerOut:
    return ManagerOut(
        id=manager.pk,
        name=manager.name,
        email=manager.email,
        title=manager.title,
        external_id=manager.external_id,
        team=named(manager.team),
        reports_to=named(manager.reports_to),
        capacity=manager.capacity,
        is_active=manager.is_active,
    )
