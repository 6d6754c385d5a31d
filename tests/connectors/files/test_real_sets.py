"""The two real sets, whole: what the reader makes of them, against figures that were published."""

import csv
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal

import pytest

from comity.connectors.files import guess_mapping, load_mapping, preview

from .workbench import Outcome, read, real_data


@pytest.fixture(scope="module")
def channel() -> Outcome:
    return read(load_mapping("adventureworks"), real_data() / "adventureworks", today=date(2026, 1, 1))


@pytest.fixture(scope="module")
def pipeline() -> Outcome:
    return read(load_mapping("crm-sales"), real_data() / "crm-sales", today=date(2026, 1, 1))


def test_every_row_of_the_channel_is_read_and_none_is_bad(channel: Outcome) -> None:
    assert channel.rejects == []
    assert {count.name: (count.read, count.accepted) for count in channel.reading.counts.values()} == {
        "Employees.csv": (18, 18),
        "Resellers.csv": (701, 701),
        "Product.csv": (397, 397),
        "FactResellerSales.csv": (57_851, 57_851),
        "SalesQuota.csv": (163, 163),
    }
    assert channel.reading.export.ignored == []
    assert channel.reading.export.missing == []
    assert {target: len(rows) for target, rows in channel.rows.items()} == {
        "manager": 18,
        "partner": 701,
        "product": 397,
        "opportunity": 57_851,
        "opportunity_line": 57_851,
        "opportunity_partner": 3_616,
        "assignment": 3_616,
        "quota": 163,
    }


def test_the_orders_add_up_to_the_published_total(channel: Outcome) -> None:
    orders = channel.of("opportunity")
    assert len({order["external_id"] for order in orders}) == 3_616
    assert sum(order["amount"] for order in orders) == Decimal("77548570.20")
    in_2019 = [order for order in orders if order["closed_on"].year == 2019]
    assert len({order["external_id"] for order in in_2019}) == 1_521
    assert sum(order["amount"] for order in in_2019) == Decimal("32500005.58")
    assert (min(o["closed_on"] for o in orders), max(o["closed_on"] for o in orders)) == (
        date(2017, 7, 1),
        date(2020, 5, 31),
    )
    assert {(order["kind"], order["stage"], order["stage_kind"]) for order in orders} == {("new", "Won", "won")}
    assert "opened_on" not in orders[0]


def test_lines_keep_missing_costs_and_negative_margins(channel: Outcome) -> None:
    lines = channel.of("opportunity_line")
    assert sum(line["cost"] is None for line in lines) == 76
    assert sum(line["cost"] is not None and line["cost"] > line["amount"] for line in lines) == 20_567


def test_resellers_become_partners_of_a_region(channel: Outcome) -> None:
    partners = channel.of("partner")
    sub_types = Counter(partner["sub_type"] for partner in partners)
    assert sub_types == {"Value Added Reseller": 238, "Specialty Bike Shop": 231, "Warehouse": 232}
    assert all(partner["types"] == ["reseller"] and partner["status"] == "active" for partner in partners)
    assert all(partner["region"] for partner in partners)
    by_id = {partner["external_id"]: partner for partner in partners}
    assert by_id["409"]["region"] == "France"  # nobody in its state ever sold: its country has one region
    names = Counter(partner["name"] for partner in partners)
    assert sorted(name for name, count in names.items() if count > 1) == ["Friendly Bike Shop", "Sports Products Store"]


def test_partners_of_orders_are_known(channel: Outcome) -> None:
    roles = channel.of("opportunity_partner")
    assert {role["role"] for role in roles} == {"fulfilled"}
    assert len({role["partner"] for role in roles}) == 632
    assert {role["partner"] for role in roles} <= {partner["external_id"] for partner in channel.of("partner")}


def test_the_latest_order_names_the_manager(channel: Outcome) -> None:
    served: dict[str, set[str]] = defaultdict(set)
    for assignment in channel.of("assignment"):
        served[assignment["partner"]].add(assignment["manager"])
    assert len(served) == 632
    assert sum(len(managers) > 1 for managers in served.values()) == 208


def test_managers_report_and_cover_regions(channel: Outcome) -> None:
    managers = {manager["external_id"]: manager for manager in channel.of("manager")}
    assert managers["288"] == {
        "external_id": "288",
        "name": "José Saraiva",
        "title": "Sales Representative",
        "manager": "272",
        "regions": ["Canada"],
    }
    assert managers["277"]["manager"] == "112"  # who is not in the file
    assert len(managers["277"]["regions"]) == 10


def test_products_with_commas_and_quotes_keep_them(channel: Outcome) -> None:
    products = channel.of("product")
    assert products[0] == {
        "external_id": "210",
        "name": "HL Road Frame - Black, 58",
        "family": "Components",
        "cost": Decimal("868.63"),
    }
    with (real_data() / "adventureworks" / "Product.csv").open(newline="", encoding="utf-8") as stream:
        expected = [" ".join(row["Product"].split()) for row in csv.DictReader(stream)]
    assert [product["name"] for product in products] == expected


def test_quotas_last_a_quarter(channel: Outcome) -> None:
    quotas = channel.of("quota")
    assert quotas[0] == {
        "manager": "272",
        "starts_on": date(2017, 7, 1),
        "ends_on": date(2017, 9, 30),
        "period": "quarter",
        "amount": Decimal(28000),
    }
    assert {quota["ends_on"].strftime("%m-%d") for quota in quotas} == {"03-31", "06-30", "09-30", "12-31"}


def test_every_row_of_the_pipeline_is_read_and_none_is_bad(pipeline: Outcome) -> None:
    assert pipeline.rejects == []
    assert pipeline.reading.export.ignored == ["data_dictionary.csv"]
    assert {target: len(rows) for target, rows in pipeline.rows.items()} == {
        "manager": 6,
        "partner": 35,
        "account": 85,
        "product": 7,
        "opportunity": 8_800,
        "opportunity_line": 8_800,
        "opportunity_partner": 8_800,
    }


def test_the_pipeline_adds_up_to_the_published_figures(pipeline: Outcome) -> None:
    deals = pipeline.of("opportunity")
    kinds = Counter(deal["stage_kind"] for deal in deals)
    assert kinds == {"won": 4_238, "lost": 2_473, "open": 2_089}
    assert sum(deal["amount"] for deal in deals if deal["stage_kind"] == "won") == 10_005_534
    assert all(deal["amount"] is None for deal in deals if deal["stage_kind"] != "won")
    assert sum(deal["opened_on"] is None for deal in deals) == 500
    assert sum(deal["account"] is None for deal in deals) == 1_425
    assert all((deal["closed_on"] is None) == (deal["stage_kind"] == "open") for deal in deals)
    cycles = [(deal["closed_on"] - deal["opened_on"]).days for deal in deals if deal["stage_kind"] == "won"]
    assert sorted(cycles)[len(cycles) // 2] == 57
    assert round(sum(cycles) / len(cycles), 2) == 51.78


def test_agents_bring_their_manager(pipeline: Outcome) -> None:
    partners = {partner["external_id"]: partner for partner in pipeline.of("partner")}
    assert partners["Moses Frase"] == {
        "external_id": "Moses Frase",
        "name": "Moses Frase",
        "types": ["referral"],
        "status": "active",
        "region": "Central",
        "manager": "Dustin Brinkmann",
    }
    brought = {role["opportunity"]: role["partner"] for role in pipeline.of("opportunity_partner")}
    assert len(set(brought.values())) == 30  # five agents without a deal
    for deal in pipeline.of("opportunity"):
        partner = partners[brought[deal["external_id"]]]
        assert deal["manager"] == partner["manager"]


def test_dirt_of_the_pipeline_is_mapped_and_nothing_else(pipeline: Outcome) -> None:
    products = Counter(line["product"] for line in pipeline.of("opportunity_line"))
    assert products["GTX Pro"] == 1_480
    assert set(products) == {product["external_id"] for product in pipeline.of("product")}
    accounts = {account["external_id"]: account for account in pipeline.of("account")}
    assert Counter(account["industry"] for account in accounts.values())["technology"] == 12
    assert accounts["dambase"]["name"] == "Dambase"
    assert accounts["dambase"]["parent"] == "Inity"
    assert accounts["Bioholding"]["country"] == "Philippines"
    assert accounts["Acme Corporation"]["annual_revenue"] == Decimal("1100040000")
    assert sum(account["parent"] is not None for account in accounts.values()) == 15


@pytest.mark.parametrize(
    ("folder", "tables"), [("adventureworks", 8), ("crm-sales", 7)], ids=["adventureworks", "crm-sales"]
)
def test_each_set_is_recognised_and_previewed(folder: str, tables: int) -> None:
    assert guess_mapping(real_data() / folder)[0].name == folder
    shown = preview(load_mapping(folder), real_data() / folder, rows=5)
    assert len(shown.tables) == tables
    assert shown.rejects == []
    assert all(1 <= len(table.rows) <= 5 for table in shown.tables)
