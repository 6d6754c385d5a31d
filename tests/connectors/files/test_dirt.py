"""Every dirt that an export has been seen to hold: handled, listed as a reject, or refused in one sentence."""

# ruff: noqa: E501 - sentences stand whole in tables

import tracemalloc
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from comity.connectors.files import FileRefused, ImportRefused, Reading, TooManyRejects, open_export, parse_mapping
from comity.connectors.files.lines import LONGEST_LINE

from .workbench import DEALS, HEADER, ORDERS, TODAY, deals, read, write

GOOD = "1,Rockets,Won,2024-01-02,2024-03-04,100.50"
ROCKETS = {
    "external_id": "1",
    "name": "Rockets",
    "stage": "Won",
    "stage_kind": "won",
    "opened_on": date(2024, 1, 2),
    "closed_on": date(2024, 3, 4),
    "expected_close_on": None,
    "amount": Decimal("100.50"),
}


@pytest.mark.parametrize(
    "content",
    [
        f"{HEADER}\n{GOOD}\n",
        f"{HEADER}\r\n{GOOD}\r\n",
        f"{HEADER}\r{GOOD}\r",
        f"{HEADER}\n{GOOD}",
        f"\ufeff{HEADER}\n{GOOD}\n",
        f"{HEADER}\n\n{GOOD}\n,,,,,\n\n",
        f"ID , Name,STAGE,Opened,Closed,Amount\n{GOOD}\n",
        f"{HEADER},notes\n{GOOD},whatever\n",
        "{}\n{}\n".format(HEADER.replace(",", ";"), GOOD.replace(",", ";")),
        "{}\n{}\n".format(HEADER.replace(",", "\t"), GOOD.replace(",", "\t")),
        '"id","name","stage","opened","closed","amount"\n"1","Rockets","won","2024-01-02","2024-03-04","100.50"\n',
        f"{HEADER}\n  1 , Rockets ,Won, 2024-01-02 ,2024-03-04, 100.50 \n",
        f"{HEADER}\n{GOOD}\n".encode("utf-16"),
        b"\xfe\xff" + f"{HEADER}\n{GOOD}\n".encode("utf-16-be"),
    ],
    ids=[
        "plain", "crlf", "cr", "no-last-line-end", "byte-order-mark", "blank-lines", "other-case", "more-columns",
        "semicolons", "tabs", "quoted", "spaces", "utf-16", "utf-16-big-endian",
    ],
)  # fmt: skip
def test_ways_to_write_the_same_table(tmp_path: Path, content: str | bytes) -> None:
    write(tmp_path, "Deals.CSV", content)
    found = read(DEALS, tmp_path, today=TODAY)
    assert found.of("opportunity") == [ROCKETS]
    assert found.rejects == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "deals.csv is empty; export it again."),
        (b"\xef\xbb\xbf\r\n", "deals.csv is empty; export it again."),
        (
            f"{HEADER}\n{GOOD}\n2,M\xfcnchen,Won,2024-01-02,2024-03-04,1\n".encode("cp1252"),
            "deals.csv is not utf-8: line 3 holds the byte 0xFC (byte 82 of the file); save it as UTF-8, or name its "
            "encoding in the mapping.",
        ),
        (
            f"{HEADER}\n{GOOD}\n".encode("utf-16-le"),
            "deals.csv looks like UTF-16 without a byte-order mark; save it as UTF-8.",
        ),
        (b"PK\x03\x04....", "deals.csv is a spreadsheet or an archive; save it as CSV (UTF-8), or unpack it."),
        (
            b"id,name,opened,closed,amount\n",
            "deals.csv lacks the column stage; it has id, name, opened, closed, amount. Export it too, or correct the "
            "mapping.",
        ),
        (
            b"id,name\n",
            "deals.csv lacks the columns amount, closed, opened, stage; it has id, name. Export them too, or correct "
            "the mapping.",
        ),
        (
            f"{HEADER},Amount\n".encode(),
            "deals.csv has the column “amount” twice; rename or remove one of them.",
        ),
        (
            b'id,"name\n' * 3,
            "deals.csv does not begin with a line of column names; export it again.",
        ),
    ],
    ids=[
        "empty",
        "only-a-mark",
        "cp1252",
        "utf-16-no-mark",
        "xlsx",
        "one-missing",
        "many-missing",
        "twice",
        "no-header",
    ],
)
def test_files_that_are_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    write(tmp_path, "deals.csv", content)
    with pytest.raises(FileRefused) as refused:
        read(DEALS, tmp_path)
    assert str(refused.value) == sentence


def test_a_column_of_no_interest_may_stand_twice(tmp_path: Path) -> None:
    write(tmp_path, "deals.csv", f"{HEADER},note,note\n{GOOD},a,b\n")
    assert read(DEALS, tmp_path, today=TODAY).of("opportunity") == [ROCKETS]


def test_cp1252_is_read_where_the_mapping_allows_it(tmp_path: Path) -> None:
    write(tmp_path, "deals.csv", f"{HEADER}\n{GOOD.replace('Rockets', 'München')}\n".encode("cp1252"))
    allowing = DEALS.replace("[formats]", '[formats]\nencodings = ["utf-8", "cp1252"]')
    assert read(allowing, tmp_path).of("opportunity")[0]["name"] == "München"


def test_a_header_without_rows_is_no_mistake(tmp_path: Path) -> None:
    deals(tmp_path)
    found = read(DEALS, tmp_path)
    assert (found.rows, found.rejects) == ({}, [])


def test_an_empty_folder_a_strange_one_and_none(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match=r"is an empty folder; the mapping “deals” reads deals\.csv"):
        read(DEALS, tmp_path)
    write(tmp_path, "other.csv", "a\n1\n")
    with pytest.raises(ImportRefused, match=r"names none of other\.csv; it reads deals\.csv\. Choose another"):
        read(DEALS, tmp_path)
    with pytest.raises(ImportRefused, match="There is no file or folder"):
        read(DEALS, tmp_path / "nowhere")


def test_other_files_and_folders_are_listed_as_ignored(tmp_path: Path) -> None:
    deals(tmp_path, GOOD)
    write(tmp_path, "notes.txt", "hello")
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "deals.csv").write_text("not read")
    assert read(DEALS, tmp_path).reading.export.ignored == ["notes.txt", "old"]


def test_two_files_of_one_name_in_other_case_are_refused(tmp_path: Path) -> None:
    deals(tmp_path, GOOD)
    write(tmp_path, "DEALS.csv", f"{HEADER}\n{GOOD}\n")
    with pytest.raises(ImportRefused, match=r"DEALS\.csv and deals\.csv are both called deals\.csv"):
        read(DEALS, tmp_path)


BAD_LINES = [
    ("", "", "", "has 5 cells, but the header has 6; a delimiter is missing or not quoted", "2,Rockets,Won,,2024-03-04"),
    ("", "", "", "has 7 cells, but the header has 6; a delimiter is missing or not quoted", "2,A,Won,,2024-03-04,1,000"),
    ("", "", "", "holds a NUL character; take it out", "2,Ro\0ckets,Won,,2024-03-04,1"),
    ("id", "", "id", "is empty, but external id is required", ",Rockets,Won,,2024-03-04,1"),
    ("id", "", "id", "is empty, but external id is required", "NULL,Rockets,Won,,2024-03-04,1"),
    ("stage", "", "stage", "is empty, but stage is required", "2,Rockets,,,2024-03-04,1"),
    ("stage", "Wonn", "stage", "is not a known stage (Open, Won, Lost); declare it in the mapping", "2,A,Wonn,,2024-03-04,1"),
    ("opened", "04/03/2024", "opened", "is not a date of the form YYYY-MM-DD", "2,A,Won,04/03/2024,2024-03-04,1"),
    ("opened", "2024-02-30", "opened", "is not a day of the calendar", "2,A,Won,2024-02-30,2024-03-04,1"),
    ("opened", "1900-01-01", "opened", "lies outside 1970 to 2100; check the year", "2,A,Won,1900-01-01,2024-03-04,1"),
    ("opened", "0026-01-01", "opened", "lies outside 1970 to 2100; check the year", "2,A,Won,0026-01-01,2024-03-04,1"),
    ("closed", "2206-01-01", "closed", "lies outside 1970 to 2100; check the year", "2,A,Won,,2206-01-01,1"),
    ("closed", "2062-01-01", "closed", "lies in the future, but it says what has happened; check the date", "2,A,Won,,2062-01-01,1"),
    ("closed", "", "closed", "is empty, but a lost deal needs the day it was lost", "2,A,Lost,,,1"),
    ("opened", "2024-03-05", "opened", "lies after the close date 2024-03-04", "2,A,Won,2024-03-05,2024-03-04,1"),
    ("amount", "12,5", "amount", "is not a number written like 1234.50", '2,A,Won,,2024-03-04,"12,5"'),
    ("amount", "=1+1", "amount", "is not a number written like 1234.50", "2,A,Won,,2024-03-04,=1+1"),
    ("amount", "NaN", "amount", "is not a number written like 1234.50", "2,A,Won,,2024-03-04,NaN"),
    ("amount", "١٢", "amount", "is not a number written like 1234.50", "2,A,Won,,2024-03-04,١٢"),
    ("amount", "1e99", "amount", "is out of range: an amount has at most 16 digits before the decimal mark", "2,A,Won,,2024-03-04,1e99"),
    (
        "amount",
        "1.23456",
        "amount",
        'has more than 4 decimals; correct it, or set excess_decimals = "round" in the mapping',
        "2,A,Won,,2024-03-04,1.23456",
    ),
    ("id", "9" * 201, "id", "has 201 characters; 120 are allowed", "9" * 201 + ",A,Won,,2024-03-04,1"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "value", "_", "reason", "line"), BAD_LINES, ids=[bad[3][:40] for bad in BAD_LINES])
def test_a_bad_line_is_listed_and_its_neighbours_are_read(
    tmp_path: Path, column: str, value: str, _: str, reason: str, line: str
) -> None:
    deals(tmp_path, GOOD, line, GOOD.replace("1,", "3,", 1))
    found = read(DEALS, tmp_path, today=TODAY)
    assert found.told() == [(3, column, value[:200], reason)]
    assert [deal["external_id"] for deal in found.of("opportunity")] == ["1", "3"]
    assert found.rejects[0].cells[0] == line.split(",")[0]


def test_all_that_is_wrong_with_a_row_is_told_at_once(tmp_path: Path) -> None:
    deals(tmp_path, "7,A,Won,gestern,morgen,viel")
    (reject,) = read(DEALS, tmp_path).rejects
    assert (reject.column, reject.value) == ("opened", "gestern")
    assert reject.reason == (
        "is not a date of the form YYYY-MM-DD; closed: 'morgen' is not a date of the form YYYY-MM-DD; "
        "amount: 'viel' is not a number written like 1234.50"
    )


def test_formulas_are_kept_as_text(tmp_path: Path) -> None:
    formulas = ["=HYPERLINK(1)", "+49 30 1", "-Rockets", "@home"]
    deals(tmp_path, *(f"{number},{name},Open,,," for number, name in enumerate(formulas)))
    assert [deal["name"] for deal in read(DEALS, tmp_path).of("opportunity")] == formulas


def test_an_open_deal_is_expected_to_close(tmp_path: Path) -> None:
    deals(tmp_path, "1,Rockets,Open,,2099-01-01,5")
    (deal,) = read(DEALS, tmp_path, today=TODAY).of("opportunity")
    assert (deal["closed_on"], deal["expected_close_on"]) == (None, date(2099, 1, 1))


@pytest.mark.parametrize(
    "broken",
    ['2,"Rockets,Won,2024-01-02,2024-03-04,1', '2,"Roc"kets",Won,2024-01-02,2024-03-04,1', '2,Rockets,Won,,,"'],
    ids=["never-closed", "not-doubled", "at-the-end"],
)
def test_a_broken_quote_swallows_no_other_line(tmp_path: Path, broken: str) -> None:
    others = [GOOD.replace("1,", f"{number},", 1) for number in range(3, 9)]
    others[2] = '5,"Rockets, two",Won,2024-01-02,2024-03-04,100.50'
    deals(tmp_path, GOOD, broken, *others)
    found = read(DEALS, tmp_path, today=TODAY)
    assert [deal["external_id"] for deal in found.of("opportunity")] == ["1", "3", "4", "5", "6", "7", "8"]
    assert [(reject.line, reject.cells[0]) for reject in found.rejects] == [(3, "2")]
    assert "a quote is opened and never closed" in found.rejects[0].reason


def test_lines_are_counted_across_cells_of_several_lines(tmp_path: Path) -> None:
    deals(tmp_path, '1,"two\r\nlines",Open,,,', "2,A,Open,,,x")
    found = read(DEALS, tmp_path)
    assert [deal["name"] for deal in found.of("opportunity")] == ["two lines"]
    assert [reject.line for reject in found.rejects] == [4]


def test_a_file_of_broken_quotes_is_refused(tmp_path: Path) -> None:
    deals(tmp_path, *(['2,a"b"c,"Won"x,,,1'] * 200))
    with pytest.raises(FileRefused, match="more than 100 broken lines, the last at line 102"):
        read(DEALS, tmp_path)


def test_a_bomb_of_a_field_is_one_bad_line(tmp_path: Path) -> None:
    deals(tmp_path, GOOD, f"2,{'x' * 1_200_000},Won,,2024-03-04,1", GOOD.replace("1,", "3,", 1))
    found = read(DEALS, tmp_path, today=TODAY)
    assert [deal["external_id"] for deal in found.of("opportunity")] == ["1", "3"]
    assert [(reject.line, reject.reason) for reject in found.rejects] == [
        (3, "a field has more than 1,000,000 characters, or a quote is opened and never closed")
    ]


def test_a_line_without_end_is_refused_without_reading_it_whole(tmp_path: Path) -> None:
    with (tmp_path / "deals.csv").open("wb") as stream:
        stream.write(f"{HEADER}\n".encode())
        for _ in range(40):
            stream.write(b"x" * 1_000_000)
    tracemalloc.start()
    with pytest.raises(FileRefused, match=f"a line of more than {LONGEST_LINE:,} bytes"):
        read(DEALS, tmp_path)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_memory_stays_bounded_over_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comity.connectors.files.conversions.MOST_REMEMBERED", 1_000)

    def lines(count: int) -> list[str]:
        return [f"{n},Deal {n},Won,2024-01-02,2024-03-04,{n % 999}.5" for n in range(count)]

    peaks = []
    for count in (20_000, 60_000):
        path = deals(tmp_path, *lines(count))
        tracemalloc.start()
        for _batch in Reading(open_export(parse_mapping(DEALS, name="x"), path)).batches():
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.2


def test_too_many_bad_rows_point_at_the_mapping(tmp_path: Path) -> None:
    deals(tmp_path, *(["1,A,Won,,,"] * 30))
    with pytest.raises(
        TooManyRejects, match=r"More than 20 rows are bad; the first reason now is: deals\.csv, line 22"
    ):
        read(DEALS, tmp_path, most_rejects=20)


def test_a_bad_line_holds_back_its_whole_deal_and_no_other(tmp_path: Path) -> None:
    write(tmp_path, "orders.csv", "order,day,amount\nA,2024-01-02,1\nB,2024-01-02,2\nA,2024-01-02,x\nA,2024-01-02,4\n")
    write(tmp_path, "roles.csv", "order,partner,role\nA,P,sourced\nB,P,fulfilled\nC,P,wizard\n")
    found = read(ORDERS, tmp_path)
    assert [(row["external_id"], row["amount"]) for row in found.of("opportunity")] == [("B", 2)]
    assert [row["opportunity"] for row in found.of("opportunity_line")] == ["B"]
    assert [row["opportunity"] for row in found.of("opportunity_partner")] == ["B"]
    assert [(reject.file, reject.line, reject.reason) for reject in found.rejects] == [
        (1, 4, "is not a number written like 1234.50"),
        (
            2,
            4,
            "is not a known role (sourced, influenced, fulfilled, implemented, supported); correct it, or add it to a "
            "value map of the mapping",
        ),
        (1, 2, "held back because line 4 of the same deal is bad"),
        (1, 5, "held back because line 4 of the same deal is bad"),
        (2, 2, "held back because line 4 in orders.csv of the same deal is bad"),
    ]
    assert [(c.read, c.accepted, c.rejected) for c in found.reading.counts.values()] == [(4, 1, 3), (3, 1, 2)]


def test_a_receiver_may_hold_back_more(tmp_path: Path) -> None:
    write(tmp_path, "orders.csv", "order,day,amount\nA,2024-01-02,1\nA,2024-01-02,2\nB,2024-01-02,3\n")
    reading = Reading(open_export(parse_mapping(ORDERS, name="x"), tmp_path))
    list(reading.batches())
    (batch,) = reading.gather(
        lines={(1, 3): ("partner", "P9", "is not a partner of this program")},
        deals={"A": "held back because its partner is unknown"},
    )
    assert [(reject.line, reject.column, reject.reason) for reject in batch.rejects] == [
        (2, "", "held back because its partner is unknown"),
        (3, "partner", "is not a partner of this program"),
    ]


def test_progress_is_told_up_to_the_end(tmp_path: Path) -> None:
    path = deals(tmp_path, *([GOOD] * 3_000))
    told: list[tuple[int, int]] = []
    read(DEALS, path, progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert told[-1] == (path.stat().st_size, path.stat().st_size)
    assert len(told) >= 4


def test_a_missing_file_is_listed_and_a_needed_lookup_is_asked_for(tmp_path: Path) -> None:
    joined = DEALS + (
        'family = { column = "name", lookup = "regions" }\n'
        '[[source]]\nfile = "quotas.csv"\n[source.quota]\nmanager = "m"\nstarts_on = "d"\namount = "a"\n'
        'period = { constant = "month" }\n'
        '[lookup.regions]\nfile = "regions.csv"\nkey = "name"\nvalue = "region"\n'
    )
    export = tmp_path / "export"
    export.mkdir()
    path = deals(tmp_path, GOOD)
    with pytest.raises(ImportRefused, match=r"looks values up in regions\.csv \(regions\), which is not here"):
        read(joined, path)
    write(export, "regions.csv", "name,region\nRockets,EMEA\n")
    found = read(joined, path, beside=export, today=TODAY)
    assert found.of("opportunity") == [ROCKETS | {"family": "EMEA"}]
    assert found.reading.export.missing == ["quotas.csv"]
    write(tmp_path, "regions.csv", "name,region\nRockets,EMEA\nRockets,APAC\n")
    found = read(joined, path, today=TODAY)  # beside a single file its own folder is searched
    assert found.told() == [(2, "name", "Rockets", "stands more than once in regions.csv, with different values")]
