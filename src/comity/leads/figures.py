"""Figures of leads: how many stand where and for how long, and what becomes of them by partner and by source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import (
    Aggregate,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    FloatField,
    Min,
    OuterRef,
    Q,
    Subquery,
)
from django.db.models.functions import Coalesce

from comity.deals.models import Handling, Opportunity
from comity.deals.states import DealStatus
from comity.identity.actors import Actor
from comity.leads.models import LeadOffer
from comity.leads.queries import leads_visible_to
from comity.leads.states import OPEN, OfferState, State
from comity.programs.models import Program

OLD: Final = timedelta(days=14)
"""From here on an open lead counts as old."""


@dataclass(frozen=True)
class Standing:
    """The leads of one state: how many, since when the oldest of them stands there, how many of them are old."""

    state: State
    leads: int
    oldest_since: datetime | None
    old: int


@dataclass(frozen=True)
class Yield:
    """What became of the leads of one partner or source that came in within a period."""

    label: str
    key: str
    leads: int
    """Of a partner: offered to it; of a source: taken in."""
    accepted: int
    converted: int
    won: int
    hours: float | None
    """Median hours from offer to acceptance; None where nothing was accepted."""

    @property
    def conversion(self) -> float | None:
        """Converted over accepted; None where nothing was accepted."""
        return self.converted / self.accepted if self.accepted else None


class Median(Aggregate):
    """The middle of seconds."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY EXTRACT(EPOCH FROM %(expressions)s))%(filter)s"
    output_field = FloatField()


def standing_of(actor: Actor, program: Program, at: datetime) -> list[Standing]:
    """Every open state, then those that are over; one query."""
    rows = leads_visible_to(actor, program).order_by().values("state")
    counted = {
        row["state"]: row
        for row in rows.annotate(
            leads=Count("pk"), oldest=Min("moved_at"), old=Count("pk", filter=Q(moved_at__lt=at - OLD))
        )
    }
    found = []
    for state in State:
        row = counted.get(state.value)
        is_open = state in OPEN
        found.append(
            Standing(
                state, row["leads"] if row else 0, row["oldest"] if row and is_open else None,
                row["old"] if row and is_open else 0,
            )
        )  # fmt: skip
    return found


def yield_by_source(actor: Actor, program: Program, first: date, last: date) -> list[Yield]:
    """Leads taken in from the first day to the last, by where they came from; the most first."""
    rows = _with_outcome(leads_visible_to(actor, program)).filter(
        received_at__date__gte=first, received_at__date__lte=last
    ).exclude(state=State.DUPLICATE)  # fmt: skip
    found = rows.order_by().values("source").annotate(
        leads=Count("pk"), accepted=Count("pk", filter=Q(answered_at__isnull=False) | Q(state=State.CONVERTED)),
        converted=Count("pk", filter=Q(state=State.CONVERTED)), won=Count("pk", filter=Q(is_won=DealStatus.WON)),
        seconds=Median(_waited("answered_at", "first_offered_at"), filter=Q(answered_at__isnull=False)),
    )  # fmt: skip
    return [_yield(row, row["source"], row["source"]) for row in found.order_by("-leads", "source")]


def yield_by_partner(actor: Actor, program: Program, first: date, last: date) -> list[Yield]:
    """Leads offered from the first day to the last, by partner; the most first. What one declined counts for it too."""
    leads = _with_outcome(leads_visible_to(actor, program)).filter(pk=OuterRef("lead"))
    taken = [OfferState.ACCEPTED.value, OfferState.RETURNED.value]
    rows = LeadOffer.objects.filter(
        vendor_id=actor.organization_id, partnership__program=program, offered_at__date__gte=first,
        offered_at__date__lte=last, lead__in=leads_visible_to(actor, program).values("pk"),
    ).annotate(is_won=Subquery(leads.values("is_won")[:1]))  # fmt: skip
    held = Q(state=OfferState.ACCEPTED, progress=State.CONVERTED)
    found = rows.order_by().values("partnership", "partnership__name").annotate(
        leads=Count("pk"), accepted=Count("pk", filter=Q(state__in=taken)), converted=Count("pk", filter=held),
        won=Count("pk", filter=held & Q(is_won=DealStatus.WON)),
        seconds=Median(_waited("answered_at", "offered_at"), filter=Q(state__in=taken)),
    )  # fmt: skip
    ordered = found.order_by("-leads", "partnership__name")
    return [_yield(row, row["partnership__name"], str(row["partnership"])) for row in ordered]


def _with_outcome(rows: Any) -> Any:
    """Leads with the status of the deal that they became, directly or by a registration."""
    registered = Handling.objects.filter(vendor_id=OuterRef("vendor_id"), registration=OuterRef("registration_id"))
    by_claim = Subquery(registered.values("opportunity__status")[:1])
    direct = Opportunity.objects.filter(vendor_id=OuterRef("vendor_id"), pk=OuterRef("opportunity"))
    return rows.annotate(by_claim=by_claim, direct=Subquery(direct.values("status")[:1])).annotate(
        is_won=Coalesce("direct", "by_claim")
    )


def _waited(end: str, start: str) -> ExpressionWrapper:
    return ExpressionWrapper(F(end) - F(start), output_field=DurationField())


def _yield(row: Any, label: str, key: str) -> Yield:
    hours = None if row["seconds"] is None else row["seconds"] / 3600
    return Yield(label, key, row["leads"], row["accepted"], row["converted"], row["won"], hours)
