"""Who manages whom from when: dated hand-overs without gaps or overlaps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import ngettext

from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.ids import uuid7
from comity.kernel.words import words
from comity.notices.services import Fact, readers, tell
from comity.programs.calendars import today_in
from comity.programs.models import Manager, ManagerAssignment, Partnership

NAMED_AT_MOST: Final = 5


class HandOverDate(Invalid):
    """The day lies in the future, or before the present manager took over."""

    code, title = "hand_over_date", words("This day does not fit")


class NotTheirPartner(Conflict):
    """Somebody handed the partner over meanwhile: it is no longer with the manager it should be taken from."""

    code, title = "not_their_partner", words("This partner is with somebody else now")


@transaction.atomic
def assign_manager(
    *, partnership: Partnership, manager: Manager | None, actor: Actor, at: datetime, on: date | None = None
) -> Partnership:
    """Give a partner to a manager (or to nobody) from a day on: today unless said, never later.

    Raises NotAllowed, HandOverDate, Invalid.
    """
    actor.require(Permission.EDIT_PARTNERS)
    (given,) = _reassign([partnership], manager, on, at, actor)
    return given


@transaction.atomic
def assign_managers(
    *, partnerships: Sequence[Partnership], manager: Manager | None, actor: Actor, at: datetime
) -> list[Partnership]:
    """Give several partners of one program to a manager (or to nobody) from today on: all or none.

    Raises NotAllowed, HandOverDate, Invalid.
    """
    actor.require(Permission.EDIT_PARTNERS)
    if not partnerships:
        raise Invalid(words("Nothing was chosen."), fields={"partnerships": words("Choose at least one partner.")})
    return _reassign(partnerships, manager, None, at, actor)


@transaction.atomic
def hand_over(
    *,
    giver: Manager,
    taker: Manager,
    partnerships: Sequence[Partnership],
    actor: Actor,
    at: datetime,
    on: date | None = None,
) -> list[Partnership]:
    """Hand several partners from one manager to another in one dated step: all or none.

    Raises NotAllowed, NotTheirPartner, HandOverDate, Invalid.
    """
    actor.require(Permission.MANAGE_TEAM)
    if giver.pk == taker.pk:
        raise Invalid(words("Choose somebody else to take over."), fields={"taker": words("Choose another manager.")})
    if not partnerships:
        raise Invalid(words("Nothing was chosen."), fields={"partnerships": words("Choose at least one partner.")})
    held = Partnership.objects.select_for_update().filter(
        vendor_id=giver.vendor_id, pk__in=[partnership.pk for partnership in partnerships]
    )
    strangers = sorted(partnership.name for partnership in held if partnership.manager_id != giver.pk)
    if strangers:
        raise NotTheirPartner(
            words(
                "No longer with %(giver)s: %(listed)s. Look at the list again.",
                giver=giver.name,
                listed=tuple(strangers),
            )
        )
    return _reassign(partnerships, taker, on, at, actor)


def _reassign(
    partnerships: Sequence[Partnership], manager: Manager | None, on: date | None, at: datetime, actor: Actor
) -> list[Partnership]:
    """End the running assignments on the day and begin the new ones, set-based."""
    vendor_id, keys = partnerships[0].vendor_id, [partnership.pk for partnership in partnerships]
    rows = list(
        Partnership.objects.select_for_update(of=("self",))
        .select_related("program", "manager")
        .filter(vendor_id=vendor_id, pk__in=keys)
    )
    rows = [row for row in rows if row.manager_id != (manager.pk if manager else None)]
    if not rows:
        return list(partnerships)
    program = rows[0].program
    _refuse_unfit(manager, rows)
    today = today_in(program, at)
    day = on or today
    if day > today:
        raise HandOverDate(
            words("It is %(today)s now; hand over today or earlier.", today=today),
            fields={"on": words("Choose a past day.")},
        )
    latest = _latest_assignments(vendor_id, [row.pk for row in rows])
    begun = [_end_one(row, latest.get(row.pk), manager, day) for row in rows]
    ManagerAssignment.objects.bulk_update([old for old, _ in begun if old and old.pk], ["to_on", "manager"])
    ManagerAssignment.objects.bulk_create([new for _, news in begun for new in news])
    for row in rows:
        row.manager = manager
        row.edited_fields = sorted({*row.edited_fields, "manager"})
    Partnership.objects.bulk_update(rows, ["manager", "edited_fields"])
    _tell_taker(manager, rows, actor)
    return rows


def _tell_taker(manager: Manager | None, rows: Sequence[Partnership], actor: Actor) -> None:
    """Whoever takes partners over learns of it in one sentence, unless they took them themselves."""
    if manager is None or manager.person_id in (None, actor.person_id):
        return
    program, names = rows[0].program, [row.name for row in rows]
    more = len(names) - NAMED_AT_MOST
    if more > 0:
        names = [*names[:NAMED_AT_MOST], ngettext("%(n)s more", "%(n)s more", more) % {"n": more}]
    only = f"{rows[0].pk}/" if len(rows) == 1 else ""
    fact = Fact(
        kind="partners_handed_over",
        key=str(uuid7()),  # each hand-over is a fact of its own, told in its transaction
        path=f"/workspace/{program.slug}/partners/{only}",
        values={"who": actor.name, "partners": ", ".join(names)},
    )
    tell(vendor_id=program.vendor_id, to=readers(manager.person_id), fact=fact)


def _end_one(
    row: Partnership, latest: ManagerAssignment | None, manager: Manager | None, day: date
) -> tuple[ManagerAssignment | None, list[ManagerAssignment]]:
    """The changed assignment and the new ones of one partnership."""
    begins = {"vendor_id": row.vendor_id, "partnership": row}
    fresh = [ManagerAssignment(**begins, manager=manager, from_on=day)] if manager else []
    if latest is None:
        if row.manager is None:
            return None, fresh
        # Managed before anybody kept a record: from the beginning until now.
        return None, [ManagerAssignment(**begins, manager=row.manager, from_on=None, to_on=day), *fresh]
    bound = latest.to_on or latest.from_on
    if bound and day < bound:
        raise HandOverDate(
            words(
                "%(row)s changed hands on %(bound)s the last time; choose that day or a later one.",
                row=row.name,
                bound=bound,
            ),
            fields={"on": words("Choose %(bound)s or later.", bound=bound)},
        )
    if latest.to_on is not None:
        return None, fresh
    if latest.from_on == day and manager is not None:
        latest.manager = manager  # corrected on the same day; the history keeps the mistake
        return latest, []
    if latest.from_on == day:
        latest.delete()
        return None, []
    latest.to_on = day
    return latest, fresh


def _latest_assignments(vendor_id: UUID, keys: Iterable[UUID]) -> dict[UUID, ManagerAssignment]:
    """The newest assignment of each partnership, running or ended."""
    found = ManagerAssignment.objects.select_for_update().filter(vendor_id=vendor_id, partnership_id__in=list(keys))
    latest: dict[UUID, ManagerAssignment] = {}
    for assignment in sorted(found, key=lambda item: item.from_on or date.min):
        latest[assignment.partnership_id] = assignment
    return latest


def _refuse_unfit(manager: Manager | None, rows: Iterable[Partnership]) -> None:
    if manager is None:
        return
    if not manager.is_active:
        raise Invalid(
            words("%(manager)s no longer manages partners.", manager=manager.name),
            fields={"manager": words("Choose an active manager.")},
        )
    if any(row.program_id != manager.program_id for row in rows):
        raise Invalid(
            words("%(manager)s works in another program.", manager=manager.name),
            fields={"manager": words("Choose a manager of this program.")},
        )
