"""What the vendor sells: families and products."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from comity.deals.models import Product, ProductFamily
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.names import clean_name, sort_key
from comity.kernel.words import words


class ProductExists(Conflict):
    """There is a family of this name, or a product with this external id."""

    code, title = "product_exists", words("This is in the catalogue already")


@dataclass(frozen=True)
class ProductDraft:
    """One product as a person describes it."""

    name: str
    external_id: str = ""
    family: ProductFamily | None = None
    list_price: Decimal | None = None
    cost: Decimal | None = None


@transaction.atomic
def create_family(*, actor: Actor, name: str) -> ProductFamily:
    """Add a product family. Raises NotAllowed, InvalidName, ProductExists."""
    actor.require(Permission.MANAGE_PROGRAM)
    return ProductFamily.objects.create(vendor_id=actor.organization_id, name=_free_name(actor.organization_id, name))


@transaction.atomic
def rename_family(*, actor: Actor, family: ProductFamily, name: str) -> ProductFamily:
    """Rename a family; deals keep it. Raises NotAllowed, InvalidName, ProductExists."""
    actor.require(Permission.MANAGE_PROGRAM)
    family.name = _free_name(family.vendor_id, name, but=family.pk)
    family.save(update_fields=["name"])
    return family


@transaction.atomic
def create_product(*, actor: Actor, draft: ProductDraft) -> Product:
    """Add a product. Raises NotAllowed, Invalid, InvalidName, ProductExists."""
    actor.require(Permission.MANAGE_PROGRAM)
    return Product.objects.create(vendor_id=actor.organization_id, **_checked(actor.organization_id, draft))


@transaction.atomic
def edit_product(*, actor: Actor, product: Product, draft: ProductDraft) -> Product:
    """Change a product; lines of deals keep the family they had. Raises as `create_product`."""
    actor.require(Permission.MANAGE_PROGRAM)
    for name, value in _checked(product.vendor_id, draft, but=product.pk).items():
        setattr(product, name, value)
    product.save()
    return product


def _checked(vendor_id: UUID, draft: ProductDraft, but: UUID | None = None) -> dict[str, Any]:
    wrong = {
        name: words("Enter zero or more, or leave it empty.")
        for name, price in (("list_price", draft.list_price), ("cost", draft.cost))
        if price is not None and not 0 <= price < Decimal(10) ** 16
    }
    if wrong:
        raise Invalid(words("The product was not saved."), fields=wrong)
    external_id = " ".join(draft.external_id.split()) or None
    same = Product.objects.filter(vendor_id=vendor_id, external_id=external_id)
    same = same.exclude(pk=but) if but else same
    if external_id and same.exists():
        raise ProductExists(
            words("Another product has the external id %(external_id)s.", external_id=external_id),
            fields={"external_id": words("Enter another.")},
        )
    return {
        "name": clean_name(draft.name), "external_id": external_id, "family": draft.family,
        "list_price": draft.list_price, "cost": draft.cost,
    }  # fmt: skip


def _free_name(vendor_id: UUID, name: str, but: UUID | None = None) -> str:
    label = clean_name(name, max_length=200)
    known = {sort_key(other.name): other.pk for other in ProductFamily.objects.filter(vendor_id=vendor_id)}
    if known.get(sort_key(label), but) != but:
        raise ProductExists(
            words("There is a family “%(label)s” already.", label=label), fields={"name": words("Choose another name.")}
        )
    return label
