"""The oracle agrees with itself on untouched and perturbed sets, and follows the rules that no real row shows."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from . import adventure_works, maven
from .concentration import gini, herfindahl, how_many
from .facts import Facts, data_folder
from .metrics import expected, months_before
from .perturb import perturb

SETS = {"crm-sales": maven.load, "adventureworks": adventure_works.load}
REVENUE = ("partner_sourced_revenue", "partner_fulfilled_revenue", "partner_revenue")


@pytest.fixture(scope="module", params=[(kind, seed) for kind in SETS for seed in (None, 1, 2)], ids=str)
def facts(request, tmp_path_factory) -> Iterator[Facts]:
    kind, seed = request.param
    folder = data_folder() / kind
    if seed is not None:
        folder = perturb(folder, tmp_path_factory.mktemp(kind), seed, kind)
    loaded = SETS[kind](folder)
    yield loaded
    loaded.database.close()


def slices(facts: Facts, metric: str, by: str, **asked):
    total, *rest = expected(facts, metric, by=by, **asked)
    return total, [row for row in rest if row.dimension == by]


@pytest.mark.parametrize("by", ["partner", "region", "manager", "role", "family", "month", "quarter", "year"])
@pytest.mark.parametrize("metric", REVENUE)
def test_slices_of_revenue_add_up(facts, metric, by):
    total, rows = slices(facts, metric, by)
    assert sum(row.value or 0 for row in rows) == (total.value or 0)
    if by != "family":
        assert sum(row.rows for row in rows) == total.rows
        assert sum(row.rows_without_amount for row in rows) == total.rows_without_amount
    assert sum(row.rows for row in rows) >= total.rows


@pytest.mark.parametrize("by", ["partner", "region", "manager"])
def test_slices_of_partnership_counts_add_up(facts, by):
    for metric in ("active_partners", "producing_partners"):
        total, rows = slices(facts, metric, by)
        assert sum(row.value for row in rows) == total.value
    total, rows = slices(facts, "dormancy_rate", by)
    assert sum(row.numerator for row in rows) == total.numerator
    assert sum(row.denominator for row in rows) == total.denominator


def test_years_asked_one_by_one_add_up(facts):
    whole = expected(facts, "partner_revenue")[0].value
    parts = [
        expected(facts, "partner_revenue", from_on=date(year, 1, 1), to_on=date(year, 12, 31))[0].value
        for year in range(2016, 2022)
    ]
    assert sum(part or 0 for part in parts) == whole


def test_each_deal_has_one_state_on_any_day(facts):
    ((deals,),) = facts.ask(
        "SELECT count(*) FROM deal WHERE opened_on IS NULL OR opened_on <= $day", {"day": day(facts)}
    )
    pipeline = expected(facts, "partner_sourced_pipeline", as_of=day(facts))[0].rows
    ((fulfilled,),) = facts.ask(
        "SELECT count(*) FROM deal JOIN deal_partner USING (deal_id) WHERE role = 'fulfilled' AND closed_on > $day",
        {"day": day(facts)},
    )
    closed = expected(facts, "win_rate", as_of=day(facts))[0].rows
    assert pipeline + fulfilled + closed == deals


def day(facts: Facts) -> date:
    return facts.data_as_of - timedelta(days=100)


def test_to_moves_as_of_but_as_of_wins(facts):
    early = day(facts)
    assert expected(facts, "active_partners", to_on=early) == expected(facts, "active_partners", as_of=early)
    late = expected(facts, "active_partners", to_on=early, as_of=facts.data_as_of)
    assert late == expected(facts, "active_partners")
    assert expected(facts, "partner_revenue", as_of=early) == expected(facts, "partner_revenue", to_on=early)


def test_windows_end_with_the_as_of_date_and_include_it(facts):
    newest = facts.ask("SELECT max(closed_on) FROM deal WHERE status = 'won'")[0][0]
    ((inside,),) = facts.ask(
        "SELECT count(DISTINCT partner) FROM deal JOIN deal_partner USING (deal_id) "
        "WHERE status = 'won' AND closed_on > $day AND closed_on <= $newest",
        {"day": newest - timedelta(days=90), "newest": newest},
    )
    assert expected(facts, "active_partners", as_of=newest)[0].value == inside


def test_concentration_bounds(facts):
    rows = {row.place: row.value for row in expected(facts, "revenue_concentration")}
    assert 0 < rows["top_share", "0.10"] <= rows["top_share", "0.15"] < 1
    assert rows["top_share_with_revenue", "0.10"] <= rows["top_share", "0.10"]
    assert 0 < rows[None, "gini"] < 1
    assert Decimal(1) / 701 < rows[None, "herfindahl"] < 1


@pytest.mark.parametrize("kind", SETS)
def test_the_seed_decides_the_copy(kind, tmp_path: Path):
    def read(name: str, seed: int) -> dict[str, bytes]:
        folder = perturb(data_folder() / kind, tmp_path / name, seed, kind)
        return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}

    one, again, other = read("one", 1), read("again", 1), read("other", 2)
    untouched = {file.name: file.read_bytes() for file in sorted((data_folder() / kind).iterdir())}
    assert one == again
    assert one != other
    assert one.keys() == untouched.keys()
    for name, content in one.items():
        assert (b"\r\n" in content) == (b"\r\n" in untouched[name])
        assert content.splitlines()[0] == untouched[name].splitlines()[0]
    revenue = {
        name: expected(SETS[kind](tmp_path / name), "partner_revenue")[0].value for name in ("one", "again", "other")
    }
    assert revenue["one"] == revenue["again"] != revenue["other"]


def test_perturbed_copies_keep_their_dirt_and_lack_amounts(tmp_path: Path):
    crm = maven.load(perturb(data_folder() / "crm-sales", tmp_path / "crm", 3, "crm-sales"))
    assert expected(crm, "partner_sourced_revenue")[0].rows_without_amount > 50
    cycle = expected(crm, "sales_cycle_days")[0]
    assert cycle.denominator < cycle.rows
    assert b",GTXPro," in (tmp_path / "crm" / "sales_pipeline.csv").read_bytes()
    perturb(data_folder() / "adventureworks", tmp_path / "works", 3, "adventureworks")
    assert b",NULL," in (tmp_path / "works" / "FactResellerSales.csv").read_bytes()
    assert (tmp_path / "works" / "Resellers.csv").read_bytes().count(b"Ware House") > 5


def test_orders_of_a_perturbed_copy_stay_whole(tmp_path: Path):
    works = adventure_works.load(perturb(data_folder() / "adventureworks", tmp_path, 4, "adventureworks"))
    ((broken,),) = works.ask(
        "SELECT count(*) FROM (SELECT order_number FROM sold GROUP BY 1 HAVING count(DISTINCT ordered_on) > 1 "
        "OR count(DISTINCT reseller) > 1 OR count(DISTINCT employee) > 1)"
    )
    ((repeated,),) = works.ask(
        "SELECT count(*) FROM (SELECT order_number FROM sold GROUP BY order_number, product HAVING count(*) > 1)"
    )
    assert (broken, repeated) == (0, 0)


def test_roles_rank_in_totals_and_show_under_each_partner():
    """No real deal has two partners: give some a second one and watch totals, slices and shares."""
    crm = maven.load(data_folder() / "crm-sales")
    won = crm.ask(
        "SELECT deal_id, amount, partner FROM deal JOIN deal_partner USING (deal_id) WHERE status = 'won' ORDER BY 1"
    )
    both, moved, direct = random.Random(5).sample(won, 3)
    helper = "Carl Lin"  # an agent without a deal of his own
    crm.database.execute(
        f"INSERT INTO deal_partner VALUES ('{both[0]}', '{helper}', 'fulfilled');"
        f"UPDATE deal_partner SET role = 'influenced' WHERE deal_id = '{moved[0]}';"
        f"DELETE FROM deal_partner WHERE deal_id = '{direct[0]}'"
    )
    sums = {metric: expected(crm, metric)[0].value for metric in (*REVENUE, "partner_influenced_revenue")}
    assert sums == {
        "partner_sourced_revenue": 10005534 - moved[1] - direct[1],
        "partner_influenced_revenue": moved[1],
        "partner_fulfilled_revenue": 0,
        "partner_revenue": 10005534 - direct[1],
    }
    _, fulfilled = slices(crm, "partner_fulfilled_revenue", "partner")
    assert [(row.key, row.value) for row in fulfilled] == [(helper, both[1])]
    total, revenue = slices(crm, "partner_revenue", "partner")
    assert sum(row.value for row in revenue) == total.value + both[1]
    share, roles = slices(crm, "partner_share_of_revenue", "role")
    assert (share.numerator, share.denominator) == (10005534 - direct[1], 10005534)
    assert {row.key: row.numerator for row in roles} == {
        "sourced": 10005534 - moved[1] - direct[1],
        "influenced": moved[1],
        "direct": 0,
    }


def test_edges_of_arithmetic():
    assert [how_many("0.15", 20), how_many("0.10", 701), how_many("0.15", 701), how_many("0.10", 0)] == [3, 71, 106, 0]
    assert months_before(date(2020, 2, 29), 12) == date(2019, 2, 28)
    assert months_before(date(2020, 5, 31), 12) == date(2019, 5, 31)
    assert gini([Decimal(5)] * 4) == 0
    assert gini([Decimal(0)] * 3 + [Decimal(7)]) == Decimal("0.75")
    assert herfindahl([Decimal(1), Decimal(3)]) == Decimal("0.625")
    assert gini([]) is None
    assert herfindahl([Decimal(0)]) is None


def test_capacity_is_asked_for_not_guessed():
    crm = maven.load(data_folder() / "crm-sales")
    (total,) = expected(crm, "capacity_utilization")
    assert (total.value, total.rows) == (None, 35)
    capacities = {"Cara Losch": Decimal(10), "Rocco Neubert": Decimal(4)}
    total, *managers = expected(crm, "capacity_utilization", by="manager", capacities=capacities)
    assert (total.numerator, total.denominator) == (12, 14)
    assert {row.key: row.value for row in managers if row.value is not None} == {
        "Cara Losch": Decimal("0.6"),
        "Rocco Neubert": Decimal("1.5"),
    }
    assert len(managers) == 6
