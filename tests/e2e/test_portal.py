"""The partner's side: two vendors, one login, a phone in the hand."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e_people import BO, sign_in


def test_a_seller_of_two_vendors_changes_over(open_page) -> None:
    page = open_page(phone=True)
    sign_in(page, BO)
    expect(page.get_by_role("heading", level=1)).to_have_text("Where you work")
    page.get_by_role("link", name="Northwind Software").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("You and Northwind Software")
    page.locator("summary", has_text="Northwind Software").click()
    page.get_by_role("banner").get_by_role("link", name="Lucerne Data").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("You and Lucerne Data")
    bar = page.get_by_role("navigation", name="Portal").filter(visible=True)
    bar.get_by_role("link", name="Deals").click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("CHF")
    page.go_back()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_contain_text("You and Northwind Software")


def test_a_seller_on_a_phone_finds_a_deal(open_page, world) -> None:
    page = open_page(BO, phone=True)
    page.goto(f"/portal/{world.northwind['partnership']}/deals/?status=open")
    row = page.get_by_role("row").nth(1)
    name = row.get_by_role("link").first.inner_text()
    row.get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    shown = page.get_by_role("main").inner_text()
    for kept in ("Competitors", "List price", "Reason"):
        assert kept not in shown
    page.get_by_role("link", name="All our deals").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Our deals")
