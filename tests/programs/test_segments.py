"""Segments are proposed, looked at, applied, and kept; an outdated proposal is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from cast import NOW, make_partnership
from comity.identity.models import Organization
from comity.kernel.errors import Invalid, NotAllowed
from comity.programs.models import PartnershipSegment, SegmentMove, SegmentPolicy, SegmentRun
from comity.programs.queries import history_of, moves_of, policy_of, segments_of
from comity.programs.queries.segments import counts_of
from comity.programs.services import (
    OutdatedProposal,
    apply_segments,
    evaluate_segments,
    evaluate_when_due,
    set_potential,
    set_segment_policy,
)

AS_OF = date(2026, 2, 28)
CUT = {
    "strategic_share": Decimal("0.5"),
    "core_share": Decimal("0.5"),
    "weights": {"strategic": Decimal(3)},
    "runs_monthly": True,
}


@pytest.fixture
def figures(cast):
    return {cast.of_fabrikam.pk: Decimal("12.345678"), cast.of_contoso.pk: None}


def propose(cast, figures) -> SegmentRun:
    return evaluate_segments(program=cast.program, actor=cast.actor("olga"), figures=figures, as_of=AS_OF)


def test_a_proposal_changes_nothing_until_it_is_applied(cast, figures):
    olga = cast.actor("olga")
    with cast.scope("olga"):
        set_segment_policy(program=cast.program, actor=olga, **CUT)
        run = propose(cast, figures)
        assert propose(cast, figures) == run
        told = moves_of(run).values_list("partnership__name", "rank", "from_segment", "to_segment", "explanation")
        assert list(told) == [
            ("Fabrikam", 1, "", "strategic", "Rank 1 of 2: revenue EUR 12.35. Ranks 1 to 1 are Strategic."),
            ("Contoso", 2, "", "core", "Rank 2 of 2: revenue not available. Ranks 2 to 2 are Core."),
        ]
        assert counts_of(run) == {"strategic": 1, "core": 1, "emerging": 0, "moving": 2}
        assert PartnershipSegment.objects.count() == 0
        applied = apply_segments(run=run, actor=olga, at=NOW, figures=figures)
        assert apply_segments(run=run, actor=olga, at=NOW) == applied
        assert (applied.applied_at, applied.applied_by_id) == (NOW, olga.person_id)
        keys = [cast.of_fabrikam.pk, cast.of_contoso.pk]
        assert segments_of(cast.northwind.pk, keys) == dict(zip(keys, ["strategic", "core"], strict=True))
        again = propose(cast, figures)
        assert again != run
        assert counts_of(again)["moving"] == 0
        told = next(change for change in history_of(cast.of_fabrikam) if change.explanation)
        assert (told.person, told.changes[0].after) == ("Olga", "Strategic")
    for reader in ("bo", "cy", "eve"):
        with cast.scope(reader):
            seen = [model.objects.count() for model in (PartnershipSegment, SegmentMove, SegmentRun, SegmentPolicy)]
            assert seen == [0, 0, 0, 0]


@pytest.mark.parametrize("what", ["newer", "potential", "shares", "partner", "date", "revenue"])
def test_an_outdated_proposal_is_refused(cast, figures, what):
    olga, now = cast.actor("olga"), dict(figures)
    with cast.scope("olga"):
        run = propose(cast, figures)
        if what == "newer":
            evaluate_segments(program=cast.program, actor=olga, figures={}, as_of=AS_OF)
        elif what == "potential":
            set_potential(partnership=cast.of_contoso, actor=olga, potential=9)
        elif what == "shares":
            set_segment_policy(program=cast.program, actor=olga, **CUT)
        elif what == "partner":
            partner = Organization.objects.create(name="Adatum", private_to_id=cast.northwind.pk)
            make_partnership(cast.program, partner.pk, "Adatum")
        elif what == "date":
            cast.program.data_as_of = date(2026, 3, 1)
            cast.program.save()
        else:
            now[cast.of_contoso.pk] = Decimal(1)
        with pytest.raises(OutdatedProposal):
            apply_segments(run=run, actor=olga, at=NOW, figures=now)
        assert PartnershipSegment.objects.exclude(segment="").count() == 0


def test_the_schedule_proposes_once_a_month_and_applies_nothing(cast, figures):
    due = {"program": cast.program, "figures": figures, "as_of": AS_OF}
    with cast.scope("olga"):
        assert evaluate_when_due(**due, today=timezone.now().date()) is None
        set_segment_policy(program=cast.program, actor=cast.actor("olga"), **CUT)
        run = evaluate_when_due(**due, today=timezone.now().date())
        assert (run.run_by_id, run.applied_at) == (None, None)
        assert evaluate_when_due(**due, today=timezone.now().date()) is None


def test_a_cut_that_is_none_is_refused(cast):
    with cast.scope("olga"):
        for wrong in ({"core_share": Decimal("0.6")}, {"strategic_share": Decimal(-1)}, {"weights": {"x": Decimal(1)}}):
            with pytest.raises(Invalid):
                set_segment_policy(program=cast.program, actor=cast.actor("olga"), **{**CUT, **wrong})
        assert (policy_of(cast.program).strategic_share, policy_of(cast.program).pk in (None,)) == (
            Decimal("0.1250"),
            False,
        )


def test_a_partner_manager_looks_but_does_not_evaluate(cast, figures):
    with cast.scope("ada"), pytest.raises(NotAllowed):
        evaluate_segments(program=cast.program, actor=cast.actor("ada"), figures=figures, as_of=AS_OF)
    with cast.scope("olga"):
        run = propose(cast, figures)
    with cast.scope("ada"), pytest.raises(NotAllowed):
        apply_segments(run=run, actor=replace(cast.actor("ada")), at=NOW)
