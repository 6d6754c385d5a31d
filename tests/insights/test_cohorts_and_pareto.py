"""Cohorts and the Pareto curve: the arithmetic, and the pages that show it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from comity.insights.cohorts import Start, cohorts_by_quarter
from comity.insights.marts import rebuild
from comity.insights.pareto import at_tenths, pareto_curve
from comity.kernel.ids import uuid7
from comity.kernel.periods import FiscalCalendar
from comity.programs.models import Partnership, Program
from deal_story import deal

AMOUNTS = st.lists(st.none() | st.decimals(0, 10**9, places=2, allow_nan=False), max_size=40)


@given(AMOUNTS)
def test_the_curve_rises_ever_more_slowly_to_the_whole(amounts):
    points = pareto_curve(amounts)
    if not sum(amount or 0 for amount in amounts):
        assert points == []
        return
    steps = [Fraction(0), *(Fraction(point.of_revenue) for point in points)]
    rises = [after - before for before, after in pairwise(steps)]
    assert [point.partners for point in points] == list(range(1, len(amounts) + 1))
    assert (points[-1].of_partners, points[-1].of_revenue) == (1, 1)
    slack = Fraction(1, 10**20)  # the figures have 28 digits
    assert all(later <= earlier + slack for earlier, later in pairwise(rises))
    assert [point.partners for point in at_tenths(points)][-1] == len(amounts)


def test_the_curve_of_five_partners():
    points = pareto_curve([Decimal(60), None, Decimal(30), Decimal(0), Decimal(10)])
    assert [(point.partners, point.of_partners, point.of_revenue) for point in points] == [
        (1, Decimal("0.2"), Decimal("0.6")),
        (2, Decimal("0.4"), Decimal("0.9")),
        (3, Decimal("0.6"), Decimal(1)),
        (4, Decimal("0.8"), Decimal(1)),
        (5, Decimal(1), Decimal(1)),
    ]


def started(day: date, won: date | None = None) -> Start:
    return Start(uuid7(), "Somebody", day, won)


def test_a_cohort_waits_until_its_youngest_has_had_the_days():
    starts = [
        started(date(2025, 1, 1), date(2025, 1, 1)),
        started(date(2025, 3, 31), date(2025, 6, 29)),  # 90 days
        started(date(2025, 2, 1), date(2025, 12, 1)),  # 303 days
        started(date(2025, 2, 2)),
        started(date(2025, 10, 1)),
    ]
    first, last = cohorts_by_quarter(starts, FiscalCalendar(1), as_of=date(2025, 12, 31))
    told = [(one.within_days, one.partners, one.share) for one in first.reached]
    assert (first.period.label, first.partners, first.waiting, first.median_days) == ("2025-Q1", 4, 1, 90)
    assert told == [(90, 2, Decimal("0.5")), (180, 2, Decimal("0.5")), (270, 2, Decimal("0.5")), (365, 3, None)]
    assert (last.period.label, last.reached[0].share, last.median_days) == ("2025-Q4", Decimal(0), None)
    assert cohorts_by_quarter([], FiscalCalendar(1), date(2025, 1, 1)) == []


def test_the_pages_open_each_figure_down_to_its_partners(cast):
    with cast.scope("ada"):
        Partnership.objects.filter(pk=cast.of_fabrikam.pk).update(started_on=date(2025, 10, 1), status="active")
        Partnership.objects.filter(pk=cast.of_contoso.pk).update(started_on=date(2025, 11, 5), status="active")
        Program.objects.filter(pk=cast.program.pk).update(data_as_of=date(2026, 3, 1))
        deal(cast, "Desk", partner=cast.of_fabrikam, won_on=date(2025, 12, 30))
        rebuild(Program.objects.get(pk=cast.program.pk))
    vera = cast.browser("vera")
    address = "/workspace/northwind/metrics/cohorts/"
    page = vera.get(address)
    (cohort,) = page.context["cohorts"]
    assert (cohort.period.label, cohort.partners, cohort.median_days) == ("2025-Q4", 2, 90)
    assert [one.share for one in cohort.reached] == [Decimal("0.5"), None, None, None]
    behind = vera.get(address, {"cohort": "2025-Q4", "within": "90"})
    assert [start.name for start in behind.context["starts"]] == [cast.of_fabrikam.name]
    assert len(vera.get(address, {"cohort": "2025-Q4"}).context["starts"]) == 2
    wrong = ({"cohort": "2019-Q1"}, {"cohort": "2025-Q4", "within": "7"})
    assert [vera.get(address, query).status_code for query in wrong] == [404, 404]
    lines = vera.get("/workspace/northwind/metrics/cohorts.csv").content.decode().splitlines()
    assert lines[1:] == [
        f"2025-Q4,{cast.of_fabrikam.name},2025-10-01,2025-12-30,90",
        f"2025-Q4,{cast.of_contoso.name},2025-11-05,,",
    ]
    concentration = vera.get("/workspace/northwind/metrics/revenue_concentration/", {"period": "all"})
    assert [(point.partners, point.of_revenue) for point in concentration.context["pareto"]] == [(1, 1), (2, 1)]
    assert "Copy link" in concentration.content.decode()
