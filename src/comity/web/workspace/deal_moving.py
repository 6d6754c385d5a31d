"""Moving a deal, as the deal's page and the board do it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from comity.deals.models import Opportunity
from comity.deals.services import close_lost, move_stage
from comity.deals.states import DealStatus
from comity.web.doors import WorkspaceRequest


def move(request: WorkspaceRequest, deal: Opportunity, given: Mapping[str, Any]) -> None:
    """Move a deal as a MoveForm says (stage, on, loss_reason). Raises as `move_stage`."""
    order: dict[str, Any] = {
        "opportunity": deal,
        "actor": request.actor,
        "stage": given["stage"],
        "on": given["on"],
        "at": request.received_at,
    }
    if given["stage"].status == DealStatus.LOST:
        close_lost(**order, loss_reason=given["loss_reason"])
    else:
        move_stage(**order)
