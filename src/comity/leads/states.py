"""The states of a lead and of its offers, and the moves between them: buttons, tests, reference and the database's
guards are all read from these tables."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from comity.kernel.states import StateMachine


class Source(StrEnum):
    """Where the vendor met the prospect."""

    WEBSITE = "website"
    EVENT = "event"
    CAMPAIGN = "campaign"
    CALL = "call"
    OUTBOUND = "outbound"
    REFERRAL = "referral"
    OTHER = "other"


class Channel(StrEnum):
    """By which way a lead came in."""

    PAGE = "page"
    API = "api"
    FILE = "file"
    PORTAL = "portal"
    LINK = "link"


class State(StrEnum):
    """Where a lead stands."""

    RECEIVED = "received"
    HELD = "held"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    WORKING = "working"
    QUALIFIED = "qualified"
    CONVERTED = "converted"
    RETURNED = "returned"
    DISQUALIFIED = "disqualified"
    DUPLICATE = "duplicate"


class Move(StrEnum):
    """What somebody, the rules or the clock does to a lead."""

    OFFER = "offer"
    HOLD = "hold"
    ACCEPT = "accept"
    PASS_ON = "pass_on"  # noqa: S105 - a move, no password
    START = "start"
    QUALIFY = "qualify"
    CONVERT = "convert"
    RETURN = "return"
    RECALL = "recall"
    DISQUALIFY = "disqualify"
    MERGE = "merge"
    REOPEN = "reopen"


_WITHOUT_PARTNER: Final = ((Move.DISQUALIFY, State.DISQUALIFIED), (Move.MERGE, State.DUPLICATE))
_WITH_PARTNER: Final = (
    (Move.CONVERT, State.CONVERTED),
    (Move.RETURN, State.RETURNED),
    (Move.RECALL, State.RECEIVED),
)
TRANSITIONS: Final[dict[tuple[State, Move], State]] = {
    (State.RECEIVED, Move.OFFER): State.OFFERED,
    (State.RECEIVED, Move.HOLD): State.HELD,
    (State.RECEIVED, Move.CONVERT): State.CONVERTED,
    **{(State.RECEIVED, move): state for move, state in _WITHOUT_PARTNER},
    (State.HELD, Move.OFFER): State.OFFERED,
    (State.HELD, Move.CONVERT): State.CONVERTED,
    **{(State.HELD, move): state for move, state in _WITHOUT_PARTNER},
    (State.OFFERED, Move.ACCEPT): State.ACCEPTED,
    (State.OFFERED, Move.PASS_ON): State.RECEIVED,
    (State.ACCEPTED, Move.START): State.WORKING,
    (State.ACCEPTED, Move.QUALIFY): State.QUALIFIED,
    **{(State.ACCEPTED, move): state for move, state in _WITH_PARTNER},
    (State.WORKING, Move.QUALIFY): State.QUALIFIED,
    **{(State.WORKING, move): state for move, state in _WITH_PARTNER},
    **{(State.QUALIFIED, move): state for move, state in _WITH_PARTNER},
    (State.RETURNED, Move.OFFER): State.OFFERED,
    (State.RETURNED, Move.HOLD): State.HELD,
    (State.RETURNED, Move.CONVERT): State.CONVERTED,
    **{(State.RETURNED, move): state for move, state in _WITHOUT_PARTNER},
    # Its partner threw away the draft that it was converted to.
    (State.CONVERTED, Move.START): State.WORKING,
    (State.DISQUALIFIED, Move.REOPEN): State.RECEIVED,
    (State.DUPLICATE, Move.REOPEN): State.RECEIVED,
}

MACHINE: Final = StateMachine(TRANSITIONS)
"""The same table, to be asked: which moves are there now, where does one lead."""

IN_HAND: Final = (State.ACCEPTED, State.WORKING, State.QUALIFIED)
"""A partner has it."""
FOR_A_PERSON: Final = (State.HELD, State.RETURNED)
"""Somebody of the vendor's decides what becomes of it."""
OPEN: Final = (State.RECEIVED, *FOR_A_PERSON, State.OFFERED, *IN_HAND)
"""Not over yet."""


class OfferState(StrEnum):
    """Where one partner stands with one lead."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    RAN_OUT = "ran_out"
    RETURNED = "returned"
    TAKEN_BACK = "taken_back"


class OfferMove(StrEnum):
    """What happens to an offer."""

    OFFER = "offer"
    ACCEPT = "accept"
    DECLINE = "decline"
    RUN_OUT = "run_out"
    RETURN = "return"
    TAKE_BACK = "take_back"


OFFER_TRANSITIONS: Final[dict[tuple[OfferState, OfferMove], OfferState]] = {
    (OfferState.OFFERED, OfferMove.ACCEPT): OfferState.ACCEPTED,
    (OfferState.OFFERED, OfferMove.DECLINE): OfferState.DECLINED,
    (OfferState.OFFERED, OfferMove.RUN_OUT): OfferState.RAN_OUT,
    (OfferState.OFFERED, OfferMove.TAKE_BACK): OfferState.TAKEN_BACK,
    (OfferState.ACCEPTED, OfferMove.RETURN): OfferState.RETURNED,
    (OfferState.ACCEPTED, OfferMove.TAKE_BACK): OfferState.TAKEN_BACK,
    # A person may ask once more whom the clock passed over; who declined or returned a lead never gets it again.
    (OfferState.RAN_OUT, OfferMove.OFFER): OfferState.OFFERED,
    (OfferState.TAKEN_BACK, OfferMove.OFFER): OfferState.OFFERED,
}
OFFER_MACHINE: Final = StateMachine(OFFER_TRANSITIONS)
LIVE: Final = (OfferState.OFFERED, OfferState.ACCEPTED)
"""The partner may read what it is about."""

DECLINE_REASONS: Final = ("no_capacity", "outside_our_region", "not_our_product", "conflict_of_interest", "other")
RETURN_REASONS: Final = (
    "no_answer",
    "wrong_contact",
    "no_need",
    "no_budget",
    "bought_elsewhere",
    "not_a_company",
    "other",
)
DISQUALIFY_REASONS: Final = ("no_answer", "no_need", "no_budget", "not_a_company", "competitor", "spam", "other")
HOLD_REASONS: Final = ("may_be_known", "rules_say_person", "nobody_fits", "nobody_left", "self_referral")
REASONS: Final[dict[Move, tuple[str, ...]]] = {
    Move.PASS_ON: DECLINE_REASONS,
    Move.RETURN: RETURN_REASONS,
    Move.DISQUALIFY: DISQUALIFY_REASONS,
}
"""The list that a person chooses a reason from; words of the person's own come beside it."""
