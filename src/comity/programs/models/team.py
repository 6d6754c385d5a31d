"""The vendor's own partner team: teams, managers with their reach and capacity, quotas."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from comity.identity.models import Person
from comity.platform.history import keeps_history
from comity.platform.models import TenantForeignKey, TenantModel
from comity.programs.models.program import Program


@keeps_history()
class Team(TenantModel):
    """A group of managers; what it covers depends on the organisation model (partner types, regions or both)."""

    program = TenantForeignKey(Program)
    name = models.CharField(max_length=120)
    partner_types = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    regions = ArrayField(models.CharField(max_length=120), default=list, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "program", "name"], name="team_once")]

    def __str__(self) -> str:
        return self.name


@keeps_history()
class Manager(TenantModel):
    """A partner manager (or their superior) as the programme knows them; a login is optional."""

    program = TenantForeignKey(Program)
    name = models.CharField(max_length=200)
    external_id = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001 - null: unique only where given
    email = models.EmailField(max_length=254, blank=True)
    title = models.CharField(max_length=200, blank=True)
    reports_to = TenantForeignKey("self", null=True, blank=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    team = TenantForeignKey(Team, null=True, blank=True)
    partner_types = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    regions = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    capacity = models.DecimalField(
        max_digits=6, decimal_places=1, null=True, blank=True, help_text="partnerships at weight 1; null: not said"
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "program", "external_id"], name="manager_external_id_once")
        ]
        indexes = [models.Index(fields=["vendor_id", "program", "name"])]

    def __str__(self) -> str:
        return self.name


@keeps_history()
class Quota(TenantModel):
    """What a manager or a partnership is to bring in a period (both ends included)."""

    program = TenantForeignKey(Program)
    manager = TenantForeignKey(Manager, null=True, blank=True)
    partnership = TenantForeignKey("programs.Partnership", null=True, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField()
    amount = models.DecimalField(max_digits=20, decimal_places=4)
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vendor_id", "program", "manager", "partnership", "starts_on", "ends_on"],
                name="quota_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(manager__isnull=False, partnership__isnull=True)
                | models.Q(manager__isnull=True, partnership__isnull=False),
                name="quota_of_one",
            ),
            models.CheckConstraint(condition=models.Q(ends_on__gte=models.F("starts_on")), name="quota_period"),
        ]
