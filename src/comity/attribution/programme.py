"""What attribution says of a whole program: totals by role, revenue by partner under each model, and lost deals."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from comity.attribution.models import DealCredit
from comity.attribution.queries import credits_visible_to
from comity.attribution.states import Model
from comity.deals.models import Opportunity, OpportunityPartner
from comity.deals.queries import opportunities_visible_to
from comity.deals.states import DealStatus
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.periods import Period
from comity.programs.models import Program

ROLES = ("sourced", "influenced", "fulfilled", "direct")


@dataclass(frozen=True)
class RoleTotal:
    """Won deals that totals count under one role, each once. Amount in the program's currency."""

    role: str
    deals: int
    amount: Decimal
    without_amount: int


@dataclass
class PartnerRevenue:
    """One partner in a period: its deals by role (a deal may show under several), and its amount under each model."""

    partnership_id: UUID
    name: str
    deals: int
    by_role: dict[str, Decimal]
    by_model: dict[Model, Decimal]
    ranks: dict[Model, int] = field(default_factory=dict)

    @property
    def spread(self) -> int:
        """By how many places its rank depends on the model."""
        return max(self.ranks.values()) - min(self.ranks.values()) if self.ranks else 0


@dataclass(frozen=True)
class ProgrammeAttribution:
    """The figures of a page, and which models say anything at all."""

    totals: list[RoleTotal]
    partners: list[PartnerRevenue]
    models: list[Model]

    @property
    def amount(self) -> Decimal:
        """Everything that was won: the roles together, each deal once."""
        return sum((total.amount for total in self.totals), Decimal(0))

    @property
    def most_moved(self) -> list[PartnerRevenue]:
        """The partners whose rank depends most on the model."""
        moved = [one for one in self.partners if one.spread]
        return sorted(moved, key=lambda one: (-one.spread, one.name))[:5]


def programme_attribution(actor: Actor, program: Program, period: Period | None) -> ProgrammeAttribution:
    """Credit of the deals won in a period (all time without one), by close date. Raises NotAllowed."""
    actor.require(Permission.VIEW_METRICS)
    between = {"closed_on__range": (period.starts_on, period.ends_on)} if period else {}
    deals = DealCredit.objects.filter(vendor_id=actor.organization_id, program=program, **between)
    partners = _partners(actor, program, between)
    models = [model for model in Model if any(one.by_model[model] for one in partners)]
    for model in models:
        ordered = sorted(partners, key=lambda one: (-one.by_model[model], one.name, one.partnership_id))
        for place, one in enumerate(ordered, start=1):
            one.ranks[model] = place
    return ProgrammeAttribution(_totals(deals), partners, models)


def _totals(deals: QuerySet[DealCredit]) -> list[RoleTotal]:
    found: dict[str, Any] = {
        row["role"]: row
        for row in deals.values("role").annotate(
            deals=Count("pk"), total=Sum("amount"), unknown=Count("pk", filter=Q(amount__isnull=True))
        )
    }
    return [
        RoleTotal(role, row["deals"], row["total"] or Decimal(0), row["unknown"])
        for role in ROLES
        if (row := found.get(role, {"deals": 0, "total": None, "unknown": 0}))
    ]


def _partners(actor: Actor, program: Program, between: dict[str, Any]) -> list[PartnerRevenue]:
    rows = credits_visible_to(actor, program, **between).order_by()
    whole = "opportunity__credit__amount"
    sums: dict[str, Any] = {str(model): Coalesce(Sum(f"{model}_amount"), Decimal(0)) for model in Model}
    sums |= {
        "as_sourced": Coalesce(Sum(whole, filter=Q(role="sourced")), Decimal(0)),
        "as_influenced": Coalesce(Sum(whole, filter=Q(role="influenced")), Decimal(0)),
        "as_fulfilled": Coalesce(Sum(whole, filter=Q(fulfilled=True)), Decimal(0)),
    }
    found: Any = rows.values("partnership_id", "partnership__name").annotate(deals=Count("pk"), **sums)
    made = [
        PartnerRevenue(
            row["partnership_id"],
            row["partnership__name"],
            row["deals"],
            {role: row[f"as_{role}"] for role in ROLES[:3]},
            {model: row[str(model)] for model in Model},
        )
        for row in found
    ]
    return sorted(made, key=lambda one: (-sum(one.by_role.values()), one.name))


@dataclass(frozen=True)
class LostLine:
    """Lost deals that have something in common. Amount in the program's currency; other currencies are only counted."""

    label: str
    deals: int
    amount: Decimal
    without_amount: int


@dataclass(frozen=True)
class MarketSays:
    """Why deals were lost in a period, and to whom: by reason, competitor, product family, region and partner."""

    deals: int
    reasons: list[LostLine]
    competitors: list[LostLine]
    families: list[LostLine]
    regions: list[LostLine]
    partners: list[LostLine]


def market_says(
    actor: Actor, program: Program, period: Period | None, *, reason: str = "", competitor: str = ""
) -> MarketSays:
    """What lost deals say, of all of them or of those with one reason or competitor."""
    rows = opportunities_visible_to(actor, program).filter(status=DealStatus.LOST)
    if period is not None:
        rows = rows.filter(closed_on__range=(period.starts_on, period.ends_on))
    if reason:
        rows = rows.filter(loss_reason=reason)
    if competitor:
        rows = rows.filter(competitors__contains=[competitor])
    rows = rows.order_by()
    named = OpportunityPartner.objects.filter(vendor_id=program.vendor_id, opportunity_id=OuterRef("pk"))
    partners = _lost(rows, program, "partners__partnership__name")
    direct = _lost(rows.filter(~Exists(named)), program, None)
    return MarketSays(
        rows.count(),
        _lost(rows, program, "loss_reason"),
        _by_competitor(rows, program),
        _lost(rows, program, "lines__family__name"),
        _lost(rows, program, "partners__partnership__region__name"),
        [line for line in partners if line.label] + direct,
    )


def _lost(rows: QuerySet[Opportunity], program: Program, column: str | None) -> list[LostLine]:
    """Deals by what stands in a column, each deal once a label; the most first."""
    names = ["pk", "amount", "currency", *([column] if column else [])]
    found: dict[str, dict[Any, tuple[Any, str]]] = {}
    for row in rows.values(*names).distinct():
        label = (row[column] or "") if column else ""
        found.setdefault(label, {})[row["pk"]] = (row["amount"], row["currency"])
    return _lines(found, program)


def _by_competitor(rows: QuerySet[Opportunity], program: Program) -> list[LostLine]:
    found: dict[str, dict[Any, tuple[Any, str]]] = {}
    for row in rows.values("pk", "amount", "currency", "competitors"):
        for name in row["competitors"] or [""]:
            found.setdefault(name, {})[row["pk"]] = (row["amount"], row["currency"])
    return _lines(found, program)


def _lines(found: dict[str, dict[Any, tuple[Any, str]]], program: Program) -> list[LostLine]:
    lines = []
    for label, deals in found.items():
        known = [amount for amount, currency in deals.values() if amount is not None and currency == program.currency]
        lines.append(LostLine(label, len(deals), sum(known, Decimal(0)), len(deals) - len(known)))
    return sorted(lines, key=lambda line: (-line.deals, -line.amount, line.label))
