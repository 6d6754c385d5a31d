"""The marts: narrow tables derived from the domains, kept up by events; dropped and refilled at will.

They carry no history and no foreign keys: every row can be computed again from the tables it comes from.
"""

from __future__ import annotations

from typing import ClassVar, Final

from django.db import models

from comity.platform.isolation import Isolation, vendor_only

BEGINNING: Final = "0001-01-01"
"""`from_on` of a deal whose opening day is unknown: it counts as open from the beginning of time."""
END: Final = "9999-12-31"
"""`to_on` of a state that still lasts."""


class Mart(models.Model):
    """Base of the marts."""

    id = models.BigAutoField(primary_key=True)
    vendor_id = models.UUIDField()
    program_id = models.UUIDField()

    isolation: ClassVar[Isolation] = vendor_only()

    class Meta:
        abstract = True


class DealState(Mart):
    """One deal during one stretch of time (`from_on` included, `to_on` excluded) with constant status and amount."""

    opportunity_id = models.UUIDField()
    from_on = models.DateField()
    to_on = models.DateField()
    status = models.CharField(max_length=10)
    amount = models.DecimalField(max_digits=20, decimal_places=4, null=True, help_text="in the program's currency")
    recurring_amount = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    opened_on = models.DateField(null=True)
    closed_on = models.DateField(null=True, help_text="while won or lost")
    role = models.CharField(max_length=12, help_text="sourced before influenced before fulfilled before direct")
    manager_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=12)

    class Meta:
        indexes = [
            models.Index(fields=["vendor_id", "program_id", "status", "closed_on"], name="deal_state_by_close"),
            models.Index(fields=["vendor_id", "opportunity_id"], name="deal_state_of_deal"),
        ]


class DealPart(Mart):
    """The share of a deal's amount in one product family; deals without lines have none."""

    opportunity_id = models.UUIDField()
    family_id = models.UUIDField(null=True)
    amount = models.DecimalField(max_digits=20, decimal_places=4, null=True, help_text="in the program's currency")

    class Meta:
        indexes = [models.Index(fields=["vendor_id", "program_id", "opportunity_id"], name="deal_part_of_deal")]


class PartnerActivity(Mart):
    """One qualifying activity of a partnership: what it did, and when."""

    partnership_id = models.UUIDField()
    on = models.DateField()
    kind = models.CharField(max_length=30)
    source_id = models.UUIDField()

    class Meta:
        indexes = [models.Index(fields=["vendor_id", "program_id", "on"], name="activity_by_day")]
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "partnership_id", "kind", "source_id"], name="activity_once")
        ]
