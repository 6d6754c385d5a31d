"""The oracle reproduces every published figure of the two untouched sets."""

from datetime import date
from decimal import Decimal

import pytest

from . import adventure_works, maven
from .facts import Facts, data_folder
from .metrics import METRICS, NotTold, expected
from .rows import Row, differences

YEAR_2017 = {"from_on": date(2017, 1, 1), "to_on": date(2017, 12, 31)}
YEAR_2019 = {"from_on": date(2019, 1, 1), "to_on": date(2019, 12, 31)}


@pytest.fixture(scope="module")
def crm() -> Facts:
    return maven.load(data_folder() / "crm-sales")


@pytest.fixture(scope="module")
def works() -> Facts:
    return adventure_works.load(data_folder() / "adventureworks")


def total(facts: Facts, metric: str, **asked: date) -> Row:
    return expected(facts, metric, **asked)[0]


def by_key(rows: list[Row]) -> dict[str | None, Row]:
    return {row.key: row for row in rows}


def rounded(value: Decimal | None, places: str) -> str:
    assert value is not None
    return str(value.quantize(Decimal(places)))


def test_newest_facts(crm, works):
    assert crm.data_as_of == date(2017, 12, 31)
    assert works.data_as_of == date(2020, 5, 31)


def test_maven_2017(crm):
    revenue = total(crm, "partner_sourced_revenue", **YEAR_2017)
    rate = total(crm, "win_rate", **YEAR_2017)
    cycle = by_key(expected(crm, "sales_cycle_days", **YEAR_2017))
    assert (revenue.value, revenue.rows, revenue.rows_without_amount) == (10005534, 4238, 0)
    assert (rate.numerator, rate.denominator, rate.rows) == (4238, 4238 + 2473, 6711)
    assert rounded(rate.value, "0.0001") == "0.6315"
    assert rounded(total(crm, "average_deal_size", **YEAR_2017).value, "0.01") == "2360.91"
    assert cycle[None].value == 57
    assert rounded(cycle["mean"].value, "0.01") == "51.78"


def test_maven_pipeline_is_not_available(crm):
    pipeline = total(crm, "partner_sourced_pipeline")
    assert (pipeline.value, pipeline.rows, pipeline.rows_without_amount) == (None, 2089, 2089)
    assert pipeline.as_json()["reason"]


def test_maven_pipeline_of_an_earlier_day_counts_what_was_open_then(crm):
    then = date(2017, 6, 30)
    ((open_then,),) = crm.ask(
        "SELECT count(*) FROM deal WHERE coalesce(opened_on <= $day, true) AND coalesce(closed_on > $day, true)",
        {"day": then},
    )
    pipeline = total(crm, "partner_sourced_pipeline", as_of=then)
    assert (pipeline.value, pipeline.rows, pipeline.rows_without_amount) == (None, open_then, open_then)
    assert open_then not in (0, 2089)


def test_adventure_works_revenue(works):
    for metric in ("partner_fulfilled_revenue", "partner_revenue"):
        assert total(works, metric).value == Decimal("77548570.20")
        assert total(works, metric).rows == 3616
        assert total(works, metric, **YEAR_2019).value == Decimal("32500005.58")
        assert total(works, metric, **YEAR_2019).rows == 1521
    assert total(works, "partner_sourced_revenue").value == 0
    assert total(works, "partner_sourced_pipeline").value == 0
    assert total(works, "partner_share_of_revenue").value == 1


def test_adventure_works_counts(works):
    assert works.ask("SELECT count(*), count(DISTINCT deal_id) FROM deal_line") == [(57851, 3616)]
    assert works.ask("SELECT count(DISTINCT partner) FROM deal_partner") == [(632,)]
    assert works.ask("SELECT count(*) FROM quota") == [(163,)]


def test_adventure_works_partnerships(works):
    dormancy = total(works, "dormancy_rate")
    assert total(works, "active_partners").value == 435
    assert total(works, "producing_partners").value == 513
    assert (dormancy.numerator, dormancy.denominator) == (236, 701)


def test_adventure_works_cycle_is_unknown(works):
    cycle = by_key(expected(works, "sales_cycle_days"))
    assert (cycle[None].value, cycle[None].rows, cycle[None].denominator) == (None, 3616, 0)
    assert cycle["mean"].value is None


def test_adventure_works_concentration(works):
    rows = {row.place: row for row in expected(works, "revenue_concentration")}
    shown = {place: rounded(row.value, "0.0001") for place, row in rows.items() if place[1] != "herfindahl"}
    assert shown == {
        (None, None): "0.4698",
        ("top_share", "0.10"): "0.4698",
        ("top_share", "0.15"): "0.6067",
        ("top_share_with_revenue", "0.10"): "0.4374",
        ("top_share_with_revenue", "0.15"): "0.5669",
        (None, "gini"): "0.6925",
    }
    assert rounded(rows[None, "herfindahl"].value, "0.000001") == "0.004607"
    assert rows["top_share", "0.10"].label == "Top 10 %: 71 of 701"
    assert rows["top_share", "0.15"].label == "Top 15 %: 106 of 701"
    assert rows["top_share_with_revenue", "0.10"].rows == 632


def test_adventure_works_quota(works):
    rows = by_key(expected(works, "quota_attainment", by="manager", **YEAR_2019))
    assert rounded(rows[None].value, "0.0001") == "0.8380"
    assert (rows[None].numerator, rows[None].denominator) == (Decimal("32500005.58"), 38782000)
    assert rounded(rows["290"].value, "0.0001") == "0.8492"
    assert "277" not in rows
    assert len(rows) == 1 + 17


def test_unfinished_quota_quarter_counts_whole_or_not_at_all(works):
    second_quarter = {"from_on": date(2020, 4, 1), "to_on": date(2020, 6, 30)}
    so_far = total(works, "quota_attainment", **second_quarter)
    assert so_far.denominator == 10359000
    assert so_far.numerator == total(works, "partner_revenue", **second_quarter).value
    cut = total(works, "quota_attainment", from_on=date(2020, 4, 1), to_on=date(2020, 5, 31))
    assert (cut.value, cut.rows) == (None, 0)
    before = total(works, "quota_attainment", as_of=date(2020, 3, 31))
    assert before.denominator == 95714000 - 10359000


def test_every_metric_answers_for_every_dimension(crm, works):
    for facts in (crm, works):
        for metric in METRICS:
            for by in ("tier", "segment", "type", *sorted(facts.told)):
                try:
                    rows = expected(facts, metric, by=by)
                except NotTold:
                    continue
                assert rows[0].place == (None, None)
                assert len({row.place for row in rows}) == len(rows)
                assert not [wrong for row in rows for wrong in differences(row, row.as_json())]
