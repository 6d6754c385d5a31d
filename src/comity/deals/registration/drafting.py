"""What a partner writes into a registration: checked field by field, kept as a draft until it is complete."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from comity.deals.cards import is_shared, name_key, registrable
from comity.deals.events import RegistrationDiscarded
from comity.deals.models import ProductFamily, Registration
from comity.deals.registration.attachments import remove_all
from comity.deals.registration.sides import on_vendor_side, own_locked
from comity.deals.rules import InvalidDomain, domain_of
from comity.deals.states.registrations import RegistrationKind, RegistrationSource, RfpStatus, State
from comity.identity.actors import Actor
from comity.kernel.currencies import MINOR_UNITS
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.names import InvalidName, clean_name
from comity.kernel.words import Figure, coded, words
from comity.platform.outbox import announce
from comity.programs.calendars import today_in
from comity.programs.models import Partnership

LARGEST: Final = Decimal(10) ** 16
FURTHEST: Final = timedelta(days=5 * 366)
LIMITS: Final = {"customer_country": 100, "customer_industry": 120, "contact_name": 200, "incumbent": 200}
LONG_LIMITS: Final = {"use_case": 4_000, "evidence": 4_000, "notes": 4_000}
_ADDRESS: Final = re.compile(r"\[?[0-9a-f:]*:[0-9a-f:.]+\]?|\d{1,3}(\.\d{1,3}){3}")


class NotADraft(Conflict):
    """What was submitted is changed only when it was returned for information."""

    code, title = "registration_not_a_draft", words("This registration was submitted")


@dataclass(frozen=True)
class RegistrationDraft:
    """What a person says on the form; the keys are those of the table."""

    customer_name: str = ""
    customer_domain: str = ""
    customer_country: str = ""
    customer_industry: str = ""
    contact_name: str = ""
    contact_email: str = ""
    kind: str = RegistrationKind.NEW.value
    families: tuple[str, ...] = ()
    use_case: str = ""
    value: Decimal | None = None
    currency: str = ""
    expected_close_on: date | None = None
    source: str = ""
    rfp: str = RfpStatus.NONE.value
    incumbent: str = ""
    competitors: tuple[str, ...] = ()
    evidence: str = ""
    notes: str = ""
    has_letter: bool = False
    extra: dict[str, str] = field(default_factory=dict, repr=False)
    """Inputs of the form that could not be read, by field; they are reported with the rest."""


EDITABLE: Final = tuple(item.name for item in fields(RegistrationDraft) if item.name != "extra")


@transaction.atomic
def save_draft(
    *, partnership: Partnership, actor: Actor, draft: RegistrationDraft, at: datetime,
    registration: Registration | None = None,
) -> Registration:  # fmt: skip
    """Keep what was typed, complete or not; also the answer to a return, before it is sent.

    Raises NotAllowed, RegistrationNotFound, NotADraft, Invalid (every field that is wrong).
    """
    with on_vendor_side(partnership, actor) as vendor_id:
        values = checked(partnership, draft, at=at)
        if registration is None:
            return Registration.objects.create(
                vendor_id=vendor_id,
                program_id=partnership.program_id,
                partnership=partnership,
                partner_id=actor.organization_id,
                begun_by_id=actor.person_id,
                **values,
            )
        current = own_locked(partnership, registration)
        if current.state not in (State.DRAFT, State.RETURNED):
            raise NotADraft(
                words(
                    "%(current)s is %(state)s; it can no longer be changed.",
                    current=current.reference or "",
                    state=coded(current.state),
                )
            )
        for name, value in values.items():
            setattr(current, name, value)
        current.save(update_fields=list(values))
        return current


@transaction.atomic
def register_again(*, registration: Registration, partnership: Partnership, actor: Actor, at: datetime) -> Registration:
    """A new draft with what an earlier registration of one's own says, but for its files, its letter, a closing day
    that has passed, and products that are no longer sold. Raises NotAllowed, RegistrationNotFound, Invalid.
    """
    with on_vendor_side(partnership, actor) as vendor_id:
        earlier = own_locked(partnership, registration)
        sold = ProductFamily.objects.filter(vendor_id=vendor_id, name__in=earlier.families)
        families = tuple(sold.order_by("name").values_list("name", flat=True))
        competitors = tuple(earlier.competitors)
    values = {name: getattr(earlier, name) for name in EDITABLE}
    values |= {"families": families, "competitors": competitors, "has_letter": False}
    closes = earlier.expected_close_on
    if closes is not None and closes < today_in(partnership.program, at):
        values["expected_close_on"] = None
    return save_draft(partnership=partnership, actor=actor, draft=RegistrationDraft(**values), at=at)


@transaction.atomic
def discard_draft(*, registration: Registration, partnership: Partnership, actor: Actor) -> None:
    """Throw a draft away. Raises NotAllowed, RegistrationNotFound, NotADraft."""
    with on_vendor_side(partnership, actor):
        current = own_locked(partnership, registration)
        if current.state != State.DRAFT:
            raise NotADraft(words("%(current)s was submitted; withdraw it instead.", current=current.reference or ""))
        remove_all(current)
        discarded = current.pk
        current.delete()
        announce(RegistrationDiscarded(registration_id=discarded))


def checked(partnership: Partnership, draft: RegistrationDraft, *, at: datetime) -> dict[str, Any]:
    """The values to store. Raises Invalid with every field that is wrong."""
    wrong = dict(draft.extra)
    values: dict[str, Any] = {name: getattr(draft, name) for name in EDITABLE}
    values["customer_name"] = customer_name_typed(draft.customer_name, wrong)
    values["customer_domain"] = domain_typed(draft.customer_domain, wrong)
    values["contact_email"] = email_typed(draft.contact_email, wrong)
    for name, limit in {**LIMITS, **LONG_LIMITS}.items():
        values[name] = plain_text(values[name], lines=name in LONG_LIMITS)
        if len(values[name]) > limit:
            wrong.setdefault(
                name,
                words(
                    "Please shorten this to %(limit)s characters; it has %(count)s.",
                    limit=Figure(limit),
                    count=Figure(len(values[name])),
                ),
            )
    _check_choices(draft, wrong)
    values["currency"] = _money(partnership, draft, wrong)
    _check_day(draft.expected_close_on, today_in(partnership.program, at), wrong)
    values["families"] = _families(partnership, draft.families, wrong)
    values["competitors"] = list(dict.fromkeys(plain_text(one)[:200] for one in draft.competitors if one.strip()))[:20]
    if wrong:
        raise Invalid(words("Please correct the fields marked below; what you typed is kept."), fields=wrong)
    values["name_key"] = name_key(values["customer_name"]) if values["customer_name"] else ""
    values["domain_key"] = registrable(values["customer_domain"]) if values["customer_domain"] else ""
    return values


NEEDED: Final = {
    "customer_name": words("Enter the customer's legal name."),
    "contact_name": words("Enter whom you talk to at the customer."),
    "value": words("Enter the expected value; an estimate will do."),
    "expected_close_on": words("Enter when you expect it to close."),
    "use_case": words("Say in a sentence what the customer needs."),
}
"""What a submission needs, and what is said where it is missing."""


def missing_fields(registration: Registration) -> dict[str, str]:
    """What a draft lacks to be complete: only a complete submission has a place in the order."""
    found: dict[str, str] = {name: text for name, text in NEEDED.items() if getattr(registration, name) in (None, "")}
    if not registration.customer_domain and not registration.customer_country:
        found["customer_domain"] = words("Enter the customer's web domain, or at least its country.")
    return found


def plain_text(text: str, *, lines: bool = False) -> str:
    """What was typed without what cannot be seen; with `lines` its line breaks stay."""
    visible = "".join(
        char for char in text.replace("\r\n", "\n") if (lines and char == "\n") or unicodedata.category(char) not in
        {"Cc", "Cs", "Cf"} or char in "\t\u200c\u200d"
    )  # fmt: skip
    return visible.strip() if lines else " ".join(visible.split())


def customer_name_typed(text: str, wrong: dict[str, str]) -> str:
    """A customer's name; what is wrong with it stands in `wrong`, also letters that look alike."""
    if not text.strip():
        return ""
    try:
        name = clean_name(text, field="customer_name")
    except InvalidName as problem:
        wrong["customer_name"] = problem.message
        return ""
    for word in name.split():
        scripts = {script for char in word if (script := _script(char))}
        if len(scripts) > 1:
            wrong["customer_name"] = words(
                "“%(word)s” mixes %(listed)s letters that look alike. Type the name anew.",
                word=word[:60],
                listed=" and ".join(sorted(scripts)),
            )
    return name


def _script(char: str) -> str:
    if not char.isalpha():
        return ""
    first = unicodedata.name(char, "").split(" ")[0].title()
    return first if first in ("Latin", "Cyrillic", "Greek", "Cherokee", "Armenian") else ""


def domain_typed(text: str, wrong: dict[str, str]) -> str:
    """A customer's own web domain; an address, a machine or a provider is refused in `wrong`."""
    given = plain_text(text)
    if not given:
        return ""
    if "@" in given:
        wrong["customer_domain"] = words(
            "“%(given)s” is an e-mail address. Enter the customer's web domain, like acme.de.", given=given[:80]
        )
        return ""
    host = re.sub(r"^[a-z]+://", "", given.lower()).split("/")[0]
    if _ADDRESS.fullmatch(host.rsplit(":", 1)[0]) or _ADDRESS.fullmatch(host):
        wrong["customer_domain"] = words(
            "“%(given)s” is the address of a machine. Enter a web domain, like acme.de.", given=given[:80]
        )
        return ""
    try:
        domain = domain_of(given)
    except InvalidDomain as problem:
        wrong["customer_domain"] = problem.message
        return ""
    if is_shared(domain):
        wrong["customer_domain"] = words(
            "%(domain)s belongs to a provider, not to a customer. Leave it empty if unknown.", domain=domain
        )
        return ""
    return domain


def email_typed(text: str, wrong: dict[str, str]) -> str:
    """A contact's e-mail address; what is wrong with it stands in `wrong`."""
    given = plain_text(text)
    if given:
        try:
            validate_email(given)
        except ValidationError:
            wrong["contact_email"] = words(
                "“%(given)s” is no e-mail address; write it like name@acme.de.", given=given[:80]
            )
    return given[:254]


def _check_choices(draft: RegistrationDraft, wrong: dict[str, str]) -> None:
    for name, choices, optional in (
        ("kind", RegistrationKind, False), ("rfp", RfpStatus, False), ("source", RegistrationSource, True)
    ):  # fmt: skip
        value = getattr(draft, name)
        if value not in set(choices) and not (optional and not value):
            wrong[name] = words("Choose one of: %(listed)s.", listed=tuple(coded(choice) for choice in choices))


def _money(partnership: Partnership, draft: RegistrationDraft, wrong: dict[str, str]) -> str:
    currency = (draft.currency or partnership.program.currency).strip().upper()
    if currency not in MINOR_UNITS:
        wrong.setdefault(
            "currency",
            words("“%(currency)s” is not a currency code; use three letters, such as EUR.", currency=currency[:12]),
        )
    value = draft.value
    if value is not None and (value < 0 or value >= LARGEST or value != value.quantize(Decimal("0.0001"))):
        wrong.setdefault("value", words("Enter zero or more, with at most 16 digits before and 4 after the point."))
    return currency[:3]


def _check_day(day: date | None, today: date, wrong: dict[str, str]) -> None:
    if day is not None and day < today:
        wrong.setdefault(
            "expected_close_on", words("%(day)s lies in the past; a deal that closed is not registered.", day=day)
        )
    elif day is not None and day > today + FURTHEST:
        wrong.setdefault("expected_close_on", words("This is more than five years away; choose an earlier day."))


def _families(partnership: Partnership, names: tuple[str, ...], wrong: dict[str, str]) -> list[str]:
    if not names:
        return []
    known = ProductFamily.objects.filter(vendor_id=partnership.vendor_id, name__in=names)
    found = set(known.values_list("name", flat=True))
    if unknown := [name for name in names if name not in found]:
        wrong["families"] = words(
            "There is no product family “%(unknown)s”. Choose from the list.", unknown=unknown[0][:80]
        )
    return [name for name in dict.fromkeys(names) if name in found]
