"""A program with its regions and tiers."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from comity.platform.history import keeps_history
from comity.platform.isolation import ORGANIZATION, VENDOR_ARM, Arm, Isolation, with_arms
from comity.platform.models import StoredFile, TenantForeignKey, TenantModel
from comity.programs.states import OrganizationModel

# A partner reads the few programs it takes part in; programs are a small table, so a sub-query is affordable here.
OF_MY_PROGRAM = "{column} IN (SELECT program_id FROM programs_partnership WHERE partner_id = {organization})"
PROGRAM_READER = Arm("partner", OF_MY_PROGRAM.format(column="id", organization=ORGANIZATION), command="SELECT")
PROGRAM_PART_READER = Arm(
    "partner", OF_MY_PROGRAM.format(column="program_id", organization=ORGANIZATION), command="SELECT"
)


@keeps_history()
class Program(TenantModel):
    """One partner programme of a vendor, with its money, its calendar and its data-as-of date."""

    slug = models.SlugField(max_length=80, db_index=False)
    name = models.CharField(max_length=200)
    vendor_name = models.CharField(max_length=300, help_text="what partners read")
    currency = models.CharField(max_length=3, default="USD")
    time_zone = models.CharField(max_length=64, default="UTC")
    fiscal_year_starts = models.PositiveSmallIntegerField(default=1, help_text="month, 1 to 12")
    organization_model = models.CharField(
        max_length=20,
        choices=[(model.value, model.value.title()) for model in OrganizationModel],
        default=OrganizationModel.CENTRALIZED.value,
    )
    data_as_of = models.DateField(null=True, help_text="the newest fact known; 'today' of the metrics")
    shows_peer_band = models.BooleanField(
        default=False, help_text="partners read where they stand among others, without a name or a number of any"
    )
    brand_hue = models.PositiveSmallIntegerField(null=True, help_text="degrees, a multiple of 10; null: our own accent")
    logo = TenantForeignKey(StoredFile, null=True)

    isolation: ClassVar[Isolation] = with_arms(VENDOR_ARM, PROGRAM_READER)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "slug"], name="program_slug_once"),
            models.CheckConstraint(condition=models.Q(fiscal_year_starts__range=(1, 12)), name="fiscal_year_month"),
            models.CheckConstraint(condition=models.Q(brand_hue__range=(0, 350)), name="program_brand_hue"),
        ]

    def __str__(self) -> str:
        return self.name


@keeps_history()
class Region(TenantModel):
    """A region of the programme, by the vendor's own cut."""

    program = TenantForeignKey(Program)
    name = models.CharField(max_length=120)

    isolation: ClassVar[Isolation] = with_arms(VENDOR_ARM, PROGRAM_PART_READER)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "program", "name"], name="region_once")]

    def __str__(self) -> str:
        return self.name


@keeps_history()
class Tier(TenantModel):
    """A named level of the programme; set by hand until tiers get rules. Rank 1 is the highest."""

    program = TenantForeignKey(Program)
    name = models.CharField(max_length=80)
    rank = models.PositiveSmallIntegerField()

    isolation: ClassVar[Isolation] = with_arms(VENDOR_ARM, PROGRAM_PART_READER)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "program", "name"], name="tier_once"),
            models.UniqueConstraint(
                fields=["vendor_id", "program", "rank"], name="tier_rank_once", deferrable=models.Deferrable.DEFERRED
            ),
        ]

    def __str__(self) -> str:
        return self.name
