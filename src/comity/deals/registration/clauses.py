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
from comity.kernel.words import Figure, coded, counted, template, words

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
    incumbent_renews: bool = True
    """A renewal is first of all for the partner of the last deal won with the customer."""
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

#: What is asked of a partner -> who may register, and what would change it.
ONLY_FOR: Final = {
    "type": (
        template("Only partners of type %(names)s may register."),
        template("When the partnership has the type %(names)s."),
    ),
    "tier": (
        template("Only partners of tier %(names)s may register."),
        template("When the partnership has the tier %(names)s."),
    ),
    "region": (
        template("Only partners of region %(names)s may register."),
        template("When the partnership has the region %(names)s."),
    ),
}

REGISTERED_FIRST: Final = {
    "plainly": template("%(partner)s registered it first: %(reference)s."),
    "brought_over": template(
        "%(partner)s registered it first: %(reference)s (brought over from an older system with its date)."
    ),
    "not_certain": template(
        "%(partner)s registered it first: %(reference)s (it is not certain that this is the same customer)."
    ),
    "letter": template(
        "%(partner)s registered it first: %(reference)s (but the customer's letter names this partner)."
    ),
    "letter_goes_before": template(
        "%(partner)s registered it first (%(reference)s), but the customer's signed letter names this partner, which "
        "goes before."
    ),
    "letter_of_another": template("%(partner)s came later, but with the customer's signed letter: %(reference)s."),
}
IF_EARLIER_ENDS: Final = words("If the earlier registration is withdrawn, expires or is rejected.")
IF_EARLIER_ENDS_OR_LETTER: Final = words(
    "If the earlier registration is withdrawn, expires or is rejected, or with a signed letter of the customer."
)


def hours_spoken(hours: int) -> str:
    """16 as "2 business days", 4 as "4 business hours"."""
    if hours % DAY_HOURS == 0:
        return counted("%(count)s business day", "%(count)s business days", hours // DAY_HOURS)
    return counted("%(count)s business hour", "%(count)s business hours", hours)


def sentences(clauses: Clauses, currency: str) -> list[str]:
    """The rules as a partner may read them, in the order in which they are asked."""
    say = [
        _who(clauses),
        words("Only for %(listed)s.", listed=_listed(clauses.families))
        if clauses.families
        else words("For all products."),
    ]
    if clauses.minimum_value:
        say.append(
            words(
                "The expected value is at least %(currency)s %(minimum_value)s.",
                currency=currency,
                minimum_value=Figure(clauses.minimum_value, 0),
            )
        )
    if clauses.refuse_public_tenders:
        say.append(words("Not after a public tender is out."))
    say += [_EXISTING[clauses.existing_customer], _vendor_activity(clauses), _scope(clauses)]
    second = _SECOND[clauses.second_registrant]
    say.append(words("The first complete submission wins. %(second)s", second=second))
    if clauses.incumbent_renews:
        say.append(words("A renewal is first of all for the partner of the last deal won with the customer."))
    if clauses.letter_counts:
        say.append(
            words(
                "A customer's signed letter that names a partner is looked at by a person before anything is refused."
            )
        )
    if clauses.letter_wins:
        say.append(
            words(
                "With the customer's signed letter attached, a registration goes before earlier ones "
                "without it, as long as none of them is approved; a person reads the letter."
            )
        )
    return say + _clocks(clauses)


def _clocks(clauses: Clauses) -> list[str]:
    """By when things happen, and how many at once."""
    say: list[str] = [
        words(
            "A decision comes within %(time)s, and goes to somebody higher after %(longer)s.",
            time=hours_spoken(clauses.decision_hours),
            longer=hours_spoken(clauses.escalation_hours),
        ),
        words(
            "What is returned for information keeps its place if it is answered within %(time)s.",
            time=hours_spoken(clauses.answer_hours),
        ),
        _protection(clauses),
        words(
            "A partner may appeal within %(appeal_days)s days; somebody other than the decider looks at it.",
            appeal_days=clauses.appeal_days,
        ),
        words("What was rejected may be registered again.")
        if clauses.resubmission
        else words("What was rejected stays rejected."),
    ]
    say += [
        words("At most %(most)s open registrations for a %(kind)s partner.", most=most, kind=coded(kind))
        for kind, most in clauses.max_open.items()
    ]
    return say


def internal_sentences(clauses: Clauses, currency: str) -> list[str]:
    """What only the vendor reads: the automatic bands, the disclosure, the watch on mass submissions."""
    if clauses.approve_automatically and clauses.approve_up_to is not None:
        approve = words(
            "Clear cases up to %(currency)s %(approve_up_to)s are approved automatically.",
            currency=currency,
            approve_up_to=Figure(clauses.approve_up_to, 0),
        )
    elif clauses.approve_automatically:
        approve = words("Clear cases are approved automatically.")
    else:
        approve = words("Nothing is approved automatically.")
    if clauses.refuse_automatically:
        refuse = words("Clear refusals and queues are decided automatically.")
    else:
        refuse = words("Nothing is refused automatically.")
    return [
        approve,
        refuse,
        _DISCLOSED[clauses.disclosure],
        words(
            "From %(flagged_from)s submissions an hour on a partner is flagged; after "
            "%(submissions_an_hour)s it has to wait.",
            flagged_from=clauses.flagged_from,
            submissions_an_hour=clauses.submissions_an_hour,
        ),
    ]


def as_stored(clauses: Clauses) -> dict[str, Any]:
    """Plain JSON."""
    return clauses.model_dump(mode="json")


def _listed(names: tuple[str, ...]) -> str:
    spoken = [coded(name) for name in names]
    if len(spoken) == 1:
        return spoken[0]
    return words("%(listed)s and %(last)s", listed=tuple(spoken[:-1]), last=spoken[-1])


def _who(clauses: Clauses) -> str:
    said = []
    if clauses.partner_types:
        said.append(words("partners of type %(listed)s", listed=_listed(clauses.partner_types)))
    if clauses.tiers:
        said.append(words("tier %(listed)s", listed=_listed(clauses.tiers)))
    if clauses.regions:
        said.append(words("region %(listed)s", listed=_listed(clauses.regions)))
    return words("Open to %(listed)s.", listed=tuple(said)) if said else words("Open to every active partner.")


def _vendor_activity(clauses: Clauses) -> str:
    return words(
        "A deal on which we worked in the last %(vendor_activity_days)s days stands against a registration.",
        vendor_activity_days=clauses.vendor_activity_days,
    )


def _scope(clauses: Clauses) -> str:
    if clauses.conflict_scope is ConflictScope.FAMILY:
        who = words("The same customer, its parent or its subsidiary")
    else:
        who = words("The same customer")
    if clauses.same_family_only:
        return words("%(who)s, and the same product family, is a conflict.", who=who)
    return words("%(who)s, whatever the product, is a conflict.", who=who)


def _protection(clauses: Clauses) -> str:
    often = {
        0: words("It is not extended."),
        1: words(
            "One extension of up to %(extension_days)s days on shown activity.", extension_days=clauses.extension_days
        ),
    }
    more = words(
        "Up to %(extensions)s extensions of %(extension_days)s days each on shown activity.",
        extensions=clauses.extensions,
        extension_days=clauses.extension_days,
    )
    return words(
        "An approval protects for %(protection_days)s days. %(extension)s",
        protection_days=clauses.protection_days,
        extension=often.get(clauses.extensions, more),
    )


_EXISTING: Final = {
    ExistingCustomer.ALLOW: words("Existing customers may be registered."),
    ExistingCustomer.EXPANSION_ONLY: words(
        "Existing customers may be registered for expansion, renewal and teaming only."
    ),
    ExistingCustomer.ASK: words("A person looks at existing customers."),
    ExistingCustomer.REFUSE: words("Existing customers cannot be registered."),
}
_SECOND: Final = {
    SecondRegistrant.REFUSE: words("A later one is refused."),
    SecondRegistrant.QUEUE: words("A later one waits behind it and moves up when it ends."),
    SecondRegistrant.HALF_DISCOUNT: words("A later one is approved for half the discount."),
    SecondRegistrant.CO_SELL: words("A later one is offered to sell together."),
}
_DISCLOSED: Final = {
    Disclosure.NOTHING: words("A partner is not told what stands against it."),
    Disclosure.THAT_ONE_EXISTS: words("A partner is told that something stands against it, not what."),
    Disclosure.OF_WHICH_KIND: (
        words("A partner is told what kind of record stands against it, never whose, its value or its date.")
    ),
}
