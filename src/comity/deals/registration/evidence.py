"""What a judgement is made of and what comes out: plain values, without a database, that go to JSON and back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from comity.deals.states.registrations import RegistrationKind, RfpStatus, State


class Band(StrEnum):
    """How sure it is that two records mean one customer."""

    SAME = "same"
    FAMILY = "family"
    ASK = "ask"
    DIFFERENT = "different"


@dataclass(frozen=True)
class Match:
    """Whether a record means the customer that is registered, with the reasons in words."""

    band: Band
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Claim:
    """The registration that is judged."""

    id: UUID
    kind: RegistrationKind
    families: frozenset[str]
    """Names of product families; empty: not said, so that it conflicts with all."""
    value: Decimal | None
    """In the program's currency; None where it is not known or cannot be converted."""
    currency: str
    rfp: RfpStatus
    has_letter: bool
    submitted_at: datetime
    order: int
    """Its place in the program's order, drawn under a lock."""
    letter_attached: bool = False
    """The customer's signed letter is there to be read, not only claimed."""


@dataclass(frozen=True)
class PartnerFacts:
    """Who registers."""

    active: bool
    types: frozenset[str]
    tier: str
    region: str
    open_registrations: int
    """Other open registrations of the same partner."""


@dataclass(frozen=True)
class Rival:
    """Another registration in the program, of the same partner (`own`) or of another one."""

    id: UUID
    reference: str
    partner: str
    own: bool
    customer: str
    state: State
    order: int
    submitted_at: datetime
    families: frozenset[str]
    has_letter: bool
    match: Match
    letter_attached: bool = False


@dataclass(frozen=True)
class VendorDeal:
    """An open opportunity of the vendor's."""

    id: UUID
    name: str
    customer: str
    families: frozenset[str]
    last_activity_on: date | None
    own: bool
    """The partner takes part in it already."""
    match: Match


@dataclass(frozen=True)
class KnownCustomer:
    """A customer to whom the vendor sold."""

    id: UUID
    name: str
    families: frozenset[str]
    last_won_on: date
    match: Match
    incumbents: tuple[str, ...] = ()
    """Other active partners on the last deal won with it."""
    own: bool = False
    """The partner was on that deal."""


@dataclass(frozen=True)
class Evidence:
    """All that is known when a registration is judged. The order of each tuple does not matter."""

    partner: PartnerFacts
    rivals: tuple[Rival, ...] = ()
    deals: tuple[VendorDeal, ...] = ()
    customers: tuple[KnownCustomer, ...] = ()


class Outcome(StrEnum):
    """What the rules say should become of a registration."""

    APPROVE = "approve"
    APPROVE_WITH_CONDITIONS = "approve_with_conditions"
    QUEUE = "queue"
    REJECT = "reject"
    PERSON = "person"


class Effect(StrEnum):
    """What one rule says."""

    HOLDS = "holds"
    CONDITION = "condition"
    QUEUE = "queue"
    ASK = "ask"
    REFUSE = "refuse"


class RecordKind(StrEnum):
    """What kind of record stands against a registration."""

    REGISTRATION = "registration"
    OPPORTUNITY = "opportunity"
    CUSTOMER = "customer"
    OWN_REGISTRATION = "own_registration"


@dataclass(frozen=True)
class Finding:
    """One rule that was asked: its sentence for the vendor and the one a partner may read."""

    rule: str
    effect: Effect
    sentence: str
    masked: str
    change: str = ""
    """What would change it; the partner may read it."""
    records: tuple[str, ...] = ()
    """Ids of the records it rests on."""


@dataclass(frozen=True)
class Competitor:
    """A record that stands against the registration, as the vendor reads it."""

    kind: RecordKind
    id: str
    name: str
    """Reference of a registration, name of a deal or customer."""
    owner: str
    customer: str
    state: str
    since: str
    """ISO day or instant."""
    band: Band
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """What the rules say, whole: for the vendor."""

    outcome: Outcome
    automatic: bool
    """Whether the rules' bands let the program decide without a person."""
    sentence: str
    findings: tuple[Finding, ...]
    competitors: tuple[Competitor, ...]
    conditions: tuple[str, ...]
    changes: tuple[str, ...]
    submitted_at: datetime
    due_at: datetime
    escalates_at: datetime
    rules_version: int


@dataclass(frozen=True)
class MaskedVerdict:
    """What a partner may know of its verdict: no name, value or date of anybody else's."""

    outcome: Outcome
    sentence: str
    findings: tuple[tuple[str, str], ...]
    """(effect, sentence)."""
    conditions: tuple[str, ...]
    changes: tuple[str, ...]
    submitted_at: datetime
    due_at: datetime
    rules_version: int
