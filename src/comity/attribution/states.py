"""Kinds and states of touches, the models, and what can happen to the credit of a deal."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from comity.kernel.states import StateMachine


class TouchKind(StrEnum):
    """What a partner did for a deal or a customer."""

    REGISTRATION = "registration"
    REFERRAL = "referral"
    LEAD_ACCEPTED = "lead_accepted"
    MEETING = "meeting"
    JOINT_CALL = "joint_call"
    DEMO = "demo"
    PROOF_OF_CONCEPT = "proof_of_concept"
    EVENT = "event"
    CAMPAIGN_RESPONSE = "campaign_response"
    CONTENT_SHARE = "content_share"
    INTRO = "intro"
    INTEGRATION_IN_USE = "integration_in_use"
    IMPLEMENTATION = "implementation"


CLAIMS: Final = (TouchKind.REGISTRATION, TouchKind.REFERRAL)
"""Kinds that can source a deal: the partner brought it. An accepted lead was the vendor's."""


class TouchSide(StrEnum):
    """Who recorded a touch."""

    VENDOR = "vendor"
    PARTNER = "partner"


class TouchState(StrEnum):
    """Whether a touch counts. What the vendor records is confirmed at once."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class TouchMove(StrEnum):
    """What somebody does to a touch."""

    CONFIRM = "confirm"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


TRANSITIONS: Final[dict[tuple[TouchState, TouchMove], TouchState]] = {
    (TouchState.WAITING, TouchMove.CONFIRM): TouchState.CONFIRMED,
    (TouchState.WAITING, TouchMove.REFUSE): TouchState.REFUSED,
    (TouchState.WAITING, TouchMove.WITHDRAW): TouchState.WITHDRAWN,
    (TouchState.CONFIRMED, TouchMove.REFUSE): TouchState.REFUSED,
    (TouchState.CONFIRMED, TouchMove.WITHDRAW): TouchState.WITHDRAWN,
    (TouchState.REFUSED, TouchMove.CONFIRM): TouchState.CONFIRMED,
    (TouchState.WITHDRAWN, TouchMove.CONFIRM): TouchState.CONFIRMED,
}
MACHINE: Final = StateMachine(TRANSITIONS)


class Model(StrEnum):
    """A way to share a deal out. The first five go by touches."""

    FIRST_TOUCH = "first_touch"
    LAST_TOUCH = "last_touch"
    LINEAR = "linear"
    TIME_DECAY = "time_decay"
    POSITION_BASED = "position_based"
    REGISTRATION_HOLDER = "registration_holder"
    DECLARED_SPLIT = "declared_split"


TOUCH_MODELS: Final = tuple(Model)[:5]


class Basis(StrEnum):
    """Why a partner has its role on a deal."""

    NONE = ""
    IMPORT = "import"
    DECLARED = "declared"
    CLAIM = "claim"
    TOUCH = "touch"


class StepKind(StrEnum):
    """What happened to the credit of a deal."""

    CREDITED = "credited"
    REVERSED = "reversed"
    REVALUED = "revalued"
    WITHDRAWN = "withdrawn"


class Cause(StrEnum):
    """Why it happened."""

    WON = "won"
    IMPORT = "import"
    REVERSAL = "reversal"
    REOPENED = "reopened"
    AMOUNT = "amount"


class CreditRunState(StrEnum):
    """Where a recompute of a whole program stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
