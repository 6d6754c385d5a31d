"""What was typed outlives the session, another sign-in in another tab, and a lost connection; nobody else sees it."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page, expect

from comity.cli.shown_pages import ADA, OLGA
from e2e_people import PASSWORD, sign_in

TYPED = "typed.by.olga@northwind.example"


def end_session(context: BrowserContext) -> None:
    context.clear_cookies(name="sessionid")


def invite(page: Page, address: str = TYPED) -> None:
    page.get_by_label("E-mail address").fill(address)
    page.get_by_role("button", name="Send the invitation").click()


def signs_in(page: Page, who: str) -> None:
    page.get_by_label("E-mail address").fill(who)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_what_was_typed_is_back_after_signing_in_again(visit, world) -> None:
    page = visit.page(OLGA)
    path = f"/workspace/{world.northwind['program']}/settings/people/invite/"
    page.goto(path)
    end_session(page.context)
    invite(page)
    expect(page.get_by_text("Your session has ended")).to_be_visible()
    signs_in(page, OLGA)
    expect(page).to_have_url(f"{world.address}{path}")
    expect(page.get_by_text("What you typed is back.")).to_be_visible()
    expect(page.get_by_label("E-mail address")).to_have_value(TYPED)
    assert world.letters() == [] or TYPED not in world.letters()[-1]
    # Without a connection the page stays, with a sentence; with it, what stands there is sent, and then forgotten.
    page.context.set_offline(True)
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_text("No connection.")).to_be_visible()
    expect(page.get_by_label("E-mail address")).to_have_value(TYPED)
    page.context.set_offline(False)
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_text(TYPED).first).to_be_visible()
    page.goto(path)
    expect(page.get_by_label("E-mail address")).to_have_value("")


def test_nobody_else_sees_it(visit, world) -> None:
    page = visit.page(OLGA)
    path = f"/workspace/{world.northwind['program']}/customers/new/"
    page.goto(path)
    page.get_by_label("Name", exact=True).fill("Only Olga typed this")
    end_session(page.context)
    page.locator("main form button[type=submit]").first.click()
    signs_in(page, ADA)
    expect(page).to_have_url(f"{world.address}{path}")
    expect(page.get_by_label("Name", exact=True)).to_have_value("")
    expect(page.get_by_text("Only Olga typed this")).to_have_count(0)


def test_a_stale_tab_says_so_and_keeps_what_was_typed(visit, world) -> None:
    page = visit.page(OLGA)
    page.goto(f"/workspace/{world.northwind['program']}/settings/people/invite/")
    page.get_by_label("E-mail address").fill(TYPED)
    other = page.context.new_page()
    end_session(page.context)
    sign_in(other, OLGA)  # in another tab: the form of the first one is too old from now on
    other.wait_for_url(lambda url: "/accounts/login/" not in url)
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_role("heading", name="This page was open for too long")).to_be_visible()
    page.get_by_role("link", name="Back to the page").click()
    expect(page.get_by_label("E-mail address")).to_have_value(TYPED)
    expect(page.get_by_text("What you typed is back.")).to_be_visible()
