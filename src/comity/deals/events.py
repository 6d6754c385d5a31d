"""Facts about deals that higher rooms want to hear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True)
class OpportunitiesImported:
    """An import run wrote opportunities: those whose `import_run_id` is this run."""

    name: ClassVar[str] = "deals.OpportunitiesImported"
    version: ClassVar[int] = 1

    run_id: UUID
    program_id: UUID


@dataclass(frozen=True)
class CustomersIndexed:
    """The customers that an import run wrote can be found by `matching`."""

    name: ClassVar[str] = "deals.CustomersIndexed"
    version: ClassVar[int] = 1

    run_id: UUID
    program_id: UUID


@dataclass(frozen=True)
class CustomerChanged:
    """A customer was taken in or edited by hand or through the API."""

    name: ClassVar[str] = "deals.CustomerChanged"
    version: ClassVar[int] = 1

    account_id: UUID


@dataclass(frozen=True)
class OpportunityChanged:
    """One opportunity was written or changed by hand or through the API, its lines, partners and stages included."""

    name: ClassVar[str] = "deals.OpportunityChanged"
    version: ClassVar[int] = 1

    opportunity_id: UUID
    program_id: UUID


@dataclass(frozen=True)
class RegistrationMoved:
    """A deal registration was submitted, decided, answered or ended: its step of this sequence says how."""

    name: ClassVar[str] = "deals.RegistrationMoved"
    version: ClassVar[int] = 1

    registration_id: UUID
    program_id: UUID
    sequence: int


@dataclass(frozen=True)
class RegistrationDiscarded:
    """A partner threw a draft away; there is no row of it any more."""

    name: ClassVar[str] = "deals.RegistrationDiscarded"
    version: ClassVar[int] = 1

    registration_id: UUID


@dataclass(frozen=True)
class ProtectionEnding:
    """The protection of an approved registration ends in so many days, or its extension was asked for or decided."""

    name: ClassVar[str] = "deals.ProtectionEnding"
    version: ClassVar[int] = 1

    registration_id: UUID
    days: int


@dataclass(frozen=True)
class RegistrationUpdated:
    """A partner told how a registered deal goes."""

    name: ClassVar[str] = "deals.RegistrationUpdated"
    version: ClassVar[int] = 1

    update_id: UUID


@dataclass(frozen=True)
class RegistrationAppealed:
    """A partner appealed against a decision, or somebody else answered the appeal."""

    name: ClassVar[str] = "deals.RegistrationAppealed"
    version: ClassVar[int] = 1

    appeal_id: UUID
    answered: bool


@dataclass(frozen=True)
class ConflictFound:
    """A deal of the vendor's was opened or imported on a customer that is promised to a partner."""

    name: ClassVar[str] = "deals.ConflictFound"
    version: ClassVar[int] = 1

    conflict_id: UUID


@dataclass(frozen=True)
class ConflictSettled:
    """A person said what becomes of a conflict, or that it is none."""

    name: ClassVar[str] = "deals.ConflictSettled"
    version: ClassVar[int] = 1

    conflict_id: UUID


@dataclass(frozen=True)
class RegistrationsBroughtOver:
    """The registrations of an older system were signed off: those of a whole batch are there."""

    name: ClassVar[str] = "deals.RegistrationsBroughtOver"
    version: ClassVar[int] = 1

    batch_id: UUID
    program_id: UUID


@dataclass(frozen=True)
class RegistrationOverdue:
    """Nobody decided a registration within the time after which it goes to somebody higher."""

    name: ClassVar[str] = "deals.RegistrationOverdue"
    version: ClassVar[int] = 1

    registration_id: UUID
