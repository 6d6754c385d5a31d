"""What opportunities look like in JSON, coming and going."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StrictInt

from comity.api.fields import Amount, AmountIn, Currency, Day, Input, Named, Output, ShortText, left_out, named
from comity.api.paging import ListQuery, Page
from comity.deals.models import Opportunity, OpportunityLine, OpportunityPartner, StageChange
from comity.deals.states import DealKind, DealStatus, PartnerRole

Competitors = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=20)]
Term = Annotated[StrictInt, Field(ge=1, le=600)]


class PartnerOnDeal(Output):
    """What one partner does on a deal."""

    partnership: Named
    role: PartnerRole
    share: Annotated[Amount | None, Field(description="Declared split, 0 to 1.")]
    declared_by_import: bool


class LineOut(Output):
    """One product on a deal."""

    position: int
    product: Named | None
    family: Named | None
    quantity: Amount | None
    unit_price: Amount | None
    amount: Amount | None


class StepOut(Output):
    """From a day on (null: from the beginning of time) the deal stood in this stage; the amounts known from then."""

    on: date | None
    stage: Named
    status: DealStatus
    amount: Amount | None
    recurring_amount: Amount | None


class OpportunityOut(Output):
    """A deal in the vendor's pipeline. “amount” is one-off, “recurring_amount” a year's."""

    id: UUID
    program_id: UUID
    name: str
    external_id: str | None
    account: Named | None
    kind: DealKind
    stage: Named
    status: DealStatus
    probability: Annotated[Amount | None, Field(description="Of the stage, 0 to 1.")]
    opened_on: date | None
    closed_on: date | None
    expected_close_on: date | None
    currency: Currency
    amount: Amount | None
    recurring_amount: Amount | None
    term_months: int | None
    list_amount: Amount | None
    manager: Named | None
    loss_reason: str
    competitors: list[str]
    partners: list[PartnerOnDeal]
    created_at: datetime


class OpportunityInFull(OpportunityOut):
    """A deal with its lines and its history."""

    lines: list[LineOut]
    history: list[StepOut]


class OpportunityPage(Page[OpportunityOut]):
    """Opportunities."""


class OpportunityQuery(ListQuery):
    """The list of opportunities of one program."""

    program: UUID
    status: DealStatus | None = None
    stage: UUID | None = None
    manager: UUID | None = None
    partnership: UUID | None = None
    account: UUID | None = None
    family: UUID | None = None
    role: PartnerRole | None = None
    closed_from: Day | None = None
    closed_to: Day | None = None
    search: Annotated[str | None, Field(max_length=200, description="Part of the deal's or customer's name.")] = None


class OpportunityChange(Input):
    """What to change; whatever is left out stays, null takes away. Stages change by a move."""

    name: Annotated[str, Field(min_length=1, max_length=300)] = left_out()
    account_id: UUID | None = None
    kind: DealKind = left_out()
    opened_on: Day | None = None
    closed_on: Day | None = None
    expected_close_on: Day | None = None
    currency: Currency = left_out()
    amount: AmountIn | None = None
    recurring_amount: AmountIn | None = None
    term_months: Term | None = None
    list_amount: AmountIn | None = None
    manager_id: UUID | None = None
    external_id: ShortText | None = None
    loss_reason: Annotated[str, Field(max_length=200)] = left_out()
    competitors: Competitors = left_out()


class NewOpportunity(OpportunityChange):
    """A deal to record; without a stage it starts in the program's first."""

    program_id: UUID
    name: Annotated[str, Field(min_length=1, max_length=300)]
    stage_id: UUID | None = None


class StageMove(Input):
    """Into which stage, on which day (today in the program's time zone where left out)."""

    stage_id: UUID
    on: Day | None = None
    loss_reason: Annotated[str, Field(max_length=200)] = ""
    competitors: Competitors = []


class PartnerIn(Input):
    """A partner's role on the deal; shares are all left out, or sum to exactly 1."""

    partnership_id: UUID
    role: PartnerRole
    share: AmountIn | None = None


class Partners(Input):
    """The partners of a deal, all of them."""

    partners: Annotated[list[PartnerIn], Field(max_length=50)]


def show(row: Opportunity) -> OpportunityOut:
    """A deal as lists have it; its parts are loaded."""
    return OpportunityOut(**_facts(row))


def show_in_full(row: Opportunity) -> OpportunityInFull:
    """A deal with lines and history; its parts are loaded."""
    deal: Any = row
    return OpportunityInFull(
        **_facts(row),
        lines=[_line(line) for line in deal.lines.all()],
        history=[_step(step) for step in deal.steps.all()],
    )


def _facts(row: Opportunity) -> dict[str, Any]:
    deal: Any = row
    values = {
        name: getattr(row, name) for name in OpportunityOut.model_fields if name not in ("probability", "partners")
    }
    return {
        **values,
        "account": named(row.account),
        "stage": named(row.stage),
        "manager": named(row.manager),
        "probability": row.stage.probability,
        "partners": [_partner(partner) for partner in deal.partners.all()],
    }


def _partner(row: OpportunityPartner) -> PartnerOnDeal:
    return PartnerOnDeal(
        partnership=Named(id=row.partnership.pk, name=row.partnership.name),
        role=PartnerRole(row.role),
        share=row.share,
        declared_by_import=row.declared_by_import,
    )


def _line(row: OpportunityLine) -> LineOut:
    return LineOut(
        position=row.position,
        product=named(row.product),
        family=named(row.family),
        quantity=row.quantity,
        unit_price=row.unit_price,
        amount=row.amount,
    )


def _step(row: StageChange) -> StepOut:
    return StepOut(
        on=row.on,
        stage=Named(id=row.stage.pk, name=row.stage.name),
        status=DealStatus(row.status),
        amount=row.amount,
        recurring_amount=row.recurring_amount,
    )
