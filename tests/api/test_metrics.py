"""Metrics over the wire: the same rows as the engine's, amounts as text."""

from datetime import date

from comity.insights.catalogue import METRICS
from comity.insights.engine import evaluate
from comity.insights.report import as_object


def test_the_catalogue(ada, bo):
    items = ada.get("/metrics").body["items"]
    assert [item["name"] for item in items] == list(METRICS)
    win_rate = next(item for item in items if item["name"] == "win_rate")
    assert win_rate == {
        "name": "win_rate",
        "title": METRICS["win_rate"].title,
        "unit": "ratio",
        "meaning": METRICS["win_rate"].meaning,
        "basis": "",
        "better": "higher",
        "dimensions": [
            *("partner", "tier", "type", "segment", "region", "manager", "family", "role"),
            *("month", "quarter", "year"),
        ],
    }
    assert bo.get("/metrics").status == 403


def test_figures_are_the_rows_of_the_engine(cast, ada, bo, eve):
    address = f"/programs/{cast.program.pk}/metrics"
    answer = ada.get(f"{address}?name=active_partners&name=win_rate&by=tier&from=2025-01-01&to=2025-12-31")
    with cast.scope("ada"):
        rows = evaluate(
            cast.program,
            ["active_partners", "win_rate"],
            from_on=date(2025, 1, 1),
            to_on=date(2025, 12, 31),
            by="tier",
        )
    assert answer.status == 200, answer.body
    assert {name: answer.body[name] for name in ("from", "to", "as_of")} == {
        "from": "2025-01-01",
        "to": "2025-12-31",
        "as_of": "2025-12-31",
    }
    assert answer.body["rows"] == [as_object(row) for row in rows]
    empty = next(row for row in answer.body["rows"] if row["metric"] == "win_rate")
    assert (empty["value"], bool(empty["reason"])) == (None, True)
    assert (bo.get(address).status, eve.get(address).status) == (403, 404)


def test_all_of_them_at_once(cast, ada):
    answer = ada.get(f"/programs/{cast.program.pk}/metrics")
    assert list(dict.fromkeys(row["metric"] for row in answer.body["rows"])) == list(METRICS)


def test_what_cannot_be(cast, ada):
    address = f"/programs/{cast.program.pk}/metrics"
    for query, field in [
        ("name=luck", "name"),
        ("by=colour", "by"),
        ("from=2026-01-01&to=2025-01-01", "to"),
        ("from=yesterday", "from"),
        ("metric=win_rate", "metric"),
    ]:
        refused = ada.get(f"{address}?{query}")
        assert (refused.status, [error["field"] for error in refused.body["errors"]]) == (422, [field]), query


def test_a_quarter_beside_the_one_before_and_the_year_before(cast, ada):
    address = f"/programs/{cast.program.pk}/metrics?name=active_partners&compare=true"
    answer = ada.get(f"{address}&from=2026-01-01&to=2026-03-31").body
    with cast.scope("ada"):
        before, year_before = (
            evaluate(cast.program, ["active_partners"], from_on=from_on, to_on=to_on)[0]
            for from_on, to_on in [
                (date(2025, 10, 1), date(2025, 12, 31)),
                (date(2025, 1, 1), date(2025, 3, 31)),
            ]
        )
    assert answer["comparisons"] == [
        {
            "metric": "active_partners",
            "period_before": as_object(before),
            "year_before": as_object(year_before),
            "change": None,
            "change_on_year": None,
        }
    ]
    for query, field in [("", "compare"), ("&from=0001-01-01&to=0001-01-31", "from"), ("&from=2026-01-01", "compare")]:
        refused = ada.get(f"{address}{query}")
        assert (refused.status, refused.body["errors"][0]["field"]) == (422, field), query
