"""Several partners given to one manager at once: kept as one step, so that it can be taken back as one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict
from comity.kernel.words import words
from comity.programs.calendars import today_in
from comity.programs.models import Manager, ManagerAssignment, Partnership, Program, Reassignment
from comity.programs.services.assignments import assign_managers

KEPT_FOR_UNDO: Final = 10_000
"""Partners of one step, as many as the list changes at once."""


class TooLateToUndo(Conflict):
    """The step was taken back already, or on an earlier day: hand the partners over instead."""

    code, title = "too_late_to_undo", words("This cannot be taken back any more")


def reassignments_of(actor: Actor, program: Program) -> QuerySet[Reassignment]:
    """The steps of this person that were not taken back. Raises NotAllowed."""
    actor.require(Permission.EDIT_PARTNERS)
    return Reassignment.objects.filter(
        vendor_id=actor.organization_id, program=program, made_by_id=actor.person_id, undone_at__isnull=True
    )


@transaction.atomic
def assign_many(
    *, program: Program, partnerships: Sequence[Partnership], manager: Manager | None, actor: Actor, at: datetime
) -> Reassignment:
    """Give several partners to a manager (or to nobody) from today on, and remember whose they were.

    Raises NotAllowed, HandOverDate, Invalid.
    """
    keys = [partnership.pk for partnership in partnerships][:KEPT_FOR_UNDO]
    rows = Partnership.objects.select_for_update(of=("self",)).filter(vendor_id=program.vendor_id, pk__in=keys)
    before = {
        str(key): [str(old or ""), "manager" in edited]
        for key, old, edited in rows.values_list("pk", "manager_id", "edited_fields")
        if old != (manager.pk if manager else None)
    }
    assign_managers(partnerships=partnerships, manager=manager, actor=actor, at=at)
    return Reassignment.objects.create(
        vendor_id=program.vendor_id, program=program, manager=manager, made_by_id=actor.person_id, made_at=at,
        before=before,
    )  # fmt: skip


@transaction.atomic
def undo_reassignment(*, step: Reassignment, actor: Actor, at: datetime) -> int:
    """Give the partners of a step back to whose they were; those that changed hands since stay. How many went back.

    Where no person had chosen the manager before the step, imports may set it again.

    Raises NotAllowed, TooLateToUndo.
    """
    actor.require(Permission.EDIT_PARTNERS)
    locked = Reassignment.objects.select_for_update(of=("self",)).select_related("program").get(
        vendor_id=step.vendor_id, pk=step.pk
    )  # fmt: skip
    today = today_in(locked.program, at)
    if locked.undone_at is not None or today_in(locked.program, locked.made_at) != today:
        raise TooLateToUndo(words("This was taken back already, or on an earlier day; hand the partners over instead."))
    held = Partnership.objects.select_for_update(of=("self",)).filter(
        vendor_id=locked.vendor_id, pk__in=list(locked.before)
    )
    now = {"manager__isnull": True} if locked.manager_id is None else {"manager_id": locked.manager_id}
    groups: defaultdict[str, list[UUID]] = defaultdict(list)
    rows = list(held.filter(**now))
    for row in rows:
        old, was_chosen = locked.before[str(row.pk)]
        groups[old].append(row.pk)
        row.manager_id = UUID(old) if old else None
        if not was_chosen:
            row.edited_fields = [name for name in row.edited_fields if name != "manager"]
    for old, keys in groups.items():
        _give_back(locked.vendor_id, keys, UUID(old) if old else None, today)
    Partnership.objects.bulk_update(rows, ["manager", "edited_fields"])
    locked.undone_at = at
    locked.save(update_fields=["undone_at"])
    return len(rows)


def _give_back(vendor_id: UUID, keys: Sequence[UUID], manager_id: UUID | None, day: date) -> None:
    """Undo what an assignment of today wrote: what began today ends, and what it ended goes on."""
    ours = ManagerAssignment.objects.filter(vendor_id=vendor_id, partnership_id__in=keys)
    ours.filter(from_on=day, to_on__isnull=True).delete()
    if manager_id is not None:
        ended = ours.filter(to_on=day, manager_id=manager_id)
        resumed = set(ended.values_list("partnership_id", flat=True))
        ended.update(to_on=None)
        ManagerAssignment.objects.bulk_create(
            ManagerAssignment(vendor_id=vendor_id, partnership_id=key, manager_id=manager_id, from_on=day)
            for key in keys
            if key not in resumed
        )
