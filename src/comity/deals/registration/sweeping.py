"""Customers compared with each other once an import's can be found: who may be the same is put before people.

A job of its own after the import, in batches: one row a vendor says how far it is, so that a killed worker's successor
goes on. A run compares at most `BUDGET` customers and puts at most `MOST_PAIRS` pairs before people; what is left waits
for the next import or for somebody who lets it go on.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app

from comity.deals.cards import card_of_account, look_up
from comity.deals.events import CustomersIndexed
from comity.deals.models import CustomerAccount, CustomerQuestion, CustomerSweep
from comity.deals.registration.evidence import Band
from comity.deals.registration.identity import Recognition
from comity.deals.registration.questions import Subject, question_of
from comity.deals.states import SweepState
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.matching.queries import answers_to, weights_of
from comity.matching.record import Kind, pair_key
from comity.platform.tenancy import current_organization_id, tenant

COMPARE_CUSTOMERS: Final = "compare_customers"
BUDGET: Final = 20_000
MOST_PAIRS: Final = 500
BATCH: Final = 100
UNFINISHED: Final = (SweepState.WAITING.value, SweepState.RUNNING.value)


def compare_after_import(event: CustomersIndexed) -> None:
    """Handler: an import's customers can be found. Those that nobody compared yet are, by a job."""
    _go_on(current_organization_id(), timezone.now())


@transaction.atomic
def compare_more(*, actor: Actor, at: datetime) -> CustomerSweep:
    """Go on with another budget; one that is under way is joined. Raises NotAllowed."""
    actor.require(Permission.EDIT_DEALS)
    return _go_on(actor.organization_id, at)


def sweep_visible_to(actor: Actor) -> CustomerSweep | None:
    """How far the vendor's customers were compared; None where nothing was imported yet."""
    if not (actor.is_vendor and actor.can(Permission.VIEW_DEALS)):
        return None
    return CustomerSweep.objects.filter(vendor_id=actor.organization_id).first()


def work_batch(*, vendor_id: UUID, size: int = BATCH) -> bool:
    """Compare the next customers; whether there may be more to do now."""
    with tenant(organization_id=vendor_id, door="job"):
        sweep = CustomerSweep.objects.select_for_update(of=("self",)).get(vendor_id=vendor_id)
        if sweep.state not in UNFINISHED:
            return False
        rows = _left(sweep)
        batch = list(rows[: min(size, sweep.budget)])
        if batch:
            sweep.found += _propose(vendor_id, batch)
            sweep.compared, sweep.budget = sweep.compared + len(batch), sweep.budget - len(batch)
            sweep.after, sweep.state = batch[-1].pk, SweepState.RUNNING.value
        if not batch or not sweep.budget or sweep.found >= MOST_PAIRS:
            sweep.state = (SweepState.PAUSED if _left(sweep).exists() else SweepState.DONE).value
            sweep.finished_at = timezone.now()
        sweep.save()
        return sweep.state in UNFINISHED


def break_off(*, vendor_id: UUID) -> None:
    """Say that it failed; the next import, or a person, starts where it was."""
    with tenant(organization_id=vendor_id, door="job"):
        mine = CustomerSweep.objects.filter(vendor_id=vendor_id, state__in=UNFINISHED)
        mine.update(state=SweepState.FAILED.value, finished_at=timezone.now())


def _go_on(vendor_id: UUID, at: datetime) -> CustomerSweep:
    made, is_new = CustomerSweep.objects.get_or_create(
        vendor_id=vendor_id, defaults={"started_at": at, "budget": BUDGET, "state": SweepState.WAITING.value}
    )
    sweep = CustomerSweep.objects.select_for_update(of=("self",)).get(vendor_id=vendor_id, pk=made.pk)
    under_way = not is_new and sweep.state in UNFINISHED
    sweep.budget = BUDGET
    if not under_way:
        sweep.state, sweep.started_at, sweep.finished_at = SweepState.WAITING.value, at, None
        sweep.compared = sweep.found = 0
        app.configure_task(COMPARE_CUSTOMERS).defer(organization=str(vendor_id))
    sweep.save()
    return sweep


def _left(sweep: CustomerSweep) -> QuerySet[CustomerAccount]:
    rows = CustomerAccount.objects.filter(vendor_id=sweep.vendor_id)
    return (rows.filter(pk__gt=sweep.after) if sweep.after else rows).order_by("pk")


def _propose(vendor_id: UUID, batch: list[CustomerAccount]) -> int:
    """Put the pairs of a batch that may be one customer before people, each pair once; how many are new."""
    found = {row.pk: look_up(vendor_id, card_of_account(row), Kind.CUSTOMER) for row in batch}
    ids = {key for others in found.values() for key in others}
    known = {row.pk: row for row in CustomerAccount.objects.filter(vendor_id=vendor_id, pk__in=ids)}
    pairs = {
        frozenset((row.pk, key)): (row, known[key])
        for row in batch
        for key in found[row.pk]
        if key in known and key != row.pk and row.parent_id != key and known[key].parent_id != row.pk
    }
    wanted = dict(_questions(vendor_id, pairs.values()))
    asked = CustomerQuestion.objects.filter(vendor_id=vendor_id, pair__in=wanted).values_list("pair", flat=True)
    new = [wanted[key] for key in sorted(set(wanted) - set(asked))]
    CustomerQuestion.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def _questions(
    vendor_id: UUID, pairs: Iterable[tuple[CustomerAccount, CustomerAccount]]
) -> Iterable[tuple[str, CustomerQuestion]]:
    """The questions about those pairs that are the same or not certain, and that nobody answered."""
    cards = [(left, right, card_of_account(left), card_of_account(right)) for left, right in pairs]
    keys = [pair_key(ours.record(), theirs.record()) for _left, _right, ours, theirs in cards]
    answered, weights, at = answers_to(vendor_id, keys) if keys else {}, weights_of(vendor_id), timezone.now()
    for key, (left, right, ours, theirs) in zip(keys, cards, strict=True):
        if key in answered:
            continue
        match = Recognition(ours, weights, {}).match(theirs)
        if match.band in (Band.SAME, Band.ASK):
            sides = Subject(Kind.CUSTOMER, left.pk, ours), Subject(Kind.CUSTOMER, right.pk, theirs)
            yield key, question_of(vendor_id=vendor_id, left=sides[0], right=sides[1], match=match, at=at)
