"""The verbs of a room: open it on a deal, ask partners in, let them answer and leave, hide fields, close it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from comity.cosell import letters
from comity.cosell.checklists import checklist_on
from comity.cosell.models import Circle, Member, Room, Seat
from comity.cosell.recording import (
    RoomNotFound,
    checked_text,
    live_members,
    locked,
    move_member,
    open_room_of,
    own_member,
    refresh,
    require_joined,
)
from comity.cosell.sharing import clear_shares
from comity.cosell.states import ROOM_MACHINE, Field, MemberMove, MemberState, Role, RoomMove, RoomState
from comity.deals.models import Opportunity
from comity.deals.services.recording import locked as locked_deal
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.words import words as say
from comity.programs.models import Partnership
from comity.programs.states import Status

MOST_MEMBERS: Final = 20
HIDDEN_AT_FIRST: Final[Mapping[str, list[str]]] = {
    Role.IMPLEMENT.value: [Field.AMOUNT.value, Field.COMPETITORS.value, Field.CHECKLIST.value],
    Role.SUPPORT.value: [Field.AMOUNT.value, Field.COMPETITORS.value, Field.CHECKLIST.value],
}
"""Who builds and supports need not know what the deal is worth, until the vendor says so."""


class RoomThere(Conflict):
    """The deal has a room already. Detail: `room`."""

    code, title = "room_there", say("This deal has a room already")


@transaction.atomic
def open_room(*, opportunity: Opportunity, actor: Actor, at: datetime, customer_contact: str = "") -> Room:
    """Open the room of a deal; nobody but the vendor is in it yet. Raises NotAllowed, Invalid, RoomThere."""
    actor.require(Permission.EDIT_DEALS)
    contact = checked_text(customer_contact, "customer_contact", most=300)
    deal = locked_deal(opportunity)
    known = Room.objects.filter(vendor_id=deal.vendor_id, opportunity=deal).first()
    if known is not None:
        raise RoomThere(say("%(deal)s has a room already.", deal=deal.name), room=str(known.pk))
    return Room.objects.create(
        vendor_id=deal.vendor_id, program=deal.program, opportunity=deal, hidden=dict(HIDDEN_AT_FIRST),
        customer_contact=contact, checklist=checklist_on(deal.program, at), opened_at=at,
        opened_by_id=actor.person_id, opened_by_name=actor.name[:200],
    )  # fmt: skip


@transaction.atomic
def invite_partner(
    *, room: Room, actor: Actor, partnership: Partnership, role: Role, at: datetime, welcome: str = ""
) -> Member:
    """Ask a partner in, or once more one that is not in any longer; its people are told.

    Raises NotAllowed, Invalid, RoomClosed, IllegalMove.
    """
    actor.require(Permission.EDIT_DEALS)
    words = checked_text(welcome, "welcome", most=1_000)
    current = open_room_of(room)
    refusal = _unfit(current, partnership)
    if refusal:
        raise Invalid(say("Nobody was invited yet."), fields={"partnership": refusal})
    known = Member.objects.select_for_update().filter(
        vendor_id=current.vendor_id, room=current, partnership=partnership
    ).first()  # fmt: skip
    if known is None:
        known = Member(
            vendor_id=current.vendor_id, room=current, partnership=partnership, partner_id=partnership.partner_id,
            role=role.value, title=current.opportunity.name, welcome=words, invited_at=at, moved_at=at,
        )  # fmt: skip
        known.save(force_insert=True)
    else:
        known.role, known.welcome, known.invited_at = role.value, words, at
        move_member(known, MemberMove.INVITE, at=at)
    refresh(current)
    letters.tell_of_invitation(current, known, at)
    return Member.objects.get(pk=known.pk)


@transaction.atomic
def answer_invitation(
    *, member: Member, partnership: Partnership, actor: Actor, at: datetime, joins: bool, reason: str = ""
) -> Member:
    """Come in, or decline. Coming in twice is once.

    Raises NotAllowed, Invalid, RoomNotFound, RoomClosed, IllegalMove.
    """
    words = checked_text(reason, "reason", most=1_000)
    with own_member(member, partnership, actor) as (room, current):
        if joins and current.state == MemberState.JOINED:
            return current
        move_member(current, MemberMove.JOIN if joins else MemberMove.DECLINE, at=at, actor=actor, reason=words)
        if not joins:
            clear_shares(room, at=at, reason=current.partnership.name)
        refresh(room)
        letters.tell_of_answer(room, current, at)
        return Member.objects.get(pk=current.pk)


@transaction.atomic
def leave_room(*, member: Member, partnership: Partnership, actor: Actor, at: datetime, reason: str = "") -> None:
    """Leave; the partner reads nothing of the room any more. Raises NotAllowed, Invalid, RoomNotFound, RoomClosed."""
    words = checked_text(reason, "reason", most=1_000)
    with own_member(member, partnership, actor) as (room, current):
        require_joined(current)
        move_member(current, MemberMove.LEAVE, at=at, actor=actor, reason=words)
        clear_shares(room, at=at, reason=current.partnership.name)
        refresh(room)
        letters.tell_of_answer(room, current, at)


@transaction.atomic
def remove_partner(*, member: Member, actor: Actor, at: datetime, reason: str) -> None:
    """End a partner's part in the room; it reads the reason and nothing else of it any more.

    Raises NotAllowed, Invalid, IllegalMove.
    """
    actor.require(Permission.EDIT_DEALS)
    words = checked_text(reason, "reason", most=1_000, needed=say("Say why; the partner reads it."))
    room = locked(Room(vendor_id=member.vendor_id, pk=member.room_id))
    current = Member.objects.select_for_update().get(vendor_id=room.vendor_id, pk=member.pk)
    move_member(current, MemberMove.REMOVE, at=at, reason=words)
    clear_shares(room, at=at, reason=current.partnership.name, actor=actor)
    refresh(room)
    letters.tell_of_removal(room, current, at)


@transaction.atomic
def set_room(*, room: Room, actor: Actor, hidden: Mapping[Role, Collection[Field]], customer_contact: str = "") -> Room:
    """Say which fields each role does not see, and whom to speak with at the customer's; what partners read follows
    at once. Raises NotAllowed, Invalid, RoomClosed."""
    actor.require(Permission.EDIT_DEALS)
    contact = checked_text(customer_contact, "customer_contact", most=300)
    current = open_room_of(room)
    current.hidden = {role.value: [one.value for one in Field if one in fields] for role, fields in hidden.items()}
    current.customer_contact = contact
    current.save(update_fields=["hidden", "customer_contact"])
    refresh(current)
    return current


@transaction.atomic
def set_role(*, member: Member, actor: Actor, role: Role) -> Member:
    """Give a partner another role; what it reads follows at once. Raises NotAllowed, RoomClosed."""
    actor.require(Permission.EDIT_DEALS)
    room = open_room_of(Room(vendor_id=member.vendor_id, pk=member.room_id))
    Member.objects.filter(vendor_id=room.vendor_id, pk=member.pk).update(role=role.value)
    refresh(room)
    return Member.objects.get(pk=member.pk)


@transaction.atomic
def move_room(*, room: Room, actor: Actor, move: RoomMove, at: datetime, reason: str = "") -> Room:
    """Close a room, with a reason, or open it again. Members go on reading a closed room, and nobody writes.

    Raises NotAllowed, Invalid, IllegalMove.
    """
    actor.require(Permission.EDIT_DEALS)
    needed = say("Say why, so that others know later.") if move is RoomMove.CLOSE else ""
    words = checked_text(reason, "reason", most=1_000, needed=needed)
    current = locked(room)
    current.state = ROOM_MACHINE.next_state(RoomState(current.state), move).value
    closes = current.state == RoomState.CLOSED
    current.closed_at, current.closed_reason = (at, words) if closes else (None, "")
    current.save(update_fields=["state", "closed_at", "closed_reason"])
    refresh(current)
    return current


@transaction.atomic
def open_circle(*, room: Room, actor: Actor, members: Collection[Member], at: datetime) -> Circle:
    """Consent to these partners hearing each other: from now on they see who else is in the circle, and what is
    written into it. What was said before stays where it was said. Those who hear each other already keep their circle.

    Raises NotAllowed, Invalid, RoomClosed."""
    actor.require(Permission.EDIT_DEALS)
    current = open_room_of(room)
    wanted = {one.pk for one in members}
    joined = [one for one in live_members(current) if one.state == MemberState.JOINED and one.pk in wanted]
    if len(joined) < 2 or len(joined) != len(wanted):
        raise Invalid(
            say("Nobody was brought together yet."), fields={"members": say("Choose two or more that have joined.")}
        )
    if (known := _circle_of(current, joined)) is not None:
        return known
    circle = Circle.objects.create(
        vendor_id=current.vendor_id, room=current, name=", ".join(one.partnership.name for one in joined)[:700],
        opened_at=at, opened_by_id=actor.person_id,
    )  # fmt: skip
    Seat.objects.bulk_create(
        Seat(
            vendor_id=current.vendor_id, circle=circle, partnership_id=one.partnership_id, partner_id=one.partner_id
        )
        for one in joined
    )  # fmt: skip
    letters.tell_of_circle(current, joined, circle)
    return circle


def _circle_of(room: Room, joined: Collection[Member]) -> Circle | None:
    """The open circle in which exactly these partners have a seat. Under the lock of the room."""
    wanted = {one.partnership_id for one in joined}
    seats: dict[UUID, set[UUID]] = {}
    open_ones = Circle.objects.filter(
        vendor_id=room.vendor_id, room=room, partnership__isnull=True, closed_at__isnull=True
    )
    rows = Seat.objects.filter(vendor_id=room.vendor_id, circle__in=open_ones)
    for circle_id, partnership_id in rows.values_list("circle_id", "partnership_id"):
        seats.setdefault(circle_id, set()).add(partnership_id)
    return next((one for one in open_ones.order_by("opened_at", "id") if seats.get(one.pk) == wanted), None)


@transaction.atomic
def close_circle(*, circle: Circle, actor: Actor, at: datetime) -> None:
    """Take the consent back: its partners read nothing of this circle any more; the vendor does.

    Raises NotAllowed, RoomNotFound (a partner's own circle ends with its part in the room)."""
    actor.require(Permission.EDIT_DEALS)
    room = locked(Room(vendor_id=circle.vendor_id, pk=circle.room_id))
    current = Circle.objects.filter(vendor_id=room.vendor_id, pk=circle.pk, partnership__isnull=True).first()
    if current is None:
        raise RoomNotFound(say("There is no such circle of several partners."))
    Seat.objects.filter(vendor_id=room.vendor_id, circle=current).delete()
    if current.closed_at is None:
        current.closed_at = at
        current.save(update_fields=["closed_at"])


def _unfit(room: Room, partnership: Partnership) -> str:
    if partnership.program_id != room.program_id:
        return say("This partner belongs to another program.")
    if partnership.status != Status.ACTIVE:
        return say("%(partner)s is not active; only active partners are asked in.", partner=partnership.name)
    if len(live_members(room)) >= MOST_MEMBERS:
        return say("A room has at most %(most)s partners.", most=MOST_MEMBERS)
    return ""
