"""Rules of engagement: versions of a program's rules for registrations, each effective from a day on."""

from __future__ import annotations

from django.db import models

from comity.deals.states.registrations import TrialState
from comity.platform.history import keeps_history
from comity.platform.models import TenantForeignKey, TenantModel
from comity.programs.models import Program
from comity.programs.models.versions import DatedVersion, one_version_a_day, stays_once_used


@keeps_history()
class EngagementRules(DatedVersion):
    """One version. Once a registration was judged by it, its clauses never change: a new version follows it.

    Vendor only: a partner reads the sentences, which leave out the automatic bands.
    """

    clauses = models.JSONField(help_text="deals.registration.clauses.Clauses")
    used_at = models.DateTimeField(null=True, help_text="when a registration was first judged by it")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "program", "number"], name="engagement_rules_number"),
            one_version_a_day("one_version_of_rules_a_day"),
        ]
        triggers = [stays_once_used("used_rules_stay", content="clauses")]

    def __str__(self) -> str:
        return f"Rules of engagement {self.number}"


@keeps_history()
class EngagementDraft(TenantModel):
    """The next version as somebody is still writing it: one a program, until it is published or thrown away."""

    program = TenantForeignKey(Program)
    clauses = models.JSONField(help_text="deals.registration.clauses.Clauses")
    from_on = models.DateField(help_text="from when it is meant to hold")
    note = models.CharField(max_length=500, blank=True)
    saved_at = models.DateTimeField()
    saved_by_id = models.UUIDField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "program"], name="one_draft_of_rules")]


class RulesTrial(TenantModel):
    """The registrations of a year run through a draft, beside the rules in force: how far it is, what would change."""

    program = TenantForeignKey(Program)
    state = models.CharField(
        max_length=10, choices=[(state.value, state.value) for state in TrialState], default=TrialState.WAITING.value
    )
    clauses = models.JSONField(help_text="the draft as it was tried")
    rules = TenantForeignKey(
        EngagementRules, models.SET_NULL, null=True,
        help_text="what was in force, against which it was tried; null once another version took its place unused",
    )  # fmt: skip
    since = models.DateTimeField(help_text="registrations submitted after this")
    until = models.DateTimeField(help_text="and up to this")
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    automatic_before = models.PositiveIntegerField(default=0)
    automatic_after = models.PositiveIntegerField(default=0)
    moves = models.JSONField(default=list, help_text="[before, after, how many] of the verdicts that would change")
    after_at = models.DateTimeField(
        null=True, help_text="the last one judged; a killed worker's successor goes on here"
    )
    after_id = models.UUIDField(null=True)
    started_by_id = models.UUIDField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vendor_id", "program"],
                condition=models.Q(state__in=["waiting", "running"]),
                name="one_trial_of_rules",
            )
        ]
        indexes = [models.Index(fields=["vendor_id", "program", "-created_at"], name="trials_of_rules")]


class RulesTrialChange(TenantModel):
    """One registration whose verdict would be another one under the draft."""

    trial = TenantForeignKey(RulesTrial, related_name="changes")
    registration = TenantForeignKey("deals.Registration")
    submitted_at = models.DateTimeField()
    before = models.CharField(max_length=24)
    after = models.CharField(max_length=24)
    sentence = models.TextField(help_text="what decides under the draft")

    append_only = True

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "trial", "registration"], name="trial_change_once")]
        indexes = [models.Index(fields=["vendor_id", "trial", "submitted_at", "id"], name="trial_changes")]
