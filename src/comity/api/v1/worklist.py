"""The worklist: what needs the token's person today, in the order of the first page."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.utils import timezone
from ninja import Router
from pydantic import Field

from comity.api.fields import Amount, Output
from comity.api.tokens import READ
from comity.api.v1.lookups import program_of
from comity.identity.roles import Permission
from comity.worklist.gathering import viewer_of, worklist_of
from comity.worklist.needs import Need, NeedKind

router = Router(tags=["Worklist"])


class NeedOut(Output):
    """One thing that waits."""

    kind: NeedKind
    subject_id: UUID
    sentence: str
    evidence: list[str]
    at_stake: Annotated[Amount | None, Field(description="In the program's currency; null where none can be named.")]
    due_at: datetime | None
    is_overdue: Annotated[bool, Field(description="Measured on the data-as-of day for what follows from data.")]
    snoozed_until: date | None


class WorklistOut(Output):
    """Everything that waits, in order, and what was put off."""

    as_of: date
    currency: str
    at_stake: Amount
    total: Annotated[int, Field(description="All that waits; “needs” has the most urgent of each kind.")]
    needs: list[NeedOut]
    snoozed: list[NeedOut]


@router.get("/programs/{uuid:program_id}/worklist", response=WorklistOut, auth=READ, summary="Read the worklist")
def read_worklist(request: Any, program_id: UUID) -> Any:
    """What needs the token's person: overdue first, then by value at stake ÷ business hours left."""
    program = program_of(request.actor, program_id)
    request.actor.require(Permission.VIEW_PARTNERS)
    found = worklist_of(viewer_of(request.actor, program, timezone.now()))
    return WorklistOut(
        as_of=found.viewer.as_of,
        currency=program.currency,
        at_stake=found.at_stake,
        total=len(found.waiting),
        needs=[_need(need) for need in found.needs],
        snoozed=[_need(need, snooze.until) for need, snooze in found.snoozed],
    )


def _need(need: Need, until: date | None = None) -> NeedOut:
    return NeedOut(
        kind=need.kind,
        subject_id=need.subject_id,
        sentence=need.sentence,
        evidence=list(need.evidence),
        at_stake=need.at_stake,
        due_at=need.due_at,
        is_overdue=need.is_overdue,
        snoozed_until=until,
    )
