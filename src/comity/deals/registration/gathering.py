"""The evidence of a judgement, gathered on the vendor's side: it sees what the submitter may not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Max

from comity.deals.models import (
    CustomerAccount,
    Handling,
    Opportunity,
    OpportunityLine,
    OpportunityPartner,
    Registration,
    RegistrationFile,
    StageChange,
)
from comity.deals.registration.evidence import (
    Band,
    Claim,
    Evidence,
    KnownCustomer,
    Match,
    PartnerFacts,
    Rival,
    VendorDeal,
)
from comity.deals.registration.identity import Card, card, compare, name_key, registrable
from comity.deals.states import DealStatus
from comity.deals.states.registrations import OPEN, RegistrationKind, RfpStatus, State
from comity.kernel.errors import Invalid
from comity.kernel.money import Money
from comity.ledger.queries import converted
from comity.programs.calendars import today_in
from comity.programs.models import Partnership
from comity.programs.states import Status


@dataclass(frozen=True)
class Gathered:
    """A claim with its evidence, and the vendor's customer that it means, where exactly one is the same."""

    claim: Claim
    evidence: Evidence
    account: CustomerAccount | None


def gather(registration: Registration, order: int) -> Gathered:
    """All that is known about a registration. On the vendor's side; about eleven queries, whatever the data."""
    own_card = card_of(registration)
    claim_ids, account_ids = _candidates(registration)
    accounts = _matched_accounts(registration.vendor_id, own_card, account_ids)
    same = [account for account, match in accounts.values() if match.band is Band.SAME]
    evidence = Evidence(
        partner=_partner(registration),
        rivals=tuple(_rivals(registration, own_card, claim_ids, accounts)),
        deals=tuple(_deals(registration, accounts)),
        customers=tuple(_customers(registration.vendor_id, accounts)),
    )
    return Gathered(claim_of(registration, order), evidence, same[0] if len(same) == 1 else None)


def card_of(registration: Registration) -> Card:
    """The customer as the partner describes it."""
    domains = [registration.customer_domain] if registration.customer_domain else []
    return card(registration.customer_name, domains, registration.customer_country)


def claim_of(registration: Registration, order: int) -> Claim:
    """The registration as the rules read it; its value in the program's currency at the rate of its submission."""
    assert registration.submitted_at is not None
    program = registration.program
    return Claim(
        id=registration.pk,
        kind=RegistrationKind(registration.kind),
        families=frozenset(registration.families),
        value=_value(registration, program.currency),
        currency=program.currency,
        rfp=RfpStatus(registration.rfp),
        has_letter=registration.has_letter,
        submitted_at=registration.submitted_at,
        order=order,
        letter_attached=registration.pk in with_letter(registration.vendor_id, [registration.pk]),
    )


def with_letter(vendor_id: UUID, ids: list[UUID]) -> set[UUID]:
    """Those of these registrations to which the customer's signed letter is attached. Vendor's side."""
    files = RegistrationFile.objects.filter(vendor_id=vendor_id, registration_id__in=ids, is_letter=True)
    return set(files.values_list("registration_id", flat=True))


def _value(registration: Registration, currency: str) -> Decimal | None:
    if registration.value is None or registration.submitted_at is None:
        return None
    if registration.currency == currency:
        return registration.value
    on = today_in(registration.program, registration.submitted_at)
    try:
        return converted(Money(registration.value, registration.currency), currency, on).amount
    except Invalid:
        return None


def _candidates(registration: Registration) -> tuple[list[UUID], list[UUID]]:
    """Ids of registrations and customers that may mean the same company."""
    core, domain = registration.name_key, registration.domain_key
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, id FROM comity_registration_candidates(%s, %s, %s)", [registration.program_id, core, domain]
        )
        rows = cursor.fetchall()
    claims = [key for kind, key in rows if kind == "registration" and key != registration.pk]
    return claims, [key for kind, key in rows if kind == "customer"]


def _partner(registration: Registration) -> PartnerFacts:
    partnership = Partnership.objects.select_related("tier", "region").get(
        vendor_id=registration.vendor_id, pk=registration.partnership_id
    )
    others = Registration.objects.filter(
        vendor_id=registration.vendor_id, partnership=partnership, state__in=[state.value for state in OPEN]
    ).exclude(pk=registration.pk)
    return PartnerFacts(
        active=partnership.status == Status.ACTIVE,
        types=frozenset(partnership.types),
        tier=partnership.tier.name if partnership.tier else "",
        region=partnership.region.name if partnership.region else "",
        open_registrations=others.count(),
    )


Accounts = dict[UUID, tuple[CustomerAccount, Match]]


def _matched_accounts(vendor_id: UUID, own: Card, ids: list[UUID]) -> Accounts:
    """The customers that are the same, of the same family, or to be asked about."""
    rows = {row.pk: row for row in CustomerAccount.objects.filter(vendor_id=vendor_id, pk__in=ids)}
    direct = {key: compare(own, card(row.name, row.domains, row.country)) for key, row in rows.items()}
    same = {key for key, match in direct.items() if match.band is Band.SAME}
    found: Accounts = {}
    for key, row in rows.items():
        match = direct[key]
        if match.band in (Band.DIFFERENT, Band.ASK):
            match = _kinship(row, rows, same) or match
        if match.band is not Band.DIFFERENT:
            found[key] = (row, match)
    return found


def _kinship(row: CustomerAccount, rows: dict[UUID, CustomerAccount], same: set[UUID]) -> Match | None:
    if row.parent_id in same:
        return Match(Band.FAMILY, (f"{row.name} is a subsidiary of {rows[row.parent_id].name}",))
    child = next((one for one in same if rows[one].parent_id == row.pk), None)
    return Match(Band.FAMILY, (f"{row.name} is the parent of {rows[child].name}",)) if child else None


def _rivals(registration: Registration, own: Card, ids: list[UUID], accounts: Accounts) -> Iterable[Rival]:
    rows = Registration.objects.filter(vendor_id=registration.vendor_id, pk__in=ids).select_related("partnership")
    kept = {
        row.registration_id: row
        for row in Handling.objects.filter(vendor_id=registration.vendor_id, registration_id__in=ids)
    }
    letters = with_letter(registration.vendor_id, ids)
    for row in rows:
        match = compare(own, card_of(row))
        account_id = kept[row.pk].account_id
        if match.band is Band.DIFFERENT and account_id in accounts:
            match = accounts[account_id][1]
        if match.band is Band.DIFFERENT or row.submitted_at is None:
            continue
        yield Rival(
            id=row.pk,
            reference=row.reference or "",
            partner=row.partnership.name,
            own=row.partnership_id == registration.partnership_id,
            customer=row.customer_name,
            state=State(row.state),
            order=kept[row.pk].order_number,
            submitted_at=row.submitted_at,
            families=frozenset(row.families),
            has_letter=row.has_letter,
            match=match,
            letter_attached=row.pk in letters,
        )


def _deals(registration: Registration, accounts: Accounts) -> Iterable[VendorDeal]:
    """The vendor's open deals; those that grew out of a registration speak through it."""
    grown = Handling.objects.filter(vendor_id=registration.vendor_id, opportunity__isnull=False)
    rows = Opportunity.objects.filter(
        vendor_id=registration.vendor_id, program_id=registration.program_id, account_id__in=list(accounts),
        status=DealStatus.OPEN,
    ).exclude(pk__in=grown.values("opportunity_id"))  # fmt: skip
    deals = list(rows)
    ids = [deal.pk for deal in deals]
    part_of = {"vendor_id": registration.vendor_id, "opportunity_id__in": ids}
    families = _families_of(part_of)
    last = dict(
        StageChange.objects.filter(**part_of).values("opportunity_id").annotate(last=Max("on")).values_list(
            "opportunity_id", "last"
        )
    )  # fmt: skip
    mine = set(
        OpportunityPartner.objects.filter(**part_of, partnership_id=registration.partnership_id).values_list(
            "opportunity_id", flat=True
        )
    )
    for deal in deals:
        account, match = accounts[deal.account_id]  # type: ignore[index]
        days = [day for day in (last.get(deal.pk), deal.opened_on) if day is not None]
        yield VendorDeal(
            id=deal.pk,
            name=deal.name,
            customer=account.name,
            families=frozenset(families.get(deal.pk, ())),
            last_activity_on=max(days) if days else None,
            own=deal.pk in mine,
            match=match,
        )


def _customers(vendor_id: UUID, accounts: Accounts) -> Iterable[KnownCustomer]:
    sold = {"vendor_id": vendor_id, "account_id__in": list(accounts), "status": DealStatus.WON}
    won = Opportunity.objects.filter(**sold)
    last: dict[Any, Any] = dict(
        won.values("account_id").annotate(last=Max("closed_on")).values_list("account_id", "last")
    )
    families: dict[UUID, set[str]] = {}
    lines = OpportunityLine.objects.filter(vendor_id=vendor_id, opportunity__in=won, family__isnull=False)
    for account_id, name in lines.values_list("opportunity__account_id", "family__name").distinct():
        families.setdefault(account_id, set()).add(name)
    for key, day in last.items():
        account, match = accounts[key]
        yield KnownCustomer(account.pk, account.name, frozenset(families.get(key, ())), day, match)


def _families_of(part_of: dict[str, Any]) -> dict[UUID, set[str]]:
    found: dict[UUID, set[str]] = {}
    lines = OpportunityLine.objects.filter(**part_of, family__isnull=False)
    for deal_id, name in lines.values_list("opportunity_id", "family__name"):
        found.setdefault(deal_id, set()).add(name)
    return found


def keys_of(name: str, domain: str) -> tuple[str, str]:
    """What a look-up compares: the core of a name, and the registrable domain."""
    return name_key(name), registrable(domain) if domain else ""
