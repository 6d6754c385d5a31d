"""The edge everything hangs off: a program on one side, a partner organization on the other."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models

from comity.identity.models import Organization
from comity.platform.history import keeps_history
from comity.platform.isolation import Isolation, vendor_and_partner
from comity.platform.models import TenantForeignKey, TenantModel
from comity.programs.models.program import Program, Region, Tier
from comity.programs.models.team import Manager
from comity.programs.states import TRANSITIONS, PartnerType, Segment, Status


@keeps_history()
class Partnership(TenantModel):
    """One partner in one program. Its name and address are the vendor's record of the partner, not the partner's own.

    Segment and potential are not here but in `segments.py`: a partner reads this row.
    """

    program = TenantForeignKey(Program)
    partner = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=300)
    sort_name = models.CharField(max_length=300, help_text="kernel.names.sort_key of the name")
    external_id = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001 - null: unique only where given
    types = ArrayField(
        models.CharField(max_length=30, choices=[(kind.value, kind.value) for kind in PartnerType]), default=list
    )
    sub_type = models.CharField(max_length=120, blank=True)
    status = models.CharField(
        max_length=20, choices=[(status.value, status.value) for status in Status], default=Status.PROSPECT.value
    )
    tier = TenantForeignKey(Tier, null=True, blank=True)
    region = TenantForeignKey(Region, null=True, blank=True)
    manager = TenantForeignKey(Manager, null=True, blank=True)
    website = models.CharField(max_length=300, blank=True)
    country = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=100, blank=True)
    city = models.CharField(max_length=100, blank=True)
    started_on = models.DateField(null=True, blank=True)
    launched_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    edited_fields = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        help_text="set by a person; imports keep off",
    )

    isolation: ClassVar[Isolation] = vendor_and_partner()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "program", "partner"], name="partnership_once"),
            models.UniqueConstraint(fields=["vendor_id", "program", "external_id"], name="partnership_external_id"),
        ]
        indexes = [
            models.Index(fields=["partner"], name="partnership_partner_side"),
            models.Index(fields=["vendor_id", "program", "sort_name", "id"], name="partnership_by_name"),
            models.Index(fields=["vendor_id", "manager"], name="partnership_by_manager"),
        ]
        triggers = [
            pgtrigger.FSM(
                name="partnership_status",
                field="status",
                transitions=[(source.value, target.value) for (source, _), target in TRANSITIONS.items()],
            )
        ]

    def __str__(self) -> str:
        return self.name


@keeps_history()
class ManagerAssignment(TenantModel):
    """Who managed the partnership from when to when (`to_on` excluded; null while it lasts)."""

    partnership = TenantForeignKey(Partnership)
    manager = TenantForeignKey(Manager)
    from_on = models.DateField(null=True, help_text="null: from the beginning")
    to_on = models.DateField(null=True)
    imported = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["vendor_id", "partnership"]), models.Index(fields=["vendor_id", "manager"])]
        constraints = [
            ExclusionConstraint(
                name="one_manager_at_a_time",
                expressions=[
                    ("vendor_id", RangeOperators.EQUAL),
                    ("partnership", RangeOperators.EQUAL),
                    (
                        models.Func("from_on", "to_on", function="DATERANGE", output_field=DateRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            )
        ]


@keeps_history()
class DistributorLink(TenantModel):
    """A distributor above a partnership in the same program (two-tier)."""

    partnership = TenantForeignKey(Partnership)
    distributor = TenantForeignKey(Partnership)
    partner_id = models.UUIDField(help_text="the partner organization below, for its side of the policy")

    isolation: ClassVar[Isolation] = vendor_and_partner()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "partnership", "distributor"], name="distributor_once"),
            models.CheckConstraint(condition=~models.Q(partnership=models.F("distributor")), name="not_above_itself"),
        ]
        indexes = [models.Index(fields=["partner_id"], name="distributor_partner_side")]


SEGMENTS = [(segment.value, segment.value.title()) for segment in Segment]


class Reassignment(TenantModel):
    """Several partners given to one manager in one step, with whose they were, so that it can be taken back."""

    program = TenantForeignKey(Program)
    manager = TenantForeignKey(Manager, null=True)
    made_by_id = models.UUIDField()
    made_at = models.DateTimeField()
    before = models.JSONField(
        help_text='partnership id to the manager id it had, "" for nobody, and whether a person had set it'
    )
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["vendor_id", "program", "-created_at"])]


class DeclaredCapabilities(TenantModel):
    """What the partner says of itself to this vendor. Nobody has checked it; its pages say so."""

    partnership = TenantForeignKey(Partnership)
    partner_id = models.UUIDField()
    skills = models.JSONField(default=list)
    certifications = models.JSONField(default=list, help_text="self-declared, of any issuer")
    regions = models.JSONField(default=list, help_text="in the partner's own words")
    capacity = models.PositiveIntegerField(null=True, help_text="people who work with customers")
    declared_at = models.DateTimeField()

    isolation: ClassVar[Isolation] = vendor_and_partner()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "partnership"], name="capabilities_once")]
        indexes = [models.Index(fields=["partner_id"], name="capabilities_partner_side")]
