"""What becomes of a message that came by e-mail, and why."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class MessageOutcome(StrEnum):
    """What became of it."""

    WAITING = "waiting"
    DRAFT = "draft"
    ADDED = "added"
    """It says more of a draft that an earlier message became."""
    KNOWN = "known"
    REFUSED = "refused"
    IGNORED = "ignored"
    UNREADABLE = "unreadable"


class MessageReason(StrEnum):
    """Why it was not taken, or waits."""

    NOT_TRIED = "not_tried"
    NO_KEY_YET = "no_key_yet"
    """The DNS did not answer for the signature's key."""
    NO_SENDER = "no_sender"
    UNKNOWN_SENDER = "unknown_sender"
    UNSIGNED = "unsigned"
    SIGNATURE_FAILED = "signature_failed"
    NOT_ADDRESSED = "not_addressed"
    TOO_LARGE = "too_large"
    SEVERAL_PARTNERS = "several_partners"
    NOTHING_UNDERSTOOD = "nothing_understood"
    TOO_MANY = "too_many"
    AUTOMATIC = "automatic"
    OWN = "own"
    SAME_AGAIN = "same_again"
    SUBMITTED = "submitted"
    CANNOT_BE_READ = "cannot_be_read"
    GONE = "gone"


TAKEN: Final = (MessageOutcome.DRAFT, MessageOutcome.ADDED)
"""Outcomes by which a second copy of the message is known."""
NOT_TAKEN: Final = (MessageOutcome.REFUSED, MessageOutcome.IGNORED, MessageOutcome.UNREADABLE)
"""Outcomes that are forgotten after a while."""
