"""No row vanishes: read = accepted + rejected + set aside; rejects are written, corrected and read again."""

import csv
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comity.connectors.files import Reading, RejectBatch, load_mapping, open_export, parse_mapping, write_rejects
from comity.connectors.files.rejects import safe_cell, unguarded_cell

from .workbench import DEALS, HEADER, ORDERS, deals, read, real_data, write


def rejects_of(mapping: str, path: Path, folder: Path) -> dict[str, Path]:
    export = open_export(parse_mapping(mapping, name="test.toml"), path)
    reading = Reading(export)
    batches = [batch for batch in reading.batches() if isinstance(batch, RejectBatch)]
    return write_rejects(folder, export, [*batches, *reading.gather()])


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("Rockets", "Rockets"),
        ("", ""),
        ("-12.5", "-12.5"),
        ("+49", "+49"),
        ("-1e5", "-1e5"),
        ("=1+1", "'=1+1"),
        ("+49 30 1x", "'+49 30 1x"),
        ("-Rockets", "'-Rockets"),
        ("@home", "'@home"),
        ("\t=1", "'\t=1"),
        ("'=1", "''=1"),
        ("'quoted'", "'quoted'"),
        ("'-5", "''-5"),
    ],
)
def test_cells_for_people_hold_no_formula(cell: str, safe: str) -> None:
    assert safe_cell(cell) == safe
    assert unguarded_cell(safe) == cell


@given(st.text(alphabet="'=+-@\t\r1a. ", max_size=8))
def test_guards_come_off_as_they_went_on(cell: str) -> None:
    assert unguarded_cell(safe_cell(cell)) == cell


def test_rejects_keep_the_columns_and_come_back_corrected(tmp_path: Path) -> None:
    inbox, out = tmp_path / "in", tmp_path / "out"
    inbox.mkdir()
    out.mkdir()
    write(
        inbox,
        "orders.csv",
        'order,day,amount,note\nA,2024-01-02,1,"=SUM(1)"\nA,2024-01-02,x,"a, b"\nB,2024-01-02,2,\nC,2024-01-02\n'
        "D,2024-01-02,4,5,6\n",
    )
    paths = rejects_of(ORDERS, inbox, out)
    assert list(paths) == ["orders.csv"]
    assert paths["orders.csv"].read_bytes().startswith(b"\xef\xbb\xbf")
    with paths["orders.csv"].open(encoding="utf-8-sig", newline="") as stream:
        assert list(csv.reader(stream)) == [
            ["order", "day", "amount", "note", "reason"],
            ["A", "2024-01-02", "x", "a, b", "amount: is not a number written like 1234.50"],
            ["C", "2024-01-02", "", "", "has 2 cells, but the header has 4; a delimiter is missing or not quoted"],
            [
                "D",
                "2024-01-02",
                "4",
                "5",
                "has 5 cells, but the header has 4; a delimiter is missing or not quoted",
                "6",
            ],
            ["A", "2024-01-02", "1", "'=SUM(1)", "held back because line 3 of the same deal is bad"],
        ]
    again = rejects_of(ORDERS, out, tmp_path)  # uncorrected: the same rows are bad, and none has changed
    with again["orders.csv"].open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == ["order", "day", "amount", "note", "reason"]
    assert sorted(row[:4] for row in rows[1:]) == [
        ["A", "2024-01-02", "1", "'=SUM(1)"],
        ["A", "2024-01-02", "x", "a, b"],
        ["D", "2024-01-02", "4", "5"],
    ]
    corrected = paths["orders.csv"].read_bytes().replace(b",x,", b",7,").replace(b",6\r", b"\r")
    paths["orders.csv"].write_bytes(corrected)
    found = read(ORDERS, out)
    assert found.rejects == []
    assert sorted((row["opportunity"], row["amount"]) for row in found.of("opportunity_line")) == [
        ("A", Decimal(1)),
        ("A", Decimal(7)),
        ("C", None),
        ("D", Decimal(4)),
    ]


def test_an_export_with_a_reason_of_its_own(tmp_path: Path) -> None:
    own = DEALS.replace('name = "name"', 'name = "name"\nloss_reason = "reason"')
    inbox, out = tmp_path / "in", tmp_path / "out"
    inbox.mkdir()
    out.mkdir()
    write(inbox, "deals.csv", f"{HEADER},reason\n1,A,Lost,,2024-01-02,x,'=price\n2,B,Lost,,2024-01-02,1,'=price\n")
    assert [deal["loss_reason"] for deal in read(own, inbox).of("opportunity")] == ["'=price"]
    path = rejects_of(own, inbox, out)["deals.csv"]
    assert path.read_text(encoding="utf-8-sig").splitlines()[0] == f"{HEADER},reason,reason (import)"
    path.write_text(path.read_text(encoding="utf-8-sig").replace(",x,", ",3,"), encoding="utf-8", newline="")
    assert [deal["loss_reason"] for deal in read(own, out).of("opportunity")] == ["'=price"]


CELL = st.one_of(
    st.sampled_from(["", "1", "7.5", "Won", "Lost", "Open", "2024-01-02", "1899-01-01", '"', "a,b", "NULL", "=1"]),
    st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=6),
)


@given(st.lists(st.lists(CELL, min_size=0, max_size=8), max_size=30), st.booleans())
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_row_is_ever_lost(tmp_path: Path, rows: list[list[str]], quoted: bool) -> None:
    path = tmp_path / "deals.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write(HEADER + "\n")
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
        writer.writerows(rows)
    expected = sum(any(cell.strip() for cell in row) for row in rows)
    found = read(DEALS, path)
    (count,) = found.reading.counts.values()
    assert count.read == expected
    assert count.read == count.accepted + count.rejected + count.set_aside
    assert len(found.rejects) == count.rejected
    lines = [reject.line for reject in found.rejects]
    assert len(set(lines)) == len(lines)
    held = {row["external_id"] for row in found.rows.get("opportunity", [])} & found.reading.held.keys()
    assert held == set()


@given(st.lists(st.text(alphabet='ab1,";\n\r\0 ', max_size=20), max_size=25))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_text_breaks_the_reader(tmp_path: Path, lines: list[str]) -> None:
    path = deals(tmp_path, "1,A,Open,,,1", *lines)
    found = read(DEALS, path)
    (count,) = found.reading.counts.values()
    assert count.read == count.accepted + count.rejected
    assert len(found.rejects) == count.rejected


def test_a_perturbed_copy_of_the_channel_loses_no_line(tmp_path: Path) -> None:
    source = real_data() / "adventureworks"
    for path in source.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    lines = (tmp_path / "FactResellerSales.csv").read_text(encoding="utf-8").splitlines()
    bad = range(10, len(lines), 997)
    for number in bad:
        lines[number] = lines[number].replace("-", "/", 1)
    (tmp_path / "FactResellerSales.csv").write_text("\n".join(lines), encoding="utf-8")
    orders = Counter(line.split(",")[0] for line in lines[1:])
    hurt = {lines[number].split(",")[0] for number in bad}
    found = read(load_mapping("adventureworks"), tmp_path)
    assert set(found.reading.held) == hurt
    assert len(found.rejects) == sum(orders[order] for order in hurt)
    assert len(found.of("opportunity_line")) == 57_851 - len(found.rejects)
    assert {row["external_id"] for row in found.of("opportunity")} == orders.keys() - hurt
