"""Customer accounts: taken in, edited, put under a parent."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from comity.deals import rules
from comity.deals.cards import index_customer
from comity.deals.events import CustomerChanged
from comity.deals.models import CustomerAccount, Opportunity
from comity.deals.sharing import refresh_shared_deals
from comity.deals.versions import fingerprint, refuse_if_changed, write_changes
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.names import clean_name
from comity.kernel.words import words
from comity.platform.outbox import announce

LIMITS: Final = {"country": 100, "city": 100, "postcode": 30, "industry": 120, "external_id": 120}
LARGEST: Final = Decimal(10) ** 16
_ABOVE: Final = """
WITH RECURSIVE line (id, depth) AS (
    SELECT %(start)s::uuid, 1
    UNION
    SELECT account.parent_id, line.depth + 1 FROM line
    JOIN deals_customeraccount account ON account.vendor_id = %(vendor)s AND account.id = line.id
    WHERE account.parent_id IS NOT NULL AND line.depth < 100
)
SELECT id FROM line ORDER BY depth
"""


class CustomerExists(Conflict):
    """The vendor has a customer with this external id."""

    code, title = "customer_exists", words("This customer is there already")


@dataclass(frozen=True)
class CustomerDraft:
    """What a person says of a customer on a form; the keys are those of the table."""

    name: str
    external_id: str = ""
    parent: CustomerAccount | None = None
    domains: tuple[str, ...] = ()
    country: str = ""
    city: str = ""
    postcode: str = ""
    industry: str = ""
    annual_revenue: Decimal | None = None
    employees: int | None = None
    extra: dict[str, str] = field(default_factory=dict, repr=False)
    """Inputs of the form that could not be read, by field; they are reported with the rest."""


EDITABLE: Final = tuple(item.name for item in fields(CustomerDraft) if item.name != "extra")


def version_of(account: CustomerAccount) -> str:
    """A fingerprint of what the form shows, to notice that somebody else changed it meanwhile."""
    return fingerprint(account, EDITABLE)


@transaction.atomic
def create_customer(*, actor: Actor, draft: CustomerDraft) -> CustomerAccount:
    """Take a customer in. Raises NotAllowed, Invalid, InvalidName, CustomerExists."""
    actor.require(Permission.EDIT_DEALS)
    values = _checked(draft)
    _refuse_known_external_id(actor.organization_id, values["external_id"])
    edited = sorted(name for name in EDITABLE if values[name] not in (None, "", []))
    made = CustomerAccount.objects.create(vendor_id=actor.organization_id, edited_fields=edited, **values)
    _make_findable(made)
    return made


@transaction.atomic
def edit_customer(*, account: CustomerAccount, actor: Actor, draft: CustomerDraft, loaded: str = "") -> CustomerAccount:
    """Change what the form shows; each changed field is kept from imports. Partners read a new name at once.

    Raises NotAllowed, Invalid, InvalidName, CustomerCycle, CustomerExists, DealChangedMeanwhile.
    """
    actor.require(Permission.EDIT_DEALS)
    current = CustomerAccount.objects.select_for_update(of=("self",)).get(vendor_id=account.vendor_id, pk=account.pk)
    values = _checked(draft)
    refuse_if_changed(current, values, loaded)
    _refuse_cycle(current, draft.parent)
    if values["external_id"] != current.external_id:
        _refuse_known_external_id(current.vendor_id, values["external_id"])
    changed = write_changes(current, values)
    if changed:
        _make_findable(current)
    if "name" in changed:
        deals = Opportunity.objects.filter(vendor_id=current.vendor_id, account=current)
        refresh_shared_deals(vendor_id=current.vendor_id, opportunity_ids=list(deals.values_list("pk", flat=True)))
    return current


@transaction.atomic
def declare_parent(*, account: CustomerAccount, parent: CustomerAccount | None, actor: Actor) -> CustomerAccount:
    """Say to which company a customer belongs, or that it belongs to none; imports leave it alone.

    Raises NotAllowed, CustomerCycle.
    """
    actor.require(Permission.EDIT_DEALS)
    current = CustomerAccount.objects.select_for_update(of=("self",)).get(vendor_id=account.vendor_id, pk=account.pk)
    _refuse_cycle(current, parent)
    write_changes(current, {"parent": parent})
    return current


def _refuse_cycle(current: CustomerAccount, parent: CustomerAccount | None) -> None:
    if parent is None or parent.pk == current.parent_id:
        return
    # Two people could close a circle from both ends at once: parents of one vendor change one at a time.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"customers of {current.vendor_id}"])
    rules.refuse_cycle(customer_id=current.pk, parent_line=line_above(current.vendor_id, parent.pk))


def line_above(vendor_id: UUID, account_id: UUID) -> list[UUID]:
    """The customer and everybody above it, nearest first."""
    with connection.cursor() as cursor:
        cursor.execute(_ABOVE, {"start": account_id, "vendor": vendor_id})
        return [row[0] for row in cursor.fetchall()]


def _make_findable(account: CustomerAccount) -> None:
    index_customer(account)
    announce(CustomerChanged(account_id=account.pk))


def _checked(draft: CustomerDraft) -> dict[str, Any]:
    """The values to store. Raises Invalid with every field that is wrong, InvalidName."""
    wrong = dict(draft.extra)
    values: dict[str, Any] = {name: getattr(draft, name) for name in EDITABLE}
    for name, limit in LIMITS.items():
        values[name] = " ".join(values[name].split())
        if len(values[name]) > limit:
            wrong[name] = words(
                "Please shorten this to %(limit)s characters; it has %(count)s.", limit=limit, count=len(values[name])
            )
    try:
        values["domains"] = rules.domains_of(draft.domains)
    except rules.InvalidDomain as problem:
        wrong["domains"] = problem.message
    if len(values["domains"]) > 50:
        wrong["domains"] = words("A customer has at most 50 domains.")
    revenue = draft.annual_revenue
    if revenue is not None and not 0 <= revenue < LARGEST:
        wrong["annual_revenue"] = words("Enter zero or more, with at most 16 digits before the point.")
    if draft.employees is not None and not 0 <= draft.employees <= 100_000_000:
        wrong["employees"] = words("Enter a number of people, zero or more.")
    if wrong:
        raise Invalid(words("The customer was not saved."), fields=wrong)
    return {**values, "name": clean_name(draft.name), "external_id": values["external_id"] or None}


def _refuse_known_external_id(vendor_id: UUID, external_id: str | None) -> None:
    same = CustomerAccount.objects.filter(vendor_id=vendor_id, external_id=external_id)
    if external_id and same.exists():
        raise CustomerExists(
            words("Another customer has the external id %(external_id)s.", external_id=external_id),
            fields={"external_id": words("Enter another, or none.")},
        )
