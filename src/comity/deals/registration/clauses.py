"""The rules of engagement as structured clauses, and the sentences that they are read back as.

A clause left empty does not limit anything. Amounts are in the program's currency; days are calendar days unless a
clause says business days.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from comity.deals.registration.clock import DAY_HOURS

Days = Annotated[int, Field(ge=1, le=3_650)]


class ExistingCustomer(StrEnum):
    """What a registration of somebody the vendor sells to already is worth."""

    ALLOW = "allow"
    EXPANSION_ONLY = "expansion_only"
    ASK = "ask"
    REFUSE = "refuse"


class SecondRegistrant(StrEnum):
    """What a partner gets that registers a customer after another one."""

    REFUSE = "refuse"
    QUEUE = "queue"
    HALF_DISCOUNT = "half_discount"
    CO_SELL = "co_sell"


class Disclosure(StrEnum):
    """How much a partner is told of what stands against it; never whose it is, its value or its date."""

    NOTHING = "nothing"
    THAT_ONE_EXISTS = "that_one_exists"
    OF_WHICH_KIND = "of_which_kind"


class ConflictScope(StrEnum):
    """Who counts as the same customer."""

    CUSTOMER = "customer"
    FAMILY = "family"


class Clauses(BaseModel):
    """One version of a program's rules of engagement."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    partner_types: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    minimum_value: Decimal | None = Field(default=None, ge=0)
    refuse_public_tenders: bool = True
    existing_customer: ExistingCustomer = ExistingCustomer.EXPANSION_ONLY
    vendor_activity_days: Days = 180
    conflict_scope: ConflictScope = ConflictScope.FAMILY
    same_family_only: bool = True
    """Of products: a registration for another product family of the same customer does not conflict."""
    second_registrant: SecondRegistrant = SecondRegistrant.QUEUE
    letter_counts: bool = True
    """A customer's signed letter that names the partner brings the case to a person."""
    letter_wins: bool = False
    """A registration to which that letter is attached goes before earlier ones without, until one is approved."""
    decision_hours: int = Field(default=2 * DAY_HOURS, ge=1, le=30 * DAY_HOURS)
    """Business hours; a business day has eight."""
    escalation_hours: int = Field(default=3 * DAY_HOURS, ge=1, le=60 * DAY_HOURS)
    answer_hours: int = Field(default=5 * DAY_HOURS, ge=1, le=60 * DAY_HOURS)
    holidays: tuple[date, ...] = ()
    protection_days: Days = 90
    extension_days: Days = 90
    extensions: int = Field(default=1, ge=0, le=12)
    appeal_days: Days = 14
    resubmission: bool = True
    max_open: dict[str, int] = Field(default_factory=lambda: {"referral": 25})
    """By partner type; a type not named has no cap."""
    approve_automatically: bool = False
    approve_up_to: Decimal | None = Field(default=None, ge=0)
    """In the program's currency; without it any value is approved automatically, if that is switched on."""
    refuse_automatically: bool = False
    disclosure: Disclosure = Disclosure.OF_WHICH_KIND
    submissions_an_hour: int = Field(default=30, ge=1, le=10_000)
    flagged_from: int = Field(default=12, ge=1, le=10_000)
    """Submissions of one partner within an hour from which on they are flagged for the vendor."""


DEFAULTS: Final = Clauses()


def hours_spoken(hours: int) -> str:
    """16 as "2 business days", 4 as "4 business hours"."""
    number, unit = (hours // DAY_HOURS, "day") if hours % DAY_HOURS == 0 else (hours, "hour")
    return f"{number} business {unit}{'' if number == 1 else 's'}"


def sentences(clauses: Clauses, currency: str) -> list[str]:
    """The rules as a partner may read them, in the order in which they are asked."""
    say = [
        _who(clauses),
        f"Only for {_listed(clauses.families)}." if clauses.families else "For all products.",
    ]
    if clauses.minimum_value:
        say.append(f"The expected value is at least {currency} {clauses.minimum_value:,.0f}.")
    if clauses.refuse_public_tenders:
        say.append("Not after a public tender is out.")
    say += [_EXISTING[clauses.existing_customer], _vendor_activity(clauses), _scope(clauses)]
    say.append(f"The first complete submission wins. {_SECOND[clauses.second_registrant]}")
    if clauses.letter_counts:
        say.append(
            "A customer's signed letter that names a partner is looked at by a person before anything is refused."
        )
    if clauses.letter_wins:
        say.append(
            "With the customer's signed letter attached, a registration goes before earlier ones without it, as long "
            "as none of them is approved; a person reads the letter."
        )
    say += [
        f"A decision comes within {hours_spoken(clauses.decision_hours)}, and goes to somebody higher after "
        f"{hours_spoken(clauses.escalation_hours)}.",
        "What is returned for information keeps its place if it is answered within "
        f"{hours_spoken(clauses.answer_hours)}.",
        _protection(clauses),
        f"A partner may appeal within {clauses.appeal_days} days; somebody other than the decider looks at it.",
        "What was rejected may be registered again." if clauses.resubmission else "What was rejected stays rejected.",
    ]
    say += [
        f"At most {most} open registrations for a {kind.replace('_', ' ')} partner."
        for kind, most in clauses.max_open.items()
    ]
    return say


def internal_sentences(clauses: Clauses, currency: str) -> list[str]:
    """What only the vendor reads: the automatic bands, the disclosure, the watch on mass submissions."""
    if clauses.approve_automatically and clauses.approve_up_to is not None:
        approve = f"Clear cases up to {currency} {clauses.approve_up_to:,.0f} are approved automatically."
    elif clauses.approve_automatically:
        approve = "Clear cases are approved automatically."
    else:
        approve = "Nothing is approved automatically."
    refuse = "Clear refusals and queues are decided" if clauses.refuse_automatically else "Nothing is refused"
    return [
        approve,
        f"{refuse} automatically.",
        _DISCLOSED[clauses.disclosure],
        f"From {clauses.flagged_from} submissions an hour on a partner is flagged; after "
        f"{clauses.submissions_an_hour} it has to wait.",
    ]


def as_stored(clauses: Clauses) -> dict[str, Any]:
    """Plain JSON."""
    return clauses.model_dump(mode="json")


def _listed(words: tuple[str, ...]) -> str:
    spoken = [word.replace("_", " ") for word in words]
    return spoken[0] if len(spoken) == 1 else f"{', '.join(spoken[:-1])} and {spoken[-1]}"


def _who(clauses: Clauses) -> str:
    said = []
    if clauses.partner_types:
        said.append(f"partners of type {_listed(clauses.partner_types)}")
    if clauses.tiers:
        said.append(f"tier {_listed(clauses.tiers)}")
    if clauses.regions:
        said.append(f"region {_listed(clauses.regions)}")
    return f"Open to {', '.join(said)}." if said else "Open to every active partner."


def _vendor_activity(clauses: Clauses) -> str:
    return f"A deal on which we worked in the last {clauses.vendor_activity_days} days stands against a registration."


def _scope(clauses: Clauses) -> str:
    who = "The same customer, its parent or its subsidiary" if clauses.conflict_scope is ConflictScope.FAMILY else (
        "The same customer"
    )  # fmt: skip
    what = "and the same product family" if clauses.same_family_only else "whatever the product"
    return f"{who}, {what}, is a conflict."


def _protection(clauses: Clauses) -> str:
    often = {0: "It is not extended.", 1: f"One extension of up to {clauses.extension_days} days on shown activity."}
    more = f"Up to {clauses.extensions} extensions of {clauses.extension_days} days each on shown activity."
    return f"An approval protects for {clauses.protection_days} days. {often.get(clauses.extensions, more)}"


_EXISTING: Final = {
    ExistingCustomer.ALLOW: "Existing customers may be registered.",
    ExistingCustomer.EXPANSION_ONLY: "Existing customers may be registered for expansion, renewal and teaming only.",
    ExistingCustomer.ASK: "A person looks at existing customers.",
    ExistingCustomer.REFUSE: "Existing customers cannot be registered.",
}
_SECOND: Final = {
    SecondRegistrant.REFUSE: "A later one is refused.",
    SecondRegistrant.QUEUE: "A later one waits behind it and moves up when it ends.",
    SecondRegistrant.HALF_DISCOUNT: "A later one is approved for half the discount.",
    SecondRegistrant.CO_SELL: "A later one is offered to sell together.",
}
_DISCLOSED: Final = {
    Disclosure.NOTHING: "A partner is not told what stands against it.",
    Disclosure.THAT_ONE_EXISTS: "A partner is told that something stands against it, not what.",
    Disclosure.OF_WHICH_KIND: (
        "A partner is told what kind of record stands against it, never whose, its value or its date."
    ),
}
