"""Kinds of entries. Which of them are a contact decides how long a partner has been quiet."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What an entry of the timeline tells of."""

    CALL = "call"
    MEETING = "meeting"
    EMAIL = "email"
    NOTE = "note"


CONTACTS: Final = (Kind.CALL, Kind.MEETING, Kind.EMAIL)
"""Kinds in which both sides spoke with each other; a note is only ours."""


class Side(StrEnum):
    """Who wrote a message."""

    VENDOR = "vendor"
    PARTNER = "partner"


class About(StrEnum):
    """What a message may be tied to besides the partnership."""

    REGISTRATION = "registration"
    DEAL = "deal"
