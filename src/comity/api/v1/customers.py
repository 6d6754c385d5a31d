"""Customer accounts: listed, read, taken in, changed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router
from ninja.responses import Status as Reply
from pydantic import Field, StrictInt

from comity.api.fields import Amount, AmountIn, Input, Named, Output, ShortText, left_out, named
from comity.api.paging import ListQuery, Page, page_of
from comity.api.tokens import READ, WRITE
from comity.api.v1.lookups import customer_of, named_customer
from comity.deals.models import CustomerAccount
from comity.deals.queries import customer_search, customers_visible_to
from comity.deals.services import CustomerDraft, create_customer, edit_customer
from comity.identity.actors import Actor
from comity.identity.roles import Permission

router = Router(tags=["Customer accounts"])
Place = Annotated[str, Field(max_length=100)]
Domains = Annotated[list[Annotated[str, Field(max_length=253)]], Field(max_length=50)]


class CustomerOut(Output):
    """An end customer of the vendor."""

    id: UUID
    name: str
    external_id: str | None
    parent: Named | None
    domains: list[str]
    country: str
    city: str
    postcode: str
    industry: str
    annual_revenue: Annotated[Amount | None, Field(description="In no stated currency, as the source has it.")]
    employees: int | None
    created_at: datetime


class CustomerPage(Page[CustomerOut]):
    """Customer accounts."""


class CustomerChange(Input):
    """What to change; whatever is left out stays, null takes away."""

    name: Annotated[str, Field(min_length=1, max_length=300)] = left_out()
    external_id: ShortText | None = None
    parent_id: UUID | None = None
    domains: Domains = left_out()
    country: Place = left_out()
    city: Place = left_out()
    postcode: Annotated[str, Field(max_length=30)] = left_out()
    industry: ShortText = left_out()
    annual_revenue: AmountIn | None = None
    employees: Annotated[StrictInt, Field(ge=0, le=100_000_000)] | None = None


class NewCustomer(CustomerChange):
    """A customer to take in."""

    name: Annotated[str, Field(min_length=1, max_length=300)]


class CustomerQuery(ListQuery):
    """The list of customer accounts."""

    external_id: ShortText | None = None
    parent: UUID | None = None
    search: Annotated[str | None, Field(max_length=200, description="Part of the name; a domain or external id.")] = (
        None
    )


@router.get("/customer-accounts", response=CustomerPage, auth=READ, summary="List customer accounts")
def list_customer_accounts(request: Any, query: Query[CustomerQuery]) -> Any:
    """The vendor's customers. Needs “view deals”."""
    actor: Actor = request.actor
    actor.require(Permission.VIEW_DEALS)
    found = customers_visible_to(actor).select_related("parent")
    if query.external_id is not None:
        found = found.filter(external_id=query.external_id)
    if query.parent is not None:
        found = found.filter(parent=query.parent)
    if query.search:
        found = customer_search(found, query.search)
    return page_of(request, found, query, _show)


@router.post("/customer-accounts", response={201: CustomerOut}, auth=WRITE, summary="Take a customer in")
def add_customer_account(request: Any, new: NewCustomer, response: HttpResponse) -> Any:
    """Take a customer in. Needs “edit deals”."""
    actor: Actor = request.actor
    actor.require(Permission.EDIT_DEALS)
    made = create_customer(actor=actor, draft=CustomerDraft(**_for_draft(actor, new.given())))
    response["Location"] = f"/api/v1/customer-accounts/{made.pk}"
    return Reply(201, _show(customer_of(actor, made.pk)))


@router.get("/customer-accounts/{uuid:customer_id}", response=CustomerOut, auth=READ, summary="Read a customer account")
def read_customer_account(request: Any, customer_id: UUID) -> Any:
    """One customer account."""
    return _show(customer_of(request.actor, customer_id))


@router.patch(
    "/customer-accounts/{uuid:customer_id}", response=CustomerOut, auth=WRITE, summary="Change a customer account"
)
def change_customer_account(request: Any, customer_id: UUID, change: CustomerChange) -> Any:
    """Change what is known of a customer. Imports keep off whatever was set here."""
    actor: Actor = request.actor
    found = customer_of(actor, customer_id)
    actor.require(Permission.EDIT_DEALS)
    draft = CustomerDraft(**{**_as_it_is(found), **_for_draft(actor, change.given())})
    edit_customer(account=found, actor=actor, draft=draft)
    return _show(customer_of(actor, customer_id))


def _show(row: CustomerAccount) -> CustomerOut:
    values = {name: getattr(row, name) for name in CustomerOut.model_fields}
    return CustomerOut(**{**values, "parent": named(row.parent)})


def _as_it_is(row: CustomerAccount) -> dict[str, Any]:
    names = ("name", "parent", "country", "city", "postcode", "industry", "annual_revenue", "employees")
    kept = {name: getattr(row, name) for name in names}
    return {**kept, "domains": tuple(row.domains), "external_id": row.external_id or ""}


def _for_draft(actor: Actor, given: dict[str, Any]) -> dict[str, Any]:
    values = dict(given)
    if "parent_id" in values:
        values["parent"] = named_customer(actor, values.pop("parent_id"), "parent_id")
    if "domains" in values:
        values["domains"] = tuple(values["domains"])
    if "external_id" in values:
        values["external_id"] = values["external_id"] or ""
    return values
