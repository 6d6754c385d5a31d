"""Who is the prospect: leads, customers and registrations that mean the same company, with the reasons in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection

from comity.deals.cards import Card, card, card_of, card_of_account, look_up
from comity.deals.models import CustomerAccount, Registration
from comity.deals.registration.evidence import Band
from comity.deals.registration.identity import Recognition, recognition
from comity.deals.states.registrations import OPEN as OPEN_REGISTRATIONS
from comity.deals.states.registrations import PROTECTED
from comity.leads.models import Lead
from comity.leads.states import OPEN, State
from comity.matching.record import Kind

MOST: Final = 12
_ORDER: Final = {Band.SAME: 0, Band.FAMILY: 1, Band.ASK: 2}


@dataclass(frozen=True)
class Found:
    """One record that may mean the same company as a lead."""

    kind: str
    """lead, customer or registration."""
    id: str
    name: str
    band: str
    """same, family or ask."""
    reasons: tuple[str, ...]
    state: str = ""
    partnership: str = ""
    """Of a registration: whose it is."""
    same_contact: bool = False
    """Of a lead: its contact has the same e-mail address."""


def lead_card(lead: Lead) -> Card:
    """The prospect as it was described."""
    hosts = [lead.customer_domain] if lead.customer_domain else []
    return card(lead.customer_name, hosts, lead.customer_country)


def find_known(lead: Lead) -> list[Found]:
    """Records that may mean the prospect, the surest first. Vendor's side; about eight queries."""
    own, vendor_id = lead_card(lead), lead.vendor_id
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM comity_lead_candidates(%s, %s, %s, %s)",
            [lead.program_id, lead.name_key, lead.domain_key, lead.contact_email],
        )
        keys = [key for (key,) in cursor.fetchall() if key != lead.pk]
    leads = list(Lead.objects.filter(vendor_id=vendor_id, pk__in=keys).exclude(state=State.DUPLICATE))
    states = [state.value for state in OPEN_REGISTRATIONS]
    claims = Registration.objects.filter(
        vendor_id=vendor_id, program_id=lead.program_id, pk__in=look_up(vendor_id, own, Kind.REGISTRATION),
        state__in=states,
    ).select_related("partnership")  # fmt: skip
    accounts = CustomerAccount.objects.filter(vendor_id=vendor_id, pk__in=look_up(vendor_id, own, Kind.CUSTOMER))
    cards = [*map(lead_card, leads), *map(card_of, claims), *map(card_of_account, accounts)]
    known = recognition(vendor_id, own, cards)
    found = [
        *_leads(lead, known, leads),
        *_registrations(known, claims),
        *_customers(known, accounts),
    ]
    return sorted(found, key=lambda one: (_ORDER[Band(one.band)], one.kind != "lead", one.id))[:MOST]


def stored(found: list[Found]) -> list[dict[str, Any]]:
    """Plain JSON."""
    return [{**asdict(one), "reasons": list(one.reasons)} for one in found]


def findings_of(lead: Lead) -> list[Found]:
    """What was found when the lead came in."""
    return [Found(**{**one, "reasons": tuple(one["reasons"])}) for one in lead.findings]


def certain_duplicate(found: list[Found]) -> Found | None:
    """The open lead of the same company with the same contact: nobody has to be asked."""
    states = {state.value for state in OPEN}
    return next(
        (
            one
            for one in found
            if one.kind == "lead" and one.band == Band.SAME and one.same_contact and one.state in states
        ),
        None,
    )


def needs_a_person(found: list[Found]) -> bool:
    """Whether somebody looks before the lead is offered: an open lead may be the same, or it is not sure who it is."""
    states = {state.value for state in OPEN}
    open_leads = [one for one in found if one.kind == "lead" and one.state in states]
    unsure = [one for one in found if one.band == Band.ASK and one.kind != "lead"]
    return bool(open_leads) or (bool(unsure) and not any(one.band == Band.SAME for one in found))


def protected_for(lead: Lead) -> UUID | None:
    """The partnership that has this customer protected, by what is known now; vendor's side."""
    ids = [UUID(one.id) for one in findings_of(lead) if one.kind == "registration" and one.band == Band.SAME]
    if not ids:
        return None
    held = Registration.objects.filter(
        vendor_id=lead.vendor_id, pk__in=ids, state__in=[state.value for state in PROTECTED]
    )
    return held.order_by("submitted_at").values_list("partnership_id", flat=True).first()


def same_customer(found: list[Found]) -> UUID | None:
    """The one customer that is the same."""
    same = [one.id for one in found if one.kind == "customer" and one.band == Band.SAME]
    return UUID(same[0]) if len(same) == 1 else None


def _leads(lead: Lead, known: Recognition, rows: Iterable[Lead]) -> Iterator[Found]:
    for row in rows:
        match = known.match(lead_card(row))
        same = bool(lead.contact_email) and row.contact_email == lead.contact_email
        band = Band.ASK if same and match.band is Band.DIFFERENT else match.band
        reasons = (*match.reasons, "same contact") if same else match.reasons
        if band is not Band.DIFFERENT:
            yield Found("lead", str(row.pk), str(row), band.value, reasons, row.state, same_contact=same)


def _registrations(known: Recognition, rows: Iterable[Registration]) -> Iterator[Found]:
    for row in rows:
        match = known.match(card_of(row))
        if match.band is not Band.DIFFERENT:
            name = f"{row.reference} · {row.customer_name}"
            partner = row.partnership.name
            yield Found("registration", str(row.pk), name, match.band.value, match.reasons, row.state, partner)


def _customers(known: Recognition, rows: Iterable[CustomerAccount]) -> Iterator[Found]:
    for row in rows:
        match = known.match(card_of_account(row))
        if match.band is not Band.DIFFERENT:
            yield Found("customer", str(row.pk), row.name, match.band.value, match.reasons)
