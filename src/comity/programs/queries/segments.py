"""Segments and how they came about; for the vendor's eyes only."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When

from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.programs.models import Partnership, PartnershipSegment, Program, SegmentMove, SegmentPolicy, SegmentRun
from comity.programs.states import Segment


def policy_of(program: Program) -> SegmentPolicy:
    """The cut of a program; an unsaved one with the usual shares where nobody has set any."""
    found = SegmentPolicy.objects.filter(vendor_id=program.vendor_id, program=program).first()
    return found or SegmentPolicy(
        vendor_id=program.vendor_id,
        program=program,
        strategic_share=Decimal("0.1250"),
        core_share=Decimal("0.3750"),
        weights={},
    )


def weights_of(policy: SegmentPolicy) -> dict[str, Decimal]:
    """The load of one partnership by segment; 1 where the policy says nothing."""
    return {segment.value: Decimal(str(policy.weights.get(segment.value, 1))) for segment in Segment}


def segment_runs_visible_to(actor: Actor, program: Program) -> QuerySet[SegmentRun]:
    """The evaluations of a program, the newest first; vendor only."""
    found = SegmentRun.objects.filter(vendor_id=actor.organization_id, program=program)
    if not actor.can(Permission.VIEW_PARTNERS) or not actor.is_vendor:
        return found.none()
    return found.order_by("-pk")


def moves_of(run: SegmentRun) -> QuerySet[SegmentMove]:
    """What an evaluation says of each partnership, those that move first, then by rank; with the partner."""
    stays = Case(When(from_segment=F("to_segment"), then=Value(1)), default=Value(0), output_field=IntegerField())
    return (
        SegmentMove.objects.filter(vendor_id=run.vendor_id, run=run)
        .select_related("partnership")
        .annotate(stays=stays)
        .order_by("stays", "rank")
    )


def counts_of(run: SegmentRun) -> dict[str, int]:
    """How many an evaluation puts into each segment, and under "moving" how many change."""
    told = {segment.value: Count("pk", filter=Q(to_segment=segment.value)) for segment in Segment}
    moving = Count("pk", filter=~Q(from_segment=F("to_segment")))
    return SegmentMove.objects.filter(vendor_id=run.vendor_id, run=run).aggregate(**told, moving=moving)


def segments_of(vendor_id: UUID, partnerships: Iterable[UUID]) -> dict[UUID, str]:
    """The present segment of each of these partnerships; "" or missing for none."""
    found = PartnershipSegment.objects.filter(vendor_id=vendor_id, partnership_id__in=list(partnerships))
    return dict(found.values_list("partnership_id", "segment"))


def last_move_of(partnership: Partnership) -> SegmentMove | None:
    """What the last applied evaluation said of a partnership, with its run; vendor only."""
    moves = SegmentMove.objects.filter(
        vendor_id=partnership.vendor_id, partnership=partnership, run__applied_at__isnull=False
    )
    return moves.select_related("run").order_by("-pk").first()
