"""Segments: evaluated into a proposal that shows who would move and why, applied by a person, kept for ever."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.words import words
from comity.programs.models import (
    Partnership,
    PartnershipSegment,
    Program,
    SegmentMove,
    SegmentPolicy,
    SegmentRun,
)
from comity.programs.queries.segments import policy_of
from comity.programs.rules import Placement, SegmentRow, place_in_segments
from comity.programs.states import Segment, Status

Figures = Mapping[UUID, Decimal | None]
"""Revenue of each partnership over 12 months, in the program's currency; missing or None: not available."""


class OutdatedProposal(Conflict):
    """Partners, potentials, shares or data changed after the proposal was made."""

    code, title = "outdated_proposal", words("The proposal is out of date")


@transaction.atomic
def set_segment_policy(
    *,
    program: Program,
    actor: Actor,
    strategic_share: Decimal,
    core_share: Decimal,
    weights: Mapping[str, Decimal],
    runs_monthly: bool,
) -> SegmentPolicy:
    """Say how the partners are cut, and what one partner of each segment weighs in a manager's load.

    Shares are ratios (0.125 is 12.5 %). Raises NotAllowed, Invalid.
    """
    actor.require(Permission.EVALUATE_SEGMENTS)
    wrong: dict[str, str] = {}
    if not 0 <= strategic_share <= 1:
        wrong["strategic_share"] = words("Enter a share from 0 to 100 %.")
    if not 0 <= core_share <= 1 - strategic_share:
        wrong["core_share"] = words("Strategic and Core together are at most 100 %.")
    if set(weights) - set(Segment) or any(not 0 <= weight <= 100 for weight in weights.values()):
        wrong["weights"] = words("A weight goes from 0 to 100.")
    if wrong:
        raise Invalid(words("The cut was not saved."), fields=wrong)
    policy, _ = SegmentPolicy.objects.update_or_create(
        vendor_id=program.vendor_id,
        program=program,
        defaults={
            "strategic_share": strategic_share,
            "core_share": core_share,
            "weights": {segment: str(weight) for segment, weight in weights.items()},
            "runs_monthly": runs_monthly,
        },
    )
    return policy


@transaction.atomic
def evaluate_segments(*, program: Program, actor: Actor | None, figures: Figures, as_of: date) -> SegmentRun:
    """Propose a segment for every active partnership; nothing changes until it is applied. No actor: the schedule.

    The same proposal as the open one is not made twice. Raises NotAllowed.
    """
    if actor is not None:
        actor.require(Permission.EVALUATE_SEGMENTS)
    Program.objects.select_for_update().get(vendor_id=program.vendor_id, pk=program.pk)
    policy = policy_of(program)
    placements = _placements(program, policy, figures)
    present = _present_segments(program)
    latest = _latest_run(program)
    is_open = latest is not None and latest.applied_at is None and latest.as_of == as_of
    if latest and is_open and _same_shares(latest, policy) and _says(latest) == _proposal(placements, present):
        return latest
    run = SegmentRun.objects.create(
        vendor_id=program.vendor_id,
        program=program,
        as_of=as_of,
        strategic_share=policy.strategic_share,
        core_share=policy.core_share,
        run_by_id=actor.person_id if actor else None,
    )
    SegmentMove.objects.bulk_create([_move(run, placement, present) for placement in placements], batch_size=2000)
    return run


@transaction.atomic
def apply_segments(*, run: SegmentRun, actor: Actor, at: datetime, figures: Figures | None = None) -> SegmentRun:
    """Give each partnership the segment proposed. An applied proposal stays applied: a second time is a no-op.

    With `figures`, the revenue of now, a proposal made from others is refused too. Raises NotAllowed, OutdatedProposal.
    """
    actor.require(Permission.EVALUATE_SEGMENTS)
    program = Program.objects.select_for_update().get(vendor_id=run.vendor_id, pk=run.program_id)
    current = SegmentRun.objects.select_for_update().get(vendor_id=run.vendor_id, pk=run.pk)
    if current.applied_at is not None:
        return current
    _refuse_outdated(current, program, figures)
    _write_segments(current)
    current.applied_at, current.applied_by_id = at, actor.person_id
    current.save(update_fields=["applied_at", "applied_by_id"])
    return current


@transaction.atomic
def evaluate_when_due(*, program: Program, figures: Figures, as_of: date, today: date) -> SegmentRun | None:
    """What a daily job calls: evaluate once a month where the policy says so; None when it is not due."""
    if not policy_of(program).runs_monthly:
        return None
    latest = SegmentRun.objects.filter(vendor_id=program.vendor_id, program=program, run_by_id=None)
    if latest.filter(created_at__date__gte=today.replace(day=1)).exists():
        return None
    return evaluate_segments(program=program, actor=None, figures=figures, as_of=as_of)


def _placements(program: Program, policy: SegmentPolicy, figures: Figures) -> list[Placement]:
    active = Partnership.objects.filter(vendor_id=program.vendor_id, program=program, status=Status.ACTIVE)
    potentials = _potentials(program)
    rows = [
        SegmentRow(key, _stored(figures.get(key)), potentials.get(key)) for key in active.values_list("pk", flat=True)
    ]
    return place_in_segments(
        rows,
        strategic_share=policy.strategic_share,
        core_share=policy.core_share,
        currency=program.currency,
    )


def _stored(revenue: Decimal | None) -> Decimal | None:
    """Revenue with the digits the proposal keeps, so that it compares equal later."""
    return None if revenue is None else revenue.quantize(Decimal("0.0001"))


def _records(program: Program) -> list[PartnershipSegment]:
    return list(PartnershipSegment.objects.filter(vendor_id=program.vendor_id, partnership__program=program))


def _potentials(program: Program) -> dict[UUID, int | None]:
    return {record.partnership_id: record.potential for record in _records(program)}


def _present_segments(program: Program) -> dict[UUID, str]:
    return {record.partnership_id: record.segment for record in _records(program)}


def _move(run: SegmentRun, placement: Placement, present: Mapping[UUID, str]) -> SegmentMove:
    return SegmentMove(
        vendor_id=run.vendor_id,
        run=run,
        partnership_id=placement.partnership_id,
        rank=placement.rank,
        revenue=placement.revenue,
        potential=placement.potential,
        from_segment=present.get(placement.partnership_id, ""),
        to_segment=placement.segment.value,
        explanation=placement.explanation,
    )


type _Line = tuple[UUID, Decimal | None, int | None, str, str]


def _proposal(placements: list[Placement], present: Mapping[UUID, str]) -> list[_Line]:
    return [
        (item.partnership_id, item.revenue, item.potential, present.get(item.partnership_id, ""), item.segment.value)
        for item in placements
    ]


def _says(run: SegmentRun) -> list[_Line]:
    moves = SegmentMove.objects.filter(vendor_id=run.vendor_id, run=run).order_by("rank")
    return list(moves.values_list("partnership_id", "revenue", "potential", "from_segment", "to_segment"))


def _latest_run(program: Program) -> SegmentRun | None:
    return SegmentRun.objects.filter(vendor_id=program.vendor_id, program=program).order_by("-pk").first()


def _same_shares(run: SegmentRun, policy: SegmentPolicy) -> bool:
    return (run.strategic_share, run.core_share) == (policy.strategic_share, policy.core_share)


def _refuse_outdated(run: SegmentRun, program: Program, figures: Figures | None) -> None:
    """Raises OutdatedProposal with the first reason found."""
    again = words("Evaluate again and look at the new proposal.")
    latest, policy = _latest_run(program), policy_of(program)
    if latest is not None and latest.pk != run.pk:
        raise OutdatedProposal(words("There is a newer proposal. %(again)s", again=again))
    if not _same_shares(run, policy):
        raise OutdatedProposal(words("The shares were changed after this proposal was made. %(again)s", again=again))
    if program.data_as_of is not None and program.data_as_of != run.as_of:
        raise OutdatedProposal(
            words(
                "The data are now of %(data_as_of)s, the proposal of %(as_of)s. %(again)s",
                data_as_of=program.data_as_of,
                as_of=run.as_of,
                again=again,
            )
        )
    says = _says(run)
    known = {key: revenue for key, revenue, *_ in says} if figures is None else figures
    if says != _proposal(_placements(program, policy, known), _present_segments(program)):
        raise OutdatedProposal(
            words("Partners, revenue or potentials changed after this proposal was made. %(again)s", again=again)
        )


def _write_segments(run: SegmentRun) -> None:
    wanted = dict(
        SegmentMove.objects.filter(vendor_id=run.vendor_id, run=run).values_list("partnership_id", "to_segment")
    )
    records = PartnershipSegment.objects.select_for_update().filter(vendor_id=run.vendor_id)
    known = {record.partnership_id: record for record in records if record.partnership_id in wanted}
    changed = [record for key, record in known.items() if record.segment != wanted[key]]
    for record in changed:
        record.segment = wanted[record.partnership_id]
    PartnershipSegment.objects.bulk_update(changed, ["segment"], batch_size=2000)
    PartnershipSegment.objects.bulk_create(
        [
            PartnershipSegment(vendor_id=run.vendor_id, partnership_id=key, segment=segment)
            for key, segment in wanted.items()
            if key not in known
        ],
        batch_size=2000,
    )
