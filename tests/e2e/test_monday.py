"""A Monday morning by keyboard alone: a line opened, the rest put off until none is left; then on by a few letters."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e_people import RETO, sign_in


def test_home_to_zero_and_on_by_keyboard(open_page) -> None:
    page = open_page()
    sign_in(page, RETO)
    title = page.get_by_role("heading", level=1)
    expect(title).to_contain_text("you today")

    quiet = page.get_by_role("main").get_by_role("listitem").filter(has_text="has been quiet").first
    name = quiet.get_by_role("link").first.inner_text().partition(" has been quiet")[0]
    quiet.get_by_role("link").first.press("Enter")
    expect(title).to_contain_text(name)
    page.get_by_role("link", name="Home", exact=True).first.press("Enter")

    expect(title).to_contain_text("you today")
    for _line in range(20):
        before = title.inner_text()
        if before == "Nothing needs you today":
            break
        page.keyboard.press("j")
        page.keyboard.press("s")
        page.keyboard.type("After the review on Thursday")
        page.keyboard.press("Enter")
        expect(title).not_to_have_text(before)
    expect(title).to_have_text("Nothing needs you today")
    expect(page.get_by_role("main")).to_contain_text("What you put off comes back on its day.")

    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.type(f"{name[:2]}{name[3:]}")  # one letter is missing
    expect(page.get_by_role("option", name=name)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(title).to_contain_text(name)
    page.keyboard.press("Control+k")
    lately = page.get_by_role("group", name="Opened lately").get_by_role("option")
    expect(lately.first).to_contain_text(name)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
