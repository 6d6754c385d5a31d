"""The metrics pages of the workspace: honest tiles, a breakdown, the rows behind each number, and their CSV."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest

from comity.deals.states import PartnerRole
from comity.insights.catalogue import METRICS
from comity.insights.marts import rebuild
from comity.programs.models import Program
from deal_story import deal
from insights.odd_deals import odd_deal

YEAR = "period=2026"


@pytest.fixture
def program(cast) -> Program:
    """Two won deals and an open one without an amount; data of the 31st of March 2026."""
    with cast.scope("ada"):
        deal(cast, "Cloud", partner=cast.of_fabrikam, won_on=date(2026, 2, 20), amount=Decimal("1200.50"))
        fulfilled = {"partner": cast.of_contoso, "role": PartnerRole.FULFILLED}
        deal(cast, "=Fleet", **fulfilled, won_on=date(2026, 1, 5), amount=Decimal(800))
        odd_deal(cast.program, [(date(2025, 11, 1), "open", None)], roles=[(cast.of_fabrikam, "sourced")], name="Ward")
        rebuild(cast.program)
        Program.objects.filter(pk=cast.program.pk).update(data_as_of=date(2026, 3, 31))
        cast.program.refresh_from_db()
    return cast.program


def get(cast, address="", who="ada", **given):
    return cast.browser(who).get(f"/workspace/northwind/metrics/{address}", given)


def lines(response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(response).decode("utf-8-sig"))))


def test_the_catalogue_shows_every_metric_of_the_year(cast, program):
    response = get(cast)
    text = response.content.decode()
    assert response.status_code == 200
    assert [tile["metric"].name for group in response.context["groups"] for tile in group["tiles"]] == list(METRICS)
    assert "1 row without an amount" in text
    assert "2,000" in text
    assert "Not available" in text


def test_the_period_stands_in_the_address(cast, program):
    def revenue(**given):
        tiles = [tile for group in get(cast, **given).context["groups"] for tile in group["tiles"]]
        return {tile["metric"].name: tile for tile in tiles}["partner_revenue"]

    assert revenue(period="2026-02")["row"].value == 1200.5
    assert revenue(period="2026-02")["change"] == Decimal("0.500625")  # on January's 800
    assert revenue(**{"from": "2026-01-01", "to": "2026-01-31"})["row"].value == 800
    assert revenue(period="all")["row"].rows == 2
    assert revenue(period="2026-02", as_of="2026-02-10")["row"].value == 0
    wrong = get(cast, period="never")
    assert "not a period" in wrong.content.decode()
    assert wrong.context["days"].label == "2026"


def test_a_metric_page_has_definition_breakdown_and_rows(cast, program):
    response = get(cast, "partner_revenue/", period="2026", by="partner")
    text = response.content.decode()
    assert METRICS["partner_revenue"].meaning in text
    assert [row.label for row, _url in response.context["slices"]] == ["Fabrikam", "Contoso"]
    assert response.context["chart"]["mark"]["type"] == "bar"
    assert [line.name for line in response.context["behind"].lines] == ["Cloud", "=Fleet"]
    _row, address = response.context["slices"][1]
    of_contoso = cast.browser("ada").get(address.removesuffix("#rows"))
    assert [line.name for line in of_contoso.context["behind"].lines] == ["=Fleet"]
    over_time = get(cast, "partner_revenue/", period="2026", by="month")
    assert over_time.context["chart"]["mark"]["type"] == "line"
    assert [row.key for row, _url in over_time.context["slices"]] == ["2026-01", "2026-02"]


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_has_a_page_for_each_of_its_dimensions(cast, program, name):
    metric = METRICS[name]
    for by in ["", *metric.dimensions]:
        response = get(cast, f"{name}/", period="all", by=by)
        assert response.status_code == 200
        (row,) = [tile["row"] for tile in [response.context["tile"]]]
        if not metric.variants:
            assert response.context["behind"].total == row.rows


def test_what_is_shown_can_be_taken_away(cast, program):
    figures = lines(get(cast, "partner_revenue/figures.csv", period="2026", by="partner"))
    assert figures[0][:2] == ["metric", "unit"]
    assert figures[1][6] == "2000.5"
    assert {line[5]: line[6] for line in figures[2:]} == {"Contoso": "800", "Fabrikam": "1200.5"}
    rows = lines(get(cast, "partner_revenue/rows.csv", period="2026"))
    assert [line[0] for line in rows] == ["deal", "Cloud", "'=Fleet"]
    of_ada = lines(get(cast, "active_partners/rows.csv", period="2026", by="manager", key=str(cast.ada_manager.pk)))
    assert {line[0] for line in of_ada} == {"partner", "Contoso", "Fabrikam"}


def test_unknown_names_are_not_found(cast, program):
    for address, given in (
        ("no_such_metric/", {}),
        ("partner_revenue/", {"by": "moon"}),
        ("partner_revenue/", {"by": "partner", "key": "nobody"}),
        ("partner_revenue/rows.csv", {"by": "region", "key": "Atlantis"}),
    ):
        assert get(cast, address, **given).status_code == 404


def test_strangers_and_sellers_see_nothing(cast, program):
    for who in ("eve", "bo"):
        assert get(cast, who=who).status_code == 404
        assert get(cast, "partner_revenue/rows.csv", who=who).status_code == 404
    hers = cast.browser("eve").get("/workspace/umbra/metrics/partner_revenue/", {"period": "all"})
    assert hers.context["behind"].total == 0
    stolen = {"period": "all", "by": "manager", "key": str(cast.ada_manager.pk)}
    assert cast.browser("eve").get("/workspace/umbra/metrics/partner_revenue/", stolen).status_code == 404
