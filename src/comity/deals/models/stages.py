"""The stages of a program's pipeline."""

from __future__ import annotations

from django.db import models

from comity.deals.states import DealStatus
from comity.platform.history import keeps_history
from comity.platform.models import TenantForeignKey, TenantModel
from comity.programs.models import Program


@keeps_history()
class Stage(TenantModel):
    """A step of the pipeline: its name, what it means, how likely a deal in it is won."""

    program = TenantForeignKey(Program)
    name = models.CharField(max_length=120)
    status = models.CharField(max_length=10, choices=[(status.value, status.value) for status in DealStatus])
    probability = models.DecimalField(max_digits=5, decimal_places=4, null=True, blank=True, help_text="0 to 1")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "program", "name"], name="stage_once"),
            models.CheckConstraint(condition=models.Q(probability__range=(0, 1)), name="stage_probability"),
        ]

    def __str__(self) -> str:
        return self.name
