"""The evidence of a judgement, gathered on the vendor's side: it sees what the submitter may not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Max, Q, QuerySet

from comity.deals.cards import Card, card_of, card_of_account, look_up
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
from comity.deals.registration.identity import Recognition, family_of, kinship, recognition
from comity.deals.registration.then import deals_then, open_then, own_deal, partnership_then, states_then
from comity.deals.states import DealStatus
from comity.deals.states.registrations import OPEN, RegistrationKind, RfpStatus, State
from comity.kernel.errors import Invalid
from comity.kernel.money import Money
from comity.ledger.queries import converted
from comity.matching.record import Kind
from comity.programs.calendars import today_in
from comity.programs.models import Partnership
from comity.programs.states import Status


@dataclass(frozen=True)
class Asked:
    """A record of which a person has to say whether it means the same customer."""

    kind: Kind
    id: UUID
    card: Card
    match: Match


@dataclass(frozen=True)
class Gathered:
    """A claim with its evidence, and the vendor's customer that it means, where exactly one is the same."""

    claim: Claim
    evidence: Evidence
    account: CustomerAccount | None
    asked: tuple[Asked, ...]


def gather(registration: Registration, order: int, *, as_of: datetime | None = None) -> Gathered:
    """All that is known about a registration. On the vendor's side; about a dozen queries, whatever the data.

    With `as_of`, as it stood at that instant: where other registrations and deals stood, what was sold, who the partner
    was. Which records mean one customer is always asked of what is known today.
    """
    vendor_id, own = registration.vendor_id, card_of(registration)
    ids = look_up(vendor_id, own, Kind.CUSTOMER)
    rows = {row.pk: row for row in CustomerAccount.objects.filter(vendor_id=vendor_id, pk__in=ids)}
    claims = look_up(vendor_id, own, Kind.REGISTRATION)
    accounts = _matched_accounts(vendor_id, rows, recognition(vendor_id, own, map(card_of_account, rows.values())))
    others = _others(registration, order, accounts, claims, as_of)
    known = recognition(vendor_id, own, map(card_of, others.values()))
    rivals = tuple(_rivals(registration, others, known, accounts, as_of))
    same = [account for account, match in accounts.values() if match.band is Band.SAME]
    evidence = Evidence(
        partner=_partner(registration, as_of),
        rivals=rivals,
        deals=tuple(_deals(registration, accounts, as_of)),
        customers=tuple(_customers(registration, accounts, as_of)),
    )
    asked = [
        *(Asked(Kind.CUSTOMER, key, card_of_account(row), match) for key, (row, match) in accounts.items()),
        *(Asked(Kind.REGISTRATION, one.id, card_of(others[one.id]), one.match) for one in rivals if not one.own),
    ]
    unsure = tuple(one for one in asked if one.match.band is Band.ASK)
    return Gathered(claim_of(registration, order), evidence, same[0] if len(same) == 1 else None, unsure)


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


def with_letter(vendor_id: UUID, ids: list[UUID], *, as_of: datetime | None = None) -> set[UUID]:
    """Those of these registrations to which the customer's signed letter is attached, or was. Vendor's side."""
    files = RegistrationFile.objects.filter(vendor_id=vendor_id, registration_id__in=ids, is_letter=True)
    if as_of is not None:
        files = files.filter(added_at__lte=as_of)
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


def _partner(registration: Registration, as_of: datetime | None) -> PartnerFacts:
    partnership = Partnership.objects.select_related("tier", "region").get(
        vendor_id=registration.vendor_id, pk=registration.partnership_id
    )
    known = partnership if as_of is None else partnership_then(partnership, as_of)
    return PartnerFacts(
        active=known.status == Status.ACTIVE,
        types=frozenset(known.types),
        tier=known.tier.name if known.tier else "",
        region=known.region.name if known.region else "",
        open_registrations=_open_now(registration) if as_of is None else open_then(registration, as_of),
    )


def _open_now(registration: Registration) -> int:
    others = Registration.objects.filter(
        vendor_id=registration.vendor_id, partnership=registration.partnership_id,
        state__in=[state.value for state in OPEN],
    )  # fmt: skip
    return others.exclude(pk=registration.pk).count()


Accounts = dict[UUID, tuple[CustomerAccount, Match]]


def _matched_accounts(vendor_id: UUID, rows: dict[UUID, CustomerAccount], known: Recognition) -> Accounts:
    """The customers that are the same, of the same family, or to be asked about."""
    found = {key: (row, known.match(card_of_account(row))) for key, row in rows.items()}
    same = {key: row for key, (row, match) in found.items() if match.band is Band.SAME}
    kin = family_of(vendor_id, same) - set(same)
    for row in CustomerAccount.objects.filter(vendor_id=vendor_id, pk__in=kin):
        found[row.pk] = (row, kinship(row, same))
    return {key: (row, match) for key, (row, match) in found.items() if match.band is not Band.DIFFERENT}


def _others(
    registration: Registration, order: int, accounts: Iterable[UUID], ids: Iterable[UUID], as_of: datetime | None
) -> dict[UUID, Registration]:
    """Other registrations of the program: those that may mean the same customer, and those of these customers."""
    of_program = {"vendor_id": registration.vendor_id, "program_id": registration.program_id}
    held = Handling.objects.filter(vendor_id=registration.vendor_id, account_id__in=list(accounts))
    wanted = {*ids, *held.values_list("registration_id", flat=True)} - {registration.pk}
    rows = Registration.objects.filter(**of_program, pk__in=wanted, submitted_at__isnull=False)
    if as_of is not None:
        # Clocks do not order submissions: who was first in the order was there, whatever the clock said.
        rows = rows.filter(Q(submitted_at__lte=as_of) | Q(handling__order_number__lt=order))
    return {row.pk: row for row in rows.select_related("partnership")}


def _rivals(
    registration: Registration, rows: dict[UUID, Registration], known: Recognition, accounts: Accounts,
    as_of: datetime | None,
) -> Iterable[Rival]:  # fmt: skip
    kept = {
        row.registration_id: row
        for row in Handling.objects.filter(vendor_id=registration.vendor_id, registration_id__in=list(rows))
    }
    letters = with_letter(registration.vendor_id, list(rows), as_of=as_of)
    stood = {} if as_of is None else states_then(rows.values(), as_of)
    for row in rows.values():
        match = known.match(card_of(row))
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
            state=stood.get(row.pk, State(row.state)),
            order=kept[row.pk].order_number,
            submitted_at=row.submitted_at,
            families=frozenset(row.families),
            has_letter=row.has_letter,
            match=match,
            letter_attached=row.pk in letters,
        )


def _open_deals(registration: Registration, accounts: Accounts, as_of: datetime | None) -> QuerySet[Opportunity]:
    """The vendor's open deals with these customers; those that grew out of a registration speak through it."""
    deals = Opportunity.objects.filter(
        vendor_id=registration.vendor_id, program_id=registration.program_id, account_id__in=list(accounts)
    )
    if as_of is not None:
        return deals_then(registration, deals, as_of)
    grown = Handling.objects.filter(vendor_id=registration.vendor_id, opportunity__isnull=False)
    return deals.filter(status=DealStatus.OPEN).exclude(pk__in=grown.values("opportunity_id"))


def _deals(registration: Registration, accounts: Accounts, as_of: datetime | None) -> Iterable[VendorDeal]:
    """The vendor's open deals, with what they are about and when somebody last worked on them."""
    deals = list(_open_deals(registration, accounts, as_of))
    ids = [deal.pk for deal in deals]
    part_of = {"vendor_id": registration.vendor_id, "opportunity_id__in": ids}
    families = _families_of(part_of)
    steps = StageChange.objects.filter(**part_of)
    partners = OpportunityPartner.objects.filter(**part_of, partnership_id=registration.partnership_id)
    if as_of is not None:
        steps = steps.filter(on__lte=today_in(registration.program, as_of))
        # The approval made the partner part of the deal it was joined to.
        partners = partners.exclude(opportunity_id__in=own_deal(registration), created_at__gt=as_of)
    last = dict(steps.values("opportunity_id").annotate(last=Max("on")).values_list("opportunity_id", "last"))
    mine = set(partners.values_list("opportunity_id", flat=True))
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


def _customers(registration: Registration, accounts: Accounts, as_of: datetime | None) -> Iterable[KnownCustomer]:
    vendor_id, partnership_id = registration.vendor_id, registration.partnership_id
    sold = {"vendor_id": vendor_id, "account_id__in": list(accounts), "status": DealStatus.WON}
    won = Opportunity.objects.filter(**sold)
    if as_of is not None:
        won = won.filter(closed_on__lte=today_in(registration.program, as_of)).exclude(pk__in=own_deal(registration))
    last: dict[Any, Any] = dict(
        won.values("account_id").annotate(last=Max("closed_on")).values_list("account_id", "last")
    )
    families: dict[UUID, set[str]] = {}
    lines = OpportunityLine.objects.filter(vendor_id=vendor_id, opportunity__in=won, family__isnull=False)
    for account_id, name in lines.values_list("opportunity__account_id", "family__name").distinct():
        families.setdefault(account_id, set()).add(name)
    sellers = _last_sellers(won, last)
    for key, day in last.items():
        account, match = accounts[key]
        others = tuple(sorted({one.name for one in sellers.get(key, ()) if one.pk != partnership_id}))
        own = any(one.pk == partnership_id for one in sellers.get(key, ()))
        yield KnownCustomer(account.pk, account.name, frozenset(families.get(key, ())), day, match, others, own)


def _last_sellers(won: QuerySet[Opportunity], last: dict[Any, Any]) -> dict[UUID, list[Partnership]]:
    """Active partners on the last deals won with each customer."""
    parts = OpportunityPartner.objects.filter(
        opportunity__in=won.filter(closed_on__in=set(last.values())), partnership__status=Status.ACTIVE
    )
    found: dict[UUID, list[Partnership]] = {}
    for part in parts.select_related("opportunity", "partnership"):
        key = part.opportunity.account_id
        if key is not None and part.opportunity.closed_on == last.get(key):
            found.setdefault(key, []).append(part.partnership)
    return found


def _families_of(part_of: dict[str, Any]) -> dict[UUID, set[str]]:
    found: dict[UUID, set[str]] = {}
    lines = OpportunityLine.objects.filter(**part_of, family__isnull=False)
    for deal_id, name in lines.values_list("opportunity_id", "family__name"):
        found.setdefault(deal_id, set()).add(name)
    return found
