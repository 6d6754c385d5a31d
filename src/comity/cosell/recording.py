"""What every verb of a room shares: the room held, its refusals, and the rows by which partners read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from comity.cosell.models import ChecklistAnswer, Circle, Member, Room, Seat
from comity.cosell.states import LIVE, MEMBER_MACHINE, Field, Known, MemberMove, MemberState, RoomState
from comity.deals.models import Opportunity
from comity.deals.sharing import hide_amounts
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid, NotFound
from comity.kernel.words import Figure
from comity.kernel.words import words as say
from comity.programs.models import Partnership
from comity.programs.sides import vendor_side

EMPTIED: Final[dict[str, Any]] = {
    "customer_name": "", "customer_contact": "", "stage_name": "", "status": "", "currency": "", "amount": None,
    "recurring_amount": None, "expected_close_on": None, "competitors": [], "checklist": [], "hidden": [],
}  # fmt: skip
"""What is taken out of a partner's row once it has no part in the room: all but its name."""
OF_FIELD: Final[Mapping[Field, tuple[str, ...]]] = {
    Field.AMOUNT: ("amount", "recurring_amount"),
    Field.CLOSE_DATE: ("expected_close_on",),
    Field.CUSTOMER_CONTACT: ("customer_contact",),
    Field.COMPETITORS: ("competitors",),
    Field.CHECKLIST: ("checklist",),
}
"""The columns of a partner's row that a hidden field empties."""


class RoomNotFound(NotFound):
    """There is no such room, or the reader may not know of it."""

    code, title = "room_not_found", say("No such room")


class RoomClosed(Conflict):
    """Nothing is written into a closed room; the vendor may open it again."""

    code, title = "room_closed", say("This room is closed")


def locked(room: Room) -> Room:
    """The room as it is now with its deal, held until the end of the transaction. Vendor's side."""
    return (
        Room.objects.select_for_update(of=("self",))
        .select_related("program", "opportunity__stage", "opportunity__account", "opportunity__manager", "checklist")
        .get(vendor_id=room.vendor_id, pk=room.pk)
    )


def open_room_of(room: Room) -> Room:
    """The same, of a room in which people work. Raises RoomClosed."""
    current = locked(room)
    if current.state != RoomState.OPEN:
        raise RoomClosed(say("This room is closed; what stands in it can be read, nothing is added."))
    return current


@contextmanager
def own_member(member: Member, partnership: Partnership, actor: Actor) -> Iterator[tuple[Room, Member]]:
    """The room and the partner's row in it as they are now, held on the vendor's side.

    Raises NotAllowed, RoomNotFound, RoomClosed.
    """
    actor.require(Permission.PORTAL_DEALS)
    missing = RoomNotFound(say("There is no such room of yours."))
    with vendor_side(partnership, actor, missing) as vendor_id:
        own = Member.objects.filter(vendor_id=vendor_id, partnership=partnership, pk=member.pk)
        found = own.first()
        if found is None:
            raise missing
        room = open_room_of(Room(vendor_id=vendor_id, pk=found.room_id))
        yield room, own.select_for_update().get()


def require_joined(member: Member) -> None:
    """Raises RoomNotFound for a partner that has no part in the room now."""
    if member.state != MemberState.JOINED:
        raise RoomNotFound(say("You have no part in this room now."))


def live_members(room: Room) -> list[Member]:
    """Who is asked or works with us, by name. Vendor's side."""
    rows = Member.objects.filter(vendor_id=room.vendor_id, room=room, state__in=[state.value for state in LIVE])
    return list(rows.select_related("partnership").order_by("partnership__sort_name", "id"))


def move_member(
    member: Member, move: MemberMove, *, at: datetime, actor: Actor | None = None, reason: str = ""
) -> Member:
    """Move a partner; its seats follow at once, what it may read with `refresh`. Raises IllegalMove."""
    member.state = MEMBER_MACHINE.next_state(MemberState(member.state), move).value
    member.moved_at, member.reason = at, reason
    member.answered_by_name = actor.name[:200] if actor else ""
    member.proposed_share, member.proposed_text, member.proposed_at = None, "", None
    member.save()
    if member.state == MemberState.JOINED:
        _seat(member, at)
    else:
        Seat.objects.filter(
            vendor_id=member.vendor_id, circle__room_id=member.room_id, partnership_id=member.partnership_id
        ).delete()
    return member


def _seat(member: Member, at: datetime) -> None:
    """A place in the partner's own circle with the vendor, made when it first joins."""
    own, _made = Circle.objects.get_or_create(
        vendor_id=member.vendor_id, room_id=member.room_id, partnership_id=member.partnership_id,
        defaults={"name": member.partnership.name[:700], "opened_at": at},
    )  # fmt: skip
    Seat.objects.get_or_create(
        vendor_id=member.vendor_id, circle=own, partnership_id=member.partnership_id,
        defaults={"partner_id": member.partner_id},
    )  # fmt: skip


def refresh(room: Room) -> None:
    """Make what each partner reads of the room equal to room and deal, as far as its role may see it. Vendor's side."""
    deal, answers = room.opportunity, _checklist(room)
    everybody = list(Member.objects.filter(vendor_id=room.vendor_id, room=room))
    for member in everybody:
        wanted = _window(room, deal, member, answers)
        changed = [name for name, value in wanted.items() if getattr(member, name) != value]
        for name in changed:
            setattr(member, name, wanted[name])
        if changed:
            member.save(update_fields=changed)
    # Who once worked here without seeing the amount does not learn it by leaving.
    without = [one.partnership_id for one in everybody if Field.AMOUNT in hidden_from(room, one.role)]
    hide_amounts(deal, without)


def hidden_from(room: Room, role: str) -> list[str]:
    """The fields that a role does not see."""
    return [field.value for field in Field if field.value in room.hidden.get(role, [])]


def _window(room: Room, deal: Opportunity, member: Member, answers: list[dict[str, str]]) -> dict[str, Any]:
    """What the row of one partner should say."""
    wanted: dict[str, Any] = {**EMPTIED, "room_is_open": room.state == RoomState.OPEN}
    if member.state not in LIVE:
        return wanted
    wanted |= {
        "title": deal.name, "customer_name": deal.account.name if deal.account else "",
        "hidden": hidden_from(room, member.role),
    }  # fmt: skip
    if member.state == MemberState.INVITED:
        return wanted
    wanted |= {
        "stage_name": deal.stage.name, "status": deal.status, "currency": deal.currency, "amount": deal.amount,
        "recurring_amount": deal.recurring_amount, "expected_close_on": deal.expected_close_on,
        "customer_contact": room.customer_contact, "competitors": list(deal.competitors), "checklist": answers,
    }  # fmt: skip
    for field in wanted["hidden"]:
        wanted |= {column: EMPTIED[column] for column in OF_FIELD[Field(field)]}
    return wanted


def _checklist(room: Room) -> list[dict[str, str]]:
    given = {row.key: row for row in ChecklistAnswer.objects.filter(vendor_id=room.vendor_id, room=room)}
    return [
        {
            "label": item["label"],
            "question": item.get("question", ""),
            "known": given[item["key"]].known if item["key"] in given else Known.OPEN.value,
            "evidence": given[item["key"]].evidence if item["key"] in given else "",
        }
        for item in room.checklist.items
    ]


def checked_text(text: str, field: str, *, most: int, needed: str = "", refusal: str = "") -> str:
    """A line or more, without blanks at its ends. Raises Invalid."""
    said = text.strip()
    wrong = ""
    if needed and not said:
        wrong = needed
    elif len(said) > most:
        wrong = say("Please shorten this to %(most)s characters.", most=Figure(most))
    elif "\x00" in said:
        wrong = say("This holds a character that cannot be kept.")
    if wrong:
        raise Invalid(refusal or say("Nothing was changed yet."), fields={field: wrong})
    return said
