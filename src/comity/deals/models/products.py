"""What the vendor sells."""

from __future__ import annotations

from django.db import models

from comity.platform.history import keeps_history
from comity.platform.models import TenantForeignKey, TenantModel


@keeps_history()
class ProductFamily(TenantModel):
    """A family of products; conflicts, rules and slices speak of families."""

    name = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "name"], name="family_once")]

    def __str__(self) -> str:
        return self.name


@keeps_history()
class Product(TenantModel):
    """One product; names may repeat, the external id does not."""

    name = models.CharField(max_length=300)
    external_id = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001 - null: unique only where given
    family = TenantForeignKey(ProductFamily, null=True, blank=True)
    list_price = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)
    cost = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "external_id"], name="product_external_id_once")]
        indexes = [models.Index(fields=["vendor_id", "name"])]

    def __str__(self) -> str:
        return self.name
