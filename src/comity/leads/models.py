"""Leads, what partners may read of them, the rules of routing, and referrals.

A lead is the vendor's alone. What a partner reads stands in its own row of `LeadOffer`: written when the lead is
offered, completed when it accepts, emptied when it declines, runs out of time or gives the lead back.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from comity.deals.models import CustomerAccount, Opportunity
from comity.kernel.ids import public_id
from comity.leads.states import (
    LIVE,
    OFFER_TRANSITIONS,
    TRANSITIONS,
    Channel,
    Move,
    OfferState,
    Source,
    State,
)
from comity.platform.history import keeps_history
from comity.platform.isolation import PARTNER_ARM, TOKEN, VENDOR_ARM, Arm, Isolation, vendor_and_partner, with_arms
from comity.platform.models import TenantForeignKey, TenantModel
from comity.programs.models import Partnership, Program
from comity.programs.models.versions import DatedVersion, one_version_a_day, stays_once_used

STATES: Final = [(state.value, state.value) for state in State]
OFFER_STATES: Final = [(state.value, state.value) for state in OfferState]
CONTACT: Final = ("contact_name", "contact_email", "contact_phone", "contact_role")
"""Data of a person: not kept in any history."""


def _languages(**options: Any) -> ArrayField:
    return ArrayField(models.CharField(max_length=12), default=list, blank=True, **options)


def _names(**options: Any) -> ArrayField:
    return ArrayField(models.CharField(max_length=200), default=list, blank=True, **options)


class Enquiry(TenantModel):
    """What somebody said of a prospect; leads and offers have these columns in common."""

    reference = models.CharField(max_length=20)
    customer_name = models.CharField(max_length=300, blank=True)
    customer_domain = models.CharField(max_length=253, blank=True)
    customer_country = models.CharField(max_length=100, blank=True)
    customer_city = models.CharField(max_length=100, blank=True)
    customer_industry = models.CharField(max_length=120, blank=True)
    contact_name = models.CharField(max_length=200, blank=True)
    contact_email = models.CharField(max_length=254, blank=True)
    contact_phone = models.CharField(max_length=40, blank=True)
    contact_role = models.CharField(max_length=120, blank=True)
    need = models.CharField(max_length=4_000, blank=True)
    families = _names(help_text="names of product families then")
    language = models.CharField(max_length=12, blank=True, help_text="ISO 639, such as de")
    value = models.DecimalField(max_digits=20, decimal_places=4, null=True, help_text="expected")
    currency = models.CharField(max_length=3, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.reference


@keeps_history(exclude=CONTACT)
class Lead(Enquiry):
    """One enquiry. Vendor only."""

    program = TenantForeignKey(Program)
    state = models.CharField(max_length=16, choices=STATES, default=State.RECEIVED.value)
    source = models.CharField(max_length=12, choices=[(one.value, one.value) for one in Source])
    channel = models.CharField(max_length=8, choices=[(one.value, one.value) for one in Channel])
    campaign = models.CharField(max_length=120, blank=True)
    external_id = models.CharField(max_length=120, null=True)  # noqa: DJ001 - null: unique only where given
    name_key = models.CharField(max_length=300, blank=True, help_text="the customer's name, normalised")
    domain_key = models.CharField(max_length=253, blank=True, help_text="its registrable domain")
    received_at = models.DateTimeField()
    moved_at = models.DateTimeField(help_text="since when it is in this state")
    first_offered_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True, help_text="when a partner accepted it, the last time")
    closed_at = models.DateTimeField(null=True, help_text="when it was converted, disqualified or merged")
    holder = TenantForeignKey(Partnership, null=True, help_text="to whom it is offered, or who has it")
    referred_by = TenantForeignKey(Partnership, null=True)
    account = TenantForeignKey(CustomerAccount, null=True, help_text="the customer, once it is known which")
    opportunity = TenantForeignKey(Opportunity, null=True, help_text="what it was converted to")
    # No key: a partner may throw its draft away, and the news of that comes after.
    registration_id = models.UUIDField(null=True, help_text="what its partner converted it to")
    duplicate_of = TenantForeignKey("self", null=True)
    findings = models.JSONField(default=list, help_text="leads.matching.Found: who the prospect may be")
    held_for = models.CharField(max_length=20, blank=True, help_text="why a person decides")
    reason = models.CharField(max_length=30, blank=True, help_text="of the last move, from the list")
    reason_text = models.CharField(max_length=1_000, blank=True)
    consent = models.CharField(max_length=1_000, blank=True, help_text="what the prospect agreed to, as it was read")
    consented_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "reference"], name="lead_reference_once"),
            models.UniqueConstraint(fields=["vendor_id", "program", "external_id"], name="lead_external_id_once"),
        ]
        indexes = [
            models.Index(fields=["vendor_id", "program", "state", "moved_at"], name="leads_by_state"),
            models.Index(fields=["vendor_id", "program", "-received_at", "id"], name="leads_by_time"),
            models.Index(fields=["vendor_id", "program", "domain_key"], name="leads_by_domain"),
            models.Index(fields=["vendor_id", "opportunity"], name="leads_of_deal"),
            models.Index(fields=["vendor_id", "registration_id"], name="leads_of_registration"),
            models.Index(fields=["vendor_id", "holder", "state"], name="leads_of_holder"),
            GinIndex(fields=["customer_name"], opclasses=["gin_trgm_ops"], name="lead_name_words"),
        ]
        triggers = [
            pgtrigger.FSM(
                name="lead_state",
                field="state",
                transitions=sorted({(start.value, end.value) for (start, _), end in TRANSITIONS.items()}),
            )
        ]


class LeadCounter(TenantModel):
    """The last reference drawn in a year."""

    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "year"], name="lead_counter_once")]


@keeps_history(exclude=CONTACT)
class LeadOffer(Enquiry):
    """One lead as one partner may read it. Nothing in it tells whether others were asked."""

    lead = TenantForeignKey(Lead, related_name="offers")
    partnership = TenantForeignKey(Partnership)
    partner_id = models.UUIDField(help_text="the partner organization, for its side of the policy")
    state = models.CharField(max_length=12, choices=OFFER_STATES, default=OfferState.OFFERED.value)
    offered_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="until when it may be answered")
    answered_at = models.DateTimeField(null=True)
    answered_by_id = models.UUIDField(null=True)
    answered_by_name = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=30, blank=True)
    reason_text = models.CharField(max_length=1_000, blank=True)
    progress = models.CharField(max_length=16, blank=True, choices=[("", ""), *STATES], help_text="the lead's state")
    moved_at = models.DateTimeField()
    registration_id = models.UUIDField(null=True, help_text="what the partner made of it")

    isolation: ClassVar[Isolation] = vendor_and_partner()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "lead", "partnership"], name="lead_offered_once_each"),
            models.UniqueConstraint(
                fields=["vendor_id", "lead"],
                condition=models.Q(state__in=[state.value for state in LIVE]),
                name="lead_offered_to_one_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["partner_id", "-offered_at"], name="offer_partner_side"),
            models.Index(fields=["vendor_id", "partnership", "state"], name="offers_of_partner"),
            models.Index(
                fields=["due_at"], condition=models.Q(state=OfferState.OFFERED.value), name="offers_that_run_out"
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="lead_offer_state",
                field="state",
                transitions=sorted({(start.value, end.value) for (start, _), end in OFFER_TRANSITIONS.items()}),
            )
        ]


class LeadStep(TenantModel):
    """What happened to a lead: who moved it, from where to where, why. Vendor only."""

    lead = TenantForeignKey(Lead, related_name="steps")
    sequence = models.PositiveIntegerField()
    at = models.DateTimeField()
    move = models.CharField(max_length=12, choices=[(move.value, move.value) for move in Move])
    from_state = models.CharField(max_length=16, choices=STATES)
    to_state = models.CharField(max_length=16, choices=STATES)
    side = models.CharField(max_length=8, choices=[("partner", "partner"), ("vendor", "vendor"), ("rules", "rules")])
    person_id = models.UUIDField(null=True)
    person_name = models.CharField(max_length=200, blank=True)
    partnership = TenantForeignKey(Partnership, null=True)
    reason = models.CharField(max_length=30, blank=True)
    text = models.CharField(max_length=1_000, blank=True)

    append_only = True

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "lead", "sequence"], name="lead_step_once")]


@keeps_history()
class RoutingVersion(DatedVersion):
    """One version of a program's routing. Once a lead was routed by it, its clauses never change. Vendor only."""

    clauses = models.JSONField(help_text="leads.clauses.Routing")
    used_at = models.DateTimeField(null=True, help_text="when a lead was first routed by it")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "program", "number"], name="routing_number"),
            one_version_a_day("one_routing_a_day"),
        ]
        triggers = [stays_once_used("used_routing_stays", content="clauses")]


class LeadRoute(TenantModel):
    """What the rules said of a lead, whole, each time it was routed. Vendor only."""

    lead = TenantForeignKey(Lead, related_name="routes")
    version = TenantForeignKey(RoutingVersion)
    at = models.DateTimeField()
    chosen = TenantForeignKey(Partnership, null=True)
    body = models.JSONField(help_text="leads.rules.Route")

    append_only = True

    class Meta:
        indexes = [models.Index(fields=["vendor_id", "lead", "-at"], name="routes_of_lead")]


@keeps_history()
class LeadWishes(TenantModel):
    """Which leads a partner declares to take, and how many at once."""

    partnership = TenantForeignKey(Partnership)
    partner_id = models.UUIDField()
    takes_leads = models.BooleanField(default=True)
    capacity = models.PositiveIntegerField(null=True, help_text="leads in hand at once; null: the program's number")
    countries = _names(help_text="ISO codes, beside the partner's own")
    languages = _languages()
    families = _names()

    isolation: ClassVar[Isolation] = vendor_and_partner()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "partnership"], name="lead_wishes_once")]
        indexes = [models.Index(fields=["partner_id"], name="wishes_partner_side")]


def referral_token() -> str:
    """128 bits, so that nobody guesses one."""
    return public_id(22)


class ReferralLink(TenantModel):
    """The address under which a partner's contacts leave their details. Whoever knows the token may read this row."""

    program = TenantForeignKey(Program)
    partnership = TenantForeignKey(Partnership)
    partner_id = models.UUIDField()
    token = models.CharField(max_length=22, default=referral_token)
    vendor_name = models.CharField(max_length=300, help_text="as the prospect reads it")
    partner_name = models.CharField(max_length=300, help_text="as the prospect reads it")
    made_at = models.DateTimeField()
    made_by_id = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)

    isolation: ClassVar[Isolation] = with_arms(
        VENDOR_ARM, PARTNER_ARM, Arm("bearer", f"token = {TOKEN}", command="SELECT", index="token")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vendor_id", "partnership"],
                condition=models.Q(ended_at__isnull=True),
                name="one_link_a_partner",
            ),
        ]
        indexes = [
            models.Index(fields=["partner_id"], name="link_partner_side"),
            models.Index(fields=["token"], name="link_of_token"),
        ]

    def __str__(self) -> str:
        return self.token


@keeps_history()
class Referral(TenantModel):
    """What a partner may read of a lead that it referred: whose company, and what became of it."""

    lead = TenantForeignKey(Lead, related_name="referrals")
    partnership = TenantForeignKey(Partnership)
    partner_id = models.UUIDField()
    link = TenantForeignKey(ReferralLink, null=True, help_text="null: by the partner's own form")
    customer_name = models.CharField(max_length=300)
    referred_at = models.DateTimeField()
    referred_by_name = models.CharField(max_length=200, blank=True)
    state = models.CharField(
        max_length=10,
        choices=[(one, one) for one in ("open", "accepted", "converted", "won", "closed")],
        default="open",
    )
    accepted_at = models.DateTimeField(null=True, help_text="when somebody first took the lead up")

    isolation: ClassVar[Isolation] = vendor_and_partner()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "lead"], name="referral_once")]
        indexes = [models.Index(fields=["partner_id", "-referred_at"], name="referral_partner_side")]


class LeadFile(TenantModel):
    """A file of leads: its rows until they are taken in, then only how many, and those that were not taken."""

    program = TenantForeignKey(Program)
    name = models.CharField(max_length=255)
    header = ArrayField(models.CharField(max_length=300))
    rows = models.JSONField(default=list, help_text="[line, values by field] of those still to be taken in")
    rejects = models.JSONField(default=list, help_text="[line, cells, reason]")
    state = models.CharField(max_length=8, choices=[("waiting", "waiting"), ("done", "done")], default="waiting")
    read = models.PositiveIntegerField(default=0)
    taken = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0, help_text="rows whose external id is there already")
    uploaded_at = models.DateTimeField()
    uploaded_by_id = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["vendor_id", "program", "-uploaded_at"], name="lead_files")]

    def __str__(self) -> str:
        return self.name
