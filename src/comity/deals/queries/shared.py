"""Deals as a partner sees them: only its own, and only what the vendor shares of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from comity.deals.models import HiddenAmount, SharedDeal
from comity.deals.paging import Order
from comity.deals.states import DealStatus
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import NotFound
from comity.kernel.periods import FiscalCalendar, Period
from comity.kernel.words import words
from comity.programs.models import Partnership
from comity.programs.sides import vendor_side

SHARED_ORDERS: Final = (
    Order("closed", "closed_on", "day", nullable=True),
    Order("opened", "opened_on", "day", nullable=True),
    Order("amount", "amount", "number", nullable=True),
    Order("name", "name", "text"),
)


@dataclass(frozen=True)
class SharedFilter:
    """Which of its deals a partner looks at."""

    status: str | None = None
    role: str | None = None
    search: str = ""


def hidden_amounts_of(partnership: Partnership, actor: Actor, opportunity_ids: Collection[UUID]) -> set[UUID]:
    """Those of these deals whose worth the partner may not see, also after it has left them. Raises NotFound.

    The list of them is the vendor's: a partner that reads it would learn of deals that it has no part in.
    """
    missing = NotFound(words("There is no such partnership of yours."))
    with vendor_side(partnership, actor, missing) as vendor_id:
        kept = HiddenAmount.objects.filter(
            vendor_id=vendor_id, partnership=partnership, opportunity__in=list(opportunity_ids)
        )
        return set(kept.values_list("opportunity_id", flat=True))


@dataclass(frozen=True)
class Won:
    """What was won in a period: amounts by currency, the deals, and those among them without an amount."""

    amounts: dict[str, Decimal]
    deals: int
    without_amount: int


@dataclass
class QuarterFigures:
    """One quarter of a partner's own results. Amounts by currency; deals without an amount are counted beside them."""

    period: Period
    won: dict[str, Decimal] = field(default_factory=dict)
    won_deals: int = 0
    without_amount: int = 0
    lost_deals: int = 0

    @property
    def win_rate(self) -> Decimal | None:
        """Won ÷ (won + lost); None when nothing closed."""
        closed = self.won_deals + self.lost_deals
        return Decimal(self.won_deals) / closed if closed else None


@dataclass
class Performance:
    """A partner's own results: open deals now, and quarter by quarter, oldest first."""

    open_deals: int
    quarters: list[QuarterFigures]

    def over(self, period: Period) -> QuarterFigures:
        """The quarters that lie in a longer period, added up."""
        total = QuarterFigures(period)
        for quarter in self.quarters:
            if period.contains(quarter.period.starts_on):
                for currency, amount in quarter.won.items():
                    total.won[currency] = total.won.get(currency, Decimal(0)) + amount
                total.won_deals += quarter.won_deals
                total.without_amount += quarter.without_amount
                total.lost_deals += quarter.lost_deals
        return total


def shared_deals_visible_to(actor: Actor, partnership: Partnership) -> QuerySet[SharedDeal]:
    """The deals of one partnership: for the partner its own, for the vendor what the partner sees."""
    allowed = Permission.VIEW_DEALS if actor.is_vendor else Permission.PORTAL_DEALS
    if not (actor.can(allowed) or actor.can(Permission.PORTAL_PERFORMANCE)):
        return SharedDeal.objects.none()
    side = {"vendor_id" if actor.is_vendor else "partner_id": actor.organization_id}
    return SharedDeal.objects.filter(**side).filter(vendor_id=partnership.vendor_id, partnership=partnership)


def shared_deals_matching(actor: Actor, partnership: Partnership, wanted: SharedFilter) -> QuerySet[SharedDeal]:
    """The visible deals that a filter lets through."""
    rows = shared_deals_visible_to(actor, partnership)
    if wanted.status:
        rows = rows.filter(status=wanted.status)
    if wanted.role:
        rows = rows.filter(roles__contains=[wanted.role])
    words = " ".join(wanted.search.replace("\x00", "").split())[:200]
    return rows.filter(Q(name__icontains=words) | Q(customer_name__icontains=words)) if words else rows


def won_in(rows: QuerySet[SharedDeal], period: Period) -> Won:
    """What these deals brought in a period, by close date. One query."""
    won = rows.filter(status=DealStatus.WON, closed_on__range=(period.starts_on, period.ends_on))
    by_currency = list(
        won.values("currency")
        .annotate(deals=Count("pk"), unknown=Count("pk", filter=Q(amount__isnull=True)), total=Sum("amount"))
        .order_by("currency")
    )
    return Won(
        amounts={row["currency"]: row["total"] for row in by_currency if row["total"] is not None},
        deals=sum(row["deals"] for row in by_currency),
        without_amount=sum(row["unknown"] for row in by_currency),
    )


def performance_of(rows: QuerySet[SharedDeal], calendar: FiscalCalendar, *, period: Period) -> Performance:
    """What the deals say of every quarter in a period. Two queries, whatever the number of deals."""
    open_deals = rows.filter(status=DealStatus.OPEN).count()
    closed = (
        rows.filter(closed_on__range=(period.starts_on, period.ends_on))
        .annotate(month=TruncMonth("closed_on"))
        .values("month", "currency", "status")
        .annotate(deals=Count("pk"), unknown=Count("pk", filter=Q(amount__isnull=True)), amount=Sum("amount"))
        .order_by("month")
    )
    quarters = {quarter.starts_on: QuarterFigures(quarter) for quarter in calendar.quarters(period)}
    for row in closed:
        _add(quarters[calendar.quarter_of(row["month"]).starts_on], row)
    return Performance(open_deals, list(quarters.values()))


def _add(quarter: QuarterFigures, row: Mapping[str, Any]) -> None:
    if row["status"] == DealStatus.LOST:
        quarter.lost_deals += row["deals"]
        return
    quarter.won_deals += row["deals"]
    quarter.without_amount += row["unknown"]
    if row["amount"] is not None:
        quarter.won[row["currency"]] = quarter.won.get(row["currency"], Decimal(0)) + row["amount"]
