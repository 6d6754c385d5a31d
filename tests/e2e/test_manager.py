"""A partner manager's first minutes, on the demo and on a public pipeline that was imported."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from e2e_people import ADA, sign_in


@dataclass(frozen=True)
class Case:
    """Who looks for whom, and finds how many at first."""

    who: str
    name: str
    typed: str
    partner: str
    partners: str


CASES = [
    Case(ADA, "Ada Lindqvist", "halden", "Halden Systems", "62 partners"),
    Case("manager@maven.example", "Melvin Marxen", "snell", "Anna Snelling", "35 partners"),
]


@pytest.mark.parametrize("case", CASES, ids=["demo", "imported"])
def test_from_signing_in_to_who_changed_it(case: Case, open_page) -> None:
    page = open_page()
    sign_in(page, case.who)
    page.get_by_role("link", name="Partners", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Partners")
    expect(page.get_by_role("status").filter(has_text=case.partners)).to_be_visible()

    page.get_by_role("searchbox", name="Search partners").fill(case.typed)
    expect(page.get_by_role("status").filter(has_text="1 partner")).to_be_visible()
    expect(page).to_have_url(re.compile(f"q={case.typed}"))
    page.get_by_role("row").get_by_role("link", name=case.partner, exact=True).click()

    expect(page.get_by_role("heading", level=1)).to_contain_text(case.partner)
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("City").fill("Reykjavík")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(case.partner)
    page.get_by_role("link", name="History").click()
    newest = page.get_by_role("main").get_by_role("listitem").filter(has_text="Reykjavík").first
    expect(newest).to_contain_text(case.name)
    expect(newest).to_contain_text("City")


def test_a_form_with_wrong_input_keeps_what_was_typed(open_page, world) -> None:
    page = open_page(ADA)
    page.goto(f"/workspace/{world.northwind['program']}/partners/new/")
    page.get_by_label("Name", exact=True).fill("Neuland Systeme")
    page.get_by_label("Website").fill("no address at all")
    page.get_by_role("button", name=re.compile("^(Add|Save)")).click()
    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Neuland Systeme")
    expect(page.get_by_label("Website")).to_have_value("no address at all")
    expect(page.get_by_text("Enter an address such as")).to_be_visible()


def test_the_list_by_keyboard_alone(open_page, world) -> None:
    page = open_page(ADA)
    page.goto(f"/workspace/{world.northwind['program']}/partners/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search partners")).to_be_focused()
    page.keyboard.type("system")
    expect(page.get_by_role("row").filter(has_text="Adler Systemhaus")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Bergwerk IT")).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page.get_by_role("row").filter(has_text="Adler Systemhaus")).to_be_focused()
    page.keyboard.press("j")
    second = page.get_by_role("row").nth(2)
    expect(second).to_be_focused()
    name = second.get_by_role("link").first.inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary", name=name)).to_be_visible()
    expect(page).to_have_url(re.compile("panel="))
    page.keyboard.press("j")  # the panel follows
    expect(page.get_by_role("complementary", name=name)).to_have_count(0)
    expect(page.get_by_role("complementary")).to_be_visible()
    page.keyboard.press("l")
    expect(page.get_by_label("What was said")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.get_by_role("complementary")).to_have_count(0)
    expect(page).to_have_url(re.compile("q=system"))
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
