"""Kinds, statuses and roles of a deal."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class DealStatus(StrEnum):
    """What a stage means: still open, won, or lost."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class DealKind(StrEnum):
    """What kind of business."""

    NEW = "new"
    EXPANSION = "expansion"
    RENEWAL = "renewal"


class SweepState(StrEnum):
    """Where comparing customers with each other stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    """Every customer was compared."""
    PAUSED = "paused"
    """The budget of the run, or as many pairs as people can look at, is used up."""
    FAILED = "failed"


class PartnerRole(StrEnum):
    """What a partner did on a deal."""

    SOURCED = "sourced"
    INFLUENCED = "influenced"
    FULFILLED = "fulfilled"
    IMPLEMENTED = "implemented"
    SUPPORTED = "supported"


DIRECT: Final = "direct"
"""The role of a deal without any of the first three partner roles, in totals."""

ROLE_PRECEDENCE: Final = (PartnerRole.SOURCED, PartnerRole.INFLUENCED, PartnerRole.FULFILLED)
"""Programme totals count a deal once, under the first of these that any partner has on it, else as direct."""
