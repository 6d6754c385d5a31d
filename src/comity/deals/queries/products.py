"""What the vendor sells, as its people see it."""

from __future__ import annotations

from typing import Final

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from comity.deals.models import Product, ProductFamily
from comity.deals.paging import Order
from comity.identity.actors import Actor
from comity.identity.roles import Permission

PRODUCT_ORDERS: Final = (Order("name", "name", "text"), Order("price", "list_price", "number", nullable=True))


def products_visible_to(actor: Actor) -> QuerySet[Product]:
    """The vendor's products, for its people who may see deals; none for anybody else."""
    if not (actor.is_vendor and actor.can(Permission.VIEW_DEALS)):
        return Product.objects.none()
    return Product.objects.filter(vendor_id=actor.organization_id)


def product_search(rows: QuerySet[Product], text: str) -> QuerySet[Product]:
    """Those whose name or family holds the text, or whose external id it is; a catalogue can be looked through."""
    words = " ".join(text.replace("\x00", "").split())[:200]
    if not words:
        return rows
    return rows.filter(Q(name__icontains=words) | Q(family__name__icontains=words) | Q(external_id__iexact=words))


def families_visible_to(actor: Actor) -> QuerySet[ProductFamily]:
    """The vendor's product families by name, each with its number of `products`."""
    if not (actor.is_vendor and actor.can(Permission.VIEW_DEALS)):
        return ProductFamily.objects.none()
    of_family = Product.objects.filter(vendor_id=actor.organization_id, family=OuterRef("pk")).order_by()
    counted = of_family.values("family").annotate(number=Count("pk")).values("number")
    rows = ProductFamily.objects.filter(vendor_id=actor.organization_id)
    return rows.annotate(products=Coalesce(Subquery(counted), 0)).order_by("name")
