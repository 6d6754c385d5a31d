"""Who decides for whom while somebody is away."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models

from comity.identity.models import Person
from comity.platform.history import keeps_history
from comity.platform.models import TenantModel


@keeps_history()
class StandIn(TenantModel):
    """For these days (both included) one person of the vendor's looks after the registrations of another."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    stand_in = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    from_on = models.DateField()
    to_on = models.DateField(help_text="the last day")
    named_by_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(to_on__gte=models.F("from_on")), name="stand_in_days"),
            models.CheckConstraint(condition=~models.Q(person=models.F("stand_in")), name="stand_in_is_another"),
            ExclusionConstraint(
                name="one_stand_in_at_a_time",
                expressions=[
                    ("vendor_id", RangeOperators.EQUAL),
                    ("person", RangeOperators.EQUAL),
                    (
                        models.Func(
                            "from_on", "to_on", models.Value("[]"), function="DATERANGE", output_field=DateRangeField()
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]
        indexes = [models.Index(fields=["vendor_id", "stand_in", "to_on"], name="stand_in_for_whom")]

    def __str__(self) -> str:
        return f"{self.from_on} to {self.to_on}"
