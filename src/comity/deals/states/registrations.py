"""The states of a deal registration and the moves between them: the page's buttons, the tests' grid, the reference and
the database's guard are all read from this table."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from comity.kernel.states import StateMachine


class RegistrationKind(StrEnum):
    """What kind of business a partner claims."""

    NEW = "new"
    EXPANSION = "expansion"
    RENEWAL = "renewal"
    TEAMING = "teaming"


class RfpStatus(StrEnum):
    """Whether the customer asks several sellers."""

    NONE = "none"
    EXPECTED = "expected"
    INVITED = "invited"
    PUBLIC_TENDER = "public_tender"


class RegistrationSource(StrEnum):
    """How the partner came to the deal."""

    PROSPECTING = "prospecting"
    EXISTING_CUSTOMER = "existing_customer"
    INBOUND = "inbound"
    EVENT = "event"
    REFERRAL = "referral"
    OTHER = "other"


class State(StrEnum):
    """Where a registration stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    RETURNED = "returned"
    QUEUED = "queued"
    CONDITIONALLY_APPROVED = "conditionally_approved"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WON = "won"
    LOST = "lost"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"


class Move(StrEnum):
    """What somebody, or the clock, does to a registration."""

    SUBMIT = "submit"
    REVIEW = "review"
    APPROVE = "approve"
    APPROVE_WITH_CONDITIONS = "approve_with_conditions"
    QUEUE = "queue"
    REJECT = "reject"
    RETURN = "return"
    ANSWER = "answer"
    EXPIRE = "expire"
    WIN = "win"
    LOSE = "lose"
    WITHDRAW = "withdraw"
    REVOKE = "revoke"


class TrialState(StrEnum):
    """Where the trial of a draft of rules stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    REPLACED = "replaced"
    """Another draft was tried before this one came to its end."""


_DECISIONS: Final = (
    (Move.APPROVE, State.APPROVED),
    (Move.APPROVE_WITH_CONDITIONS, State.CONDITIONALLY_APPROVED),
    (Move.REJECT, State.REJECTED),
    (Move.RETURN, State.RETURNED),
    (Move.WITHDRAW, State.WITHDRAWN),
)
_ENDS: Final = (
    (Move.EXPIRE, State.EXPIRED),
    (Move.WIN, State.WON),
    (Move.LOSE, State.LOST),
    (Move.WITHDRAW, State.WITHDRAWN),
    (Move.REVOKE, State.REVOKED),
)
TRANSITIONS: Final[dict[tuple[State, Move], State]] = {
    (State.DRAFT, Move.SUBMIT): State.SUBMITTED,
    (State.SUBMITTED, Move.REVIEW): State.IN_REVIEW,
    **{(State.SUBMITTED, move): state for move, state in _DECISIONS},
    (State.SUBMITTED, Move.QUEUE): State.QUEUED,
    **{(State.IN_REVIEW, move): state for move, state in _DECISIONS},
    (State.IN_REVIEW, Move.QUEUE): State.QUEUED,
    (State.RETURNED, Move.ANSWER): State.SUBMITTED,
    (State.RETURNED, Move.REJECT): State.REJECTED,
    (State.RETURNED, Move.WITHDRAW): State.WITHDRAWN,
    (State.QUEUED, Move.REVIEW): State.IN_REVIEW,
    **{(State.QUEUED, move): state for move, state in _DECISIONS},
    (State.CONDITIONALLY_APPROVED, Move.APPROVE): State.APPROVED,
    **{(State.CONDITIONALLY_APPROVED, move): state for move, state in _ENDS},
    **{(State.APPROVED, move): state for move, state in _ENDS},
    # An appeal that is granted, or an override, takes a refusal up again; the decision itself is a step of its own.
    (State.REJECTED, Move.REVIEW): State.IN_REVIEW,
    (State.REVOKED, Move.REVIEW): State.IN_REVIEW,
}

MACHINE: Final = StateMachine(TRANSITIONS)
"""The same table, to be asked: which moves are there now, where does one lead."""

UNDECIDED: Final = (State.SUBMITTED, State.IN_REVIEW)
"""The vendor's clock runs."""
PROTECTED: Final = (State.APPROVED, State.CONDITIONALLY_APPROVED)
"""The customer is promised to the partner."""
STANDING: Final = (*UNDECIDED, State.RETURNED, *PROTECTED)
"""Keeps its place before those that came later."""
OPEN: Final = (*STANDING, State.QUEUED)
"""Counts against the most that a partner may have open."""
APPEALABLE: Final = (State.REJECTED, State.QUEUED, State.REVOKED)
"""A partner may ask for somebody else to look at it."""

RETURN_REASONS: Final = ("customer_unclear", "value_unclear", "need_unclear", "evidence_missing", "contact_missing")
REJECT_REASONS: Final = (
    "registered_before",
    "vendor_is_working_on_it",
    "existing_customer",
    "not_covered_by_the_rules",
    "public_tender",
    "no_answer",
    "duplicate_of_your_own",
)
REVOKE_REASONS: Final = ("no_activity", "wrong_statements", "customer_asked_for_another", "partnership_ended")
APPROVE_REASONS: Final = ("first_and_complete", "customer_names_the_partner", "agreed_with_sales", "appeal_granted")
QUEUE_REASONS: Final = ("registered_before", "vendor_is_working_on_it")
REASONS: Final[dict[Move, tuple[str, ...]]] = {
    Move.APPROVE: APPROVE_REASONS,
    Move.APPROVE_WITH_CONDITIONS: APPROVE_REASONS,
    Move.QUEUE: QUEUE_REASONS,
    Move.REJECT: REJECT_REASONS,
    Move.RETURN: RETURN_REASONS,
    Move.REVOKE: REVOKE_REASONS,
}
"""The list that a decision chooses its reason from; words of the person's own come beside it."""
