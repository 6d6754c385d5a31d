"""Getting in, and not getting in."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from comity.cli.shown_pages import PAGES, addresses
from e2e_people import JONAS, LENA, NORA, OLGA, PASSWORD, SOFIA, code_of, sign_in


def test_an_invitation_leads_from_the_letter_to_the_portal(open_page, world) -> None:
    olga = open_page(OLGA)
    olga.goto(f"/workspace/{world.northwind['program']}/partners/?q=aurora")
    olga.get_by_role("link", name="Aurora Integrations", exact=True).click()
    olga.get_by_role("link", name="People").click()
    olga.get_by_label("E-mail address").fill("astrid@aurora.example")
    olga.get_by_label("Role").select_option(label="Partner administrator")
    olga.get_by_role("button", name="Send the invitation").click()
    expect(olga.get_by_role("row").filter(has_text="astrid@aurora.example")).to_contain_text("Waiting")

    letter = next(text for text in world.letters() if "astrid@aurora.example" in text)
    link = re.search(rf"{re.escape(world.address)}(/invitation/\S+)", letter)
    assert link is not None
    astrid = open_page(phone=True)
    astrid.goto(link[1])
    expect(astrid.get_by_role("heading", level=1)).to_have_text("Northwind Software invites you")
    astrid.get_by_label("Your name").fill("Astrid Berg")
    astrid.get_by_label("Password").fill("short")
    astrid.get_by_role("button", name="Accept the invitation").click()
    expect(astrid.get_by_text("at least 10 characters", exact=False).first).to_be_visible()
    expect(astrid.get_by_label("Your name")).to_have_value("Astrid Berg")
    astrid.get_by_label("Password").fill("a long way to the north")
    astrid.get_by_role("button", name="Accept the invitation").click()

    expect(astrid.get_by_role("heading", level=1)).to_contain_text("You and Northwind Software")
    bar = astrid.get_by_role("navigation", name="Portal").filter(visible=True)
    bar.get_by_role("link", name="Deals").click()
    expect(astrid.get_by_role("heading", level=1)).to_have_text("Our deals")
    bar.get_by_role("link", name="Performance").click()
    expect(astrid.get_by_role("heading", level=1)).to_have_text("Our performance")
    bar.get_by_role("link", name="Company").click()
    expect(astrid.get_by_role("heading", level=1)).to_have_text("Aurora Integrations")
    expect(astrid.get_by_role("row").filter(has_text="Astrid Berg")).to_contain_text("Partner administrator")

    second = open_page()
    second.goto(link[1])
    expect(second.get_by_role("heading", level=1)).to_contain_text("can no longer be used")


def test_five_wrong_passwords_lock_the_door(visit) -> None:
    page = visit.page()
    for _attempt in range(5):
        sign_in(page, SOFIA, "not her password")
        expect(page.get_by_role("alert").first).to_contain_text("You are not signed in")
    sign_in(page, SOFIA)
    expect(page.get_by_role("alert").first).to_contain_text("Too many failed")
    expect(page).to_have_url(re.compile("/accounts/login/"))
    other = visit.page()
    sign_in(other, JONAS)
    expect(other.get_by_role("link", name="Partners", exact=True).first).to_be_visible()


def test_a_second_step_is_set_up_and_asked_for(open_page) -> None:
    page = open_page()
    sign_in(page, "daniel@northwind.example")
    page.goto("/accounts/2fa/")
    page.get_by_role("link", name="Set up the app").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Is it you?")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    secret = page.get_by_label("Authenticator secret").input_value()
    page.get_by_label("Authenticator code").fill(code_of(secret))
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_role("heading", name="Recovery codes").first).to_be_visible()

    page.context.clear_cookies()
    sign_in(page, "daniel@northwind.example")
    expect(page).to_have_url(re.compile("/2fa/authenticate"))
    page.get_by_label(re.compile("code", re.IGNORECASE)).first.fill("000000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert").first).to_be_visible()


PUBLIC = "refer"
"""A partner's link for prospects, which is for whoever it was given to."""


def test_strangers_are_told_of_nothing(open_page, world) -> None:
    behind_doors = tuple(one for one in PAGES if one.places and one.address != PUBLIC)
    inside = [path for _page, path in addresses(behind_doors, world.northwind)]
    assert len(inside) > 30
    for who, paths in ((LENA, inside), (NORA, inside[::6])):
        page = open_page(who)
        answers = {path: page.request.get(path).status for path in paths}
        assert {path: status for path, status in answers.items() if status != 404} == {}
