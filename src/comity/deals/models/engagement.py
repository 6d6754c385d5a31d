"""Rules of engagement: versions of a program's rules for registrations, each effective from a day on."""

from __future__ import annotations

from django.db import models

from comity.platform.history import keeps_history
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
