"""The settings of attribution in versions, and recomputes of the credit: of one deal, and of a program as a job."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router
from ninja.responses import Status as Reply
from pydantic import Field

from comity.api.fields import Input, Output
from comity.api.paging import ListQuery, Page, page_of
from comity.api.tokens import READ, WRITE
from comity.api.v1.attribution import DealAttribution, read_deal_attribution
from comity.api.v1.lookups import opportunity_of, program_of
from comity.attribution.handlers import recompute_deal
from comity.attribution.models import AttributionSettings, CreditRun
from comity.attribution.queries import runs_visible_to, settings_visible_to
from comity.attribution.rules import Settings
from comity.attribution.runs import start_run
from comity.attribution.settings import first_version, publish_settings
from comity.attribution.states import CreditRunState, TouchKind
from comity.identity.roles import Permission
from comity.kernel.errors import NotFound
from comity.programs.queries import programs_visible_to

router = Router(tags=["Attribution"])
Days = Annotated[int, Field(ge=1, le=3_650)]
Percent = Annotated[int, Field(ge=0, le=100)]


class AttributionNumbers(Input):
    """How won deals are shared out. The first and the last touch have at most 100 per cent together."""

    window_days: Annotated[int, Field(ge=0, le=3_650)] = 180
    half_life_days: Days = 45
    first_percent: Percent = 40
    last_percent: Percent = 40
    idle_days: Days = 180
    confirmed_kinds: list[TouchKind] = Field(default_factory=list)


class NewAttributionSettings(AttributionNumbers):
    """A new version, for deals won from a day on, today or later."""

    from_on: date
    note: Annotated[str, Field(max_length=500)] = ""


class AttributionSettingsOut(Output):
    """A version of the settings. `from_on` is null for the one that holds from the beginning; `to_on` is excluded."""

    id: UUID
    number: int
    from_on: date | None
    to_on: date | None
    note: str
    used: bool
    window_days: int
    half_life_days: int
    first_percent: int
    last_percent: int
    idle_days: int
    confirmed_kinds: list[TouchKind]


class AttributionSettingsPage(Page[AttributionSettingsOut]):
    """Versions, the newest first."""


class CreditRunOut(Output):
    """A recompute of a program: how many deals it goes through, how many are done, and of how many credit changed."""

    id: UUID
    program_id: UUID
    state: CreditRunState
    deals: int
    done: int
    changed: int
    created_at: datetime
    finished_at: datetime | None


@router.get(
    "/programs/{uuid:program_id}/attribution/settings",
    response=AttributionSettingsPage,
    auth=READ,
    summary="List the settings of attribution",
)
def list_attribution_settings(request: Any, program_id: UUID, query: Query[ListQuery]) -> Any:
    """Every version of a program's settings. Needs “view deals”."""
    request.actor.require(Permission.VIEW_DEALS)
    program = program_of(request.actor, program_id)
    first_version(program)
    return page_of(request, settings_visible_to(request.actor, program), query, _version, newest_first=True)


@router.post(
    "/programs/{uuid:program_id}/attribution/settings",
    response={201: AttributionSettingsOut},
    auth=WRITE,
    summary="Publish settings of attribution",
)
def publish_attribution_settings(request: Any, program_id: UUID, new: NewAttributionSettings) -> Any:
    """Let a version hold from a day on; one of that day or later that nobody used gives way. Needs “manage program”."""
    given = new.model_dump()
    made = publish_settings(
        program=program_of(request.actor, program_id), actor=request.actor, at=request.received_at,
        from_on=given.pop("from_on"), note=given.pop("note"), values=given,
    )  # fmt: skip
    return Reply(201, _version(made))


@router.post(
    "/programs/{uuid:program_id}/attribution/runs",
    response={202: CreditRunOut},
    auth=WRITE,
    summary="Work the credit of a program out",
)
def start_attribution_run(request: Any, program_id: UUID, response: HttpResponse) -> Any:
    """Start the job, or join the one under way; its address tells how far it is. Needs “reverse credit”."""
    run = start_run(program=program_of(request.actor, program_id), actor=request.actor)
    response["Location"] = f"/api/v1/attribution-runs/{run.pk}"
    return Reply(202, _run(run))


@router.get("/attribution-runs/{uuid:run_id}", response=CreditRunOut, auth=READ, summary="Read a recompute")
def read_attribution_run(request: Any, run_id: UUID) -> Any:
    """How far a recompute is."""
    for program in programs_visible_to(request.actor):
        found = runs_visible_to(request.actor, program).filter(pk=run_id).first()
        if found is not None:
            return _run(found)
    raise NotFound("There is no such recompute here.")


@router.post(
    "/opportunities/{uuid:opportunity_id}/attribution/recompute",
    response=DealAttribution,
    auth=WRITE,
    summary="Work the credit of a deal out",
)
def recompute_deal_attribution(request: Any, opportunity_id: UUID) -> Any:
    """Bring the credit of a won deal up to date; frozen shares stay. Needs “reverse credit”."""
    deal = opportunity_of(request.actor, opportunity_id)
    recompute_deal(opportunity=deal, actor=request.actor, at=request.received_at)
    return read_deal_attribution(request, opportunity_id)


def _version(row: AttributionSettings) -> AttributionSettingsOut:
    return AttributionSettingsOut(
        id=row.pk, number=row.number, from_on=None if row.from_on == date.min else row.from_on, to_on=row.to_on,
        note=row.note, used=row.used_at is not None, **Settings.model_validate(row.body).model_dump(),
    )  # fmt: skip


def _run(row: CreditRun) -> CreditRunOut:
    return CreditRunOut(**{name: getattr(row, name) for name in CreditRunOut.model_fields})
