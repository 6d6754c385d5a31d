"""Facts about leads that higher rooms want to hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True)
class LeadMoved:
    """A lead was offered, answered, worked on or ended: its step of this sequence says how."""

    name: ClassVar[str] = "leads.LeadMoved"
    version: ClassVar[int] = 1

    lead_id: UUID
    program_id: UUID
    sequence: int


@dataclass(frozen=True)
class LeadAccepted:
    """A partner took a lead of the vendor's."""

    name: ClassVar[str] = "leads.LeadAccepted"
    version: ClassVar[int] = 1

    lead_id: UUID
    program_id: UUID
    partnership_id: UUID
    at: datetime


@dataclass(frozen=True)
class LeadReferred:
    """A partner referred a prospect, by its form or its link."""

    name: ClassVar[str] = "leads.LeadReferred"
    version: ClassVar[int] = 1

    lead_id: UUID
    program_id: UUID
    partnership_id: UUID
    at: datetime


@dataclass(frozen=True)
class LeadConverted:
    """A lead became an opportunity, directly or by the registration that its partner made of it.

    With the partner that worked on it and the one that referred it, where there is one.
    """

    name: ClassVar[str] = "leads.LeadConverted"
    version: ClassVar[int] = 1

    lead_id: UUID
    program_id: UUID
    at: datetime
    opportunity_id: UUID | None = None
    registration_id: UUID | None = None
    holder_id: UUID | None = None
    referrer_id: UUID | None = None
