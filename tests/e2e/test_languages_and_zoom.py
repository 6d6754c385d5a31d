"""The main pages in German, from right to left and at twice the size: nothing overflows, nothing is cut off."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from comity.cli.shown_pages import PAGES, addresses

MAIN = ("home", "partners", "partner", "metric", "portal-home")
DESKTOP, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}
TWICE = {"width": 640, "height": 360}
"""A window of 1280 px at 200 %: as many CSS pixels as this."""
CUT_OFF = """() => [...document.querySelectorAll('h1, h2, button, .btn, .nav-link span, th, .tab-bar a, label')]
  .filter((one) => one.offsetParent && getComputedStyle(one).overflow !== 'visible' && !one.closest('.visually-hidden')
    && one.clientWidth > 1 && one.scrollWidth > one.clientWidth + 1)
  .map((one) => one.textContent.trim())"""


def too_wide(page: Page, name: str, way: str) -> list[str]:
    """Why a page does not fit its window, if it does not."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    wide, room = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    found = [f"{name}, {way}: {wide} px wide in {room}"] if wide > room else []
    return found + [f"{name}, {way}: cut off: {text}" for text in page.evaluate(CUT_OFF)]


def test_a_person_chooses_german_and_every_page_fits(visit, world) -> None:
    wrong: list[str] = []
    shown = [(page, path) for page, path in addresses(PAGES, world.northwind) if page.name in MAIN]
    assert len(shown) == len(MAIN)
    for who in dict.fromkeys(page.who for page, _path in shown):
        window = visit.page(who)
        window.goto("/profile/")
        window.get_by_label("Language").select_option("de")
        window.get_by_role("button", name="Save", exact=True).click()
        expect(window.get_by_role("heading", name="Profil")).to_be_visible()
        for page, path in [one for one in shown if one[0].who == who]:
            for way, size in (("desktop", DESKTOP), ("phone", PHONE), ("200 %", TWICE)):
                window.set_viewport_size(size)
                window.goto(path)
                expect(window.locator("html")).to_have_attribute("lang", "de")
                wrong += too_wide(window, page.name, way)
                window.evaluate("document.documentElement.dir = 'rtl'")
                wrong += too_wide(window, page.name, f"{way}, right to left")
        window.set_viewport_size(DESKTOP)
        window.goto("/profile/")
        window.get_by_label("Sprache").select_option("en")
        window.get_by_role("button", name="Speichern", exact=True).click()
        expect(window.get_by_role("heading", name="Profile")).to_be_visible()
    assert wrong == []
