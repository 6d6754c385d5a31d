"""An executive asks what a number is made of."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from e2e_people import VERA


def test_from_a_tile_to_its_rows_and_to_a_deal_in_three_clicks(open_page, world) -> None:
    page = open_page(VERA)
    page.goto(f"/workspace/{world.northwind['program']}/metrics/")
    tile = page.get_by_role("main").locator(".metric", has_text="Partner-sourced revenue").first
    shown = re.sub(r"\s+", "", tile.locator(".metric-value").inner_text())
    assert re.search(r"EUR[\d,.]+", shown), shown

    tile.get_by_role("link").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Partner-sourced revenue")
    expect(page.get_by_role("heading", name="Rows behind it")).to_be_visible()
    assert shown in re.sub(r"\s+", "", page.get_by_role("main").inner_text())

    rows = page.locator("#rows").get_by_role("row")
    assert rows.count() > 5
    name = rows.nth(1).get_by_role("link").first.inner_text()
    rows.nth(1).get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    expect(page.get_by_role("main")).to_contain_text("Sourced")


def test_a_metric_broken_down_by_partner_says_who_leads(open_page, world) -> None:
    page = open_page(VERA)
    page.goto(f"/workspace/{world.northwind['program']}/metrics/partner_revenue/?by=partner")
    slices = page.locator("#breakdown").get_by_role("row")
    expect(slices.nth(1)).to_contain_text("Halden Systems")
