"""Rules of engagement: versions of a program's rules for registrations, each effective from a day on."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models

from comity.platform.history import keeps_history
from comity.platform.models import TenantForeignKey, TenantModel
from comity.programs.models import Program


@keeps_history()
class EngagementRules(TenantModel):
    """One version. Once a registration was judged by it, its clauses never change: a new version follows it.

    Vendor only: a partner reads the sentences, which leave out the automatic bands.
    """

    program = TenantForeignKey(Program)
    number = models.PositiveIntegerField()
    from_on = models.DateField()
    to_on = models.DateField(null=True, help_text="excluded; null while it lasts")
    clauses = models.JSONField(help_text="deals.registration.clauses.Clauses")
    note = models.CharField(max_length=500, blank=True, help_text="why it was made")
    made_by_id = models.UUIDField(null=True)
    used_at = models.DateTimeField(null=True, help_text="when a registration was first judged by it")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "program", "number"], name="engagement_rules_number"),
            ExclusionConstraint(
                name="one_version_of_rules_a_day",
                expressions=[
                    ("vendor_id", RangeOperators.EQUAL),
                    ("program", RangeOperators.EQUAL),
                    (
                        models.Func("from_on", "to_on", function="DATERANGE", output_field=DateRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="used_rules_stay",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__used_at__isnull=False)
                & (
                    pgtrigger.Q(old__clauses__df=pgtrigger.F("new__clauses"))
                    | pgtrigger.Q(old__number__df=pgtrigger.F("new__number"))
                    | pgtrigger.Q(old__from_on__df=pgtrigger.F("new__from_on"))
                ),
            )
        ]

    def __str__(self) -> str:
        return f"Rules of engagement {self.number}"
