"""Bad rows never vanish: each is listed, holds back its whole deal, and comes in once it is corrected."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from comity.connectors import files, runs
from comity.connectors.exporting import write_rejects_of

from .imports import FILES, Shop

NO_PARTNER = "is no partner of this export or known before"
HELD_2 = "held back because line 2 of the same deal is bad"


def test_a_bad_line_holds_back_its_whole_deal_in_every_file(shop: Shop) -> None:
    shop.change("lines", "D1,S2,8,40", "D1,S2,8,forty")
    assert shop.load() == 0
    assert set(shop.deals()) == {"D2", "D3"}
    held = "held back because line 3 in lines.csv of the same deal is bad"
    assert shop.rejects() == [
        ("deals.csv", 2, "", "", held),
        ("lines.csv", 2, "", "", "held back because line 3 of the same deal is bad"),
        ("lines.csv", 3, "amount", "forty", "is not a number written like 1234.50"),
        ("roles.csv", 2, "", "", held),
        ("roles.csv", 3, "", "", held),
    ]
    assert shop.run().counts["rejected"] == 5
    assert shop.rows("SELECT file, line FROM connectors_reject WHERE NOT is_held") == [("lines.csv", 3)]
    assert shop.rows("SELECT count(*) FROM deals_opportunitypartner") == [(1,)]


@pytest.mark.parametrize(
    ("name", "old", "new", "bad"),
    [
        ("deals", "First,A1,", "First,A7,", ("account", "A7", "is no customer account of this export or known before")),
        ("deals", "100.50,M1", "100.50,M7", ("manager", "M7", "is no manager of this export or known before")),
        ("lines", "D1,S1", "D1,S7", ("product", "S7", "is no product of this export or known before")),
        ("roles", "D1,P1", "D1,P7", ("partner", "P7", NO_PARTNER)),
    ],
)
def test_a_name_that_nobody_knows_holds_the_deal_back(
    shop: Shop, name: str, old: str, new: str, bad: tuple[str, str, str]
) -> None:
    shop.change(name, old, new)
    assert shop.load() == 0
    assert set(shop.deals()) == {"D2", "D3"}
    rejects = shop.rejects()
    assert (f"{name}.csv", 2, *bad) in rejects
    others = [reject for reject in rejects if reject[:2] != (f"{name}.csv", 2)]
    assert len(rejects) == 5
    assert all(reason.startswith("held back because line 2") for *_, reason in others)


def test_lines_of_a_deal_that_nobody_knows(shop: Shop) -> None:
    shop.write(lines=FILES["lines.csv"] + "D9,S1,1,1\n")
    shop.load()
    assert shop.rejects() == [("lines.csv", 5, "opportunity", "D9", "is no deal of this export or known before")]
    assert len(shop.deals()) == 3


def test_a_deal_that_stands_twice_is_held_back_whole(shop: Shop) -> None:
    shop.write(deals=FILES["deals.csv"] + "D3,Third,,Won,,2024-04-03,5,M2,\n")
    shop.load()
    assert set(shop.deals()) == {"D1", "D2"}
    assert shop.rejects() == [
        ("deals.csv", 4, "", "", "held back because line 5 of the same deal is bad"),
        ("deals.csv", 5, "external_id", "D3",
         "stands on line 4 already; a deal has one row here, so none is taken: keep the right one"),
    ]  # fmt: skip


def test_a_stage_that_means_something_else_in_the_program(shop: Shop) -> None:
    shop.load()
    path = shop.folder.parent / "shop.toml"
    path.write_text(path.read_text().replace('name = "Lost"\nkind = "lost"', 'name = "Lost"\nkind = "won"'))
    shop.load()
    assert shop.rejects() == [("deals.csv", 4, "stage", "Lost", "means lost in this program, but won here")]


def test_strict_refuses_all(shop: Shop) -> None:
    shop.change("roles", "D1,P1", "D1,P7")
    assert shop.load(strict=True) == 1
    assert shop.rows("SELECT count(*) FROM deals_opportunity") == [(0,)]
    assert shop.rows("SELECT count(*) FROM programs_partnership") == [(0,)]
    assert (shop.run().state, shop.run().problem) == (
        "refused", "5 rows are bad, so nothing was imported, as asked (strict).",
    )  # fmt: skip
    assert len(shop.rejects()) == 5
    shop.change("roles", "D1,P7", "D1,P1")
    assert shop.load(strict=True) == 0
    assert len(shop.deals()) == 3


def test_rejects_come_out_as_csv_and_in_again_corrected(shop: Shop, tmp_path: Path) -> None:
    shop.change("deals", "D1,First", 'D1,"=First, ""and"" only"')
    shop.change("roles", "D1,P1", "D1,P7")
    shop.load()
    folder = tmp_path / "rejects"
    folder.mkdir()
    with shop.scope():
        written = write_rejects_of(shop.run(), folder)
    assert sorted(written) == ["deals.csv", "lines.csv", "roles.csv"]
    assert (folder / "roles.csv").read_bytes().decode("utf-8-sig") == (
        f"deal,partner,role,reason\r\nD1,P7,sourced,partner: {NO_PARTNER}\r\nD1,P2,fulfilled,{HELD_2}\r\n"
    )
    assert '"\'=First, ""and"" only"' in (folder / "deals.csv").read_text(encoding="utf-8-sig")
    (folder / "roles.csv").write_bytes((folder / "roles.csv").read_bytes().replace(b"P7", b"P1"))
    assert shop.load(folder) == 0
    assert shop.rejects() == []
    assert shop.deals()["D1"][0] == '=First, "and" only'
    assert shop.rows("SELECT count(*) FROM deals_opportunitypartner") == [(3,)]
    assert shop.rows("SELECT count(*) FROM programs_manager") == [(2,)]


DIRT: list[tuple[str, Callable[[Shop], None], str]] = [
    ("a byte-order mark", lambda shop: shop.write(deals="\ufeff" + FILES["deals.csv"]), ""),
    ("CRLF", lambda shop: shop.write(deals=FILES["deals.csv"].replace("\n", "\r\n")), ""),
    ("UTF-16", lambda shop: shop.write(deals=FILES["deals.csv"].encode("utf-16")), ""),
    ("a wrong encoding", lambda shop: shop.write(deals=FILES["deals.csv"].replace("First", "Först").encode("latin-1")),
     "deals.csv is not utf-8: line 2 holds the byte 0xF6"),
    ("a spreadsheet", lambda shop: shop.write(deals=b"PK\x03\x04" + b"x" * 50), "deals.csv is a spreadsheet"),
    ("nothing", lambda shop: shop.write(deals=b""), "deals.csv is empty"),
    ("a missing column", lambda shop: shop.change("deals", "stage", "phase"), "deals.csv lacks the column stage"),
    ("an endless line", lambda shop: shop.write(deals=FILES["deals.csv"] + "x" * 5_000_000), "has a line of more than"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "sentence"), [dirt[1:] for dirt in DIRT], ids=[dirt[0] for dirt in DIRT])
def test_a_file_is_read_or_refused_with_a_clear_sentence(
    shop: Shop, make: Callable[[Shop], None], sentence: str
) -> None:
    make(shop)
    status = shop.load()
    if sentence:
        assert status == 2
        assert sentence in shop.said[-1]
    else:
        assert (status, len(shop.deals())) == (0, 3)


BAD = [
    ("D4,Ragged,A1,Won,,2024-02-01", "has 6 cells, but the header has 9"),
    ("D5,Ragged,A1,Won,,2024-02-01,1,M1,,,", "has 11 cells, but the header has 9"),
    ("D6,Null\0char,A1,Won,,2024-02-01,1,M1,", "holds a NUL character"),
    (f"D7,{'x' * 1_100_000},A1,Won,,2024-02-01,1,M1,", "a field has more than 1,000,000 characters"),
    (f"D8,{'x' * 400},A1,Won,,2024-02-01,1,M1,", "has 400 characters; 300 are allowed"),
    (f"{'D' * 121},Long,A1,Won,,2024-02-01,1,M1,", "has 121 characters; 120 are allowed"),
    ("E1,Sum,A1,Won,,2024-02-01,99999999999999999,M1,", "is out of range"),
    ("E2,Formula,A1,Won,,2024-02-01,=1+1,M1,", "is not a number"),
    ("E3,Undated,A1,Won,,,1,M1,", "is empty, but a won deal needs the day it was won"),
    ("E4,Future,A1,Won,,2099-01-01,1,M1,", "lies in the future"),
]


def test_bad_rows_are_listed_and_the_others_come_in(shop: Shop) -> None:
    shop.write(deals=FILES["deals.csv"] + "".join(f"{row}\n" for row, _ in BAD))
    assert shop.load() == 0
    assert len(shop.deals()) == 3
    found = shop.rejects()
    assert [reject[:2] for reject in found] == [("deals.csv", 5 + number) for number in range(len(BAD))]
    for (*_, reason), (_, wanted) in zip(found, BAD, strict=True):
        assert wanted in reason


def test_a_formula_in_a_name_is_only_a_name(shop: Shop) -> None:
    shop.change("deals", "First", "=cmd|' /C calc'!A0")
    shop.load()
    assert shop.deals()["D1"][0] == "=cmd|' /C calc'!A0"


def test_too_many_bad_rows_are_refused_and_the_first_are_kept(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(f"N{number},Name,A9,Won,,2024-02-01,1,M1,\n" for number in range(700))
    shop.write(deals=FILES["deals.csv"] + rows)
    reading = files.Reading
    monkeypatch.setattr(runs.files, "Reading", lambda *args, **more: reading(*args, most_rejects=500, **more))
    assert shop.load() == 2
    assert shop.said[-1].startswith("More than 500 rows are bad")
    assert shop.run().state == "refused"
    assert shop.rows("SELECT count(*) FROM deals_opportunity") == [(0,)]


def test_an_archive_is_not_an_export(shop: Shop, tmp_path: Path) -> None:
    archive = tmp_path / "deals.csv"
    with zipfile.ZipFile(archive, "w") as into:
        into.writestr("deals.csv", FILES["deals.csv"])
    assert shop.load(archive) == 2
    assert "archive" in shop.said[-1]
