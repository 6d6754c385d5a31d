"""Co-sell rooms: the vendor's systems run them, a partner's read and answer; each as far as its circles go."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from ninja import Query, Router
from ninja.responses import Status as Reply

from comity.api.fields import Named
from comity.api.paging import ListQuery, page_of
from comity.api.tokens import READ, WRITE
from comity.api.v1.lookups import opportunity_of, partnership_of
from comity.api.v1.room_shapes import (
    CircleOut,
    NewPlanStep,
    NewRoom,
    NewRoomMessage,
    OwnRoomAction,
    OwnRoomOut,
    OwnRoomPage,
    PlanStepAction,
    PlanStepOut,
    RoomAction,
    RoomMemberOut,
    RoomMessageOut,
    RoomMessages,
    RoomOut,
    RoomPage,
    RoomPlan,
    RoomQuery,
    RoomsQuery,
)
from comity.cosell import checklists, planning, rooms, sharing, writing
from comity.cosell.models import Circle, Member, PlanStep, Room
from comity.cosell.queries import (
    circles_visible_to,
    members_visible_to,
    messages_visible_to,
    room_visible_to,
    rooms_visible_to,
    steps_visible_to,
)
from comity.cosell.recording import RoomNotFound
from comity.cosell.states import LIVE, Field, Known, Role, RoomMove, StepKind, StepMove
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.words import words

router = Router(tags=["Co-sell"])


@router.get("/rooms", response=RoomPage, auth=READ, summary="List co-sell rooms")
def list_rooms(request: Any, query: Query[RoomQuery]) -> Any:
    """The vendor's rooms. Needs “view deals”; a partner reads its own rooms instead."""
    actor: Actor = request.actor
    actor.require(Permission.VIEW_DEALS)
    asked = {"program_id": query.program, "state": query.state}
    wanted = {name: value for name, value in asked.items() if value is not None}
    return page_of(request, rooms_visible_to(actor).filter(**wanted), query, _show, newest_first=True)


@router.post("/rooms", response={201: RoomOut}, auth=WRITE, summary="Open a co-sell room")
def add_room(request: Any, new: NewRoom) -> Any:
    """Open the room of a deal. Needs “edit deals”."""
    actor: Actor = request.actor
    deal = opportunity_of(actor, new.opportunity_id)
    made = rooms.open_room(opportunity=deal, actor=actor, at=request.received_at, customer_contact=new.customer_contact)
    return Reply(201, _show(room_visible_to(actor, made.pk)))


@router.get("/rooms/{uuid:room_id}", response=RoomOut, auth=READ, summary="Read a co-sell room")
def read_room(request: Any, room_id: UUID) -> Any:
    """One room with its partners. Needs “view deals”."""
    return _show(room_visible_to(request.actor, room_id))


@router.post("/rooms/{uuid:room_id}/act", response=RoomOut, auth=WRITE, summary="Do something with a co-sell room")
def act_on_room(request: Any, room_id: UUID, said: RoomAction) -> Any:
    """Invite, remove, declare shares, bring partners together, answer the checklist, hide fields, close. Needs “edit
    deals”."""
    actor: Actor = request.actor
    found = room_visible_to(actor, room_id)
    timed: dict[str, Any] = {"actor": actor, "at": request.received_at}
    whole: dict[str, Any] = {"room": found, **timed}
    if said.action == "invite":
        partnership = partnership_of(actor, said.partnership_id or room_id)
        rooms.invite_partner(**whole, partnership=partnership, role=Role(said.role or "co_sell"), welcome=said.text)
    elif said.action == "remove":
        rooms.remove_partner(member=_member(found, said.partnership_id), reason=said.text, **timed)
    elif said.action == "shares":
        sharing.declare_shares(
            **whole, shares={one.partnership_id: one.share for one in said.shares}, reason=said.text[:500]
        )
    elif said.action in ("accept", "let_go"):
        member = _member(found, said.partnership_id)
        sharing.answer_proposal(member=member, accepts=said.action == "accept", **timed)
    elif said.action in ("bring_together", "part"):
        _circles(whole, said)
    elif said.action == "answer":
        checklists.answer_question(**whole, key=said.key, known=Known(said.known), evidence=said.text)
    elif said.action == "hide":
        kept = {Role(role): [Field(one) for one in fields] for role, fields in found.hidden.items()}
        hidden = {**kept, Role(said.role or "co_sell"): [Field(one) for one in said.hidden]}
        rooms.set_room(room=found, actor=actor, hidden=hidden, customer_contact=found.customer_contact)
    else:
        rooms.move_room(**whole, move=RoomMove(said.action), reason=said.text)
    return _show(room_visible_to(actor, room_id))


def _circles(whole: dict[str, Any], said: RoomAction) -> None:
    found: Room = whole["room"]
    if said.action == "bring_together":
        rooms.open_circle(**whole, members=[_member(found, key) for key in said.together])
    else:
        circle = Circle(vendor_id=found.vendor_id, room_id=found.pk, pk=said.circle_id)
        rooms.close_circle(circle=circle, actor=whole["actor"], at=whole["at"])


@router.get("/own-rooms", response=OwnRoomPage, auth=READ, summary="List our co-sell rooms")
def list_own_rooms(request: Any, query: Query[RoomsQuery]) -> Any:
    """A partner's own rooms. Needs “portal deals”."""
    actor: Actor = request.actor
    actor.require(Permission.PORTAL_DEALS)
    rows = members_visible_to(actor)
    if query.state is not None:
        rows = rows.filter(state=query.state)
    return page_of(request, rows, query, _show_own, newest_first=True)


@router.get("/own-rooms/{uuid:member_id}", response=OwnRoomOut, auth=READ, summary="Read a co-sell room of ours")
def read_own_room(request: Any, member_id: UUID) -> Any:
    """One room as we may read it. Needs “portal deals”."""
    return _show_own(_own(request.actor, member_id))


@router.post("/own-rooms/{uuid:member_id}/act", response=OwnRoomOut, auth=WRITE, summary="Answer in a co-sell room")
def act_in_own_room(request: Any, member_id: UUID, said: OwnRoomAction) -> Any:
    """Join, decline, leave, or propose our share. Needs “portal deals”."""
    actor: Actor = request.actor
    found = _own(actor, member_id)
    order: dict[str, Any] = {
        "member": found, "partnership": found.partnership, "actor": actor, "at": request.received_at,
    }  # fmt: skip
    if said.action == "propose":
        sharing.propose_share(**order, share=said.share or Decimal(0), text=said.text)
    elif said.action == "leave":
        rooms.leave_room(**order, reason=said.text)
    else:
        rooms.answer_invitation(**order, joins=said.action == "join", reason=said.text)
    return _show_own(_own(actor, member_id))


@router.get("/rooms/{uuid:room_id}/messages", response=RoomMessages, auth=READ, summary="List its messages")
def list_room_messages(request: Any, room_id: UUID, query: Query[ListQuery]) -> Any:
    """What was written in the room, as far as our circles go; a partner names its own room."""
    place = _place(request.actor, room_id)
    rows = messages_visible_to(request.actor, vendor_id=place[0], room_id=place[1])
    return page_of(request, rows, query, _show_message, newest_first=True)


@router.post("/rooms/{uuid:room_id}/messages", response={201: RoomMessageOut}, auth=WRITE, summary="Write a message")
def add_room_message(request: Any, room_id: UUID, new: NewRoomMessage) -> Any:
    """Write into a circle; the others in it are told. Needs “edit deals”, a partner “portal deals”."""
    actor: Actor = request.actor
    said: dict[str, Any] = {"actor": actor, "circle": Circle(pk=new.circle_id), "text": new.text}
    if actor.is_vendor:
        made = writing.write_message(room=room_visible_to(actor, room_id), at=request.received_at, **said)
    else:
        own = _own(actor, room_id)
        made = writing.write_as_partner(member=own, partnership=own.partnership, at=request.received_at, **said)
    return Reply(201, _show_message(made))


@router.get("/rooms/{uuid:room_id}/plan", response=RoomPlan, auth=READ, summary="Read its close plan")
def read_plan(request: Any, room_id: UUID) -> Any:
    """Circles and steps, as far as our circles go; a partner names its own room."""
    vendor_id, key = _place(request.actor, room_id)
    circles = circles_visible_to(request.actor, vendor_id=vendor_id, room_id=key)
    steps = steps_visible_to(request.actor, vendor_id=vendor_id, room_id=key)[:500]
    return RoomPlan(
        circles=[CircleOut(id=one.pk, name=one.name, opened_at=one.opened_at) for one in circles],
        steps=[_show_step(one) for one in steps],
    )


@router.post("/rooms/{uuid:room_id}/plan", response={201: PlanStepOut}, auth=WRITE, summary="Plan a step")
def add_step(request: Any, room_id: UUID, new: NewPlanStep) -> Any:
    """Add a step to the close plan. Needs “edit deals”, a partner “portal deals”."""
    actor: Actor = request.actor
    draft = planning.StepDraft(
        title=new.title, kind=StepKind(new.kind), due_on=new.due_on, owner_partnership_id=new.owner_partnership_id
    )
    said: dict[str, Any] = {"actor": actor, "circle": Circle(pk=new.circle_id), "draft": draft}
    if actor.is_vendor:
        made = planning.plan_step(room=room_visible_to(actor, room_id), **said)
    else:
        own = _own(actor, room_id)
        made = planning.plan_step_as_partner(member=own, partnership=own.partnership, **said)
    return Reply(201, _show_step(made))


@router.post("/rooms/{uuid:room_id}/plan/{uuid:step_id}", response=PlanStepOut, auth=WRITE, summary="Move a step")
def move_plan_step(request: Any, room_id: UUID, step_id: UUID, said: PlanStepAction) -> Any:
    """Block, finish, drop or reopen a step. Needs “edit deals”, a partner “portal deals”."""
    actor: Actor = request.actor
    vendor_id, key = _place(actor, room_id)
    step = steps_visible_to(actor, vendor_id=vendor_id, room_id=key).filter(pk=step_id).first()
    if step is None:
        raise RoomNotFound(words("There is no such step in this room."))
    order: dict[str, Any] = {
        "step": step, "actor": actor, "move": StepMove(said.move), "at": request.received_at, "text": said.text,
        "done_on": said.done_on,
    }  # fmt: skip
    if actor.is_vendor:
        return _show_step(planning.move_step(**order))
    own = _own(actor, room_id)
    return _show_step(planning.move_step_as_partner(member=own, partnership=own.partnership, **order))


def _place(actor: Actor, key: UUID) -> tuple[UUID, UUID]:
    """Vendor and room of what is named: for the vendor a room, for a partner its own row. Raises RoomNotFound."""
    if actor.is_vendor:
        found = room_visible_to(actor, key)
        return found.vendor_id, found.pk
    own = _own(actor, key)
    return own.vendor_id, own.room_id


def _own(actor: Actor, member_id: UUID) -> Member:
    found = members_visible_to(actor).filter(pk=member_id).first()
    if found is None:
        raise RoomNotFound(words("There is no such room here."))
    return found


def _member(found: Room, partnership_id: UUID | None) -> Member:
    member = next((one for one in found.members.all() if one.partnership_id == partnership_id), None)
    if member is None or member.state not in LIVE:
        raise RoomNotFound(words("This partner is not in the room."))
    return member


def _show(row: Room) -> RoomOut:
    plain = ("id", "program_id", "state", "customer_contact", "hidden", "opened_at", "closed_at")
    return RoomOut(
        **{name: getattr(row, name) for name in plain},
        opportunity=Named(id=row.opportunity_id, name=row.opportunity.name),
        members=[_show_member(one) for one in row.members.all()],
    )


def _show_member(row: Member) -> RoomMemberOut:
    kept = {name: getattr(row, name) for name in RoomMemberOut.model_fields if name != "partnership"}
    return RoomMemberOut(**kept, partnership=Named(id=row.partnership_id, name=row.partnership.name))


def _show_own(row: Member) -> OwnRoomOut:
    return OwnRoomOut(**{name: getattr(row, name) for name in OwnRoomOut.model_fields})


def _show_message(row: Any) -> RoomMessageOut:
    return RoomMessageOut(**{name: getattr(row, name) for name in RoomMessageOut.model_fields})


def _show_step(row: PlanStep) -> PlanStepOut:
    return PlanStepOut(**{name: getattr(row, name) for name in PlanStepOut.model_fields})
