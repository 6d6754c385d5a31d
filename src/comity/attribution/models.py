"""The tables: touches, versions of the settings, the credit of won deals and what happened to it, runs."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models

from comity.attribution.states import (
    TRANSITIONS,
    Basis,
    Cause,
    CreditRunState,
    Model,
    StepKind,
    TouchKind,
    TouchSide,
    TouchState,
)
from comity.deals.models import CustomerAccount, Opportunity, Registration
from comity.platform.history import keeps_history
from comity.platform.isolation import Isolation, vendor_and_partner
from comity.platform.models import TenantForeignKey, TenantModel
from comity.programs.models import Partnership, Program
from comity.programs.models.versions import DatedVersion, one_version_a_day, stays_once_used


@keeps_history()
class Touch(TenantModel):
    """What a partner did for a deal, or for a customer. Every column may be read by that partner."""

    inserted_in_bulk: ClassVar[bool] = True

    program = TenantForeignKey(Program)
    partnership = TenantForeignKey(Partnership)
    partner_id = models.UUIDField(help_text="the partner organization, for its side of the policy")
    opportunity = TenantForeignKey(Opportunity, null=True)
    account = TenantForeignKey(CustomerAccount, null=True, help_text="where no deal is named")
    registration = TenantForeignKey(Registration, null=True, help_text="its deal, once it has one")
    kind = models.CharField(max_length=24, choices=[(kind.value, kind.value) for kind in TouchKind])
    happened_at = models.DateTimeField()
    evidence = models.CharField(max_length=2_000, blank=True)
    external_key = models.CharField(  # noqa: DJ001 - null where none was given: unique otherwise
        max_length=200, null=True, help_text="recording it again is a no-op"
    )
    side = models.CharField(max_length=8, choices=[(side.value, side.value) for side in TouchSide])
    state = models.CharField(max_length=10, choices=[(state.value, state.value) for state in TouchState])
    recorded_by_id = models.UUIDField(null=True)
    recorded_by_name = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.UUIDField(null=True, help_text="null with decided_at: by a rule")
    refusal = models.CharField(max_length=500, blank=True)

    isolation: ClassVar[Isolation] = vendor_and_partner()

    class Meta:
        verbose_name_plural = "touches"
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "program", "external_key"], name="touch_once"),
            models.CheckConstraint(
                condition=models.Q(opportunity__isnull=False)
                | models.Q(account__isnull=False)
                | models.Q(registration__isnull=False),
                name="touch_of_something",
            ),
        ]
        indexes = [
            models.Index(fields=["vendor_id", "opportunity", "happened_at"], name="touch_of_deal"),
            models.Index(fields=["vendor_id", "account", "happened_at"], name="touch_of_customer"),
            models.Index(fields=["vendor_id", "registration"], name="touch_of_registration"),
            models.Index(
                fields=["vendor_id", "program", "happened_at"],
                condition=models.Q(state="waiting"),
                name="touch_waiting",
            ),
            models.Index(fields=["partner_id", "-happened_at"], name="touch_partner_side"),
        ]
        triggers = [
            pgtrigger.FSM(
                name="touch_state",
                field="state",
                transitions=sorted({(start.value, end.value) for (start, _), end in TRANSITIONS.items()}),
            )
        ]

    def __str__(self) -> str:
        return self.kind


@keeps_history()
class AttributionSettings(DatedVersion):
    """One version. Once a deal was credited by it, it never changes: a new version follows it."""

    body = models.JSONField(help_text="attribution.rules.Settings")
    used_at = models.DateTimeField(null=True, help_text="when a deal was first credited by it")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "program", "number"], name="attribution_settings_number"),
            one_version_a_day("one_attribution_a_day"),
        ]
        triggers = [stays_once_used("used_settings_stay", content="body")]

    def __str__(self) -> str:
        return f"Attribution {self.number}"


@keeps_history()
class DealCredit(TenantModel):
    """The credit of one won deal, frozen with the version of the settings by which it was worked out. Vendor only."""

    inserted_in_bulk: ClassVar[bool] = True

    program = TenantForeignKey(Program)
    opportunity = TenantForeignKey(Opportunity, related_name="credit")
    settings = TenantForeignKey(AttributionSettings)
    closed_on = models.DateField()
    role = models.CharField(max_length=12, help_text="the one role under which totals count it")
    amount = models.DecimalField(
        max_digits=20, decimal_places=4, null=True, help_text="to the cent, in the program's currency; null: not known"
    )
    touches = models.PositiveIntegerField(help_text="that counted")
    change_id = models.UUIDField(help_text="the run that changed it last")
    frozen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "opportunity"], name="deal_credit_once")]
        indexes = [
            models.Index(fields=["vendor_id", "program", "closed_on"], name="deal_credit_by_close"),
            models.Index(fields=["vendor_id", "change_id"], name="deal_credit_of_run"),
        ]


class PartnerCreditColumns(TenantModel):
    """The columns of each model: a whole-numbered weight, and the amount in the program's currency."""

    class Meta:
        abstract = True


for _model in Model:
    PartnerCreditColumns.add_to_class(f"{_model.value}_weight", models.BigIntegerField(default=0))
    PartnerCreditColumns.add_to_class(
        f"{_model.value}_amount", models.DecimalField(max_digits=20, decimal_places=4, null=True)
    )


@keeps_history()
class PartnerCredit(PartnerCreditColumns):
    """What one partner has of one won deal: its role, and weight and amount under each model."""

    inserted_in_bulk: ClassVar[bool] = True

    program = TenantForeignKey(Program)
    opportunity = TenantForeignKey(Opportunity, related_name="partner_credits")
    partnership = TenantForeignKey(Partnership)
    partner_id = models.UUIDField()
    closed_on = models.DateField()
    role = models.CharField(max_length=12, blank=True, help_text="sourced, influenced or none")
    basis = models.CharField(max_length=10, blank=True, choices=[(basis.value, basis.value) for basis in Basis])
    fulfilled = models.BooleanField(default=False)
    touches = models.PositiveIntegerField(default=0)

    isolation: ClassVar[Isolation] = vendor_and_partner()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "opportunity", "partnership"], name="partner_credit_once")
        ]
        indexes = [
            models.Index(fields=["vendor_id", "program", "closed_on"], name="partner_credit_by_close"),
            models.Index(fields=["vendor_id", "partnership", "-closed_on"], name="credit_of_partner"),
            models.Index(fields=["partner_id", "-closed_on"], name="credit_partner_side"),
        ]


class CreditStep(TenantModel):
    """What happened to the credit of a deal: credited, reversed, revalued, withdrawn; why, by whom. Vendor only."""

    inserted_in_bulk: ClassVar[bool] = True

    opportunity = TenantForeignKey(Opportunity, related_name="credit_steps")
    sequence = models.PositiveIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in StepKind])
    cause = models.CharField(max_length=10, choices=[(cause.value, cause.value) for cause in Cause])
    reason = models.CharField(max_length=1_000, blank=True)
    person_id = models.UUIDField(null=True)
    person_name = models.CharField(max_length=200, blank=True)
    settings_number = models.PositiveIntegerField(null=True)
    change_id = models.UUIDField()

    append_only = True

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "opportunity", "sequence"], name="credit_step")]
        indexes = [models.Index(fields=["vendor_id", "change_id"], name="credit_steps_of_run")]


class CreditRun(TenantModel):
    """A recompute of a whole program, with its progress."""

    program = TenantForeignKey(Program)
    state = models.CharField(
        max_length=10,
        choices=[(state.value, state.value) for state in CreditRunState],
        default=CreditRunState.WAITING.value,
    )
    deals = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    after = models.UUIDField(
        null=True, help_text="the last deal that is done; a killed worker's successor goes on here"
    )
    started_by_id = models.UUIDField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["vendor_id", "program", "-created_at"], name="credit_runs")]
        constraints = [
            models.UniqueConstraint(
                fields=["vendor_id", "program"],
                condition=models.Q(state__in=["waiting", "running"]),
                name="one_credit_run",
            )
        ]


class TouchFile(TenantModel):
    """A list of touches: checked; its good rows are kept until they are taken in, then only how many, and the bad."""

    program = TenantForeignKey(Program)
    name = models.CharField(max_length=255)
    header = ArrayField(models.CharField(max_length=300))
    rows = models.JSONField(default=list, help_text="[line, values by field] of those that can be taken in")
    rejects = models.JSONField(default=list, help_text="[line, cells, reason]")
    state = models.CharField(max_length=8, choices=[("checked", "checked"), ("done", "done")], default="checked")
    read = models.PositiveIntegerField(default=0)
    taken = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0, help_text="rows that were recorded before")
    uploaded_at = models.DateTimeField()
    uploaded_by_id = models.UUIDField(null=True)
    uploaded_by_name = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["vendor_id", "program", "-uploaded_at"], name="touch_files")]

    def __str__(self) -> str:
        return self.name
