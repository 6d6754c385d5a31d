"""Operations bring an export in, with one bad row, and mend it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from e2e_people import RETO

EXPORT = {
    "sales_teams.csv": ["sales_agent,manager,regional_office", "Piz Informatik,Lena Frei,Switzerland"],
    "accounts.csv": [
        "account,sector,year_established,revenue,employees,office_location,subsidiary_of",
        "Rigi Bahnen,transport,1990,12.5,80,Switzerland,",
    ],
    "products.csv": ["product,series,sales_price", "Lake Box,Lake,900"],
    "sales_pipeline.csv": [
        "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value",
        "E2E1,Piz Informatik,Lake Box,Rigi Bahnen,Won,1/12/2026,2/20/2026,900",
        "E2E2,Piz Informatik,Lake Box,Rigi Bahnen,Won,1/13/2026,2/31/2026,1800",
        "E2E3,Piz Informatik,Lake Box,Rigi Bahnen,Engaging,3/2/2026,,",
    ],
}


@pytest.fixture
def export(tmp_path: Path) -> list[Path]:
    """The files, as another system would write them."""
    for name, lines in EXPORT.items():
        (tmp_path / name).write_text("\r\n".join(lines) + "\r\n", "utf-8")
    return sorted(tmp_path.glob("*.csv"))


def test_a_bad_row_is_downloaded_corrected_and_imported(open_page, world, export: list[Path], tmp_path: Path) -> None:
    page = open_page(RETO)
    page.goto("/workspace/lucerne-partner-network/imports/")
    page.get_by_role("link", name="Import files").click()
    page.locator("input[name=files]").set_input_files(export)
    page.get_by_role("button", name="Look at the first rows").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Before the import")
    expect(page.get_by_text("read as crm-sales")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="E2E1").first).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).click()

    bad = page.get_by_role("table", name="Rows that were not taken").get_by_role("row")
    expect(bad.nth(1)).to_contain_text("2/31/2026", timeout=60_000)
    expect(bad).to_have_count(2)
    with page.expect_download() as download:
        page.get_by_role("link", name="sales_pipeline.csv (1)").click()
    text = Path(download.value.path()).read_text("utf-8-sig")
    assert text.splitlines()[0].startswith(EXPORT["sales_pipeline.csv"][0])
    assert "2/31/2026" in text

    corrected = tmp_path / "again" / "sales_pipeline.csv"
    corrected.parent.mkdir()
    corrected.write_text(text.replace("2/31/2026", "2/28/2026"), "utf-8")
    page.get_by_role("link", name="Import corrected rows").click()
    page.locator("input[name=files]").set_input_files(corrected)
    page.get_by_role("button", name="Look at the first rows").click()
    page.get_by_role("button", name="Import", exact=True).click()
    written = page.get_by_role("table", name="Written")
    expect(written).to_be_visible(timeout=60_000)
    expect(page.get_by_role("table", name="Rows that were not taken")).to_have_count(0)

    page.goto("/workspace/lucerne-partner-network/deals/?q=Rigi")
    expect(page.get_by_role("row").filter(has_text="Rigi Bahnen")).to_have_count(3)
