"""Exports of the two CRMs, of our own making, with the columns that the real ones have."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from comity.connectors.files import guess_mapping, load_mapping

from .workbench import TODAY, read

EXPORTS = Path(__file__).parent / "exports"


def test_a_salesforce_export() -> None:
    found = read(load_mapping("salesforce"), EXPORTS / "salesforce", today=TODAY)
    assert found.rejects == []
    assert found.reading.export.missing == []
    assert [(m["external_id"], m["name"], m["manager"]) for m in found.of("manager")] == [
        ("005A1", "Ada Lovelace", "005A2"),
        ("005A2", "Vera Rubin", None),
    ]
    assert [partner["name"] for partner in found.of("partner")] == ["Fabrikam GmbH", "Contoso Ltd"]
    assert [(a["name"], a["parent"], a["domains"]) for a in found.of("account")] == [
        ("Fabrikam GmbH", None, ["fabrikam.example"]),
        ("Contoso Ltd", None, ["contoso.example"]),
        ("Acme Rockets, Inc.", "001C2", ["acme.example"]),
        ('Acme "Holding"', None, []),
    ]
    won, still_open, lost = found.of("opportunity")
    assert won == {
        "external_id": "006O1",
        "name": "Rockets 2024",
        "account": "001C1",
        "kind": "new",
        "stage": "Closed Won",
        "stage_kind": "won",
        "opened_on": date(2023, 11, 2),
        "closed_on": date(2024, 3, 29),
        "expected_close_on": None,
        "amount": Decimal(120000),
        "manager": "005A1",
        "updated_at": datetime(2024, 4, 1, 23, 30, tzinfo=UTC),
    }
    assert (still_open["stage_kind"], still_open["kind"]) == ("open", "expansion")
    assert (still_open["closed_on"], still_open["expected_close_on"]) == (None, date(2024, 9, 30))
    assert (lost["stage_kind"], lost["opened_on"], lost["closed_on"]) == ("lost", None, date(2023, 1, 31))
    assert [(role["opportunity"], role["partner"], role["role"]) for role in found.of("opportunity_partner")] == [
        ("006O1", "001P1", "fulfilled"),
        ("006O1", "001P2", "implemented"),
        ("006O2", "001P2", "influenced"),
    ]
    assert found.of("opportunity_line")[0]["amount"] == Decimal(120000)
    assert {count.name: count.set_aside for count in found.reading.counts.values()} == {
        "User.csv": 1,
        "Account.csv": 1,
        "Opportunity.csv": 1,
        "OpportunityLineItem.csv": 0,
        "OpportunityPartner.csv": 0,
    }


def test_a_bad_line_item_holds_back_the_deal_in_the_other_file(tmp_path: Path) -> None:
    for path in (EXPORTS / "salesforce").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes().replace(b'"2.0"', b'"two"'))
    found = read(load_mapping("salesforce"), tmp_path, today=TODAY)
    assert [deal["external_id"] for deal in found.of("opportunity")] == ["006O2", "006O3"]
    assert found.of("opportunity_line") == []
    assert [role["opportunity"] for role in found.of("opportunity_partner")] == ["006O2"]
    names = {number: count.name for number, count in found.reading.counts.items()}
    assert [(names[reject.file], reject.line, reject.column, reject.reason) for reject in found.rejects] == [
        ("OpportunityLineItem.csv", 2, "Quantity", "is not a number written like 1234.50"),
        ("Opportunity.csv", 2, "", "held back because line 2 in OpportunityLineItem.csv of the same deal is bad"),
        (
            "OpportunityPartner.csv",
            2,
            "",
            "held back because line 2 in OpportunityLineItem.csv of the same deal is bad",
        ),
        (
            "OpportunityPartner.csv",
            3,
            "",
            "held back because line 2 in OpportunityLineItem.csv of the same deal is bad",
        ),
    ]


def test_a_hubspot_export() -> None:
    found = read(load_mapping("hubspot"), EXPORTS / "hubspot", today=TODAY)
    assert found.rejects == []
    assert [manager["name"] for manager in found.of("manager")] == ["Ada Lovelace", "Ada Lovelace"]
    assert [(partner["external_id"], partner["types"]) for partner in found.of("partner")] == [("9001", ["reseller"])]
    assert [account["name"] for account in found.of("account")] == [
        "Fabrikam GmbH",
        "Acme Rockets",
        "nameless.example",
    ]
    assert [(d["stage_kind"], d["account"], d["amount"], d["loss_reason"]) for d in found.of("opportunity")] == [
        ("won", "9002", Decimal(120000), None),
        ("open", "9002", Decimal("80000.1235"), None),
        ("lost", "9003", None, "Price"),
    ]
    assert [(role["opportunity"], role["partner"]) for role in found.of("opportunity_partner")] == [
        ("701", "9001"),
        ("703", "9001"),
    ]


def test_the_mappings_are_told_apart_by_headings() -> None:
    for name in ("salesforce", "hubspot"):
        assert guess_mapping(EXPORTS / name)[0].name == name
