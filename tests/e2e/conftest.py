"""A real server on the demo's data, and a real browser before it.

The demo and one of the public data sets are loaded once into a template, kept between runs while the source is the
same; each worker clones it. Where a browser runs, Django's database must not be asked in the same thread: what a test
needs to know of the data stands in `World`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default as default_policy
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from comity.platform.home import REPOSITORY
from demo_world import demo_template, let_sellers_in  # noqa: F401 - the first is a fixture
from e2e_people import PASSWORD, sign_in
from real_server import serving

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip
DESKTOP, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}


@dataclass
class World:
    """Where the server is, where its letters go, and where to look in it."""

    address: str
    home: Path
    northwind: dict[str, str]
    maven: dict[str, str]
    firstday: dict[str, str]
    sellers: dict[str, str]
    """Of the sellers that were let in: e-mail address to partnership."""

    def letters(self) -> list[str]:
        """Every letter that was sent, the newest last."""
        found = sorted((self.home / "mail").glob("*.eml"))
        return [path.read_text("utf-8").replace("=\n", "").replace("=3D", "=") for path in found]

    def letters_to(self, who: str) -> list[str]:
        """What this person was sent: the head and every part of each letter, decoded."""
        told = []
        for path in sorted((self.home / "mail").glob("*.eml")):
            letter = message_from_bytes(path.read_bytes(), policy=default_policy)
            if who in str(letter["To"]):
                parts = [part.get_content() for part in letter.walk() if part.get_content_maintype() == "text"]
                told.append("\n".join([*(str(value) for value in letter.values()), *parts]))
        return told


@pytest.fixture(scope="session")
def world(
    demo_template: str,  # noqa: F811
    django_db_setup: str,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """The server, on a clone of its own."""
    from django.conf import settings

    from comity.demo.blank import PROGRAM
    from comity.demo.northwind import DRAFT
    from comity.demo.places import places_of
    from comity.platform.postgres import connection_urls
    from conftest import _clone, _drop, _point_at

    name = f"{django_db_setup}_demo"
    _clone(demo_template, name)
    with django_db_blocker.unblock():
        _point_at(name)
        found = [
            places_of(DRAFT.name, partner="Halden Systems", portal_of="Fabrikam Systems"),
            places_of("maven"),
            places_of(PROGRAM),
            let_sellers_in(),
        ]
        _point_at(django_db_setup)
    home = tmp_path_factory.mktemp("home")
    urls = connection_urls(settings.HOME)
    surroundings = {
        "COMITY_HOME": str(home),
        "DATABASE_URL": urls.app.replace("@/comity?", f"@/{name}?"),
        "DATABASE_OWNER_URL": (urls.owner or "").replace("@/comity?", f"@/{name}?"),
        "COMITY_LOG_LEVEL": "WARNING",
    }
    with serving(**surroundings) as address, _working(surroundings):
        yield World(address, home, *found)
    with django_db_blocker.unblock():
        _drop(name)
        _point_at(django_db_setup)


@contextmanager
def _working(surroundings: Mapping[str, str]) -> Iterator[None]:
    """A worker for background jobs, beside the server."""
    source = {"PYTHONPATH": f"{REPOSITORY / 'src'}", "DJANGO_SETTINGS_MODULE": "comity.project.settings"}
    log = Path(surroundings["COMITY_HOME"]) / "worker.log"
    with log.open("wb") as out:
        worker = subprocess.Popen(
            [sys.executable, "-P", "-m", "comity", "worker"],
            env=os.environ | source | surroundings,
            stdout=out,
            stderr=out,
        )
        try:
            yield
        finally:
            worker.terminate()
            worker.wait(30)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for one file of tests; its event loop must be gone before other tests ask the database."""
    executable = os.environ.get("COMITY_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Visitor:
    """Somebody at a browser. What the browser complains about is kept, and must be empty at the end."""

    browser: Browser
    world: World
    states: dict[str, Any]
    complaints: list[str] = field(default_factory=list)

    def page(self, who: str = "", *, phone: bool = False, password: str = PASSWORD) -> Page:
        """A fresh window, signed in where somebody is named."""
        if who and who not in self.states:
            self.states[who] = self._sign_in(who, password)
        context = self.browser.new_context(
            base_url=self.world.address, viewport=PHONE if phone else DESKTOP, storage_state=self.states.get(who),
            reduced_motion="reduce",
        )  # fmt: skip
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _sign_in(self, who: str, password: str) -> Any:
        context = self.browser.new_context(base_url=self.world.address)
        page = context.new_page()
        sign_in(page, who, password)
        page.wait_for_url(lambda url: "/accounts/login/" not in url)
        state = context.storage_state()
        context.close()
        return state

    def _hear(self, message: ConsoleMessage) -> None:
        """Errors count, but not that a page itself refused what was asked: that is what stories are about."""
        refused = "the server responded with a status of 4" in message.text
        if message.type == "error" and not (refused and "/assets/" not in message.location.get("url", "")):
            self.complaints.append(message.text)


@pytest.fixture(scope="session")
def sessions() -> dict[str, Any]:
    """Who has signed in already, by e-mail address. They stay so: stories clear cookies, they end no session."""
    return {}


class Windows:
    """One window a person for all their pages, as people have it. Complaints are those of the page opened last."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor, self._windows = visitor, dict[str, Page]()

    def __call__(self, who: str) -> Page:
        if who not in self._windows:
            self._windows[who] = self._visitor.page(who)
        self.complaints.clear()
        self._windows[who].set_viewport_size(DESKTOP)
        return self._windows[who]

    @property
    def complaints(self) -> list[str]:
        return self._visitor.complaints


@pytest.fixture(scope="module")
def window_of(chromium: Browser, world: World, sessions: dict[str, Any]) -> Iterator[Windows]:
    """`window_of("ada@northwind.example")` is Ada's window, the same each time."""
    yield Windows(Visitor(chromium, world, sessions))
    for context in chromium.contexts:
        context.close()


@pytest.fixture
def visit(chromium: Browser, world: World, sessions: dict[str, Any]) -> Iterator[Visitor]:
    """Open pages as somebody; afterwards no page may have complained."""
    visitor = Visitor(chromium, world, sessions)
    yield visitor
    for context in chromium.contexts:
        context.close()
    assert visitor.complaints == []


@pytest.fixture
def open_page(visit: Visitor) -> Callable[..., Page]:
    """`open_page("ada@northwind.example")` is a window in which Ada is signed in."""
    return visit.page
