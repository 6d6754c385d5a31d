"""What each partner brings over the last year: the same figures as the metrics tell, for one partner and its peers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import connection
from django.test.utils import CaptureQueriesContext

from comity.insights.engine import evaluate
from comity.insights.marts import rebuild
from comity.insights.models import PartnerFigures, PartnerTrend
from comity.insights.question import twelve_months_to
from comity.insights.trends import figures_of, month_points, refill, trends_of
from comity.programs.models import Partnership
from insights.odd_deals import odd_deal, odd_program

AS_OF = date(2026, 3, 31)


def test_the_same_day_of_the_months_before():
    assert month_points(date(2026, 3, 31), 3) == [date(2026, 3, 31), date(2026, 2, 28), date(2026, 1, 31)]
    assert month_points(date(2024, 2, 29), 13)[-1] == date(2023, 2, 28)


def test_figures_of_a_partner_month_by_month(cast):
    fabrikam, contoso, program = cast.of_fabrikam, cast.of_contoso, cast.program
    with cast.scope("ada"):
        program.data_as_of = AS_OF
        program.save()
        both = [(fabrikam, "sourced"), (contoso, "fulfilled")]
        odd_deal(program, [(date(2024, 1, 1), "open", None), (date(2025, 2, 28), "won", "400")], roles=both[:1])
        odd_deal(program, [(date(2025, 6, 1), "open", "50"), (date(2025, 12, 1), "won", "600")], roles=both)
        odd_deal(program, [(date(2026, 1, 1), "open", "80"), (date(2026, 2, 1), "open", "90")], roles=both[:1])
        odd_deal(program, [(date(2025, 1, 1), "open", "80"), (date(2026, 3, 1), "lost", "80")], roles=both[:1])
        odd_deal(program, [(date(2025, 1, 1), "open", None), (date(2025, 9, 1), "won", None)], roles=both[1:])
        rebuild(program)
        refill(program)
        mine, theirs = (figures_of(program.vendor_id, [one.pk])[one.pk] for one in (fabrikam, contoso))
        assert [
            (row.as_of, row.revenue, row.revenue_before, row.won, row.lost, row.without_amount)
            for row in (mine, theirs)
        ] == [(AS_OF, 600, 400, 1, 1, 0), (AS_OF, 600, 0, 2, 0, 1)]
        assert (mine.pipeline, mine.open_deals, mine.pipeline_moved_on) == (90, 1, date(2026, 2, 1))
        assert (mine.last_activity_on, theirs.pipeline, theirs.open_deals) == (date(2025, 12, 1), 0, 0)
        with CaptureQueriesContext(connection) as asked:
            trends = trends_of(program, fabrikam.pk)
        assert len(asked) == 2
        told = {
            name: [(str(point.on), point.value, point.median) for point in trend.points[-3:]]
            for name, trend in trends.items()
        }
        assert told["revenue"] == [
            ("2026-01-31", 1000, 800), ("2026-02-28", 600, 600), ("2026-03-31", 600, 600),
        ]  # fmt: skip
        assert [point[:2] for point in told["pipeline"]] == [
            ("2026-01-31", 160), ("2026-02-28", 170), ("2026-03-31", 90),
        ]  # fmt: skip
        assert told["win_rate"][-1] == ("2026-03-31", Decimal("0.5"), Decimal("0.75"))
        assert {trend.peers for trend in trends.values()} == {2}


def test_what_is_listed_is_what_the_metric_says(cast):
    """Over deals with everything odd about them; and one deal's partners alone can be filled anew."""
    program = odd_program(cast)
    with cast.scope("ada"):
        program.data_as_of = AS_OF
        program.save()
        rebuild(program)
        refill(program)
        period = {"from_on": twelve_months_to(AS_OF), "to_on": AS_OF, "as_of": AS_OF}
        rows = [row for row in evaluate(program, ["partner_revenue", "win_rate"], by="partner", **period) if row.key]
        metric = {
            name: {row.key: row for row in rows if row.metric == name} for name in ("partner_revenue", "win_rate")
        }
        figures = {str(row.partnership_id): row for row in PartnerFigures.objects.all()}
        assert set(figures) == {str(key) for key in Partnership.objects.values_list("pk", flat=True)}
        for key, row in figures.items():
            told = metric["partner_revenue"].get(key)
            assert row.revenue == (told.value if told and told.rows else 0)
            assert (row.won, row.without_amount) == ((told.rows, told.rows_without_amount) if told else (0, 0))
            rate = metric["win_rate"].get(key)
            assert row.won + row.lost == (rate.denominator if rate else 0)
        before = list(PartnerTrend.objects.order_by("partnership_id", "on").values())
        refill(program, [cast.of_fabrikam.pk])
        assert list(PartnerTrend.objects.order_by("partnership_id", "on").values()) == before
        assert len(before) == 13 * len(figures)
