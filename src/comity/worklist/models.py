"""What a person put off and opened lately, and two narrow tables derived from the marts, which the first page reads."""

from __future__ import annotations

from typing import ClassVar, Final
from uuid import UUID

from django.db import models
from django.db.models import F
from django.db.models.functions import Abs

from comity.platform.history import keeps_history
from comity.platform.isolation import ORGANIZATION, PERSON, Arm, Isolation, vendor_only, with_arms
from comity.platform.models import TenantForeignKey, TenantModel
from comity.programs.models import Program

WHOLE_PROGRAM: Final = UUID(int=0)
"""`manager_id` of a figure that counts the whole program (a key cannot be null)."""

OWN: Final = f"vendor_id = {ORGANIZATION} AND person_id = {PERSON}"


@keeps_history()
class Snooze(TenantModel):
    """A need that one person put off until a day, and why. Nobody else's list changes; nobody else reads it."""

    program = TenantForeignKey(Program)
    person_id = models.UUIDField(help_text="whose list it is")
    kind = models.CharField(max_length=40)
    subject_id = models.UUIDField(help_text="the partnership, deal or other record that the need is about")
    until = models.DateField(help_text="the first day on which it stands in the list again")
    reason = models.CharField(max_length=500)

    isolation: ClassVar[Isolation] = with_arms(Arm("person", OWN, check=OWN, index="vendor_id"))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vendor_id", "person_id", "program", "kind", "subject_id"], name="snoozed_once"
            )
        ]


class RecentVisit(TenantModel):
    """A record that a person opened from the palette, and when last; offered first the next time. No history."""

    program = TenantForeignKey(Program)
    person_id = models.UUIDField()
    kind = models.CharField(max_length=12)
    subject_id = models.UUIDField()
    visited_at = models.DateTimeField()

    isolation: ClassVar[Isolation] = with_arms(Arm("person", OWN, check=OWN, index="vendor_id"))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vendor_id", "person_id", "program", "kind", "subject_id"], name="visited_once"
            )
        ]


class Derived(models.Model):
    """Base of what can be dropped and filled again at any time: no history, no surrogate keys, no foreign keys."""

    vendor_id = models.UUIDField()
    program_id = models.UUIDField()
    as_of = models.DateField(help_text="the day on which the windows end")

    isolation: ClassVar[Isolation] = vendor_only()

    class Meta:
        abstract = True


class PartnerPulse(Derived):
    """One partnership in figures of that day: what it brought lately and in the same days a year before."""

    pk = models.CompositePrimaryKey("vendor_id", "partnership_id")
    partnership_id = models.UUIDField()
    last_activity_on = models.DateField(null=True, help_text="the last qualifying activity")
    year_amount = models.DecimalField(max_digits=20, decimal_places=4, help_text="won in the 12 months to the day")
    recent_amount = models.DecimalField(max_digits=20, decimal_places=4, help_text="won in the last 90 days")
    recent_deals = models.IntegerField()
    former_amount = models.DecimalField(max_digits=20, decimal_places=4, help_text="won in those days a year before")
    former_deals = models.IntegerField()
    open_amount = models.DecimalField(max_digits=20, decimal_places=4)
    open_deals = models.IntegerField()

    class Meta:
        indexes = [  # in the orders in which Home reads the first few
            models.Index(fields=["vendor_id", "program_id", "-year_amount", "partnership_id"], name="pulse_by_year"),
            models.Index(
                F("vendor_id"),
                F("program_id"),
                Abs(F("recent_amount") - F("former_amount")).desc(),
                F("partnership_id"),
                name="pulse_by_change",
            ),
        ]


class Standing(Derived):
    """One metric's figure, of the whole program or of a manager, beside the one that it is compared with."""

    pk = models.CompositePrimaryKey("vendor_id", "program_id", "manager_id", "metric")
    manager_id = models.UUIDField(help_text="the nil id for the whole program")
    metric = models.CharField(max_length=60)
    period = models.CharField(max_length=40, help_text="label of the period; of a day where the metric is")
    value = models.DecimalField(max_digits=40, decimal_places=20, null=True)
    numerator = models.DecimalField(max_digits=40, decimal_places=20, null=True)
    denominator = models.DecimalField(max_digits=40, decimal_places=20, null=True)
    former_value = models.DecimalField(
        max_digits=40, decimal_places=20, null=True, help_text="the same stretch of the year before"
    )
    without_amount = models.IntegerField(default=0)
    reason = models.CharField(max_length=200, blank=True, help_text="why there is no value")
