"""The mutual close plan: steps with an owner of either side and a day, done, blocked or dropped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from comity.cosell import letters
from comity.cosell.events import PlanStepMoved
from comity.cosell.models import Circle, Member, PlanStep, Room, Seat
from comity.cosell.recording import RoomNotFound, checked_text, open_room_of, own_member, require_joined
from comity.cosell.states import STEP_MACHINE, Side, StepKind, StepMove, StepState
from comity.cosell.writing import circle_of
from comity.identity.actors import Actor
from comity.identity.models import Membership
from comity.identity.roles import Permission, Role, is_vendor_role
from comity.kernel.errors import Invalid
from comity.kernel.words import words as say
from comity.platform.outbox import announce
from comity.programs.calendars import today_in
from comity.programs.models import Partnership


@dataclass(frozen=True)
class StepDraft:
    """A step as somebody plans it. Without a partnership the vendor owns it; the person is of that side, or nobody."""

    title: str
    kind: StepKind = StepKind.TASK
    due_on: date | None = None
    owner_partnership_id: UUID | None = None
    owner_id: UUID | None = None


@transaction.atomic
def plan_step(*, room: Room, actor: Actor, circle: Circle, draft: StepDraft) -> PlanStep:
    """Plan a step in a circle, from the vendor's side. Raises NotAllowed, Invalid, RoomNotFound, RoomClosed."""
    actor.require(Permission.EDIT_DEALS)
    current = open_room_of(room)
    step = PlanStep(vendor_id=current.vendor_id, room_id=current.pk, circle=circle_of(current, circle))
    return _keep(current, step, draft, actor, Side.VENDOR)


@transaction.atomic
def plan_step_as_partner(
    *, member: Member, partnership: Partnership, actor: Actor, circle: Circle, draft: StepDraft
) -> PlanStep:
    """The same from the side of a partner with a seat in the circle. Raises NotAllowed, Invalid, RoomNotFound,
    RoomClosed."""
    with own_member(member, partnership, actor) as (room, current):
        require_joined(current)
        own = circle_of(room, circle, member=current)
        step = PlanStep(vendor_id=room.vendor_id, room_id=room.pk, circle=own)
        return _keep(room, step, draft, actor, Side.PARTNER)


@transaction.atomic
def edit_step(*, step: PlanStep, actor: Actor, draft: StepDraft) -> PlanStep:
    """Change what is to be done, by whom, by when; the circle stays. Raises NotAllowed, Invalid, RoomClosed."""
    actor.require(Permission.EDIT_DEALS)
    room = open_room_of(Room(vendor_id=step.vendor_id, pk=step.room_id))
    current = PlanStep.objects.select_for_update().get(vendor_id=room.vendor_id, pk=step.pk)
    return _keep(room, current, draft, actor, Side.VENDOR)


@transaction.atomic
def move_step(
    *, step: PlanStep, actor: Actor, move: StepMove, at: datetime, text: str = "", done_on: date | None = None
) -> PlanStep:
    """Block a step (with what blocks it), finish it (on a day, by default today), drop or reopen it: the vendor's side.

    Raises NotAllowed, Invalid, RoomClosed, IllegalMove.
    """
    actor.require(Permission.EDIT_DEALS)
    room = open_room_of(Room(vendor_id=step.vendor_id, pk=step.room_id))
    return _move(room, step, actor, move, Side.VENDOR, at=at, text=text, done_on=done_on)


@transaction.atomic
def move_step_as_partner(
    *, step: PlanStep, member: Member, partnership: Partnership, actor: Actor, move: StepMove, at: datetime,
    text: str = "", done_on: date | None = None,
) -> PlanStep:  # fmt: skip
    """The same from the side of a partner with a seat in the step's circle; what it says is done, the vendor confirms.

    Raises NotAllowed, Invalid, RoomNotFound, RoomClosed, IllegalMove.
    """
    with own_member(member, partnership, actor) as (room, current):
        require_joined(current)
        circle_of(room, Circle(pk=step.circle_id), member=current)
        return _move(room, step, actor, move, Side.PARTNER, at=at, text=text, done_on=done_on)


def _keep(room: Room, step: PlanStep, draft: StepDraft, actor: Actor, side: Side) -> PlanStep:
    refusal = say("The step was not saved.")
    title = checked_text(
        " ".join(draft.title.split()), "title", most=300, needed=say("Say what is to be done."), refusal=refusal
    )
    if draft.due_on is not None and not 2000 <= draft.due_on.year <= 2100:
        raise Invalid(refusal, fields={"due_on": say("Choose a day from 2000 to 2100.")})
    before = (step.owner_side, step.owner_partnership_id, step.owner_id)
    step.owner_partnership_id, step.owner_id, step.owner_name = _owner(room, step, draft, actor, refusal)
    step.owner_side = (Side.PARTNER if draft.owner_partnership_id else Side.VENDOR).value
    step.owner_company = _company_of(room, step)
    step.title, step.kind, step.due_on = title, draft.kind.value, draft.due_on
    if step._state.adding:
        step.written_by_name = actor.name[:200]
    elif step.state == StepState.DONE:
        raise Invalid(refusal, fields={"title": say("It is done; open it again to change it.")})
    step.save()
    if before != (step.owner_side, step.owner_partnership_id, step.owner_id):
        letters.tell_of_step(room, step, actor.person_id)
    return step


def _company_of(room: Room, step: PlanStep) -> str:
    if step.owner_partnership_id is None:
        return room.program.vendor_name
    names = Partnership.objects.filter(vendor_id=room.vendor_id, pk=step.owner_partnership_id)
    return names.values_list("name", flat=True).get()


def _owner(
    room: Room, step: PlanStep, draft: StepDraft, actor: Actor, refusal: str
) -> tuple[UUID | None, UUID | None, str]:
    """Whose the step is: partnership, person and name. A side names its own people only."""
    wrong = Invalid(refusal, fields={"owner": say("Choose one of those in this circle.")})
    if draft.owner_partnership_id is None:
        people = Membership.objects.filter(organization_id=room.vendor_id, ended_at__isnull=True)
        if draft.owner_id is None:
            return None, None, ""
        found = people.select_related("person").filter(person_id=draft.owner_id).first()
        if found is None or not is_vendor_role(Role(found.role)):
            raise wrong
        return None, draft.owner_id, str(found.person)[:200]
    seats = Seat.objects.filter(vendor_id=room.vendor_id, circle_id=step.circle_id)
    seat = seats.filter(partnership_id=draft.owner_partnership_id).first()
    if seat is None:
        raise wrong
    if draft.owner_id is None:
        return seat.partnership_id, None, ""
    if actor.organization_id == seat.partner_id and actor.person_id == draft.owner_id:
        return seat.partnership_id, actor.person_id, actor.name[:200]
    if draft.owner_id == step.owner_id and seat.partnership_id == step.owner_partnership_id:
        return seat.partnership_id, step.owner_id, step.owner_name
    raise wrong


def _move(
    room: Room, step: PlanStep, actor: Actor, move: StepMove, side: Side, *, at: datetime, text: str,
    done_on: date | None,
) -> PlanStep:  # fmt: skip
    needed = say("Say what is in the way.") if move is StepMove.BLOCK else ""
    words = checked_text(text, "text", most=500, needed=needed)
    current = PlanStep.objects.select_for_update().filter(
        vendor_id=room.vendor_id, room_id=room.pk, pk=step.pk
    ).first()  # fmt: skip
    if current is None:
        raise RoomNotFound(say("There is no such step in this room."))
    target = STEP_MACHINE.next_state(StepState(current.state), move)
    changed: dict[str, Any] = {"state": target.value, "blocked_by": words if target is StepState.BLOCKED else ""}
    if target is StepState.DONE:
        day = done_on or today_in(room.program, at)
        changed |= {
            "done_on": day, "done_at": _instant(room, day, at), "done_side": side.value,
            "done_by_name": actor.name[:200],
        }  # fmt: skip
    else:
        changed |= {"done_on": None, "done_at": None, "done_side": "", "done_by_name": ""}
    was_done = current.state == StepState.DONE
    if move is StepMove.REOPEN:
        changed["times_reopened"] = current.times_reopened + 1
    for name, value in changed.items():
        setattr(current, name, value)
    current.save(update_fields=list(changed))
    if was_done or target is StepState.DONE:
        announce(PlanStepMoved(step_id=current.pk, program_id=room.program_id))
    return current


def _instant(room: Room, day: date, at: datetime) -> datetime:
    """When it happened: now for today, else noon of the day. Raises Invalid for a day that is not over or long past."""
    today = today_in(room.program, at)
    if day > today or day.year < 2000:
        raise Invalid(say("The step was not saved."), fields={"done_on": say("Choose today or an earlier day.")})
    return at if day == today else datetime.combine(day, time(12), ZoneInfo(room.program.time_zone))
