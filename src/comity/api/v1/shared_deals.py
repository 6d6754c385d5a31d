"""Deals as a partner sees them: its own, and only what the vendor shares."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from ninja import Query, Router
from pydantic import Field

from comity.api.fields import Amount, Currency, Output
from comity.api.paging import ListQuery, Page, page_of
from comity.api.tokens import READ
from comity.api.v1.lookups import partnership_of
from comity.deals.models import SharedDeal
from comity.deals.queries import SharedFilter, shared_deals_matching
from comity.deals.states import DealStatus, PartnerRole
from comity.identity.roles import Permission

router = Router(tags=["Shared deals"])


class SharedDealOut(Output):
    """What a partner may see of a deal it takes part in."""

    id: UUID
    name: str
    customer_name: str
    roles: list[PartnerRole]
    stage: str
    status: DealStatus
    opened_on: date | None
    closed_on: date | None
    currency: Currency
    amount: Amount | None
    recurring_amount: Amount | None


class SharedDealPage(Page[SharedDealOut]):
    """Shared deals."""


class SharedDealQuery(ListQuery):
    """The list of shared deals."""

    status: DealStatus | None = None
    role: PartnerRole | None = None
    search: Annotated[str | None, Field(max_length=200, description="Part of the deal's or customer's name.")] = None


@router.get(
    "/partnerships/{uuid:partnership_id}/shared-deals", response=SharedDealPage, auth=READ, summary="List shared deals"
)
def list_shared_deals(request: Any, partnership_id: UUID, query: Query[SharedDealQuery]) -> Any:
    """The deals of a partnership as its partner sees them. Needs “view deals”, a partner “portal deals”."""
    actor = request.actor
    partnership = partnership_of(actor, partnership_id)
    actor.require(Permission.VIEW_DEALS if actor.is_vendor else Permission.PORTAL_DEALS)
    wanted = SharedFilter(status=query.status, role=query.role, search=query.search or "")
    return page_of(request, shared_deals_matching(actor, partnership, wanted), query, _show)


def _show(row: SharedDeal) -> SharedDealOut:
    values = {name: getattr(row, name) for name in SharedDealOut.model_fields if name != "stage"}
    return SharedDealOut(**values, stage=row.stage_name)
