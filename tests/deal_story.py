"""Deals of the cast: Northwind's pipeline, with Fabrikam (Bo) and Contoso (Cy) on some of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from cast import Cast
from comity.deals.models import CustomerAccount, Opportunity, Stage
from comity.deals.services import (
    CustomerDraft,
    OpportunityDraft,
    PartnerDraft,
    close_lost,
    close_won,
    create_customer,
    create_default_stages,
    create_opportunity,
    set_partners,
)
from comity.deals.states import PartnerRole
from comity.programs.models import Partnership

MARCH = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def stages(cast: Cast) -> dict[str, Stage]:
    """The usual stages of Northwind's programme, by name."""
    made = create_default_stages(program=cast.program, actor=cast.actor("ada"))
    return {stage.name: stage for stage in made}


def customer(cast: Cast, name: str, **said: Any) -> CustomerAccount:
    """A customer of Northwind."""
    return create_customer(actor=cast.actor("ada"), draft=CustomerDraft(name=name, **said))


def deal(
    cast: Cast,
    name: str,
    *,
    partner: Partnership | None = None,
    role: PartnerRole = PartnerRole.SOURCED,
    won_on: date | None = None,
    lost_on: date | None = None,
    at: datetime = MARCH,
    **said: Any,
) -> Opportunity:
    """A deal that Ada records, with a partner on it, perhaps won or lost. Call it in Ada's scope."""
    stages(cast)
    draft = OpportunityDraft(
        **{"name": name, "opened_on": date(2025, 10, 1), "amount": Decimal(1000), "currency": "EUR", **said}
    )
    made = create_opportunity(program=cast.program, actor=cast.actor("ada"), draft=draft, at=at)
    if partner is not None:
        part = PartnerDraft(partnership=partner, role=role)
        made = set_partners(opportunity=made, actor=cast.actor("ada"), partners=[part])
    if won_on:
        made = close_won(opportunity=made, actor=cast.actor("ada"), on=won_on, at=at)
    if lost_on:
        made = close_lost(
            opportunity=made,
            actor=cast.actor("ada"),
            on=lost_on,
            at=at,
            loss_reason="Too dear for them",
            competitors=("Wide World Importers",),
        )
    return made
