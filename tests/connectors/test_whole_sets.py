"""The two real exports and those of two CRMs, through the database, whole, and a second time."""

from __future__ import annotations

import os
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from cast import make_cast
from comity.connectors import report
from comity.connectors.models import ImportRun
from comity.connectors.services import begin_run
from comity.kernel.errors import NotAllowed

from .imports import Shop

DATA = Path(os.environ["COMITY_TEST_DATA"]).resolve()
EXPORTS = Path(__file__).parent / "files" / "exports"


class Export(Shop):
    """A folder with a shipped mapping."""

    def __init__(self, folder: Path, mapping: str, vendor: str, program: str) -> None:
        super().__init__(folder, vendor, program)
        self.mapping = mapping

    def load(self, path: Path | None = None, **how: bool) -> int:
        self.said.clear()
        return report.import_from_command_line(
            path=path or self.folder,
            mapping=self.mapping,
            vendor=self.vendor,
            program=self.program,
            dry_run=False,
            strict=how.get("strict", False),
            report=self.said.append,
        )


def test_the_reseller_channel(committed_database: str, tmp_path: Path) -> None:
    channel = Export(DATA / "adventureworks", "adventureworks", "Adventure Works", "adventure-works")
    assert channel.load(strict=True) == 0
    assert channel.rows(
        "SELECT count(*), sum(amount)::numeric(20, 2), min(status), max(status) FROM deals_opportunity"
    ) == [(3616, Decimal("77548570.20"), "won", "won")]
    assert channel.rows("SELECT count(*), count(*) - count(cost) FROM deals_opportunityline") == [(57851, 76)]
    assert channel.rows("SELECT count(*), count(region_id) FROM programs_partnership WHERE status = 'active'") == [
        (701, 701)
    ]
    assert channel.rows("SELECT count(DISTINCT partnership_id) FROM deals_opportunitypartner") == [(632,)]
    assert channel.rows("SELECT data_as_of FROM programs_program") == [(date(2020, 5, 31),)]
    assert channel.rows(
        "SELECT count(*) FROM (SELECT partnership_id FROM programs_managerassignment GROUP BY 1"
        " HAVING count(DISTINCT manager_id) > 1) handed_over"
    ) == [(208,)]
    assert channel.rows("SELECT count(*) FROM programs_quota") == [(163,)]
    assert channel.rows("SELECT DISTINCT sub_type FROM programs_partnership ORDER BY 1") == [
        ("Specialty Bike Shop",), ("Value Added Reseller",), ("Warehouse",),
    ]  # fmt: skip
    assert channel.run().notes == []
    before = channel.versions()
    assert channel.load() == 0
    assert channel.versions() == before
    _one_order_again(channel, tmp_path)


def _one_order_again(channel: Export, folder: Path) -> None:
    """A corrected order by itself does not rewrite who served its reseller before."""
    served = "SELECT partnership_id, manager_id, from_on, to_on FROM programs_managerassignment ORDER BY 1, 3"
    before = channel.rows(served)
    header, *lines = (DATA / "adventureworks" / "FactResellerSales.csv").read_text().splitlines()
    [(order,)] = channel.rows(
        "SELECT o.external_id FROM deals_opportunity o JOIN deals_opportunitypartner r ON r.opportunity_id = o.id"
        " JOIN programs_managerassignment a ON a.partnership_id = r.partnership_id AND a.to_on IS NOT NULL"
        " ORDER BY o.closed_on, 1 LIMIT 1"
    )
    at = header.split(",").index("SalesOrderNumber")
    for name in ("DimSalesTerritory.csv", "Resellers.csv", "DimEmployeeSalesTerritory.csv", "Employees.csv"):
        shutil.copy(DATA / "adventureworks" / name, folder / name)
    one = [line for line in lines if line.split(",")[at] == order]
    assert one
    (folder / "FactResellerSales.csv").write_text("\n".join([header, *one]) + "\n")
    assert channel.load(folder / "FactResellerSales.csv") == 0
    assert channel.said[-1] == "0 deals changed"
    assert channel.rows(served) == before


def test_the_pipeline_of_a_crm(committed_database: str) -> None:
    pipeline = Export(DATA / "crm-sales", "crm-sales", "Maven", "maven")
    assert pipeline.load(strict=True) == 0
    assert pipeline.rows("SELECT status, count(*), sum(amount)::int FROM deals_opportunity GROUP BY 1 ORDER BY 1") == [
        ("lost", 2473, None), ("open", 2089, None), ("won", 4238, 10005534),
    ]  # fmt: skip
    assert pipeline.rows("SELECT count(*) FROM deals_opportunity WHERE account_id IS NULL") == [(1425,)]
    assert pipeline.rows("SELECT count(*) FROM deals_opportunity WHERE opened_on IS NULL") == [(500,)]
    assert pipeline.rows("SELECT count(*), count(parent_id) FROM deals_customeraccount") == [(85, 15)]
    assert pipeline.rows("SELECT name, position FROM deals_stage ORDER BY 2") == [
        ("Prospecting", 1), ("Engaging", 2), ("Won", 3), ("Lost", 4),
    ]  # fmt: skip
    assert pipeline.run().ignored_files == ["data_dictionary.csv"]
    assert pipeline.run().notes == []
    before = pipeline.versions()
    assert pipeline.load() == 0
    assert pipeline.versions() == before


def test_a_salesforce_export(committed_database: str, tmp_path: Path) -> None:
    for file in (EXPORTS / "salesforce").iterdir():
        shutil.copy(file, tmp_path)
    crm = Export(tmp_path, "salesforce", "Northwind", "northwind")
    assert crm.load() == 0
    assert [(one[0], one[4]) for one in crm.rejects()][:2] == [
        ("Opportunity.csv", "held back because line 2 of the same deal is bad"),
        ("OpportunityLineItem.csv", "is no product of this export or known before"),
    ]
    (tmp_path / "Product2.csv").write_text('"Id","Name","Family","IsDeleted"\n"01tR1","Rocket","Rockets","0"\n')
    assert crm.load() == 0
    assert crm.rejects() == []
    assert crm.deals() == {
        "006O1": ["Rockets 2024", "Closed Won", "120000.0000", "2023-11-02", "2024-03-29"],
        "006O2": ["Boosters", "Negotiation/Review", "80000.5000", "2024-02-01", None],
        "006O3": ["Late entry", "Closed Lost", None, None, "2023-01-31"],
    }
    assert crm.rows(
        "SELECT s.sequence, s.on::text, s.amount FROM deals_stagechange s JOIN deals_opportunity o"
        " ON o.id = s.opportunity_id WHERE o.external_id = '006O2' ORDER BY 1"
    ) == [(1, "2024-02-01", None), (2, "2024-05-05", Decimal("80000.5"))]  # known since it was last written
    before = crm.versions()
    assert crm.load() == 0
    assert crm.versions() == before


def test_a_hubspot_export(committed_database: str) -> None:
    crm = Export(EXPORTS / "hubspot", "hubspot", "Northwind", "northwind")
    assert crm.load(strict=True) == 0
    assert crm.rows("SELECT currency, count(*) FROM deals_opportunity GROUP BY 1 ORDER BY 1") == [
        ("EUR", 2),
        ("USD", 1),
    ]
    roles = (
        "SELECT o.external_id, p.name, r.role FROM deals_opportunitypartner r JOIN deals_opportunity o"
        " ON o.id = r.opportunity_id JOIN programs_partnership p ON p.id = r.partnership_id ORDER BY 1"
    )
    assert crm.rows(roles) == [("701", "Fabrikam GmbH", "influenced"), ("703", "Fabrikam GmbH", "influenced")]
    assert crm.rows("SELECT loss_reason FROM deals_opportunity WHERE external_id = '703'") == [("Price",)]
    before = crm.versions()
    assert crm.load() == 0
    assert crm.versions() == before


def test_an_import_is_invisible_to_others_and_no_partner_imports(committed_database: str) -> None:
    cast = make_cast()
    pipeline = Export(EXPORTS / "hubspot", "hubspot", "Northwind", "northwind")
    assert pipeline.load() == 0
    for who, seen in (("olga", 3), ("eve", 0), ("bo", 0)):
        with cast.scope(who):
            assert len(_all_deals()) == seen, who
            assert ImportRun.objects.count() == (1 if seen else 0)
    mapping = report.files.load_mapping("hubspot")
    for who in ("bo", "ann", "ada", "vera"):
        with cast.scope("olga"), pytest.raises(NotAllowed):
            begin_run(program=cast.program, mapping=mapping, source_name="x", actor=cast.actor(who))


def _all_deals() -> list[object]:
    from comity.deals.models import Opportunity

    return list(Opportunity.objects.all())
