"""Reads of touches and credit, and who may see what: the vendor's people all of it, a partner its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from comity.attribution.models import (
    AttributionSettings,
    CreditRun,
    CreditStep,
    DealCredit,
    PartnerCredit,
    Touch,
    TouchFile,
)
from comity.attribution.rules import (
    DEFAULTS,
    CountedTouch,
    DeclaredPart,
    Disagreement,
    Part,
    Settings,
    Weights,
    all_weights,
    disagreement,
    roles,
    shares,
    split,
    within_window,
)
from comity.attribution.settings import settings_of
from comity.attribution.states import Basis, Model, TouchKind, TouchState
from comity.deals.models import Handling, Opportunity, StageChange
from comity.deals.queries import hidden_amounts_of
from comity.deals.states.registrations import PROTECTED, State
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.money import Money
from comity.programs.models import Partnership, Program

HOLDS = (*PROTECTED, State.WON)


@dataclass(frozen=True)
class Shared:
    """One partner under one model."""

    share: Decimal
    amount: Money | None


@dataclass
class PartnerLine:
    """One partner on one deal: its role, and what each model gives it."""

    partnership: Partnership
    part: Part
    by_model: dict[Model, Shared] = field(default_factory=dict)


@dataclass
class Explanation:
    """The credit of a deal and what it comes from."""

    touches: list[Touch]
    counted: frozenset[UUID]
    lines: list[PartnerLine]
    settings: Settings
    credit: DealCredit | None
    steps: list[CreditStep]
    disagreement: Disagreement | None
    speaking: list[Model]
    """The models that share the deal out at all."""
    late: list[Touch]
    """Confirmed touches within the window that the frozen credit does not know of."""

    def name_of(self, partner: UUID) -> str:
        """A partner's name."""
        return next((line.partnership.name for line in self.lines if line.partnership.pk == partner), "")


def settings_visible_to(actor: Actor, program: Program) -> QuerySet[AttributionSettings]:
    """The versions of a program's settings, the newest first; vendor only."""
    if not (actor.is_vendor and actor.can(Permission.VIEW_DEALS)):
        return AttributionSettings.objects.none()
    return AttributionSettings.objects.filter(vendor_id=actor.organization_id, program=program).order_by("-number")


def runs_visible_to(actor: Actor, program: Program) -> QuerySet[CreditRun]:
    """The recomputes of a program, the newest first; vendor only."""
    if not (actor.is_vendor and actor.can(Permission.VIEW_METRICS)):
        return CreditRun.objects.none()
    return CreditRun.objects.filter(vendor_id=actor.organization_id, program=program).order_by("-created_at", "-id")


def changes_of_run(actor: Actor, run: CreditRun) -> QuerySet[CreditStep]:
    """What a recompute did to which deals, by deal."""
    steps = CreditStep.objects.filter(vendor_id=actor.organization_id, change_id=run.pk)
    return steps.select_related("opportunity").order_by("opportunity_id", "sequence")


def touch_files_visible_to(actor: Actor, program: Program) -> QuerySet[TouchFile]:
    """Lists of touches, the newest first; for those who may confirm touches."""
    if not (actor.is_vendor and actor.can(Permission.CONFIRM_TOUCHES)):
        return TouchFile.objects.none()
    return TouchFile.objects.filter(vendor_id=actor.organization_id, program=program).order_by("-uploaded_at", "-id")


def touches_visible_to(actor: Actor, program: Program | None = None) -> QuerySet[Touch]:
    """Touches of a program, the newest first: all for the vendor's people who may see deals, its own for a partner."""
    rows = Touch.objects.select_related("partnership")
    if actor.is_vendor and actor.can(Permission.VIEW_DEALS):
        rows = rows.filter(vendor_id=actor.organization_id).select_related("opportunity", "account", "registration")
    elif not actor.is_vendor and actor.can(Permission.PORTAL_DEALS):
        rows = rows.filter(partner_id=actor.organization_id)
    else:
        return Touch.objects.none()
    if program is not None:
        rows = rows.filter(program=program)
    return rows.order_by("-happened_at", "-id")


def waiting_touches(actor: Actor, program: Program) -> QuerySet[Touch]:
    """What partners reported and nobody has confirmed yet, the oldest first."""
    rows = touches_visible_to(actor, program).filter(state=TouchState.WAITING.value)
    return rows.order_by("happened_at", "id")


def touches_of_deal(actor: Actor, opportunity: Opportunity) -> list[Touch]:
    """Every touch that names the deal, its registration, or its customer, the oldest first; of any state."""
    handlings = Handling.objects.filter(vendor_id=opportunity.vendor_id)
    of_deal = handlings.filter(opportunity=opportunity).values("registration_id")
    elsewhere = handlings.filter(opportunity__isnull=False).exclude(opportunity=opportunity).values("registration_id")
    wanted = Q(opportunity=opportunity) | Q(opportunity__isnull=True, registration_id__in=of_deal)
    if opportunity.account_id:
        of_customer = Q(opportunity__isnull=True, account_id=opportunity.account_id)
        wanted |= of_customer & (Q(registration__isnull=True) | ~Q(registration_id__in=elsewhere))
    found = touches_visible_to(actor).filter(wanted, program_id=opportunity.program_id)
    return list(found.order_by("happened_at", "id"))


def explain(actor: Actor, opportunity: Opportunity, *, today: date) -> Explanation:
    """What every model says of a deal. One that is won is shown as it was frozen, another as if it were won today."""
    credit = DealCredit.objects.select_related("settings").filter(opportunity=opportunity).first()
    until = opportunity.closed_on or today
    settings = settings_of(credit.settings) if credit else _settings_on(opportunity.program, until)
    touches = touches_of_deal(actor, opportunity)
    made = _counted(opportunity.program, touches)
    inside = within_window(made.values(), opened_on=opportunity.opened_on, until=until, days=settings.window_days)
    if credit is not None:
        parts, weights = _stored(opportunity)
    else:
        parts, weights = _worked_out(opportunity, touches, made, inside, settings, until)
    late = [
        touch
        for touch in touches
        if credit and made.get(touch.pk) in inside and (touch.decided_at or touch.created_at) > credit.frozen_at
    ]
    return Explanation(
        touches=touches,
        counted=frozenset(touch.id for touch in inside) - {touch.pk for touch in late},
        lines=_lines(opportunity, parts, weights),
        settings=settings,
        credit=credit,
        steps=list(CreditStep.objects.filter(opportunity=opportunity).order_by("-sequence")),
        disagreement=disagreement(weights),
        speaking=[model for model in Model if weights.get(model)],
        late=late,
    )


def _settings_on(program: Program, day: date) -> Settings:
    versions = AttributionSettings.objects.filter(vendor_id=program.vendor_id, program=program, from_on__lte=day)
    found = versions.filter(Q(to_on__isnull=True) | Q(to_on__gt=day)).first()
    return settings_of(found) if found else DEFAULTS


def _counted(program: Program, touches: list[Touch]) -> dict[UUID, CountedTouch]:
    zone = ZoneInfo(program.time_zone)
    return {
        touch.pk: CountedTouch(
            touch.happened_at,
            touch.pk,
            touch.partnership_id,
            touch.happened_at.astimezone(zone).date(),
            TouchKind(touch.kind),
        )
        for touch in touches
        if touch.state == TouchState.CONFIRMED
    }


def _worked_out(
    opportunity: Opportunity,
    touches: list[Touch],
    made: dict[UUID, CountedTouch],
    inside: tuple[CountedTouch, ...],
    settings: Settings,
    until: date,
) -> tuple[dict[UUID, Part], dict[Model, Weights]]:
    declared = [
        DeclaredPart(row.partnership_id, row.role, row.declared_by_import, row.share)
        for row in opportunity.partners.all()
    ]
    handlings = Handling.objects.filter(vendor_id=opportunity.vendor_id, opportunity=opportunity)
    own = set(handlings.values_list("registration_id", flat=True))
    named = {one.pk for one in touches if one.opportunity_id or (one.registration_id and one.registration_id in own)}
    tied = [made[one.pk] for one in touches if one.pk in made and (one.pk in named or made[one.pk] in inside)]
    known = {touch.id for touch in tied}
    by_vendor = [made[one.pk].on for one in touches if one.pk in known and one.side == "vendor"]
    moved = StageChange.objects.filter(vendor_id=opportunity.vendor_id, opportunity=opportunity, on__isnull=False)
    parts = roles(
        tied,
        declared,
        opened_on=opportunity.opened_on,
        until=until,
        activity=[*by_vendor, *(day for day in moved.values_list("on", flat=True) if day)],
        idle_days=settings.idle_days,
    )
    holders = handlings.filter(registration__state__in=[state.value for state in HOLDS])
    holder = holders.order_by("order_number").values_list("registration__partnership_id", flat=True).first()
    return parts, all_weights(inside, settings, holder=holder, declared=declared)


def _stored(opportunity: Opportunity) -> tuple[dict[UUID, Part], dict[Model, Weights]]:
    rows = list(PartnerCredit.objects.filter(vendor_id=opportunity.vendor_id, opportunity=opportunity))
    parts = {row.partnership_id: Part(row.role, Basis(row.basis), row.fulfilled) for row in rows}
    weights: dict[Model, Weights] = {
        model: {row.partnership_id: weight for row in rows if (weight := getattr(row, f"{model}_weight"))}
        for model in Model
    }
    return parts, weights


def _lines(opportunity: Opportunity, parts: dict[UUID, Part], weights: dict[Model, Weights]) -> list[PartnerLine]:
    everybody = {*parts, *(partner for given in weights.values() for partner in given)}
    rows = Partnership.objects.filter(vendor_id=opportunity.vendor_id, pk__in=everybody).order_by("sort_name", "pk")
    value = None if opportunity.amount is None else Money(opportunity.amount, opportunity.currency)
    found = {
        model: (shares(given), {} if value is None else split(value, given))
        for model, given in weights.items()
        if given
    }
    nothing = None if value is None else Money(0, value.currency)
    return [
        PartnerLine(
            row,
            parts.get(row.pk, Part()),
            {
                model: Shared(share.get(row.pk, Decimal(0)), amounts.get(row.pk, nothing))
                for model, (share, amounts) in found.items()
            },
        )
        for row in rows
    ]


@dataclass(frozen=True)
class OwnCredit:
    """What a partner reads of its credit for one won deal. Where it may not see what the deal is worth, there is no
    money: under a model that gives it everything, its part is the whole amount."""

    row: PartnerCredit
    amounts: Mapping[Model, Decimal | None]
    hidden: bool


def own_credit(actor: Actor, partnership: Partnership, *, most: int) -> list[OwnCredit]:
    """A partner's credit in one program, the newest close first, at most so many. Raises NotFound."""
    rows = list(credits_visible_to(actor, partnership=partnership)[:most])
    hidden = hidden_amounts_of(partnership, actor, [row.opportunity_id for row in rows])
    return [
        OwnCredit(
            row,
            {model: None if row.opportunity_id in hidden else getattr(row, f"{model}_amount") for model in Model},
            row.opportunity_id in hidden,
        )
        for row in rows
    ]


def credits_visible_to(actor: Actor, program: Program | None = None, **limits: Any) -> QuerySet[PartnerCredit]:
    """Rows of credit, the newest close first: all for the vendor's people who see deals or figures, its own for a
    partner."""
    rows = PartnerCredit.objects.select_related("partnership")
    if actor.is_vendor and (actor.can(Permission.VIEW_DEALS) or actor.can(Permission.VIEW_METRICS)):
        rows = rows.filter(vendor_id=actor.organization_id)
    elif not actor.is_vendor and (actor.can(Permission.PORTAL_DEALS) or actor.can(Permission.PORTAL_PERFORMANCE)):
        rows = rows.filter(partner_id=actor.organization_id)
    else:
        return PartnerCredit.objects.none()
    if program is not None:
        rows = rows.filter(program=program)
    return rows.filter(**limits).order_by("-closed_on", "-opportunity_id")
