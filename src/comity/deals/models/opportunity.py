"""Opportunities with their lines, partners and stage history, and what partners may see of them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from comity.deals.models.customers import CustomerAccount
from comity.deals.models.products import Product, ProductFamily
from comity.deals.models.stages import Stage
from comity.deals.states import DealKind, DealStatus, PartnerRole
from comity.platform.history import keeps_history
from comity.platform.isolation import Isolation, vendor_and_partner
from comity.platform.models import TenantForeignKey, TenantModel
from comity.programs.models import Manager, Partnership, Program

STATUSES = [(status.value, status.value) for status in DealStatus]


@keeps_history()
class Opportunity(TenantModel):
    """A deal in the vendor's pipeline. Only the vendor reads it; a partner reads its `SharedDeal`."""

    inserted_in_bulk: ClassVar[bool] = True

    program = TenantForeignKey(Program)
    external_id = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001 - null: unique only where given
    name = models.CharField(max_length=300)
    account = TenantForeignKey(CustomerAccount, null=True, blank=True)
    kind = models.CharField(
        max_length=12, choices=[(kind.value, kind.value) for kind in DealKind], default=DealKind.NEW.value
    )
    stage = TenantForeignKey(Stage)
    status = models.CharField(max_length=10, choices=STATUSES)
    opened_on = models.DateField(null=True, blank=True, help_text="null: unknown, counts as from the beginning of time")
    closed_on = models.DateField(null=True, blank=True)
    expected_close_on = models.DateField(null=True, blank=True, help_text="of an open deal")
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True, help_text="one-off")
    recurring_amount = models.DecimalField(
        max_digits=20, decimal_places=4, null=True, blank=True, help_text="annual recurring"
    )
    term_months = models.PositiveSmallIntegerField(null=True, blank=True)
    list_amount = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)
    manager = TenantForeignKey(Manager, null=True, blank=True, help_text="the name on the deal then")
    loss_reason = models.CharField(max_length=2_000, blank=True)
    competitors = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    import_run_id = models.UUIDField(null=True, help_text="the run that wrote it last")
    edited_fields = ArrayField(models.CharField(max_length=40), default=list, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "program", "external_id"], name="opportunity_external_id"),
            models.CheckConstraint(
                condition=models.Q(status=DealStatus.OPEN, closed_on__isnull=True)
                | models.Q(status__in=[DealStatus.WON, DealStatus.LOST], closed_on__isnull=False),
                name="opportunity_closed_has_date",
            ),
        ]
        indexes = [
            models.Index(
                fields=["vendor_id", "program", "-closed_on", "id"], include=["status"], name="opportunity_by_day"
            ),
            # Without the id: many deals share a day or an amount, so these two stay small; ties are sorted on the way.
            models.Index(fields=["vendor_id", "program", "-opened_on"], name="opportunity_by_opening"),
            models.Index(fields=["vendor_id", "program", "-amount"], name="opportunity_by_amount"),
            models.Index(
                fields=["vendor_id", "program", "stage", "-opened_on"],
                condition=models.Q(status=DealStatus.OPEN),
                name="opportunity_open_by_stage",
            ),
            models.Index(fields=["vendor_id", "account"], name="opportunity_by_account"),
            models.Index(fields=["vendor_id", "manager"], name="opportunity_by_manager"),
            GinIndex(fields=["name"], opclasses=["gin_trgm_ops"], name="opportunity_name_words"),
        ]

    def __str__(self) -> str:
        return self.name


class OpportunityLine(TenantModel):
    """One product on a deal. `product_family` is the family then."""

    inserted_in_bulk: ClassVar[bool] = True

    opportunity = TenantForeignKey(Opportunity, related_name="lines")
    position = models.PositiveIntegerField()
    product = TenantForeignKey(Product, null=True, blank=True)
    family = TenantForeignKey(ProductFamily, null=True, blank=True)
    quantity = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    unit_price = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    amount = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    cost = models.DecimalField(max_digits=20, decimal_places=4, null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "opportunity", "position"], name="line_once")]


@keeps_history()
class OpportunityPartner(TenantModel):
    """What one partner does on one deal. The same partner may hold several roles, in a row each."""

    inserted_in_bulk: ClassVar[bool] = True

    opportunity = TenantForeignKey(Opportunity, related_name="partners")
    partnership = TenantForeignKey(Partnership)
    partner_id = models.UUIDField(help_text="the partner organization, for its side of the policy")
    role = models.CharField(max_length=12, choices=[(role.value, role.value) for role in PartnerRole])
    share = models.DecimalField(max_digits=7, decimal_places=6, null=True, help_text="declared split, 0 to 1")
    declared_by_import = models.BooleanField(default=False)

    isolation: ClassVar[Isolation] = vendor_and_partner()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vendor_id", "opportunity", "partnership", "role"], name="partner_role_once"
            ),
        ]
        indexes = [
            models.Index(fields=["vendor_id", "partnership", "opportunity"], name="deals_of_partnership"),
            models.Index(fields=["partner_id"], name="opportunity_partner_side"),
        ]


class StageChange(TenantModel):
    """From when on a deal stood in a stage, and the amount known from that day. Corrections replace a deal's rows."""

    inserted_in_bulk: ClassVar[bool] = True

    opportunity = TenantForeignKey(Opportunity, related_name="steps")
    sequence = models.PositiveSmallIntegerField()
    on = models.DateField(null=True, help_text="null: from the beginning of time")
    stage = TenantForeignKey(Stage)
    status = models.CharField(max_length=10, choices=STATUSES)
    amount = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    recurring_amount = models.DecimalField(max_digits=20, decimal_places=4, null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "opportunity", "sequence"], name="stage_change")]


class SharedDeal(TenantModel):
    """What a partner on the deal may see of it; written in the same transaction as the deal, never by hand."""

    inserted_in_bulk: ClassVar[bool] = True

    opportunity = TenantForeignKey(Opportunity)
    partnership = TenantForeignKey(Partnership)
    partner_id = models.UUIDField()
    name = models.CharField(max_length=300)
    customer_name = models.CharField(max_length=300, blank=True)
    roles = ArrayField(models.CharField(max_length=12))
    stage_name = models.CharField(max_length=120)
    status = models.CharField(max_length=10, choices=STATUSES)
    opened_on = models.DateField(null=True)
    closed_on = models.DateField(null=True)
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    recurring_amount = models.DecimalField(max_digits=20, decimal_places=4, null=True)

    isolation: ClassVar[Isolation] = vendor_and_partner()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "opportunity", "partnership"], name="shared_deal_once")
        ]
        indexes = [
            models.Index(fields=["vendor_id", "partnership", "-closed_on", "id"], name="shared_deal_by_close"),
            models.Index(fields=["partner_id", "-closed_on", "id"], name="shared_deal_partner_side"),
        ]


class HiddenAmount(TenantModel):
    """A partner that does not see what a deal is worth; its `SharedDeal` has no amounts. Vendor only."""

    opportunity = TenantForeignKey(Opportunity)
    partnership = TenantForeignKey(Partnership)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "opportunity", "partnership"], name="hidden_amount_once")
        ]
