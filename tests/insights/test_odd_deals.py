"""Deals that no real set shows: the engine against the hand-written proofs, and the edges one by one."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from comity.deals.events import OpportunitiesImported, OpportunityChanged
from comity.deals.models import Opportunity, ProductFamily, StageChange
from comity.insights.behind import rows_behind
from comity.insights.catalogue import METRICS
from comity.insights.comparison import compare
from comity.insights.engine import evaluate
from comity.insights.marts import rebuild, refill_after_change, refill_after_import, refill_in_new_currency
from comity.insights.models import DealPart, DealPartner, DealState, PartnerActivity
from comity.insights.question import ask
from comity.insights.segmentation import revenue_of_partnerships
from comity.kernel.ids import uuid7
from comity.kernel.periods import FiscalCalendar
from comity.ledger.models import ExchangeRate
from comity.programs.events import ProgramCurrencyChanged
from comity.programs.models import PartnershipSegment, Program, Quota, SegmentPolicy
from insights.imported import NOT_IN_FILES
from insights.odd_deals import odd_deal, odd_program
from insights.proving import contradictions


@pytest.mark.parametrize("name", [name for name in METRICS if name not in NOT_IN_FILES])
def test_on_a_program_of_oddities(cast, name):
    program = odd_program(cast)
    with cast.scope("ada"):
        for back in range(0, 400, 23):
            as_of = date(2026, 3, 31) - timedelta(days=back)
            for asked in ({"from_on": None, "to_on": None}, {"from_on": date(2025, 7, 1), "to_on": date(2025, 12, 31)}):
                assert contradictions(name, program, **asked, as_of=as_of) == []


WON_ON = date(2025, 12, 1)
ALL = {"as_of": date(2026, 3, 31)}


@pytest.fixture
def story(cast):
    """The vendor's scope, without a deal."""
    with cast.scope("ada"):
        yield cast


def figures(story, name, **asked):
    """Place -> (value, rows, rows without an amount) of a metric, in filled marts."""
    rebuild(story.program)
    rows = evaluate(story.program, [name], **{**ALL, **asked})
    return {(row.dimension, row.key): (row.value, row.rows, row.rows_without_amount) for row in rows}


def won(story, amount, *, roles=(), **said):
    return odd_deal(story.program, [(date(2025, 9, 1), "open", None), (WON_ON, "won", amount)], roles=roles, **said)


TOTAL = (None, None)


def test_a_sum_over_nothing_is_zero_and_a_quotient_has_no_value(story):
    for name in ("partner_sourced_pipeline", "partner_revenue", "active_partners"):
        assert figures(story, name)[TOTAL] == (0, 0, 0)
    (rate,) = evaluate(story.program, ["win_rate"], **ALL)
    assert (rate.value, rate.numerator, rate.denominator, rate.reason) == (
        None,
        0,
        0,
        "no deal was closed in the period",
    )
    (dormant,) = evaluate(story.program, ["dormancy_rate"], **ALL)
    assert (dormant.value, dormant.numerator, dormant.denominator) == (1, 2, 2)


def test_deals_that_all_lack_the_amount_have_none_and_some_are_counted_beside_the_sum(story):
    won(story, None, roles=[(story.of_fabrikam, "sourced")])
    assert figures(story, "partner_sourced_revenue")[TOTAL] == (None, 1, 1)
    (row, *_) = evaluate(story.program, ["partner_share_of_revenue"], **ALL)
    assert (row.value, row.reason) == (None, "no amount is known")
    won(story, "100", roles=[(story.of_fabrikam, "sourced")])
    assert figures(story, "partner_sourced_revenue")[TOTAL] == (100, 2, 1)
    assert figures(story, "average_deal_size")[TOTAL] == (100, 2, 1)
    assert revenue_of_partnerships(story.program, ALL["as_of"]) == {story.of_fabrikam.pk: 100, story.of_contoso.pk: 0}


def test_the_past_is_told_as_it_was_known(story):
    odd_deal(
        story.program,
        [(None, "open", None), (date(2025, 10, 1), "open", "50"), (WON_ON, "won", "70")],
        roles=[(story.of_fabrikam, "sourced")],
    )
    pipeline = {day: figures(story, "partner_sourced_pipeline", as_of=day)[TOTAL] for day in
                (date(2001, 1, 1), date(2025, 9, 30), date(2025, 10, 1), date(2025, 11, 30), WON_ON)}  # fmt: skip
    assert list(pipeline.values()) == [(None, 1, 1), (None, 1, 1), (50, 1, 0), (50, 1, 0), (0, 0, 0)]
    assert figures(story, "partner_sourced_revenue", as_of=date(2025, 11, 30))[TOTAL] == (0, 0, 0)
    assert figures(story, "partner_sourced_revenue", as_of=WON_ON)[TOTAL] == (70, 1, 0)


def test_a_reopened_deal_is_not_won_until_it_is_won_again(story):
    again = date(2026, 2, 1)
    odd_deal(
        story.program,
        [
            (date(2025, 9, 1), "open", None),
            (WON_ON, "won", "10"),
            (date(2026, 1, 10), "open", "12"),
            (again, "won", "12"),
        ],
        roles=[(story.of_fabrikam, "sourced")],
    )
    year = {"from_on": date(2025, 1, 1), "to_on": date(2025, 12, 31)}
    assert figures(story, "partner_revenue", **year, as_of=date(2025, 12, 31))[TOTAL] == (10, 1, 0)
    assert figures(story, "partner_revenue", **year)[TOTAL] == (0, 0, 0)
    assert figures(story, "active_partners", as_of=date(2026, 1, 9))[TOTAL][0] == 1
    assert figures(story, "active_partners", as_of=date(2026, 1, 10))[TOTAL][0] == 0
    assert figures(story, "partner_revenue")[TOTAL] == (12, 1, 0)


def test_a_won_deal_whose_amount_is_corrected_keeps_its_close_date(story):
    odd_deal(story.program, [(date(2025, 9, 1), "open", None), (WON_ON, "won", "10"), (date(2026, 1, 10), "won", "12")])
    december = {"from_on": WON_ON, "to_on": date(2025, 12, 31)}
    assert figures(story, "average_deal_size", **december)[TOTAL] == (12, 1, 0)
    assert figures(story, "average_deal_size", **december, as_of=date(2025, 12, 31))[TOTAL] == (10, 1, 0)


def test_foreign_money_counts_at_the_rate_of_the_day_or_not_at_all(story):
    for on, currency, rate in (
        (WON_ON - timedelta(days=2), "USD", "1.25"),
        (WON_ON - timedelta(days=10), "GBP", "0.8"),
    ):
        ExchangeRate.objects.create(on=on, currency=currency, rate=Decimal(rate))
    for currency in ("USD", "GBP"):
        won(story, "100", roles=[(story.of_fabrikam, "sourced")], currency=currency)
    assert figures(story, "partner_sourced_revenue")[TOTAL] == (80, 2, 1)  # the pound's rate is too old
    Program.objects.filter(pk=story.program.pk).update(currency="USD")
    story.program.refresh_from_db()
    refill_in_new_currency(ProgramCurrencyChanged(program_id=story.program.pk, currency="USD"))
    assert figures(story, "partner_sourced_revenue")[TOTAL] == (100, 2, 1)


def test_two_partners_and_two_roles_count_once_in_the_total_and_under_each(story):
    won(story, "100", roles=[(story.of_fabrikam, "sourced"), (story.of_contoso, "fulfilled"),
                             (story.of_contoso, "supported")])  # fmt: skip
    keys = {partner: str(partner.pk) for partner in (story.of_fabrikam, story.of_contoso)}
    revenue = figures(story, "partner_revenue", by="partner")
    assert revenue == {TOTAL: (100, 1, 0), **{("partner", key): (100, 1, 0) for key in keys.values()}}
    assert figures(story, "partner_fulfilled_revenue", by="partner") == {
        TOTAL: (0, 0, 0),
        ("partner", keys[story.of_contoso]): (100, 1, 0),
    }
    by_tier = figures(story, "partner_sourced_revenue", by="tier")
    assert by_tier == {TOTAL: (100, 1, 0), ("tier", "Gold"): (100, 1, 0)}
    question = ask(story.program, **ALL, by="partner")
    behind = rows_behind(question, METRICS["partner_fulfilled_revenue"], key=keys[story.of_contoso])
    assert [(line.role, line.amount) for line in behind.lines] == [("fulfilled", 100)]


def test_families_share_a_deal_by_its_lines(story):
    cloud, care = (
        ProductFamily.objects.create(vendor_id=story.program.vendor_id, name=name) for name in ("Cloud", "Care")
    )
    won(story, "100", lines=[(cloud, "60"), (cloud, "10"), (care, "30")])
    won(story, "5", lines=[(cloud, None)])  # one family, no line amounts: the deal's amount is the family's
    won(story, None, lines=[(care, "8")])  # the deal's amount is unknown, and so is its line's
    won(story, "7")
    assert figures(story, "average_deal_size", by="family") == {
        TOTAL: figures(story, "average_deal_size")[TOTAL],
        ("family", "Cloud"): (Decimal("37.5"), 2, 0),
        ("family", "Care"): (30, 2, 1),
        ("family", ""): (7, 1, 0),
    }


def test_quarters_are_those_of_the_fiscal_year(story):
    Program.objects.filter(pk=story.program.pk).update(fiscal_year_starts=4)
    story.program.refresh_from_db()
    won(story, "1")
    odd_deal(story.program, [(date(2026, 1, 1), "open", None), (date(2026, 3, 1), "lost", None)])
    assert [key for _by, key in figures(story, "win_rate", by="quarter")] == [None, "FY2026-Q3", "FY2026-Q4"]
    assert [key for _by, key in figures(story, "win_rate", by="year")] == [None, "FY2026"]
    assert [key for _by, key in figures(story, "win_rate", by="month")] == [None, "2025-12", "2026-03"]


def test_load_is_weighed_by_segment(story):
    vendor_id, program = story.program.vendor_id, story.program
    SegmentPolicy.objects.create(vendor_id=vendor_id, program=program, weights={"strategic": "2.5"})
    PartnershipSegment.objects.create(vendor_id=vendor_id, partnership=story.of_fabrikam, segment="strategic")
    (total, of_ada) = evaluate(program, ["capacity_utilization"], by="manager", **ALL)
    assert (of_ada.label, of_ada.numerator, of_ada.denominator, of_ada.rows) == ("Ada", Decimal("3.5"), 15, 2)
    assert (total.value, total.rows) == (of_ada.value, 2)


def test_a_quota_in_another_currency_has_no_attainment(story):
    Quota.objects.create(
        vendor_id=story.program.vendor_id, program=story.program, manager=story.ada_manager,
        starts_on=date(2025, 10, 1), ends_on=date(2025, 12, 31), amount=10, currency="USD",
    )  # fmt: skip
    (row,) = evaluate(story.program, ["quota_attainment"], **ALL)
    assert (row.value, row.denominator) == (None, None)


def test_marts_follow_one_deal_and_are_the_same_the_second_time(story):
    first, second = won(story, "1", roles=[(story.of_fabrikam, "sourced")]), won(story, "2")
    rebuild(story.program)
    before = marts(story)
    StageChange.objects.filter(opportunity=first, status="won").update(amount=5)
    refill_after_change(OpportunityChanged(opportunity_id=first.pk, program_id=story.program.pk))
    after = marts(story)
    assert after != before
    refill_after_change(OpportunityChanged(opportunity_id=second.pk, program_id=story.program.pk))
    rebuild(story.program)
    assert marts(story) == after
    run_id = uuid7()
    Opportunity.objects.filter(pk=second.pk).update(import_run_id=run_id)
    StageChange.objects.filter(status="won").update(amount=9)
    refill_after_import(OpportunitiesImported(run_id=run_id, program_id=story.program.pk))
    amounts = DealState.objects.filter(status="won").values_list("opportunity_id", "amount")
    assert dict(amounts) == {first.pk: 5, second.pk: 9}


def marts(story):
    """All rows of all marts."""
    return {
        model: sorted(model.objects.values_list(), key=str)
        for model in (DealState, DealPartner, DealPart, PartnerActivity)
    }


def test_one_vendor_never_counts_anothers_deals(cast):
    program = odd_program(cast)
    with cast.scope("eve"):
        rows = {row.metric: row for row in evaluate(cast.umbra_program, **ALL) if row.key is None}
        assert all(
            row.rows == 0 for row in rows.values() if row.metric not in ("dormancy_rate", "revenue_concentration")
        )
        assert rows["dormancy_rate"].rows == 1
        stolen = {row.metric: row for row in evaluate(program, **ALL) if row.key is None}
        assert all(row.rows == 0 for row in stolen.values())
        assert not DealState.objects.exists()


def test_a_cut_period_is_compared_with_the_same_stretch(story):
    for day, amount in (
        (date(2025, 1, 20), "4"),
        (date(2025, 3, 1), "100"),
        (date(2025, 12, 20), "7"),
        (date(2026, 1, 5), "6"),
    ):
        odd_deal(
            story.program,
            [(date(2024, 1, 1), "open", None), (day, "won", amount)],
            roles=[(story.of_fabrikam, "sourced")],
        )
    rebuild(story.program)
    period = FiscalCalendar().parse("2026-Q1")
    question = ask(story.program, from_on=period.starts_on, to_on=period.ends_on, as_of=date(2026, 1, 31))
    (one,) = compare(question, [METRICS["partner_revenue"]], period)
    assert (one.now.value, one.before.value, one.year_before.value) == (6, 0, 4)
    assert (one.change, one.change_on_year) == (None, Decimal("0.5"))
