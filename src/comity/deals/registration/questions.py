"""Questions for people: do these two records mean one customer? Asked when the engine is not sure, once a pair."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from comity.deals.cards import Card, card_of_account, look_up
from comity.deals.events import CustomerChanged
from comity.deals.models import CustomerAccount, CustomerQuestion
from comity.deals.registration.evidence import Band, Match
from comity.deals.registration.identity import recognition
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.matching.record import Kind, kept, pair_key


@dataclass(frozen=True)
class Subject:
    """One side of a question: which record, and what is known of its customer."""

    kind: Kind
    id: UUID
    card: Card


def ask(*, vendor_id: UUID, left: Subject, right: Subject, match: Match, at: datetime) -> None:
    """Let a person say it, unless somebody was asked of these two already. On the vendor's side."""
    wanted = question_of(vendor_id=vendor_id, left=left, right=right, match=match, at=at)
    if not CustomerQuestion.objects.filter(vendor_id=vendor_id, pair=wanted.pair).exists():
        CustomerQuestion.objects.bulk_create([wanted], ignore_conflicts=True)


def question_of(*, vendor_id: UUID, left: Subject, right: Subject, match: Match, at: datetime) -> CustomerQuestion:
    """The question about two records, not stored yet."""
    records = left.card.record(), right.card.record()
    return CustomerQuestion(
        vendor_id=vendor_id, pair=pair_key(*records), left_kind=left.kind.value, left_id=left.id,
        left=kept(records[0]), right_kind=right.kind.value, right_id=right.id, right=kept(records[1]),
        reasons=list(match.reasons), found_at=at,
    )  # fmt: skip


def ask_about_customer(event: CustomerChanged) -> None:
    """Handler: a customer was taken in or edited; perhaps we know the company under another name."""
    account = CustomerAccount.objects.filter(pk=event.account_id).first()
    if account is None:
        return
    own = card_of_account(account)
    ids = [key for key in look_up(account.vendor_id, own, Kind.CUSTOMER) if key != account.pk]
    rows = list(CustomerAccount.objects.filter(vendor_id=account.vendor_id, pk__in=ids))
    known = recognition(account.vendor_id, own, map(card_of_account, rows))
    for row in rows:
        match = known.match(card_of_account(row))
        if match.band is Band.ASK and row.parent_id != account.pk and account.parent_id != row.pk:
            other = Subject(Kind.CUSTOMER, row.pk, card_of_account(row))
            mine = Subject(Kind.CUSTOMER, account.pk, own)
            ask(vendor_id=account.vendor_id, left=mine, right=other, match=match, at=timezone.now())


def open_questions(actor: Actor) -> QuerySet[CustomerQuestion]:
    """What nobody answered yet, the oldest first; vendor only."""
    if not (actor.is_vendor and actor.can(Permission.VIEW_DEALS)):
        return CustomerQuestion.objects.none()
    rows = CustomerQuestion.objects.filter(vendor_id=actor.organization_id, answer="")
    return rows.order_by("found_at", "id")
