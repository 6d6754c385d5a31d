"""The states of a room, of a partner in it and of a step of its plan, with the moves between them: buttons, tests,
reference and the database's guards are all read from these tables."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from comity.deals.states import PartnerRole
from comity.kernel.states import StateMachine


class RoomState(StrEnum):
    """Whether people work in a room."""

    OPEN = "open"
    CLOSED = "closed"


class RoomMove(StrEnum):
    """What the vendor does to a room."""

    CLOSE = "close"
    REOPEN = "reopen"


ROOM_TRANSITIONS: Final[dict[tuple[RoomState, RoomMove], RoomState]] = {
    (RoomState.OPEN, RoomMove.CLOSE): RoomState.CLOSED,
    (RoomState.CLOSED, RoomMove.REOPEN): RoomState.OPEN,
}
ROOM_MACHINE: Final = StateMachine(ROOM_TRANSITIONS)


class MemberState(StrEnum):
    """Where one partner stands with a room."""

    INVITED = "invited"
    JOINED = "joined"
    DECLINED = "declined"
    LEFT = "left"
    REMOVED = "removed"


class MemberMove(StrEnum):
    """What happens between a partner and a room."""

    INVITE = "invite"
    JOIN = "join"
    DECLINE = "decline"
    LEAVE = "leave"
    REMOVE = "remove"


MEMBER_TRANSITIONS: Final[dict[tuple[MemberState, MemberMove], MemberState]] = {
    (MemberState.INVITED, MemberMove.JOIN): MemberState.JOINED,
    (MemberState.INVITED, MemberMove.DECLINE): MemberState.DECLINED,
    (MemberState.INVITED, MemberMove.REMOVE): MemberState.REMOVED,
    (MemberState.JOINED, MemberMove.LEAVE): MemberState.LEFT,
    (MemberState.JOINED, MemberMove.REMOVE): MemberState.REMOVED,
    (MemberState.DECLINED, MemberMove.INVITE): MemberState.INVITED,
    (MemberState.LEFT, MemberMove.INVITE): MemberState.INVITED,
    (MemberState.REMOVED, MemberMove.INVITE): MemberState.INVITED,
}
MEMBER_MACHINE: Final = StateMachine(MEMBER_TRANSITIONS)
LIVE: Final = (MemberState.INVITED, MemberState.JOINED)
"""The partner is asked, or works with us."""


class Role(StrEnum):
    """What a partner does in a room."""

    SOURCED = "sourced"
    CO_SELL = "co_sell"
    RESELL = "resell"
    IMPLEMENT = "implement"
    SUPPORT = "support"


ROLE_ON_DEAL: Final = {
    Role.SOURCED: PartnerRole.SOURCED,
    Role.CO_SELL: PartnerRole.INFLUENCED,
    Role.RESELL: PartnerRole.FULFILLED,
    Role.IMPLEMENT: PartnerRole.IMPLEMENTED,
    Role.SUPPORT: PartnerRole.SUPPORTED,
}
"""The same role in the words of deals and attribution."""


class Field(StrEnum):
    """What the vendor may keep from a role."""

    AMOUNT = "amount"
    CLOSE_DATE = "close_date"
    CUSTOMER_CONTACT = "customer_contact"
    COMPETITORS = "competitors"
    CHECKLIST = "checklist"


class StepKind(StrEnum):
    """What a step of the plan is. All but the task become touches of the partner once they are done."""

    TASK = "task"
    MEETING = "meeting"
    JOINT_CALL = "joint_call"
    DEMO = "demo"
    PROOF_OF_CONCEPT = "proof_of_concept"
    INTRO = "intro"


class StepState(StrEnum):
    """Where a step stands."""

    OPEN = "open"
    BLOCKED = "blocked"
    DONE = "done"
    DROPPED = "dropped"


class StepMove(StrEnum):
    """What somebody does to a step."""

    BLOCK = "block"
    UNBLOCK = "unblock"
    FINISH = "finish"
    DROP = "drop"
    REOPEN = "reopen"


STEP_TRANSITIONS: Final[dict[tuple[StepState, StepMove], StepState]] = {
    (StepState.OPEN, StepMove.BLOCK): StepState.BLOCKED,
    (StepState.OPEN, StepMove.FINISH): StepState.DONE,
    (StepState.OPEN, StepMove.DROP): StepState.DROPPED,
    (StepState.BLOCKED, StepMove.UNBLOCK): StepState.OPEN,
    (StepState.BLOCKED, StepMove.FINISH): StepState.DONE,
    (StepState.BLOCKED, StepMove.DROP): StepState.DROPPED,
    (StepState.DONE, StepMove.REOPEN): StepState.OPEN,
    (StepState.DROPPED, StepMove.REOPEN): StepState.OPEN,
}
STEP_MACHINE: Final = StateMachine(STEP_TRANSITIONS)
UNDONE: Final = (StepState.OPEN, StepState.BLOCKED)


class Side(StrEnum):
    """Who wrote, or who has to do something."""

    VENDOR = "vendor"
    PARTNER = "partner"


class Known(StrEnum):
    """How far a question of the checklist is answered."""

    OPEN = "open"
    PARTLY = "partly"
    ANSWERED = "answered"
