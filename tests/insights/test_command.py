"""`./comity metrics` on the two real sets: the published figures, the forms of print, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal

import pytest

from comity.cli.entry import main
from insights.imported import imported

YEAR_2017 = ("--from", "2017-01-01", "--to", "2017-12-31")
YEAR_2019 = ("--from", "2019-01-01", "--to", "2019-12-31")


@pytest.fixture(scope="module")
def maven(_template, django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[None]:
    with django_db_blocker.unblock(), imported("crm-sales", None, _template, tmp_path_factory.mktemp("none")):
        yield


def ask(capsys, *arguments: str):
    assert main(["metrics", *arguments, "--json"]) == 0
    return {(row["metric"], row["dimension"], row["key"]): row for row in json.loads(capsys.readouterr().out)}


def value(rows, metric, key=None):
    return Decimal(rows[metric, None, key]["value"])


def test_the_published_figures_of_maven(maven, capsys):
    rows = ask(capsys, "--program", "maven", *YEAR_2017)
    assert value(rows, "partner_sourced_revenue") == 10005534
    assert rows["partner_sourced_revenue", None, None]["rows"] == 4238
    assert round(value(rows, "win_rate"), 4) == Decimal("0.6315")
    assert round(value(rows, "average_deal_size"), 2) == Decimal("2360.91")
    assert value(rows, "sales_cycle_days") == 57
    assert round(value(rows, "sales_cycle_days", "mean"), 2) == Decimal("51.78")
    pipeline = ask(capsys, "partner_sourced_pipeline", "--program", "maven")["partner_sourced_pipeline", None, None]
    assert (pipeline["value"], pipeline["rows"], pipeline["rows_without_amount"]) == (None, 2089, 2089)
    assert pipeline["reason"] == "no amount is known"
    assert list(pipeline) == [
        "metric", "unit", "currency", "dimension", "key", "label", "value", "numerator", "denominator", "rows",
        "rows_without_amount", "reason",
    ]  # fmt: skip


def test_the_table_and_the_csv_say_the_same(maven, capsys):
    asked = [
        "metrics",
        "win_rate",
        "partner_sourced_pipeline",
        "--program",
        "maven",
        "--vendor",
        "Maven",
        "--by",
        "region",
    ]
    assert main(asked) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[0].split() == ["metric", "value", "rows", "without", "amount"]
    assert table[1].split() == ["win_rate", "0.6315", "6,711"]
    assert [line.split()[0] for line in table[2:5]] == ["Central", "East", "West"]
    assert "not available (no amount is known)" in table[5]
    assert main([*asked, "--csv"]) == 0
    cells = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["key"] for row in cells] == ["", "Central", "East", "West"] * 2
    assert cells[0]["denominator"] == "6711"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["no_such", "--program", "maven"], "There is no metric no_such; known are partner_sourced_pipeline,"),
        (["--program", "mavn"], "There is no program “mavn”; there is: maven."),
        (["--program", "maven", "--vendor", "Nobody"], "There is no program “maven” of “Nobody”"),
        (["--program", "maven", "--by", "moon"], "there is no dimension moon; known are partner,"),
        (["--program", "maven", "--from", "yesterday"], "'yesterday' is not a date like 2026-03-31."),
        (["--program", "maven", "--from", "2017-02-01", "--to", "2017-01-01"], "the period ends (2017-01-01) before"),
    ],
)
def test_what_does_not_exist_is_refused_in_one_sentence(maven, capsys, arguments, sentence):
    assert main(["metrics", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"comity: {sentence}")
    assert said.err.count("\n") == 1


def test_one_slug_of_two_vendors_needs_the_vendor(maven, capsys):
    from comity.identity.services import create_organization
    from comity.platform.tenancy import tenant
    from comity.programs.models import Program

    rival = create_organization(name="Rival")
    with tenant(organization_id=rival.id):
        Program.objects.create(vendor_id=rival.id, slug="maven", name="Maven", vendor_name="Rival")
    assert main(["metrics", "--program", "maven"]) == 2
    assert "say which with --vendor" in capsys.readouterr().err
    assert main(["metrics", "win_rate", "--program", "maven", "--vendor", "Rival", "--refill"]) == 0
    assert "not available (no deal was closed in the period)" in capsys.readouterr().out
