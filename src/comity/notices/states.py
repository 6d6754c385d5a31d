"""In which way somebody wants to hear of something."""

from __future__ import annotations

from enum import StrEnum


class Way(StrEnum):
    """How far a notice goes. Everything but `OFF` stands in the inbox as well."""

    OFF = "off"
    INBOX = "inbox"
    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"


class Side(StrEnum):
    """Whose people hear of it."""

    VENDOR = "vendor"
    PARTNER = "partner"
    BOTH = "both"
