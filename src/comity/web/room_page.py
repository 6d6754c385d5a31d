"""What the page of a co-sell room shows on both sides: plan and messages, as far as the reader's circles go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.core.paginator import Paginator

from comity.cosell.models import Circle, Member, PlanStep
from comity.cosell.queries import files_visible_to, messages_visible_to, steps_visible_to
from comity.cosell.states import STEP_MACHINE, UNDONE, Side, StepMove, StepState
from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.programs.calendars import today_in
from comity.web.doors import PortalRequest, WorkspaceRequest

PAGE_SIZE: Final = 20
MOST_STEPS: Final = 200
STEP_ACTIONS: Final = {move: "again" if move is StepMove.REOPEN else move.value for move in StepMove}
"""A room is opened again, too: the same word in an address would mean both."""


def picked[Row: (Circle, Member, PlanStep)](rows: Sequence[Row], key: str) -> Row:
    """The row that a form names, of those that its reader sees. Raises NotFound."""
    found = next((row for row in rows if str(row.pk) == key), None)
    if found is None:
        raise NotFound(words("There is no such record here."))
    return found


def plan_shown(request: WorkspaceRequest | PortalRequest, place: dict[str, UUID]) -> dict[str, Any]:
    """The plan: what is to do by its day, then what is done or dropped."""
    today = today_in(request.program, request.received_at)
    lines: list[dict[str, Any]] = [
        {
            "step": step,
            "readers": _readers(request, step.circle),
            "late": step.state in UNDONE and step.due_on is not None and step.due_on < today,
            "moves": [move.value for move in STEP_MACHINE.moves_from(StepState(step.state))],
        }
        for step in steps_visible_to(request.actor, vendor_id=place["vendor_id"], room_id=place["room_id"])[:MOST_STEPS]
    ]
    ahead = [line for line in lines if line["step"].state in UNDONE]
    return {
        "ahead": ahead,
        "edits_steps": request.actor.organization_id == place["vendor_id"],
        "behind": [line for line in lines if line["step"].state not in UNDONE],
        "late": sum(bool(line["late"]) for line in ahead),
    }


def messages_shown(request: WorkspaceRequest | PortalRequest, place: dict[str, UUID]) -> dict[str, Any]:
    """The newest messages with their files, a page of them."""
    rows = messages_visible_to(request.actor, vendor_id=place["vendor_id"], room_id=place["room_id"])
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    shown = list(page)
    files = files_visible_to(request.actor, vendor_id=place["vendor_id"], room_id=place["room_id"])
    by_message: dict[UUID, list[Any]] = {}
    for one in files.filter(message_id__in=[message.pk for message in shown]):
        by_message.setdefault(one.message_id, []).append(one)
    own = request.actor.organization_id
    return {
        "said": [
            {
                "message": one,
                "readers": _readers(request, one.circle),
                "files": by_message.get(one.pk, []),
                "own": (one.side == Side.VENDOR) == (own == one.vendor_id),
            }
            for one in shown
        ],
        "messages_page": page,
        "now": request.received_at,
    }


def _readers(request: WorkspaceRequest | PortalRequest, circle: Circle) -> str:
    """Who else reads what belongs to a circle: from the partner's side its own circle is the vendor."""
    if circle.partnership_id and request.actor.organization_id != circle.vendor_id:
        return request.program.vendor_name
    return circle.name
