"""Every page of the list: it answers, nothing complains, and axe finds nothing in light, in dark and on a phone."""

from __future__ import annotations

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page as Window

from comity.cli.shown_pages import EMPTY, NOTHING_FOUND, PAGES, Page, addresses

PHONE = {"width": 390, "height": 844}
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# Addresses that show no page of their own: what is sent there is answered by another page, or by a file.
NO_PAGE = {
    "workspace:file": "a file",
    "workspace:search_options": "a part of the palette",
    "workspace:deals_export": "a file",
    "workspace:partners_export": "a file",
    "workspace:registrations_export": "a file",
    "portal:registration_check": "a part of the form",
    "workspace:metric_figures": "a file",
    "workspace:metric_rows": "a file",
    "workspace:import_rejects": "a file",
    "workspace:import_columns": "tests/web/workspace/test_imports.py corrects columns on it",
    "workspace:kept_mapping": "a file",
    "workspace:import_correct": "tests/web/workspace/test_imports.py corrects rows on it",
    "portal:logo": "a file",
    "workspace:logo": "a file",
    "portal:notice": "leads on",
    "workspace:notice": "leads on",
    "portal:registration_file": "a file",
    "workspace:registration_file": "a file",
    "stop_mail": "tests/notices/test_mail.py follows one",
    "workspace:deals_sheet": "a file",
    "workspace:cohorts_export": "a file",
    "demo_letter": "the demo's; tests/web/test_demo_mail.py opens it",
    "demo_letter_html": "the demo's; tests/web/test_demo_mail.py opens it",
    "demo_mail": "the demo's; tests/web/test_demo_mail.py opens it",
    "portal:message_file": "a file",
    "workspace:partner_message_file": "a file",
    "portal:registration_list": "its own tests upload one",
    "portal:registration_list_rejects": "a file",
    "portal:registration_list_sample": "a file",
    "workspace:registration_list": "its own tests upload one",
    "workspace:registration_list_rejects": "a file",
    "workspace:registration_list_sample": "a file",
    "workspace:attribution_export": "a file",
    "workspace:lead_rejects": "a file",
    "workspace:conflicts_export": "a file",
    "workspace:touch_file_rejects": "a file",
    "refer_logo": "a file",
    "workspace:leads_export": "a file",
    "workspace:rooms_export": "a file",
    "workspace:rules_trial_export": "a file",
    "workspace:room_file": "a file",
    "portal:our_rooms_export": "a file",
    "portal:our_room_file": "a file",
    "workspace:legacy_batch": "its own tests upload one",
    "workspace:legacy_sample": "a file",
    "landing": "leads on",
    "enter": "leads on",
    "invitation": "test_invitation.py follows one",
}


def violations(window: Window, *, only: list[str] | None = None) -> list[str]:
    """What axe says, a line each: rule, where, why."""
    asked = {"type": "rule", "values": only} if only else {"type": "tag", "values": STANDARDS}
    options = {"resultTypes": ["violations"], "runOnly": asked}
    if not window.evaluate("'axe' in window"):
        window.evaluate(AXE_SCRIPT)
    found = window.evaluate("(options) => axe.run(document, options)", options)["violations"]
    return [f"{one['id']}: {node['target']} {node['failureSummary'][:300]}" for one in found for node in one["nodes"]]


def toggle_dark(window: Window) -> None:
    """As the button does, and wait until the colours stand."""
    window.evaluate("document.documentElement.classList.toggle('dark')")
    window.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))")


# Rows and cards are alike: a few say as much as a hundred, which axe looks at one by one.
FEWER = """document.querySelectorAll('tbody tr:nth-child(n+5), .board-card:nth-child(n+4)')
    .forEach((one) => one.remove())"""
# Nothing is asked for any more, and every chart has its drawing.
SETTLED = """() => document.readyState === 'complete' && !document.querySelector('.htmx-request')
    && [...document.querySelectorAll('[data-chart]')].every((figure) => figure.childElementCount > 0)"""


@pytest.mark.parametrize("page", [*PAGES, *NOTHING_FOUND, *EMPTY], ids=lambda page: page.name)
def test_a_page_is_there_for_everybody(page: Page, window_of, world) -> None:
    places = world.firstday if page in EMPTY else world.northwind
    [(_page, path)] = addresses((page,), places)
    window = window_of(page.who)
    answer = window.goto(path)
    assert answer is not None
    assert answer.status == 200
    window.wait_for_function(SETTLED)
    window.evaluate(FEWER)
    wrong = [f"light {one}" for one in violations(window)]
    toggle_dark(window)
    wrong += [f"dark {one}" for one in violations(window, only=["color-contrast"])]
    toggle_dark(window)
    window.set_viewport_size(PHONE)
    window.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    wrong += [f"phone {one}" for one in violations(window)]
    wide = window.evaluate("document.documentElement.scrollWidth")
    if wide > PHONE["width"]:
        wrong.append(f"phone: the page is {wide} px wide")
    assert not wrong, "\n".join(["", *wrong])
    assert window_of.complaints == []


def test_the_list_names_every_page() -> None:
    from django.urls import get_resolver

    def names(resolver, prefix=""):
        for pattern in resolver.url_patterns:
            if hasattr(pattern, "url_patterns"):
                inner = f"{pattern.namespace}:" if pattern.namespace else prefix
                yield from names(pattern, inner)
            elif pattern.name and "comity.web" in pattern.lookup_str and not _only_post(pattern.callback):
                yield f"{prefix}{pattern.name}"

    listed = {page.address for page in PAGES} | set(NO_PAGE)
    missing = sorted(set(names(get_resolver())) - listed)
    assert not missing, " ".join(missing)


def _only_post(view) -> bool:
    """Whether a view refuses to be looked at."""
    if view.__module__.startswith("allauth"):
        return True
    while view is not None:
        cells = [cell.cell_contents for cell in view.__closure__ or ()]
        if any(isinstance(cell, list) and cell == ["POST"] for cell in cells):
            return True
        view = getattr(view, "__wrapped__", None)
    return False
