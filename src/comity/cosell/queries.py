"""Rooms: who sees which, and what stands in one. The vendor reads rooms, a partner its own row and its own circles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from comity.cosell.models import (
    ChecklistAnswer,
    ChecklistVersion,
    Circle,
    Member,
    PlanStep,
    Room,
    RoomFile,
    RoomMessage,
    Seat,
    ShareDeclaration,
)
from comity.cosell.recording import RoomNotFound
from comity.cosell.states import LIVE, UNDONE, MemberState, RoomState
from comity.deals.models import Opportunity
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.words import words
from comity.platform.models import StoredFile
from comity.programs.models import Partnership, Program
from comity.programs.sides import stands_with_vendor, vendor_side


@dataclass(frozen=True)
class RoomFilter:
    """Which rooms a list shows; what is empty does not limit it."""

    state: str = ""
    partner: UUID | None = None
    search: str = ""
    overdue_on: date | None = None
    """Only rooms with a step that was due before this day."""


def _sees_rooms(actor: Actor) -> bool:
    return actor.is_vendor and actor.can(Permission.VIEW_DEALS)


def rooms_visible_to(actor: Actor, program: Program | None = None) -> QuerySet[Room]:
    """The vendor's rooms with their partners, whatever the state of these, by name; a partner has rows of its own,
    never rooms."""
    if not _sees_rooms(actor):
        return Room.objects.none()
    rows = Room.objects.filter(vendor_id=actor.organization_id)
    if program is not None:
        rows = rows.filter(program=program)
    members = Member.objects.filter(vendor_id=actor.organization_id).select_related("partnership")
    return rows.select_related("program", "opportunity__stage", "opportunity__account", "checklist").prefetch_related(
        Prefetch("members", queryset=members.order_by("partnership__sort_name", "id"))
    )


def room_visible_to(actor: Actor, room_id: UUID, program: Program | None = None) -> Room:
    """One room. Raises RoomNotFound."""
    found = rooms_visible_to(actor, program).filter(pk=room_id).first()
    if found is None:
        raise RoomNotFound(words("There is no such room here."))
    return found


def rooms_matching(actor: Actor, program: Program, wanted: RoomFilter) -> QuerySet[Room]:
    """The visible rooms that a filter lets through, the newest first."""
    rows = rooms_visible_to(actor, program)
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.partner:
        member = Member.objects.filter(vendor_id=OuterRef("vendor_id"), room=OuterRef("pk"))
        rows = rows.filter(Exists(member.filter(partnership_id=wanted.partner, state__in=LIVE)))
    if text := " ".join(wanted.search.replace("\x00", "").split())[:200]:
        rows = rows.filter(Q(opportunity__name__icontains=text) | Q(opportunity__account__name__icontains=text))
    if wanted.overdue_on:
        step = PlanStep.objects.filter(vendor_id=OuterRef("vendor_id"), room_id=OuterRef("pk"), state__in=UNDONE)
        rows = rows.filter(Exists(step.filter(due_on__lt=wanted.overdue_on)))
    return rows.order_by("-opened_at", "-id")


def room_of_deal(actor: Actor, opportunity: Opportunity) -> Room | None:
    """The room of a deal, for the vendor."""
    return rooms_visible_to(actor).filter(opportunity=opportunity).first()


@dataclass(frozen=True)
class PlanCount:
    """How far the plan of a room is."""

    done: int
    undone: int
    overdue: int


def plans_of(room_ids: list[UUID], vendor_id: UUID, today: date) -> dict[UUID, PlanCount]:
    """How far the plans of these rooms are, as far as the reader sees their steps: one query."""
    rows = PlanStep.objects.filter(vendor_id=vendor_id, room_id__in=room_ids)
    undone = Q(state__in=UNDONE)
    counted = rows.values("room_id").annotate(
        done=Count("pk", filter=Q(state="done")), undone=Count("pk", filter=undone),
        overdue=Count("pk", filter=undone & Q(due_on__lt=today)),
    )  # fmt: skip
    return {row["room_id"]: PlanCount(row["done"], row["undone"], row["overdue"]) for row in counted}


def member_visible_to(actor: Actor, member_id: UUID, partnership: Partnership) -> Member:
    """One partner's row. Raises RoomNotFound."""
    found = members_visible_to(actor, partnership).filter(pk=member_id).first()
    if found is None:
        raise RoomNotFound(words("There is no such room here."))
    return found


def members_visible_to(actor: Actor, partnership: Partnership | None = None) -> QuerySet[Member]:
    """A partner's rooms, the newest first: its own rows, of one partnership or of all its vendors."""
    if not actor.can(Permission.PORTAL_DEALS):
        return Member.objects.none()
    rows = Member.objects.filter(partner_id=actor.organization_id)
    if partnership is not None:
        rows = rows.filter(vendor_id=partnership.vendor_id, partnership=partnership)
    return rows.select_related("partnership__program").order_by("-invited_at", "-id")


def circles_visible_to(actor: Actor, *, vendor_id: UUID, room_id: UUID) -> QuerySet[Circle]:
    """The open circles of a room: all for the vendor, for a partner those in which it has a seat."""
    rows = Circle.objects.filter(vendor_id=vendor_id, room_id=room_id, closed_at__isnull=True).order_by(
        "opened_at", "id"
    )
    if actor.organization_id == vendor_id:
        return rows if _sees_rooms(actor) else rows.none()
    return rows.filter(pk__in=_seats(actor, vendor_id)) if actor.can(Permission.PORTAL_DEALS) else rows.none()


def messages_visible_to(actor: Actor, *, vendor_id: UUID, room_id: UUID) -> QuerySet[RoomMessage]:
    """What was written in a room, the newest first, as far as the reader's circles go."""
    rows = RoomMessage.objects.filter(vendor_id=vendor_id, room_id=room_id).select_related("circle")
    return _within(actor, rows, vendor_id).order_by("-written_at", "-id")


def files_visible_to(actor: Actor, *, vendor_id: UUID, room_id: UUID) -> QuerySet[RoomFile]:
    """The files of a room, the newest first, as far as the reader's circles go."""
    rows = RoomFile.objects.filter(vendor_id=vendor_id, room_id=room_id).select_related("circle")
    return _within(actor, rows, vendor_id).order_by("-created_at", "-id")


def steps_visible_to(actor: Actor, *, vendor_id: UUID, room_id: UUID) -> QuerySet[PlanStep]:
    """The close plan of a room by due day, as far as the reader's circles go."""
    rows = PlanStep.objects.filter(vendor_id=vendor_id, room_id=room_id).select_related("circle", "owner_partnership")
    return _within(actor, rows, vendor_id).order_by("due_on", "id")


def seats_of(circles: list[Circle]) -> dict[UUID, list[UUID]]:
    """The partnerships in each of these circles, as far as the reader sees seats."""
    found: dict[UUID, list[UUID]] = {circle.pk: [] for circle in circles}
    for circle_id, key in Seat.objects.filter(circle_id__in=list(found)).values_list("circle_id", "partnership_id"):
        found[circle_id].append(key)
    return found


def content_of(actor: Actor, *, vendor_id: UUID, room_id: UUID, file_id: UUID, own: Partnership | None) -> StoredFile:
    """The stored file behind a row that the reader sees; `own` names a partner's partnership. Raises RoomNotFound."""
    missing = RoomNotFound(words("There is no such file here."))
    found = files_visible_to(actor, vendor_id=vendor_id, room_id=room_id).filter(pk=file_id).first()
    if found is None:
        raise missing
    if own is None or stands_with_vendor(actor, own):
        return StoredFile.objects.get(vendor_id=vendor_id, pk=found.file_id)
    with vendor_side(own, actor, missing):
        return StoredFile.objects.get(vendor_id=vendor_id, pk=found.file_id)


def declarations_of(room: Room) -> list[ShareDeclaration]:
    """How the deal was shared out over time, the newest first. Vendor's side."""
    return list(ShareDeclaration.objects.filter(vendor_id=room.vendor_id, room=room).order_by("-at", "-id")[:50])


def answers_of(room: Room) -> dict[str, ChecklistAnswer]:
    """What is known of each question. Vendor's side."""
    return {row.key: row for row in ChecklistAnswer.objects.filter(vendor_id=room.vendor_id, room=room)}


def checklists_visible_to(actor: Actor, program: Program) -> QuerySet[ChecklistVersion]:
    """The versions of a program's checklist, the newest first; vendor only."""
    if not _sees_rooms(actor):
        return ChecklistVersion.objects.none()
    return ChecklistVersion.objects.filter(vendor_id=actor.organization_id, program=program).order_by("-number")


def overdue_steps(actor: Actor, program: Program, today: date) -> QuerySet[PlanStep]:
    """Steps of the program's open rooms whose day is past, the oldest first; the vendor's view."""
    rooms = rooms_visible_to(actor, program).filter(state=RoomState.OPEN).values("pk")
    rows = PlanStep.objects.filter(vendor_id=program.vendor_id, room_id__in=rooms, state__in=UNDONE, due_on__lt=today)
    return rows.select_related("circle", "owner_partnership").order_by("due_on", "id")


def proposals_waiting(actor: Actor, program: Program) -> QuerySet[Member]:
    """Shares that partners proposed in open rooms, the oldest first; the vendor's view."""
    rooms = rooms_visible_to(actor, program).filter(state=RoomState.OPEN).values("pk")
    rows = Member.objects.filter(vendor_id=program.vendor_id, room_id__in=rooms, proposed_at__isnull=False)
    return rows.select_related("partnership", "room__opportunity").order_by("proposed_at", "id")


def own_steps_due(actor: Actor, members: list[Member], by: date) -> list[tuple[Member, PlanStep]]:
    """A partner's own steps in these rooms that are due by a day, the oldest first: one query."""
    rooms = {one.room_id: one for one in members if one.state == MemberState.JOINED and one.room_is_open}
    if not rooms:
        return []
    rows = PlanStep.objects.filter(
        vendor_id__in={one.vendor_id for one in members}, room_id__in=list(rooms), state__in=UNDONE, due_on__lte=by,
        owner_partnership_id__in={one.partnership_id for one in members},
    )  # fmt: skip
    return [(rooms[row.room_id], row) for row in rows.order_by("due_on", "id")]


def _within[Model: (RoomMessage, RoomFile, PlanStep)](
    actor: Actor, rows: QuerySet[Model], vendor_id: UUID
) -> QuerySet[Model]:
    if actor.organization_id == vendor_id:
        return rows if _sees_rooms(actor) else rows.none()
    return rows.filter(circle__in=_seats(actor, vendor_id)) if actor.can(Permission.PORTAL_DEALS) else rows.none()


def _seats(actor: Actor, vendor_id: UUID) -> QuerySet[Seat, UUID]:
    rows = Seat.objects.filter(vendor_id=vendor_id, partner_id=actor.organization_id)
    return rows.values_list("circle_id", flat=True)
