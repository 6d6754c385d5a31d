"""How co-sell rooms are told on pages of both sides: the words of states, roles, fields and kinds of steps."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from comity.cosell.states import Field, Known, MemberState, Role, RoomState, StepKind, StepState

WORDS: Final[dict[str, dict[Any, tuple[Any, str]]]] = {
    "room": {RoomState.OPEN: (_("Open"), "info"), RoomState.CLOSED: (_("Closed"), "neutral")},
    "member": {
        MemberState.INVITED: (_("Invited"), "info"),
        MemberState.JOINED: (_("In the room"), "good"),
        MemberState.DECLINED: (_("Declined"), "neutral"),
        MemberState.LEFT: (_("Left"), "neutral"),
        MemberState.REMOVED: (_("Removed"), "neutral"),
    },
    "step": {
        StepState.OPEN: (_("Open"), "info"),
        StepState.BLOCKED: (_("Blocked"), "warn"),
        StepState.DONE: (_("Done"), "good"),
        StepState.DROPPED: (_("Dropped"), "neutral"),
    },
    "role": {
        Role.SOURCED: (_("Sourced it"), ""),
        Role.CO_SELL: (_("Sells with us"), ""),
        Role.RESELL: (_("Resells"), ""),
        Role.IMPLEMENT: (_("Implements"), ""),
        Role.SUPPORT: (_("Supports"), ""),
    },
    "kind": {
        StepKind.TASK: (_("Task"), ""),
        StepKind.MEETING: (_("Meeting"), ""),
        StepKind.JOINT_CALL: (_("Joint call"), ""),
        StepKind.DEMO: (_("Demo"), ""),
        StepKind.PROOF_OF_CONCEPT: (_("Proof of concept"), ""),
        StepKind.INTRO: (_("Introduction"), ""),
    },
    "field": {
        Field.AMOUNT: (_("Amount"), ""),
        Field.CLOSE_DATE: (_("Expected close"), ""),
        Field.CUSTOMER_CONTACT: (_("Customer's contact"), ""),
        Field.COMPETITORS: (_("Competitors"), ""),
        Field.CHECKLIST: (_("Checklist"), ""),
    },
    "known": {
        Known.OPEN: (_("Not known"), "neutral"),
        Known.PARTLY: (_("Partly known"), "warn"),
        Known.ANSWERED: (_("Known"), "good"),
    },
}
"""By sort: the word and the tone of each value."""


def word(value: str, sort: str) -> str:
    """A value in words."""
    return next((str(told) for key, (told, _tone) in WORDS[sort].items() if key == value), value)


def choices(sort: str) -> list[tuple[str, Any]]:
    """The values of a sort, for a form."""
    return [(str(key.value), told) for key, (told, _tone) in WORDS[sort].items()]
