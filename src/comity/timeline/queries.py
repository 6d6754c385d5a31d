"""Reads of the timeline, and who may see what: the vendor's people everything, a partner what was shared with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import F, Max, OuterRef, QuerySet, Subquery

from comity.identity.actors import Actor
from comity.identity.models import Membership, Person
from comity.identity.roles import Permission, Role, is_vendor_role
from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.programs.models import Partnership, Program
from comity.timeline.models import AttachedFile, LogEntry, NextStep, Task
from comity.timeline.states import CONTACTS

CONTACT_KINDS: Final = tuple(kind.value for kind in CONTACTS)


@dataclass(frozen=True)
class Touch:
    """When a partner was last spoken with, and what comes next; None and "" where nobody has said."""

    last_contact_at: datetime | None = None
    next_step: str = ""
    next_step_on: date | None = None


def entries_visible_to(actor: Actor, partnership: Partnership | None = None) -> QuerySet[LogEntry]:
    """Entries (of one partnership), the newest first."""
    found = _visible(actor, LogEntry.objects.all())
    if partnership is not None:
        found = found.filter(partnership=partnership)
    return found.select_related("written_by").order_by("-happened_at", "-id")


def entry_visible_to(actor: Actor, entry_id: UUID) -> LogEntry:
    """One entry. Raises NotFound."""
    found = entries_visible_to(actor).select_related("partnership").filter(pk=entry_id).first()
    if found is None:
        raise NotFound(words("There is no such entry here."))
    return found


def tasks_visible_to(
    actor: Actor,
    program: Program | None = None,
    *,
    partnership: Partnership | None = None,
    owner_id: UUID | None = None,
    is_open: bool | None = None,
) -> QuerySet[Task]:
    """Tasks with partnership and owner: what is due first comes first, what has no day last."""
    found = _visible(actor, Task.objects.all())
    if program is not None:
        found = found.filter(partnership__program=program)
    if partnership is not None:
        found = found.filter(partnership=partnership)
    if owner_id is not None:
        found = found.filter(owner_id=owner_id)
    if is_open is not None:
        found = found.filter(done_at__isnull=is_open)
    related = ("partnership", "owner") if actor.is_vendor else ("partnership",)
    return found.select_related(*related).order_by(F("due_on").asc(nulls_last=True), "id")


def task_visible_to(actor: Actor, task_id: UUID) -> Task:
    """One task. Raises NotFound."""
    found = tasks_visible_to(actor).filter(pk=task_id).first()
    if found is None:
        raise NotFound(words("There is no such task here."))
    return found


def files_visible_to(actor: Actor, partnership: Partnership) -> QuerySet[AttachedFile]:
    """The files of a partnership, the newest first; the vendor's own."""
    if not _reads_all(actor):
        return AttachedFile.objects.none()
    found = AttachedFile.objects.filter(vendor_id=actor.organization_id, partnership=partnership)
    return found.select_related("file", "attached_by").order_by("-created_at", "-id")


def next_steps_visible_to(actor: Actor, program: Program) -> QuerySet[NextStep]:
    """The next steps of a program's partnerships, the earliest due first; the vendor's own."""
    if not _reads_all(actor):
        return NextStep.objects.none()
    found = NextStep.objects.filter(vendor_id=actor.organization_id, partnership__program=program)
    return found.select_related("partnership").order_by(F("due_on").asc(nulls_last=True), "id")


def with_touches(rows: QuerySet[Partnership]) -> QuerySet[Partnership]:
    """A vendor's partnerships, each with `last_contact_at`, `next_step` and `next_step_on`: no further query.

    Each is one step of an index a row, taken for the rows that are shown unless the list is sorted by it.
    """
    same = {"vendor_id": OuterRef("vendor_id"), "partnership": OuterRef("pk")}
    contacts = LogEntry.objects.filter(**same, kind__in=CONTACT_KINDS).order_by("-happened_at")
    step = NextStep.objects.filter(**same)
    return rows.annotate(
        last_contact_at=Subquery(contacts.values("happened_at")[:1]),
        next_step=Subquery(step.values("text")[:1]),
        next_step_on=Subquery(step.values("due_on")[:1]),
    )


def touches_of(vendor_id: UUID, partnership_ids: Iterable[UUID]) -> Mapping[UUID, Touch]:
    """Last contact and next step of these partnerships: one query, however many."""
    rows: Any = with_touches(Partnership.objects.filter(vendor_id=vendor_id, pk__in=list(partnership_ids)))
    found = rows.values_list("pk", "last_contact_at", "next_step", "next_step_on")
    return {key: Touch(last, step or "", on) for key, last, step, on in found}


def last_contacts_of(program: Program) -> dict[UUID, datetime]:
    """The last contact of every partnership of the program that ever had one: one query."""
    found = LogEntry.objects.filter(
        vendor_id=program.vendor_id, partnership__program=program, kind__in=CONTACT_KINDS
    ).order_by()
    return dict(found.values("partnership_id").annotate(last=Max("happened_at")).values_list("partnership_id", "last"))


def owners_of(vendor_id: UUID) -> QuerySet[Person]:
    """Who may own a task: the vendor's own people, by name."""
    roles = [role.value for role in Role if is_vendor_role(role)]
    members = Membership.objects.filter(organization_id=vendor_id, ended_at__isnull=True, role__in=roles)
    return Person.objects.filter(pk__in=members.values("person_id")).order_by("name", "email")


def _reads_all(actor: Actor) -> bool:
    return actor.is_vendor and actor.can(Permission.VIEW_PARTNERS)


def _visible[Row: (LogEntry, Task)](actor: Actor, rows: QuerySet[Row]) -> QuerySet[Row]:
    """The vendor's own rows, or those shared with the partner that asks."""
    if _reads_all(actor):
        return rows.filter(vendor_id=actor.organization_id)
    if not actor.is_vendor and actor.can(Permission.PORTAL_COMPANY):
        return rows.filter(partner_id=actor.organization_id, shared_with_partner=True)
    return rows.none()
