"""Taking a lead in: checked field by field, compared with what is known, and sent on its way."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from comity.deals.cards import name_key, registrable
from comity.deals.models import ProductFamily
from comity.deals.registration.drafting import (
    LARGEST,
    customer_name_typed,
    domain_typed,
    email_typed,
    plain_text,
)
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.currencies import MINOR_UNITS
from comity.kernel.errors import Invalid
from comity.kernel.words import words
from comity.leads.matching import certain_duplicate, find_known, needs_a_person, same_customer, stored
from comity.leads.models import Lead
from comity.leads.recording import THE_RULES, By, draw_reference, locked, make_move
from comity.leads.routing import send_on
from comity.leads.states import Channel, Move, Source
from comity.programs.models import Partnership, Program

LIMITS: Final = {
    "customer_country": 100, "customer_city": 100, "customer_industry": 120, "contact_name": 200, "contact_role": 120,
    "campaign": 120, "external_id": 120, "contact_phone": 40,
}  # fmt: skip
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[a-z]{2,8})?")
_PHONE: Final = re.compile(r"[+(]?[\d][\d\s()./-]{4,38}")


@dataclass(frozen=True)
class LeadDraft:
    """What somebody says of a prospect; the keys are those of the table."""

    customer_name: str = ""
    customer_domain: str = ""
    customer_country: str = ""
    customer_city: str = ""
    customer_industry: str = ""
    contact_name: str = ""
    contact_email: str = ""
    contact_phone: str = ""
    contact_role: str = ""
    need: str = ""
    families: tuple[str, ...] = ()
    language: str = ""
    value: Decimal | None = None
    currency: str = ""
    source: str = Source.OTHER.value
    campaign: str = ""
    external_id: str = ""
    extra: dict[str, str] = field(default_factory=dict, repr=False)
    """Inputs of the form that could not be read, by field; they are reported with the rest."""


FIELDS: Final = tuple(item.name for item in fields(LeadDraft) if item.name != "extra")


@dataclass(frozen=True)
class Origin:
    """By which way a lead came in, who brought it, and what the prospect agreed to."""

    channel: Channel
    by: By
    referred_by: Partnership | None = None
    consent: str = ""


@transaction.atomic
def take_in_lead(*, program: Program, actor: Actor, draft: LeadDraft, at: datetime, channel: Channel) -> Lead:
    """Take a lead in and send it on. One whose external id is there already is answered with the lead that it made.

    Raises NotAllowed, Invalid (every field that is wrong).
    """
    actor.require(Permission.MANAGE_LEADS)
    known = lead_with_external_id(program, draft.external_id)
    if known is not None:
        return known
    return receive(program=program, draft=draft, origin=Origin(channel, By.vendor(actor)), at=at)


def lead_with_external_id(program: Program, external_id: str) -> Lead | None:
    """The lead that an earlier sending of the same one made."""
    key = plain_text(external_id)
    if not key:
        return None
    return Lead.objects.filter(vendor_id=program.vendor_id, program=program, external_id=key).first()


def receive(*, program: Program, draft: LeadDraft, origin: Origin, at: datetime) -> Lead:
    """Check, keep, compare and route a lead; on the vendor's side, in a running transaction. Raises Invalid."""
    return settle(keep_lead(program=program, draft=draft, origin=origin, at=at), at=at)


def keep_lead(*, program: Program, draft: LeadDraft, origin: Origin, at: datetime) -> Lead:
    """Check a lead and keep it, for `settle` or a person to send it on; else as `receive`. Raises Invalid."""
    values = checked(program, draft)
    return Lead.objects.create(
        vendor_id=program.vendor_id, program=program, reference=draw_reference(program, at),
        channel=origin.channel.value, received_at=at, moved_at=at, referred_by=origin.referred_by,
        consent=origin.consent, consented_at=at if origin.consent else None, **values,
    )  # fmt: skip


def settle(lead: Lead, *, at: datetime) -> Lead:
    """Say who the prospect is and let the rules send the lead on, or a person look at it first."""
    current = locked(lead)
    found = find_known(current)
    current.findings, current.account_id = stored(found), same_customer(found)
    current.save(update_fields=["findings", "account"])
    twin = certain_duplicate(found)
    if twin is not None:
        make_move(current, Move.MERGE, at=at, by=THE_RULES, duplicate_of_id=UUID(twin.id))
    elif needs_a_person(found):
        make_move(current, Move.HOLD, at=at, by=THE_RULES, reason="may_be_known", held_for="may_be_known")
    else:
        send_on(current, at=at, by=THE_RULES)
    return current


def checked(program: Program, draft: LeadDraft) -> dict[str, Any]:
    """The values to store. Raises Invalid with every field that is wrong."""
    wrong = dict(draft.extra)
    values: dict[str, Any] = {name: getattr(draft, name) for name in FIELDS}
    values["customer_name"] = customer_name_typed(draft.customer_name, wrong)
    values["customer_domain"] = domain_typed(draft.customer_domain, wrong)
    values["contact_email"] = email_typed(draft.contact_email, wrong).lower()
    values["need"] = plain_text(draft.need, lines=True)
    for name, limit in {**LIMITS, "need": 4_000}.items():
        values[name] = plain_text(values[name], lines=name == "need")
        if len(values[name]) > limit:
            wrong.setdefault(name, f"Please shorten this to {limit:,} characters; it has {len(values[name]):,}.")
    values |= _check_codes(program, draft, values, wrong)
    if not values["customer_name"] and "customer_name" not in wrong:
        wrong["customer_name"] = words("Enter the company's name.")
    if (
        not values["contact_email"]
        and not values["contact_phone"]
        and not {"contact_email", "contact_phone"} & {*wrong}
    ):
        wrong["contact_email"] = words(
            "Enter an e-mail address or a telephone number; a partner has to reach somebody."
        )
    if wrong:
        raise Invalid(words("Please correct the fields marked below; what you typed is kept."), fields=wrong)
    values["name_key"] = name_key(values["customer_name"])
    values["domain_key"] = registrable(values["customer_domain"]) if values["customer_domain"] else ""
    values["external_id"] = values["external_id"] or None
    return values


def _check_codes(program: Program, draft: LeadDraft, values: dict[str, Any], wrong: dict[str, str]) -> dict[str, Any]:
    if draft.source not in set(Source):
        wrong["source"] = words("Choose one of: %(listed)s.", listed=tuple(Source))
    language = plain_text(draft.language).lower()
    if language and not _LANGUAGE.fullmatch(language):
        wrong["language"] = words("Write a language as its code, such as de or en.")
    if values["contact_phone"] and not _PHONE.fullmatch(values["contact_phone"]):
        wrong["contact_phone"] = words(
            "“%(values)s” is no telephone number; write it like +49 30 123456.", values=values["contact_phone"][:40]
        )
    currency = (draft.currency or program.currency).strip().upper()
    if currency not in MINOR_UNITS:
        wrong["currency"] = words(
            "“%(currency)s” is not a currency code; use three letters, such as EUR.", currency=currency[:12]
        )
    value = draft.value
    if value is not None and (value < 0 or value >= LARGEST or value != value.quantize(Decimal("0.0001"))):
        wrong["value"] = words("Enter zero or more, with at most 16 digits before and 4 after the point.")
    names = list(dict.fromkeys(plain_text(name) for name in draft.families if name.strip()))
    known = set(
        ProductFamily.objects.filter(vendor_id=program.vendor_id, name__in=names).values_list("name", flat=True)
    )
    if unknown := [name for name in names if name not in known]:
        wrong["families"] = words(
            "There is no product family “%(unknown)s”. Choose from the list.", unknown=unknown[0][:80]
        )
    return {"language": language[:12], "currency": currency[:3], "families": names}
