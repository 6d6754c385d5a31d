"""Deal registrations: what the partner claims and both read, and what the vendor keeps of them for itself."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from comity.deals.models.customers import CustomerAccount
from comity.deals.models.engagement import EngagementRules
from comity.deals.models.opportunity import Opportunity
from comity.deals.states.registrations import (
    TRANSITIONS,
    Move,
    RegistrationKind,
    RegistrationSource,
    RfpStatus,
    State,
)
from comity.matching.models import Answer
from comity.matching.record import Kind
from comity.platform.history import keeps_history
from comity.platform.isolation import Isolation, vendor_and_partner
from comity.platform.models import TenantForeignKey, TenantModel
from comity.programs.models import Partnership, Program

STATES = [(state.value, state.value) for state in State]
CLOSED_SEQUENCE = """
IF TG_OP = 'UPDATE' AND OLD.order_number = NEW.order_number THEN
    RETURN NEW;
END IF;
IF NOT EXISTS (
    SELECT 1 FROM deals_legacybatch batch JOIN deals_registration claim ON claim.program_id = batch.program_id
    WHERE batch.vendor_id = NEW.vendor_id AND claim.vendor_id = NEW.vendor_id AND claim.id = NEW.registration_id
        AND batch.signed_off_at IS NULL AND batch.sealing
) THEN
    RAISE EXCEPTION 'the sequence of registrations brought over is closed' USING ERRCODE = 'check_violation';
END IF;
RETURN NEW;
"""
"""A place before the first one is given only while a batch is being signed off."""
MOVES = [(move.value, move.value) for move in Move]


@keeps_history()
class Registration(TenantModel):
    """One claim of one partner. Every column may be read by that partner; the vendor's own stands in `Handling`."""

    program = TenantForeignKey(Program)
    partnership = TenantForeignKey(Partnership)
    partner_id = models.UUIDField(help_text="the partner organization, for its side of the policy")
    reference = models.CharField(max_length=20, null=True, help_text="drawn when it is submitted")  # noqa: DJ001
    state = models.CharField(max_length=24, choices=STATES, default=State.DRAFT.value)
    kind = models.CharField(
        max_length=12,
        choices=[(kind.value, kind.value) for kind in RegistrationKind],
        default=RegistrationKind.NEW.value,
    )
    customer_name = models.CharField(max_length=300, blank=True)
    customer_domain = models.CharField(max_length=253, blank=True)
    customer_country = models.CharField(max_length=100, blank=True)
    customer_industry = models.CharField(max_length=120, blank=True)
    contact_name = models.CharField(max_length=200, blank=True)
    contact_email = models.CharField(max_length=254, blank=True)
    name_key = models.CharField(max_length=300, blank=True, help_text="the customer's name, normalised")
    domain_key = models.CharField(max_length=253, blank=True, help_text="its registrable domain")
    families = ArrayField(models.CharField(max_length=200), default=list, blank=True, help_text="names then")
    use_case = models.CharField(max_length=4_000, blank=True)
    value = models.DecimalField(max_digits=20, decimal_places=4, null=True, help_text="expected")
    currency = models.CharField(max_length=3, blank=True)
    expected_close_on = models.DateField(null=True)
    source = models.CharField(
        max_length=20, blank=True, choices=[(source.value, source.value) for source in RegistrationSource]
    )
    rfp = models.CharField(
        max_length=16, choices=[(rfp.value, rfp.value) for rfp in RfpStatus], default=RfpStatus.NONE.value
    )
    incumbent = models.CharField(max_length=200, blank=True)
    competitors = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    evidence = models.CharField(max_length=4_000, blank=True, help_text="what shows that the partner works on it")
    notes = models.CharField(max_length=4_000, blank=True, help_text="what came in beside it and no field holds")
    intake_key = models.CharField(  # noqa: DJ001 - null where it was typed into the form: unique otherwise
        max_length=150, null=True, help_text="by which a list, letter or older system names it"
    )
    has_letter = models.BooleanField(default=False, help_text="a signed letter of the customer names the partner")
    begun_by_id = models.UUIDField(null=True)
    submitted_by_id = models.UUIDField(null=True)
    submitted_at = models.DateTimeField(null=True, help_text="the first time; it never changes")
    due_at = models.DateTimeField(null=True, help_text="by when it is to be decided")
    answer_by = models.DateTimeField(null=True, help_text="by when a return is answered to keep its place")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=40, blank=True, help_text="of the last decision, from the list")
    reason_text = models.CharField(max_length=2_000, blank=True, help_text="in the decider's words, for the partner")
    conditions = models.CharField(max_length=2_000, blank=True)
    protected_until = models.DateField(null=True, help_text="the last day of the protection")
    deal_id = models.UUIDField(null=True, help_text="the opportunity, as it is shared with the partner")

    isolation: ClassVar[Isolation] = vendor_and_partner()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "reference"], name="registration_reference_once"),
            models.UniqueConstraint(
                fields=["vendor_id", "partnership", "intake_key"], name="registration_taken_in_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state=State.DRAFT) | models.Q(submitted_at__isnull=False, reference__isnull=False),
                name="registration_submitted",
            ),
        ]
        indexes = [
            models.Index(fields=["vendor_id", "program", "state", "due_at"], name="registration_queue"),
            models.Index(fields=["vendor_id", "program", "-submitted_at"], name="registration_by_time"),
            models.Index(fields=["vendor_id", "program", "domain_key"], name="registration_by_domain"),
            models.Index(fields=["vendor_id", "program", "name_key"], name="registration_by_name"),
            models.Index(fields=["vendor_id", "partnership", "state"], name="registration_of_partner"),
            models.Index(fields=["partner_id", "-created_at"], name="registration_partner_side"),
            GinIndex(fields=["customer_name"], opclasses=["gin_trgm_ops"], name="registration_name_words"),
        ]
        triggers = [
            pgtrigger.FSM(
                name="registration_state",
                field="state",
                transitions=sorted({(start.value, end.value) for (start, _), end in TRANSITIONS.items()}),
            ),
            pgtrigger.Protect(
                name="registration_time_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__submitted_at__isnull=False)
                & pgtrigger.Q(old__submitted_at__df=pgtrigger.F("new__submitted_at")),
            ),
        ]

    def __str__(self) -> str:
        return self.reference or self.customer_name


class RegistrationCounter(TenantModel):
    """The last number drawn: of references in a year, and (year 0) of the order of submissions."""

    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "year"], name="registration_counter_once")]


@keeps_history()
class Handling(TenantModel):
    """What the vendor keeps of a registration for itself."""

    registration = TenantForeignKey(Registration, related_name="handling")
    order_number = models.IntegerField(
        help_text="drawn under the program's lock; the lower one was first; below zero: brought over"
    )
    account = TenantForeignKey(CustomerAccount, null=True, help_text="the customer, once it is known which")
    opportunity = TenantForeignKey(Opportunity, null=True, help_text="the deal in the pipeline")
    queued_behind = TenantForeignKey(Registration, null=True)
    flag = models.CharField(max_length=200, blank=True, help_text="why somebody should look twice")
    escalates_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    decided_by_id = models.UUIDField(null=True)
    override_move = models.CharField(max_length=24, blank=True, choices=[("", ""), *MOVES])
    override_reason = models.CharField(max_length=2_000, blank=True)
    override_by_id = models.UUIDField(null=True, help_text="who asked; somebody else confirms")
    override_deal = models.CharField(max_length=36, blank=True, help_text="the deal chosen with it: its id, or new")
    reminded_days = models.PositiveSmallIntegerField(null=True, help_text="the last reminder: days before the end")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "registration"], name="handling_once"),
            models.UniqueConstraint(fields=["vendor_id", "order_number"], name="registration_order_once"),
        ]
        indexes = [
            models.Index(fields=["vendor_id", "opportunity"], name="registration_of_deal"),
            models.Index(fields=["vendor_id", "account"], name="registration_of_customer"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="legacy_sequence_closed",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("order_number"),
                condition=pgtrigger.Q(new__order_number__lt=0),
                func=CLOSED_SEQUENCE,
            )
        ]


class RegistrationVerdict(TenantModel):
    """What the rules said, whole, each time it was judged. Vendor only."""

    registration = TenantForeignKey(Registration, related_name="verdicts")
    rules = TenantForeignKey(EngagementRules)
    at = models.DateTimeField()
    outcome = models.CharField(max_length=24)
    automatic = models.BooleanField(default=False)
    body = models.JSONField()

    append_only = True

    class Meta:
        indexes = [models.Index(fields=["vendor_id", "registration", "-at"], name="verdicts_of_registration")]


class SharedVerdict(TenantModel):
    """What the partner may read of a verdict: masked, in a table of its own, since a policy cannot hide columns."""

    registration = TenantForeignKey(Registration, related_name="shared_verdicts")
    partnership = TenantForeignKey(Partnership)
    partner_id = models.UUIDField()
    at = models.DateTimeField()
    body = models.JSONField()

    isolation: ClassVar[Isolation] = vendor_and_partner()
    append_only = True

    class Meta:
        indexes = [
            models.Index(fields=["vendor_id", "registration", "-at"], name="shared_verdicts"),
            models.Index(fields=["partner_id"], name="shared_verdict_partner_side"),
        ]


class RegistrationStep(TenantModel):
    """What happened to a registration: who moved it, from where to where, why. Both sides read it."""

    registration = TenantForeignKey(Registration, related_name="steps")
    partnership = TenantForeignKey(Partnership)
    partner_id = models.UUIDField()
    sequence = models.PositiveIntegerField()
    at = models.DateTimeField()
    move = models.CharField(max_length=24, choices=MOVES)
    from_state = models.CharField(max_length=24, choices=STATES)
    to_state = models.CharField(max_length=24, choices=STATES)
    side = models.CharField(max_length=8, choices=[("partner", "partner"), ("vendor", "vendor"), ("rules", "rules")])
    person_id = models.UUIDField(null=True)
    person_name = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=40, blank=True)
    text = models.CharField(max_length=2_000, blank=True)
    against_verdict = models.BooleanField(default=False, help_text="a person decided otherwise than the rules say")

    isolation: ClassVar[Isolation] = vendor_and_partner()
    append_only = True

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "registration", "sequence"], name="registration_step")
        ]
        indexes = [models.Index(fields=["partner_id"], name="step_partner_side")]


@keeps_history()
class RegistrationAppeal(TenantModel):
    """A partner asks for somebody else to look at a decision."""

    registration = TenantForeignKey(Registration, related_name="appeals")
    partnership = TenantForeignKey(Partnership)
    partner_id = models.UUIDField()
    state = models.CharField(
        max_length=10, choices=[("open", "open"), ("granted", "granted"), ("dismissed", "dismissed")], default="open"
    )
    grounds = models.CharField(max_length=4_000)
    filed_at = models.DateTimeField()
    filed_by_id = models.UUIDField(null=True)
    filed_by_name = models.CharField(max_length=200, blank=True)
    due_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.UUIDField(null=True)
    decided_by_name = models.CharField(max_length=200, blank=True)
    answer = models.CharField(max_length=2_000, blank=True)

    isolation: ClassVar[Isolation] = vendor_and_partner()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vendor_id", "registration"], condition=models.Q(state="open"), name="one_open_appeal"
            )
        ]
        indexes = [models.Index(fields=["partner_id"], name="appeal_partner_side")]


@keeps_history()
class ProtectionExtension(TenantModel):
    """A partner asks for more time and says what it did; a dated fact on an approval, not a state."""

    registration = TenantForeignKey(Registration, related_name="extensions")
    partnership = TenantForeignKey(Partnership)
    partner_id = models.UUIDField()
    state = models.CharField(
        max_length=8, choices=[("asked", "asked"), ("granted", "granted"), ("refused", "refused")], default="asked"
    )
    activity = models.CharField(max_length=4_000)
    asked_at = models.DateTimeField()
    asked_by_name = models.CharField(max_length=200, blank=True)
    days = models.PositiveSmallIntegerField()
    until_on = models.DateField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.UUIDField(null=True)
    answer = models.CharField(max_length=2_000, blank=True)

    isolation: ClassVar[Isolation] = vendor_and_partner()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vendor_id", "registration"], condition=models.Q(state="asked"), name="one_open_extension"
            )
        ]
        indexes = [models.Index(fields=["partner_id"], name="extension_partner_side")]


class RegistrationUpdate(TenantModel):
    """What a partner tells of a registered deal while it is protected. Both sides read it."""

    registration = TenantForeignKey(Registration, related_name="updates")
    partnership = TenantForeignKey(Partnership)
    partner_id = models.UUIDField()
    at = models.DateTimeField()
    person_id = models.UUIDField(null=True)
    person_name = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=4_000)
    expected_close_on = models.DateField(null=True, help_text="where the partner expects another day now")

    isolation: ClassVar[Isolation] = vendor_and_partner()
    append_only = True

    class Meta:
        indexes = [
            models.Index(fields=["vendor_id", "registration", "-at"], name="updates_of_registration"),
            models.Index(fields=["partner_id"], name="update_partner_side"),
        ]


@keeps_history()
class DealConflict(TenantModel):
    """A deal of the vendor's on a customer that is promised to a partner. Vendor only; resolved by a person."""

    registration = TenantForeignKey(Registration, related_name="conflicts")
    opportunity = TenantForeignKey(Opportunity, related_name="conflicts")
    found_at = models.DateTimeField()
    first = models.CharField(max_length=12, choices=[("registration", "registration"), ("opportunity", "opportunity")])
    reasons = models.JSONField(default=list)
    resolution = models.CharField(
        max_length=16,
        blank=True,
        choices=[
            ("", ""),
            ("partner_leads", "partner_leads"),
            ("vendor_leads", "vendor_leads"),
            ("co_sell", "co_sell"),
            ("no_conflict", "no_conflict"),
        ],
    )
    share = models.DecimalField(max_digits=7, decimal_places=6, null=True, help_text="the partner's, of a co-sell")
    resolution_text = models.CharField(max_length=2_000, blank=True)
    resolved_at = models.DateTimeField(null=True)
    resolved_by_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "registration", "opportunity"], name="conflict_once")
        ]
        indexes = [models.Index(fields=["vendor_id", "opportunity"], name="conflicts_of_deal")]


@keeps_history()
class CustomerQuestion(TenantModel):
    """Two records of which the engine does not know whether they mean one customer. Vendor only; a person answers."""

    pair = models.CharField(max_length=64, help_text="fingerprint of both records, whichever came first")
    left_kind = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in Kind])
    left_id = models.UUIDField()
    left = models.JSONField(help_text="the record as it was")
    right_kind = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in Kind])
    right_id = models.UUIDField()
    right = models.JSONField(help_text="the record as it was")
    reasons = models.JSONField(default=list)
    found_at = models.DateTimeField()
    answer = models.CharField(
        max_length=10, blank=True, choices=[("", ""), *((answer.value, answer.value) for answer in Answer)]
    )
    answered_at = models.DateTimeField(null=True)
    answered_by_id = models.UUIDField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "pair"], name="customer_question_once")]
        indexes = [models.Index(fields=["vendor_id", "answer", "found_at"], name="customer_questions_open")]

    def __str__(self) -> str:
        return f"{self.left.get('name', '')} / {self.right.get('name', '')}"
