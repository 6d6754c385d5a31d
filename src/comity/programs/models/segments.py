"""Segments: the vendor's own lens. In tables of their own, because a policy cannot hide a column from the partner."""

from __future__ import annotations

from django.db import models

from comity.platform.history import keeps_history
from comity.platform.models import TenantForeignKey, TenantModel
from comity.programs.models.partnership import SEGMENTS, Partnership
from comity.programs.models.program import Program


@keeps_history()
class SegmentPolicy(TenantModel):
    """How a program cuts its partners, and the segment and potential each has now."""

    program = TenantForeignKey(Program)
    strategic_share = models.DecimalField(max_digits=5, decimal_places=4, default="0.1250")
    core_share = models.DecimalField(max_digits=5, decimal_places=4, default="0.3750")
    runs_monthly = models.BooleanField(default=False, help_text="evaluate on the first of each month; a person applies")
    weights = models.JSONField(default=dict, help_text="load of one partnership by segment; 1 where not said")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "program"], name="one_segment_policy"),
            models.CheckConstraint(
                condition=models.Q(strategic_share__gte=0, core_share__gte=0)
                & models.Q(strategic_share__lte=1 - models.F("core_share")),
                name="segment_shares",
            ),
        ]


@keeps_history()
class PartnershipSegment(TenantModel):
    """The segment of one partnership and its potential, 0 to 100, set by hand."""

    partnership = TenantForeignKey(Partnership)
    segment = models.CharField(max_length=20, choices=SEGMENTS, blank=True)
    potential = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "partnership"], name="one_segment"),
            models.CheckConstraint(condition=models.Q(potential__range=(0, 100)), name="potential_range"),
        ]


class SegmentRun(TenantModel):
    """One evaluation: on which day's data, under which shares, proposed or applied."""

    program = TenantForeignKey(Program)
    as_of = models.DateField()
    strategic_share = models.DecimalField(max_digits=5, decimal_places=4)
    core_share = models.DecimalField(max_digits=5, decimal_places=4)
    run_by_id = models.UUIDField(null=True, help_text="the person; null for the schedule")
    applied_at = models.DateTimeField(null=True)
    applied_by_id = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["vendor_id", "program", "-created_at"])]


class SegmentMove(TenantModel):
    """What a run says of one partnership: rank, revenue, from, to and why. Kept for ever."""

    run = TenantForeignKey(SegmentRun)
    partnership = TenantForeignKey(Partnership)
    rank = models.PositiveIntegerField()
    revenue = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    potential = models.PositiveSmallIntegerField(null=True)
    from_segment = models.CharField(max_length=20, blank=True)
    to_segment = models.CharField(max_length=20)
    explanation = models.TextField()

    append_only = True

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "run", "partnership"], name="one_move_a_run")]
        indexes = [models.Index(fields=["vendor_id", "partnership"])]
