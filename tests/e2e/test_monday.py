"""A Monday morning by keyboard alone: Home to zero, one thing done, the rest put off; then on by a few letters."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e_people import OLGA, sign_in


def test_home_to_zero_and_on_by_keyboard(open_page) -> None:
    page = open_page()
    sign_in(page, OLGA)
    title = page.get_by_role("heading", level=1)
    expect(title).to_contain_text("you today")

    page.goto(f"{page.url}?show=all")
    waits = page.get_by_role("main").get_by_role("listitem").filter(has_text="asked to join").first
    name = waits.get_by_role("link").first.inner_text().removesuffix(" asked to join and waits for an answer.")
    waits.get_by_role("link").first.press("Enter")
    expect(title).to_contain_text(name)
    page.locator("summary", has_text="Change status").press("Enter")
    page.get_by_role("button", name="Accept").press("Enter")
    expect(page.get_by_role("main").get_by_text("Onboarding").first).to_be_visible()
    page.get_by_role("link", name="Home", exact=True).first.press("Enter")
    expect(title).to_contain_text("you today")
    expect(page.get_by_role("main")).not_to_contain_text(f"{name} asked to join")

    for _line in range(60):
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
    page.keyboard.type("haldn sys")
    expect(page.get_by_role("option", name="Halden Systems")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(title).to_contain_text("Halden Systems")
    page.keyboard.press("Control+k")
    lately = page.get_by_role("group", name="Opened lately").get_by_role("option")
    expect(lately.first).to_contain_text("Halden Systems")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
