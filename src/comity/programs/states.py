"""The states of a partnership and the moves between them: the page's buttons, the tests' grid and the database's guard
are all read from this table."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from comity.kernel.states import StateMachine


class PartnerType(StrEnum):
    """What kind of partner; a partnership may be several at once."""

    RESELLER = "reseller"
    DISTRIBUTOR = "distributor"
    REFERRAL = "referral"
    AGENCY = "agency"
    TECHNOLOGY = "technology"
    IMPLEMENTATION = "implementation"
    OEM = "oem"
    STRATEGIC_ALLIANCE = "strategic_alliance"


class Segment(StrEnum):
    """The vendor's own lens on its partners; never shown to them."""

    STRATEGIC = "strategic"
    CORE = "core"
    EMERGING = "emerging"


class OrganizationModel(StrEnum):
    """How the vendor's own partner team is cut."""

    CENTRALIZED = "centralized"
    SEGMENTED = "segmented"
    GEOGRAPHIC = "geographic"
    HYBRID = "hybrid"


class Status(StrEnum):
    """Where a partnership stands."""

    PROSPECT = "prospect"
    APPLIED = "applied"
    ONBOARDING = "onboarding"
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class Move(StrEnum):
    """What somebody does to a partnership's status."""

    APPLY = "apply"
    ACCEPT = "accept"
    ACTIVATE = "activate"
    PAUSE = "pause"
    RESUME = "resume"
    END = "end"
    REAPPLY = "reapply"


TRANSITIONS: Final = {
    (Status.PROSPECT, Move.APPLY): Status.APPLIED,
    (Status.PROSPECT, Move.ACCEPT): Status.ONBOARDING,
    (Status.PROSPECT, Move.END): Status.ENDED,
    (Status.APPLIED, Move.ACCEPT): Status.ONBOARDING,
    (Status.APPLIED, Move.END): Status.ENDED,
    (Status.ONBOARDING, Move.ACTIVATE): Status.ACTIVE,
    (Status.ONBOARDING, Move.PAUSE): Status.PAUSED,
    (Status.ONBOARDING, Move.END): Status.ENDED,
    (Status.ACTIVE, Move.PAUSE): Status.PAUSED,
    (Status.ACTIVE, Move.END): Status.ENDED,
    (Status.PAUSED, Move.RESUME): Status.ACTIVE,
    (Status.PAUSED, Move.END): Status.ENDED,
    (Status.ENDED, Move.REAPPLY): Status.APPLIED,
}

MACHINE: Final = StateMachine(TRANSITIONS)
"""The same table, to be asked: which moves are there now, where does one lead."""
