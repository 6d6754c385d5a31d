"""Open deals past their day, closing soon or not moving; won deals whose amount nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Final, NamedTuple
from uuid import UUID

from django.db.models import F
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comity.deals.models import Opportunity, StageChange
from comity.deals.states import DealStatus
from comity.insights.models import END, DealState
from comity.worklist.gathering import Viewer
from comity.worklist.needs import Need, NeedKind, Worded
from comity.worklist.rules import CLOSING_DAYS, STUCK_DAYS, close_of

LARGEST: Final = 200
"""So many open deals are looked at: the largest of the viewer's. An index of this room's own keeps them in order."""
WITHOUT_AMOUNT: Final = 50
LATELY: Final = timedelta(days=90)
DAY: Final = "DATE_FORMAT"


class _Deal(NamedTuple):
    """What the list says of a deal; plain values, since hundreds are ranked."""

    name: str
    customer: str | None
    stage: str
    expected_on: date | None
    closed_on: date | None


class _Open(NamedTuple):
    id: UUID
    deal: _Deal
    amount: Decimal | None
    moved_on: date | None


def open_deals(viewer: Viewer) -> Iterator[Need]:
    """Of each open deal the first that is so: past its expected day, closing within a week, or not moving.

    A day further ahead says that somebody looked: then standing still is no matter yet.
    """
    now, zone = viewer.as_of_morning, viewer.zone
    for one in _largest(viewer):
        expected = one.deal.expected_on
        if expected is not None and expected < viewer.as_of:
            words = partial(_slipped, one.deal, expected, (viewer.as_of - expected).days)
            yield _need(NeedKind.DEAL_SLIPPED, one, words, now, close_of(expected, zone))
        elif expected is not None and expected <= viewer.as_of + timedelta(days=CLOSING_DAYS):
            words = partial(_closing, one.deal, expected)
            yield _need(NeedKind.DEAL_CLOSING, one, words, now, close_of(expected, zone))
        elif expected is None and one.moved_on is not None and (viewer.as_of - one.moved_on).days >= STUCK_DAYS:
            words = partial(_stuck, one.deal, one.moved_on, (viewer.as_of - one.moved_on).days)
            yield _need(NeedKind.DEAL_STUCK, one, words, now)


def deals_without_amount(viewer: Viewer) -> Iterator[Need]:
    """Deals won in the last 90 days whose amount nobody knows: no figure counts them."""
    states = DealState.objects.filter(
        vendor_id=viewer.program.vendor_id,
        program_id=viewer.program.pk,
        closed_on__range=(viewer.as_of - LATELY, viewer.as_of),
        to_on=END,
        status=DealStatus.WON,
        amount__isnull=True,
    )
    keys = list(
        states.order_by("-closed_on", "opportunity_id").values_list("opportunity_id", flat=True)[:WITHOUT_AMOUNT]
    )
    deals = _deals(viewer, keys)
    now = viewer.as_of_morning
    for key in keys:
        deal = deals.get(key)
        if deal is not None and deal.closed_on is not None:
            words = partial(_without_amount, deal, deal.closed_on)
            yield _need(NeedKind.DEAL_WITHOUT_AMOUNT, _Open(key, deal, None, None), words, now)


def _largest(viewer: Viewer) -> list[_Open]:
    states = DealState.objects.filter(
        vendor_id=viewer.program.vendor_id, program_id=viewer.program.pk, status=DealStatus.OPEN, to_on=END
    )
    if viewer.managers is not None:
        states = states.filter(manager_id__in=viewer.managers)
    states = states.order_by(F("amount").desc(nulls_last=True))
    amounts: dict[UUID, Decimal | None] = dict(states.values_list("opportunity_id", "amount")[:LARGEST])
    deals = _deals(viewer, amounts)
    moves = _moves(viewer, [key for key, deal in deals.items() if deal.expected_on is None])
    return [_Open(key, deals[key], amount, moves.get(key)) for key, amount in amounts.items() if key in deals]


def _moves(viewer: Viewer, keys: list[UUID]) -> dict[UUID, date | None]:
    """When each deal came into the stage in which it stands; a new amount alone is no movement."""
    steps = StageChange.objects.filter(vendor_id=viewer.program.vendor_id, opportunity__in=keys)
    stands: dict[UUID, tuple[UUID, date | None]] = {}
    for deal, stage, on in steps.order_by("opportunity_id", "sequence").values_list("opportunity_id", "stage_id", "on"):
        if deal not in stands or stands[deal][0] != stage:
            stands[deal] = (stage, on)
    return {deal: on for deal, (_stage, on) in stands.items()}


def _deals(viewer: Viewer, keys: Collection[UUID]) -> dict[UUID, _Deal]:
    rows = Opportunity.objects.filter(vendor_id=viewer.program.vendor_id, pk__in=list(keys))
    found = rows.values_list("pk", "name", "account__name", "stage__name", "expected_close_on", "closed_on")
    return {
        key: _Deal(name, customer, stage, expected, closed) for key, name, customer, stage, expected, closed in found
    }


def _need(
    kind: NeedKind, one: _Open, words: Callable[[], Worded], now: datetime, due_at: datetime | None = None
) -> Need:
    return Need(kind=kind, subject_id=one.id, in_words=words, at_stake=one.amount, due_at=due_at, seen_at=now)


def _slipped(deal: _Deal, expected: date, days: int) -> Worded:
    late = ngettext("expected %(day)s, %(days)s day ago", "expected %(day)s, %(days)s days ago", days)
    return (
        _("%(deal)s should have closed by now.") % {"deal": deal.name},
        (*_customer(deal), deal.stage, late % {"day": date_format(expected, DAY), "days": days}),
    )


def _closing(deal: _Deal, expected: date) -> Worded:
    day = f"{date_format(expected, 'l')}, {date_format(expected, 'MONTH_DAY_FORMAT')}"
    return _("%(deal)s is to close on %(day)s.") % {"deal": deal.name, "day": day}, (*_customer(deal), deal.stage)


def _stuck(deal: _Deal, moved_on: date, days: int) -> Worded:
    since = _("%(stage)s since %(day)s") % {"stage": deal.stage, "day": date_format(moved_on, DAY)}
    return _("%(deal)s has not moved for %(days)s days.") % {"deal": deal.name, "days": days}, (*_customer(deal), since)


def _without_amount(deal: _Deal, closed_on: date) -> Worded:
    won = _("won on %(day)s") % {"day": date_format(closed_on, DAY)}
    return (
        _("%(deal)s was won without a known amount.") % {"deal": deal.name},
        (*_customer(deal), won, _("no figure counts it")),
    )


def _customer(deal: _Deal) -> tuple[str, ...]:
    return (deal.customer,) if deal.customer else ()
