"""The shapes of co-sell rooms, for both sides."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field as Limit

from comity.api.fields import Amount, Input, Named, Output, Portion
from comity.api.paging import ListQuery, Page

# Not the enums themselves: the document names schemas by class, and other things have states and roles, too.
RoomState = Literal["open", "closed"]
MemberState = Literal["invited", "joined", "declined", "left", "removed"]
RoomRole = Literal["sourced", "co_sell", "resell", "implement", "support"]
RoomField = Literal["amount", "close_date", "customer_contact", "competitors", "checklist"]
PlanStepKind = Literal["task", "meeting", "joint_call", "demo", "proof_of_concept", "intro"]
PlanStepState = Literal["open", "blocked", "done", "dropped"]
PlanStepMove = Literal["block", "unblock", "finish", "drop", "reopen"]
RoomSide = Literal["vendor", "partner"]
HowFar = Literal["open", "partly", "answered"]
Line = Annotated[str, Limit(max_length=1_000)]


class RoomMemberOut(Output):
    """A partner in a room, as the vendor reads it."""

    id: UUID
    partnership: Named
    role: RoomRole
    state: MemberState
    share: Amount | None
    proposed_share: Amount | None
    proposed_text: str
    hidden: list[RoomField]
    reason: str


class RoomOut(Output):
    """A room, as the vendor reads it."""

    id: UUID
    program_id: UUID
    opportunity: Named
    state: RoomState
    customer_contact: str
    hidden: dict[str, list[RoomField]]
    opened_at: datetime
    closed_at: datetime | None
    members: list[RoomMemberOut]


class RoomPage(Page[RoomOut]):
    """Rooms."""


class RoomQuery(ListQuery):
    """The list of rooms."""

    program: UUID | None = None
    state: RoomState | None = None


class RoomsQuery(ListQuery):
    """The list of our rooms."""

    state: MemberState | None = None


class CheckedOut(Output):
    """One question of a checklist, as far as it is answered."""

    label: str
    question: str
    known: HowFar
    evidence: str


class OwnRoomOut(Output):
    """A room as its partner reads it; what its role does not see is empty and named in `hidden`."""

    id: UUID
    partnership_id: UUID
    title: str
    state: MemberState
    role: RoomRole
    room_is_open: bool
    share: Amount | None
    proposed_share: Amount | None
    customer_name: str
    customer_contact: str
    stage_name: str
    status: str
    currency: str
    amount: Amount | None
    recurring_amount: Amount | None
    expected_close_on: date | None
    competitors: list[str]
    checklist: list[CheckedOut]
    hidden: list[RoomField]
    invited_at: datetime
    reason: str


class OwnRoomPage(Page[OwnRoomOut]):
    """Our rooms."""


class CircleOut(Output):
    """Who hears each other."""

    id: UUID
    name: str
    opened_at: datetime


class RoomMessageOut(Output):
    """What somebody wrote into a circle."""

    id: UUID
    circle_id: UUID
    side: RoomSide
    company: str
    author_name: str
    written_at: datetime
    text: str


class RoomMessages(Page[RoomMessageOut]):
    """What was written, the newest first."""


class PlanStepOut(Output):
    """A step of the close plan."""

    id: UUID
    circle_id: UUID
    kind: PlanStepKind
    title: str
    state: PlanStepState
    due_on: date | None
    owner_side: RoomSide
    owner_company: str
    owner_name: str
    blocked_by: str
    done_on: date | None
    done_by_name: str


class RoomPlan(Output):
    """The circles of a room and its close plan, as far as the reader's circles go."""

    circles: list[CircleOut]
    steps: list[PlanStepOut]


class NewRoom(Input):
    """On which deal."""

    opportunity_id: UUID
    customer_contact: Annotated[str, Limit(max_length=300)] = ""


class ShareIn(Input):
    """One partner's share."""

    partnership_id: UUID
    share: Portion


class RoomAction(Input):
    """What the vendor does with a room; each action reads the members that it needs."""

    action: Literal["invite", "remove", "shares", "accept", "let_go", "bring_together", "part", "answer", "hide",
                    "close", "reopen"]  # fmt: skip
    partnership_id: UUID | None = None
    role: RoomRole | None = None
    text: Line = ""
    shares: Annotated[list[ShareIn], Limit(max_length=50)] = []
    together: Annotated[list[UUID], Limit(max_length=50, description="Partnerships to bring together.")] = []
    circle_id: UUID | None = None
    key: Annotated[str, Limit(max_length=40)] = ""
    known: HowFar = "open"
    hidden: Annotated[list[RoomField], Limit(max_length=10, description="What the role does not see.")] = []


class OwnRoomAction(Input):
    """What a partner does with a room."""

    action: Literal["join", "decline", "leave", "propose"]
    share: Portion | None = None
    text: Annotated[str, Limit(max_length=500)] = ""


class NewRoomMessage(Input):
    """What to write, into which circle."""

    circle_id: UUID
    text: Annotated[str, Limit(max_length=10_000)]


class NewPlanStep(Input):
    """A step. Without `owner_partnership_id` the vendor owns it."""

    circle_id: UUID
    title: Annotated[str, Limit(max_length=300)]
    kind: PlanStepKind = "task"
    due_on: date | None = None
    owner_partnership_id: UUID | None = None


class PlanStepAction(Input):
    """What happened to a step: `block` says by what, `finish` perhaps on which day."""

    move: PlanStepMove
    text: Annotated[str, Limit(max_length=500)] = ""
    done_on: date | None = None
