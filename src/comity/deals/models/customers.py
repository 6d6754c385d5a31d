"""End customers of the vendor."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from comity.deals.states import SweepState
from comity.platform.history import keeps_history
from comity.platform.models import TenantForeignKey, TenantModel


@keeps_history()
class CustomerAccount(TenantModel):
    """A company the vendor sells to; shared by all programs of the vendor."""

    name = models.CharField(max_length=300)
    external_id = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001 - null: unique only where given
    parent = TenantForeignKey("self", null=True, blank=True)
    domains = ArrayField(models.CharField(max_length=253), default=list, blank=True)
    country = models.CharField(max_length=100, blank=True)
    city = models.CharField(max_length=100, blank=True)
    postcode = models.CharField(max_length=30, blank=True)
    industry = models.CharField(max_length=120, blank=True)
    annual_revenue = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)
    employees = models.PositiveIntegerField(null=True, blank=True)
    edited_fields = ArrayField(models.CharField(max_length=40), default=list, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "external_id"], name="customer_external_id_once"),
            models.CheckConstraint(condition=~models.Q(parent=models.F("id")), name="customer_not_its_own_parent"),
        ]
        indexes = [
            models.Index(fields=["vendor_id", "name", "id"], name="customer_by_name"),
            models.Index(fields=["vendor_id", "parent"]),
            GinIndex(fields=["name"], opclasses=["gin_trgm_ops"], name="customer_name_words"),
            GinIndex(fields=["domains"], name="customer_domains"),
        ]

    def __str__(self) -> str:
        return self.name


class CustomerSweep(TenantModel):
    """How far the customers of a vendor were compared with each other: one row a vendor, a budget a run."""

    state = models.CharField(
        max_length=10, choices=[(state.value, state.value) for state in SweepState], default=SweepState.DONE.value
    )
    after = models.UUIDField(null=True, help_text="the last customer compared; ids follow the order of arrival")
    budget = models.PositiveIntegerField(default=0, help_text="so many more customers may be compared by this run")
    compared = models.PositiveIntegerField(default=0, help_text="by this run")
    found = models.PositiveIntegerField(default=0, help_text="pairs that this run put before people")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id"], name="one_customer_sweep")]
