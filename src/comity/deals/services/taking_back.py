"""Taking a move back: as if the deal had never left its stage."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.apps import apps
from django.db import transaction

from comity.deals.models import Opportunity
from comity.deals.services.opportunities import EDITABLE
from comity.deals.services.recording import history_of, locked, tell, write_history
from comity.deals.versions import DealChangedMeanwhile, fingerprint
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict
from comity.kernel.words import words

_RESTORED: Final = ("stage_id", "status", "closed_on", "expected_close_on", "loss_reason", "edited_fields")


class MoveNotTakenBack(Conflict):
    """The deal's last step is no move that could be undone."""

    code, title = "move_not_taken_back", words("This move cannot be taken back")


def moved_version(opportunity: Opportunity) -> str:
    """A fingerprint of the deal right after a move; an undo brings it back."""
    return fingerprint(opportunity, (*EDITABLE, "stage"))


@transaction.atomic
def take_back_move(*, opportunity: Opportunity, actor: Actor, moved: str, at: datetime) -> Opportunity:
    """Put a deal back where it stood before its last move, with the dates and the reason it had, and forget the step.

    `moved` is `moved_version` of the deal right after that move.
    Raises NotAllowed, DealChangedMeanwhile, MoveNotTakenBack.
    """
    actor.require(Permission.EDIT_DEALS)
    current = locked(opportunity)
    if moved_version(current) != moved:
        raise DealChangedMeanwhile(words("Somebody changed this deal after it was moved; it stays as it is now."))
    history = history_of(current)
    before = _before_last_move(current)
    if before is None or len(history) < 2 or history[-2].stage_id != before["stage_id"]:
        raise MoveNotTakenBack(
            words("%(current)s changed in more than its stage; move it to another stage instead.", current=current.name)
        )
    for name, value in before.items():
        setattr(current, name, value)
    current.save(update_fields=[name.removesuffix("_id") for name in _RESTORED])
    write_history(current, history[:-1])
    tell(current)
    return current


def _before_last_move(current: Opportunity) -> dict[str, Any] | None:
    """What the deal's history kept of it when it last stood in another stage."""
    kept = apps.get_model("deals", "OpportunityEvent")._default_manager
    older = kept.filter(vendor_id=current.vendor_id, id=current.pk).exclude(stage_id=current.stage_id)
    return older.order_by("-pgh_id").values(*_RESTORED).first()
