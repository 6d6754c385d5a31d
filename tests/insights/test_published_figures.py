"""What the description of `adventureworks` publishes, through importer, marts and engine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from comity.insights.engine import evaluate
from comity.insights.segmentation import revenue_of_partnerships
from insights.imported import Imported, imported

YEAR_2019 = {"from_on": date(2019, 1, 1), "to_on": date(2019, 12, 31)}


@pytest.fixture(scope="module")
def works(_template, django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Imported]:
    folder = tmp_path_factory.mktemp("none")
    with django_db_blocker.unblock(), imported("adventureworks", None, _template, folder) as loaded:
        yield loaded


@pytest.fixture
def program(works):
    with works.scope() as found:
        yield found


def places(program, name, **asked):
    return {(row.dimension, row.key): row for row in evaluate(program, [name], **asked)}


def test_revenue(program):
    for name in ("partner_fulfilled_revenue", "partner_revenue"):
        total, of_2019 = places(program, name)[None, None], places(program, name, **YEAR_2019)[None, None]
        assert (total.value, total.rows) == (Decimal("77548570.20"), 3616)
        assert (of_2019.value, of_2019.rows) == (Decimal("32500005.58"), 1521)
    assert places(program, "partner_sourced_revenue")[None, None].value == 0


def test_partners(program):
    dormancy = places(program, "dormancy_rate")[None, None]
    assert places(program, "active_partners")[None, None].value == 435
    assert places(program, "producing_partners")[None, None].value == 513
    assert (dormancy.numerator, dormancy.denominator) == (236, 701)


def test_concentration(program):
    rows = places(program, "revenue_concentration")
    assert {place: str(round(row.value, 4)) for place, row in rows.items()} == {
        (None, None): "0.4698",
        ("top_share", "0.10"): "0.4698",
        ("top_share", "0.15"): "0.6067",
        ("top_share_with_revenue", "0.10"): "0.4374",
        ("top_share_with_revenue", "0.15"): "0.5669",
        (None, "gini"): "0.6925",
        (None, "herfindahl"): "0.0046",
    }
    assert rows["top_share", "0.10"].label == "Top 10 %: 71 of 701"
    assert rows["top_share", "0.15"].label == "Top 15 %: 106 of 701"
    assert str(round(rows[None, "herfindahl"].value, 6)) == "0.004607"


def test_quotas(program):
    rows = places(program, "quota_attainment", by="manager", **YEAR_2019)
    assert str(round(rows[None, None].value, 4)) == "0.8380"
    assert str(round(rows["manager", "290"].value, 4)) == "0.8492"
    assert len(rows) == 1 + 17


def test_revenue_for_the_evaluator_is_that_of_the_12_months(program):
    revenue = revenue_of_partnerships(program, program.data_as_of)
    year = places(program, "partner_revenue", from_on=date(2019, 6, 1), to_on=date(2020, 5, 31))[None, None]
    assert len(revenue) == 701
    assert sum(revenue.values()) == year.value
    assert sum(1 for amount in revenue.values() if amount) == 513
