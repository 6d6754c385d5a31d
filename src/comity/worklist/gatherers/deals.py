"""Open deals past their day, closing soon or not moving; won deals whose amount nobody knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db.models import F
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comity.deals.models import Opportunity, StageChange
from comity.deals.states import DealStatus
from comity.insights.models import END, DealState
from comity.worklist.gathering import Viewer
from comity.worklist.needs import Need, NeedKind
from comity.worklist.rules import CLOSING_DAYS, STUCK_DAYS, close_of

LARGEST: Final = 200
"""So many open deals are looked at: the largest of the viewer's. An index of this room's own keeps them in order."""
WITHOUT_AMOUNT: Final = 50
LATELY: Final = timedelta(days=90)
DAY: Final = "DATE_FORMAT"


@dataclass(frozen=True)
class _Open:
    deal: Opportunity
    amount: Decimal | None
    moved_on: date | None


def open_deals(viewer: Viewer) -> Iterator[Need]:
    """Of each open deal the first that is so: past its expected day, closing within a week, or not moving.

    A day further ahead says that somebody looked: then standing still is no matter yet.
    """
    for one in _largest(viewer):
        expected = one.deal.expected_close_on
        if expected is not None and expected < viewer.as_of:
            yield _slipped(viewer, one, expected)
        elif expected is not None and expected <= viewer.as_of + timedelta(days=CLOSING_DAYS):
            yield _closing(viewer, one, expected)
        elif expected is None and one.moved_on is not None and (viewer.as_of - one.moved_on).days >= STUCK_DAYS:
            yield _stuck(viewer, one, one.moved_on)


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
    for deal in (deals[key] for key in keys if key in deals):
        if deal.closed_on is None:
            continue
        yield Need(
            kind=NeedKind.DEAL_WITHOUT_AMOUNT,
            subject_id=deal.pk,
            sentence=_("%(deal)s was won without a known amount.") % {"deal": deal.name},
            evidence=(
                *_customer(deal),
                _("won on %(day)s") % {"day": date_format(deal.closed_on, DAY)},
                _("no figure counts it"),
            ),
            seen_at=viewer.as_of_morning,
        )


def _largest(viewer: Viewer) -> list[_Open]:
    states = DealState.objects.filter(
        vendor_id=viewer.program.vendor_id, program_id=viewer.program.pk, status=DealStatus.OPEN, to_on=END
    )
    if viewer.managers is not None:
        states = states.filter(manager_id__in=viewer.managers)
    states = states.order_by(F("amount").desc(nulls_last=True))
    amounts: dict[UUID, Decimal | None] = dict(states.values_list("opportunity_id", "amount")[:LARGEST])
    deals = _deals(viewer, list(amounts))
    moves = _moves(viewer, list(amounts))
    return [_Open(deals[key], amount, moves.get(key)) for key, amount in amounts.items() if key in deals]


def _moves(viewer: Viewer, keys: list[UUID]) -> dict[UUID, date | None]:
    """When each deal came into the stage in which it stands; a new amount alone is no movement."""
    steps = StageChange.objects.filter(vendor_id=viewer.program.vendor_id, opportunity__in=keys)
    stands: dict[UUID, tuple[UUID, date | None]] = {}
    for deal, stage, on in steps.order_by("opportunity_id", "sequence").values_list("opportunity_id", "stage_id", "on"):
        if deal not in stands or stands[deal][0] != stage:
            stands[deal] = (stage, on)
    return {deal: on for deal, (_stage, on) in stands.items()}


def _deals(viewer: Viewer, keys: list[UUID]) -> dict[UUID, Opportunity]:
    rows = Opportunity.objects.filter(vendor_id=viewer.program.vendor_id, pk__in=keys)
    return {row.pk: row for row in rows.select_related("account", "stage")}


def _slipped(viewer: Viewer, one: _Open, expected: date) -> Need:
    days = (viewer.as_of - expected).days
    return Need(
        kind=NeedKind.DEAL_SLIPPED,
        subject_id=one.deal.pk,
        sentence=_("%(deal)s should have closed by now.") % {"deal": one.deal.name},
        evidence=(
            *_customer(one.deal),
            one.deal.stage.name,
            ngettext("expected %(day)s, %(days)s day ago", "expected %(day)s, %(days)s days ago", days)
            % {"day": date_format(expected, DAY), "days": days},
        ),
        at_stake=one.amount,
        due_at=close_of(expected, viewer.zone),
        seen_at=viewer.as_of_morning,
    )


def _closing(viewer: Viewer, one: _Open, expected: date) -> Need:
    return Need(
        kind=NeedKind.DEAL_CLOSING,
        subject_id=one.deal.pk,
        sentence=_("%(deal)s is to close on %(day)s.")
        % {"deal": one.deal.name, "day": f"{date_format(expected, 'l')}, {date_format(expected, 'MONTH_DAY_FORMAT')}"},
        evidence=(*_customer(one.deal), one.deal.stage.name),
        at_stake=one.amount,
        due_at=close_of(expected, viewer.zone),
        seen_at=viewer.as_of_morning,
    )


def _stuck(viewer: Viewer, one: _Open, moved_on: date) -> Need:
    return Need(
        kind=NeedKind.DEAL_STUCK,
        subject_id=one.deal.pk,
        sentence=_("%(deal)s has not moved for %(days)s days.")
        % {"deal": one.deal.name, "days": (viewer.as_of - moved_on).days},
        evidence=(
            *_customer(one.deal),
            _("%(stage)s since %(day)s") % {"stage": one.deal.stage.name, "day": date_format(moved_on, DAY)},
        ),
        at_stake=one.amount,
        seen_at=viewer.as_of_morning,
    )


def _customer(deal: Opportunity) -> tuple[str, ...]:
    return (deal.account.name,) if deal.account else ()
