"""What people are told of a room. A partner's people hear of their own circles only; no line holds an amount or a
contact, nor another partner's name unless they have a seat in a circle with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from comity.cosell.models import Circle, Member, PlanStep, Room, RoomMessage, Seat
from comity.cosell.states import MemberState, Side
from comity.identity.models import Membership
from comity.identity.roles import Permission, Role, is_vendor_role, permissions_of
from comity.notices.services import Fact, Reader, readers, tell
from comity.platform.tenancy import current_scope, tenant
from comity.programs.models import Manager

QUOTED = 120
_ANSWERS = {
    MemberState.JOINED: _("%(partner)s has joined the room of %(deal)s."),
    MemberState.DECLINED: _("%(partner)s does not join the room of %(deal)s."),
    MemberState.LEFT: _("%(partner)s has left the room of %(deal)s."),
}


def tell_of_invitation(room: Room, member: Member, at: datetime) -> None:
    """The partner's sellers learn that they are asked in."""
    values = {"vendor": room.program.vendor_name, "deal": room.opportunity.name}
    fact = Fact(
        "room_invited", f"{member.pk}:{at.isoformat()}", path_for(member), values,
        body=(lambda: member.welcome) if member.welcome else None,
    )  # fmt: skip
    tell(vendor_id=room.vendor_id, to=_sellers_of(member.partner_id), fact=fact)


def tell_of_answer(room: Room, member: Member, at: datetime) -> None:
    """The vendor learns who came, declined or left."""
    values = {"partner": member.partnership.name, "deal": room.opportunity.name}
    fact = Fact(
        "room_answered", f"{member.pk}:{at.isoformat()}", path_of(room), values,
        sentence=_ANSWERS[MemberState(member.state)], body=(lambda: member.reason) if member.reason else None,
    )  # fmt: skip
    tell(vendor_id=room.vendor_id, to=_vendor_people(room, [member.partnership.manager_id]), fact=fact)


def tell_of_removal(room: Room, member: Member, at: datetime) -> None:
    """The partner's sellers learn that its part in the room has ended, and why."""
    values = {"vendor": room.program.vendor_name, "deal": room.opportunity.name}
    fact = Fact(
        "room_removed", f"{member.pk}:{at.isoformat()}", path_for(member), values,
        body=(lambda: member.reason) if member.reason else None,
    )  # fmt: skip
    tell(vendor_id=room.vendor_id, to=_sellers_of(member.partner_id), fact=fact)


def tell_of_circle(room: Room, members: list[Member], circle: Circle) -> None:
    """The partners learn that they hear each other from now on."""
    for member in members:
        values = {"vendor": room.program.vendor_name, "deal": room.opportunity.name, "names": circle.name}
        fact = Fact("room_circle", str(circle.pk), path_for(member), values)
        tell(vendor_id=room.vendor_id, to=_sellers_of(member.partner_id), fact=fact)


def tell_of_proposal(room: Room, member: Member, at: datetime) -> None:
    """The vendor learns what a partner proposes."""
    values = {"partner": member.partnership.name, "deal": room.opportunity.name}
    fact = Fact("room_share_proposed", f"{member.pk}:{at.isoformat()}", path_of(room), values)
    tell(vendor_id=room.vendor_id, to=_vendor_people(room, [member.partnership.manager_id]), fact=fact)


def tell_of_share(room: Room, member: Member, at: datetime) -> None:
    """A partner learns that its own share was declared, or its proposal answered."""
    values = {"vendor": room.program.vendor_name, "deal": room.opportunity.name}
    fact = Fact("room_share", f"{member.pk}:{at.isoformat()}", path_for(member), values)
    tell(vendor_id=room.vendor_id, to=_sellers_of(member.partner_id), fact=fact)


def tell_of_message(room: Room, message: RoomMessage) -> None:
    """Everybody of the circle but the author learns of it, once."""
    text = " ".join(message.text.split())
    values = {
        "who": message.author_name, "company": message.company, "deal": room.opportunity.name,
        "text": text if len(text) <= QUOTED else f"{text[:QUOTED]}…",
    }  # fmt: skip
    _tell_circle(
        room, message.circle, "room_message", str(message.pk), values, author=message.author_id,
        body=message.text, vendor_too=message.side == Side.PARTNER,
    )  # fmt: skip


def tell_of_step(room: Room, step: PlanStep, author: UUID) -> None:
    """Whoever is to do a step learns of it: the person, or the people of the side where nobody is named."""
    values = {"step": step.title, "deal": room.opportunity.name}
    key = f"{step.pk}:{step.owner_id or step.owner_partnership_id or step.owner_side}"
    if step.owner_partnership_id is None:
        to, path = readers(step.owner_id) or _vendor_people(room, []), path_of(room)
    else:
        owner = Member.objects.get(
            vendor_id=room.vendor_id, room=room, partnership_id=step.owner_partnership_id
        )  # fmt: skip
        to, path = readers(step.owner_id) or _sellers_of(owner.partner_id), path_for(owner)
    fact = Fact("room_step", key, path, values)
    tell(vendor_id=room.vendor_id, to=[one for one in to if one.person_id != author], fact=fact)


def path_of(room: Room) -> str:
    """Where the vendor reads the room."""
    return f"/workspace/{room.program.slug}/deals/rooms/{room.pk}/"


def path_for(member: Member) -> str:
    """Where a partner reads it."""
    return f"/portal/{member.partnership_id}/deals/rooms/{member.pk}/"


def _tell_circle(
    room: Room, circle: Circle, kind: str, key: str, values: dict[str, Any], *, author: UUID | None, body: str,
    vendor_too: bool,
) -> None:  # fmt: skip
    seats = list(Seat.objects.filter(vendor_id=room.vendor_id, circle=circle).select_related("partnership"))
    if vendor_too:
        fact = Fact(kind, key, path_of(room), values, body=lambda: body)
        people = _vendor_people(room, [seat.partnership.manager_id for seat in seats])
        tell(vendor_id=room.vendor_id, to=people, fact=fact)
    members = Member.objects.filter(
        vendor_id=room.vendor_id, room=room, partnership_id__in=[seat.partnership_id for seat in seats]
    )
    for member in members.order_by("id"):
        fact = Fact(kind, key, path_for(member), values, body=lambda: body)
        to = [one for one in _sellers_of(member.partner_id) if one.person_id != author]
        tell(vendor_id=room.vendor_id, to=to, fact=fact)


def _sellers_of(organization_id: UUID) -> list[Reader]:
    """A partner's people who look after deals; asked under its own scope, since a vendor does not know who they are."""
    roles = [role.value for role in Role if Permission.PORTAL_DEALS in permissions_of(role)]
    with tenant(organization_id=organization_id, door=current_scope().door):
        members = Membership.objects.filter(organization_id=organization_id, ended_at__isnull=True, role__in=roles)
        return readers(*members.order_by("person__email").values_list("person_id", flat=True))


def _vendor_people(room: Room, managers: list[UUID | None]) -> list[Reader]:
    """Who opened the room and still works here, and the managers of these partners; else who runs the programme."""
    found = Manager.objects.filter(vendor_id=room.vendor_id, pk__in=[key for key in managers if key])
    wanted = [room.opened_by_id, *found.order_by("name").values_list("person_id", flat=True)]
    members = Membership.objects.filter(organization_id=room.vendor_id, ended_at__isnull=True)
    here = {
        key for key, role in members.values_list("person_id", "role") if key in wanted and is_vendor_role(Role(role))
    }
    if here:
        return readers(*(key for key in wanted if key in here))
    running = members.filter(role__in=[Role.ADMINISTRATOR.value, Role.OPERATIONS.value])
    return readers(*running.order_by("created_at").values_list("person_id", flat=True))
