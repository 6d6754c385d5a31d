"""`screenshots`: a picture of every page in light, dark and on a phone, empty and in trouble, with its question."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from comity.cli import serve
from comity.cli.assets import build_assets
from comity.cli.browser import ensure_browser
from comity.cli.contact_sheet import Shot, write_contact_sheet
from comity.cli.demo import migrate_if_needed
from comity.cli.entry import say
from comity.cli.migrate import upgrade_if_needed
from comity.cli.shown_pages import ADA, EMPTY, NOBODY, NORA, NOTHING_FOUND, PAGES, VERA, Page, addresses
from comity.cli.supervise import answers, beside, require_free_port
from comity.cli.surroundings import close_connections, use_django
from comity.platform import postgres
from comity.platform.home import Home

FLAGS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
)  # fmt: skip
DESKTOP: Final = {"width": 1280, "height": 720}
PHONE: Final = {"width": 390, "height": 844}


@dataclass(frozen=True)
class Look:
    """How the page is looked at."""

    name: str
    viewport: Mapping[str, int]
    scheme: str


LOOKS: Final = (Look("light", DESKTOP, "light"), Look("dark", DESKTOP, "dark"), Look("phone", PHONE, "light"))


@dataclass(frozen=True)
class Stop:
    """One thing to photograph: a page with its path, and what to do there first."""

    page: Page
    path: str
    act: Callable[[Any], None] | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to put the pictures, and which."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="where the pictures and index.html go")
    parser.add_argument("--only", metavar="TEXT", default="", help="only pages whose name contains this")
    parser.add_argument("--port", type=int, default=8017, help="port to serve the demo on meanwhile (default: 8017)")
    parser.set_defaults(host="127.0.0.1", workers=1)


def run(options: argparse.Namespace) -> int:
    """Serve the demo from a home of its own, beside yours, and photograph it. Status 1 if a page is broken."""
    require_free_port(options.host, options.port)
    executable = ensure_browser(say)
    options.folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("COMITY_LOG_LEVEL", "WARNING")
    os.environ["COMITY_HOME"] = str(Home.from_environment().path / "screenshots")
    home = Home.from_environment()
    home.create()
    build_assets(say)
    upgrade_if_needed(home, say)
    with postgres.running(home, say):
        use_django()
        from comity.platform.jobs import run_worker

        try:
            migrate_if_needed(home)
            stops = [stop for stop in _stops() if options.only in stop.page.name]
            run_worker(wait=False)  # figures of what the demo just did come with its news
        finally:
            close_connections()
        server = serve.web_server(options)
        with beside(server, is_ready=lambda: answers(options.host, options.port)):
            shots = _photograph(stops, serve.address_of(options), executable, options.folder)
    broken = [shot for shot in shots if shot.complaints or (shot.status >= 400) != shot.name.startswith("error-")]
    for shot in broken:
        say(f"{shot.name}: status {shot.status} {' '.join(shot.complaints)}".rstrip())
    say(f"{len(shots)} pages: {write_contact_sheet(options.folder, shots)}")
    return 1 if broken else 0


def _stops() -> list[Stop]:
    from comity.demo.blank import PROGRAM, load_blank
    from comity.demo.load import load_demo
    from comity.demo.northwind import DRAFT
    from comity.demo.places import places_of

    load_demo(report=say)
    load_blank(say)
    places = places_of(DRAFT.name, partner="Halden Systems", portal_of="Fabrikam Systems")
    stops = [Stop(page, path) for page, path in addresses((*PAGES, *NOTHING_FOUND), places)]
    stops += [Stop(page, path) for page, path in addresses(EMPTY, places_of(PROGRAM))]
    return stops + _troubles(f"/workspace/{places['program']}/")


def _troubles(program: str) -> list[Stop]:
    """What a person sees when something went wrong."""

    def sign_in_wrongly(page: Any) -> None:
        page.get_by_label("E-mail address").fill("ada@northwind.example")
        page.get_by_label("Password", exact=True).fill("not the password")
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_load_state()

    def save_nothing(page: Any) -> None:
        page.evaluate("document.querySelector('main form[method=post]').noValidate = true")
        page.locator("main form[method=post] button[type=submit]").last.click()
        page.wait_for_load_state()

    def named(name: str, who: str, question: str) -> Page:
        return Page(f"error-{name}", "", who, question)

    return [
        Stop(named("wrong-password", NOBODY, "Why can I not get in?"), "/accounts/login/", sign_in_wrongly),
        Stop(named("empty-form", ADA, "What is missing?"), f"{program}partners/new/", save_nothing),
        Stop(named("not-found", ADA, "Where am I?"), f"{program}nowhere/"),
        Stop(named("not-allowed", VERA, "Why not?"), f"{program}settings/program/"),
        Stop(named("used-invitation", NOBODY, "Why does my link not work?"), "/invitation/nonsense"),
        Stop(named("stranger", NORA, "May I see this?"), f"{program}partners/"),
    ]


def _photograph(stops: Sequence[Stop], address: str, executable: str, folder: Path) -> list[Shot]:
    from playwright.sync_api import sync_playwright

    shots = {stop.page.name: Shot(stop.page.name, stop.page.question, stop.page.who, stop.path) for stop in stops}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        for who in dict.fromkeys(stop.page.who for stop in stops):
            own = [stop for stop in stops if stop.page.who == who]
            with _signed_in(browser, who, address) as state:
                for look in LOOKS:
                    _tour(browser, look, state, address, own, shots, folder)
        browser.close()
    return list(shots.values())


@contextmanager
def _signed_in(browser: Any, who: str, address: str) -> Iterator[Any]:
    """The cookies of somebody who has signed in."""
    from comity.demo.loading import PASSWORD

    context = browser.new_context(base_url=address)
    if who:
        page = context.new_page()
        page.goto("/accounts/login/")
        page.get_by_label("E-mail address").fill(who)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(lambda url: "login" not in url)
    yield context.storage_state()
    context.close()


def _tour(
    browser: Any, look: Look, state: Any, address: str, stops: Sequence[Stop], shots: dict[str, Shot], folder: Path
) -> None:
    context = browser.new_context(
        base_url=address, viewport=dict(look.viewport), color_scheme=look.scheme, storage_state=state,
        reduced_motion="reduce", is_mobile=look.viewport is PHONE,
    )  # fmt: skip
    page = context.new_page()
    for stop in stops:
        shot = shots[stop.page.name]
        said: list[str] = []
        page.on("console", lambda message, said=said: said.append(message.text) if message.type == "error" else None)
        answer = page.goto(stop.path)
        shot.status = answer.status if answer else 0
        if stop.act is not None:
            stop.act(page)
            shot.status = 400
        page.wait_for_load_state("networkidle")
        page.screenshot(path=folder / f"{shot.name}.{look.name}.png")
        shot.looks.append(look.name)
        shot.complaints += [text for text in said if "status of 4" not in text]
    context.close()
