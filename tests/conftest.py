"""The suite runs on an embedded PostgreSQL of its own, as the same two roles as in production.

The schema is migrated once into a template; each worker clones it. Plain tests run in a transaction that is rolled
back. Tests that need commits (workers, kills, several connections) take `committed_database`, a clone of their own.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
os.environ["COMITY_HOME"] = os.environ.get("COMITY_TEST_HOME", str(ROOT / ".comity" / "test"))
os.environ.pop("DATABASE_URL", None)
os.environ.pop("DATABASE_OWNER_URL", None)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "comity.project.settings")
os.environ.setdefault("COMITY_TEST_DATA", str(ROOT.parent / "shared" / "data"))
sys.path.insert(0, str(ROOT / "src"))

import django  # noqa: E402 - the settings it reads depend on what was just said

from comity.platform.catalogues import compile_catalogues  # noqa: E402 - found by the path just set

compile_catalogues()  # Django reads them once
django.setup()  # before the cast, which imports models


QUICK_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
"""For what does not outlive the process: a server would not believe it."""


def _schema_stamp() -> str:
    """A name for the schema as the code declares it."""
    source = ROOT / "src" / "comity"
    parts = [*source.glob("*/migrations/*.py"), source / "platform" / "isolation.py", *source.glob("*/models*.py")]
    parts += [*source.glob("*/models/*.py")]
    digest = hashlib.sha256()
    for part in sorted(parts):
        digest.update(part.read_bytes())
    return digest.hexdigest()[:12]


@pytest.fixture(scope="session")
def _template(django_db_blocker) -> Iterator[str]:
    """A migrated database that nobody is connected to; kept between runs while the schema is the same."""
    import fcntl

    import psycopg
    from django.conf import settings
    from django.db import connections

    from comity.platform.database_roles import make_database, prepare_database
    from comity.platform.migrating import migrate_tables
    from comity.platform.postgres import running, superuser_url

    name = f"template_{_schema_stamp()}"
    with running(settings.HOME) as urls, (settings.HOME.path / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with psycopg.connect(superuser_url(settings.HOME), autocommit=True) as superuser:
            superuser.execute("ALTER SYSTEM SET fsync = off")  # these data need not outlive the machine
            superuser.execute("ALTER SYSTEM SET synchronous_commit = off")
            superuser.execute("ALTER SYSTEM SET max_wal_size = '256MB'")  # they may stand in memory
            superuser.execute("SELECT pg_reload_conf()")
        with psycopg.connect(urls.owner, autocommit=True) as owner:
            if not owner.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                half = f"half_{name}"
                owner.execute(f"DROP DATABASE IF EXISTS {half}")
                make_database(owner, half)
                with psycopg.connect(urls.owner, autocommit=True, dbname=half) as inside:
                    prepare_database(inside)
                connections["owner"].settings_dict["NAME"] = half
                with django_db_blocker.unblock():
                    migrate_tables()
                connections["owner"].close()
                owner.execute(f"ALTER DATABASE {half} RENAME TO {name}")
        fcntl.flock(lock, fcntl.LOCK_UN)
        yield name


def _clone(template: str, name: str) -> None:
    import psycopg
    from django.conf import settings

    from comity.platform.postgres import connection_urls

    with psycopg.connect(connection_urls(settings.HOME).owner, autocommit=True) as owner:
        owner.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        owner.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")


def _point_at(name: str) -> None:
    from django.db import connections

    for alias in ("default", "outside", "owner"):
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name


@pytest.fixture(scope="session")
def django_db_setup(_template: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """Replaces pytest-django's: a clone of the template for this worker."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    name = f"test_{worker}_{os.getpid()}"
    _clone(_template, name)
    _point_at(name)
    yield name
    _drop(name)


def _drop(name: str) -> None:
    import psycopg
    from django.conf import settings
    from django.db import connections

    from comity.platform.postgres import superuser_url

    connections.close_all()
    # As the superuser: the owner may not end a vacuum that the server has just begun there.
    with psycopg.connect(superuser_url(settings.HOME), autocommit=True) as superuser:
        superuser.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@contextmanager
def own_database(template: str, usual: str, name: str) -> Iterator[str]:
    """Work in a clone of the template instead of the worker's usual database; its name."""
    own = f"{usual}_{name}"
    _clone(template, own)
    _point_at(own)
    yield own
    _point_at(usual)
    _drop(own)


@pytest.fixture
def committed_database(
    _template: str, django_db_setup: str, django_db_blocker, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """A database of this test's own in which commits are real; its name. Other processes find it by DATABASE_URL."""
    from django.conf import settings

    from comity.platform.postgres import connection_urls

    with django_db_blocker.unblock(), own_database(_template, django_db_setup, "own") as name:
        urls = connection_urls(settings.HOME)
        monkeypatch.setenv("DATABASE_URL", urls.app.replace("@/comity?", f"@/{name}?"))
        monkeypatch.setenv("DATABASE_OWNER_URL", (urls.owner or "").replace("@/comity?", f"@/{name}?"))
        yield name
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.delenv("DATABASE_OWNER_URL")


@pytest.fixture(autouse=True, scope="session")
def _assets_found_once() -> Iterator[None]:
    """Each of Django's test clients has a middleware of its own, which would look at every asset on the disk again."""
    from whitenoise.middleware import WhiteNoiseMiddleware

    look, found = WhiteNoiseMiddleware.add_files_from_finders, {}

    def look_once(self: WhiteNoiseMiddleware) -> None:
        if not found:
            look(self)
            found.update(self.files)
        self.files.update(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", look_once)
        yield


@pytest.fixture(autouse=True)
def _quiet_places(settings, tmp_path: Path) -> None:
    """Letters, uploads and counters of a test stay in the test."""
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": str(tmp_path)}
    }
    settings.PASSWORD_HASHERS = QUICK_HASHERS


pytest_plugins = ["cast"]
