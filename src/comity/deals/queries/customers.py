"""Customer accounts as the vendor's people see them."""

from __future__ import annotations

from typing import Final

from django.db import connection
from django.db.models import Q, QuerySet

from comity.deals.models import CustomerAccount
from comity.deals.paging import COUNTED, Order
from comity.identity.actors import Actor
from comity.identity.roles import Permission

CUSTOMER_ORDERS: Final = (Order("name", "name", "text"),)


def customers_visible_to(actor: Actor) -> QuerySet[CustomerAccount]:
    """The vendor's customers, for its people who may see deals; none for anybody else."""
    if not (actor.is_vendor and actor.can(Permission.VIEW_DEALS)):
        return CustomerAccount.objects.none()
    return CustomerAccount.objects.filter(vendor_id=actor.organization_id)


def customer_search(rows: QuerySet[CustomerAccount], text: str) -> QuerySet[CustomerAccount]:
    """Those of the customers whose name holds the text, or whose domain or external id it is."""
    words = " ".join(text.replace("\x00", "").split())[:200]
    if not words:
        return rows
    with connection.cursor() as cursor:
        cursor.execute("SELECT comity_find_customers(%s, %s)", [words, COUNTED + 1])
        ids = [row[0] for row in cursor.fetchall()]
    return rows.filter(pk__in=ids) if len(ids) <= COUNTED else rows.filter(Q(name__icontains=words))
