"""The demo and one of the public data sets, loaded once into a template that tests clone.

It is kept between runs while the source is the same. A `conftest.py` that needs it imports the fixture.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from pathlib import Path
from typing import Any

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[1]


def _stamp() -> str:
    """A name for the loaded data, as the code that makes and stores them stands."""
    digest = hashlib.sha256()
    doors = {"web", "api", "cli"}
    for part in sorted((ROOT / "src" / "comity").rglob("*.py")):
        if part.relative_to(ROOT / "src" / "comity").parts[0] not in doors:
            digest.update(part.read_bytes())
    for part in sorted((ROOT / "src" / "comity").rglob("*.toml")):
        digest.update(part.read_bytes())
    return digest.hexdigest()[:12]


@pytest.fixture(scope="session")
def demo_template(_template: str, django_db_setup: str, django_db_blocker: Any) -> str:
    """A database with the demo, a first day and the public pipeline in it, that nobody is connected to."""
    from django.conf import settings

    from comity.platform.postgres import connection_urls
    from conftest import _clone, _drop, _point_at

    name = f"demo_{_stamp()}"
    with (settings.HOME.path / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with psycopg.connect(connection_urls(settings.HOME).owner, autocommit=True) as owner:
            known = {row[0] for row in owner.execute("SELECT datname FROM pg_database WHERE datname LIKE 'demo\\_%'")}
            if name in known:
                return name
            for old in known:
                _drop(old)
            half = f"half_{name}"
            _clone(_template, half)
            with django_db_blocker.unblock():
                _point_at(half)
                try:
                    _load()
                finally:
                    _point_at(django_db_setup)
            owner.execute(f"ALTER DATABASE {half} RENAME TO {name}")
    return name


def _load() -> None:
    from django.conf import settings

    from comity.demo import samples
    from comity.demo.blank import load_blank
    from comity.demo.load import load_demo

    def quietly(_sentence: str) -> None:
        """Nobody watches."""

    letters = settings.MAILERS
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}}
    try:
        load_demo(report=quietly)
        load_blank(quietly)
        samples.load_samples(Path(os.environ["COMITY_TEST_DATA"]), quietly, only=("maven",))
    finally:
        settings.MAILERS = letters


def let_sellers_in() -> dict[str, str]:
    """Let somebody in at two partners of each vendor, a direct seller and a second manager; each seller's partnership.

    For a clone, where the template has nobody: the demo's silent partners stay silent, and imports bring no people.
    """
    from comity.demo.loading import NewPerson, hire
    from comity.demo.northwind import DRAFT
    from comity.identity.models import Organization
    from comity.identity.roles import Role
    from comity.platform.tenancy import tenant
    from comity.programs.models import Partnership
    from comity.programs.operator import find_program
    from e2e_people import DEPUTY, DIRECT, SELLERS

    places = {}
    for name in (DRAFT.name, "maven"):
        found = find_program(name)
        with tenant(organization_id=found.vendor_id, door="command"):
            vendor = Organization.objects.get(pk=found.vendor_id)
            rows = Partnership.objects.filter(vendor_id=found.vendor_id, program_id=found.program_id)
            known = {one.name: one for one in rows.filter(name__in=SELLERS).select_related("partner")}
        own = [NewPerson(DIRECT[found.slug], "Dirk Salomon", Role.SALES)]
        if found.slug in DEPUTY:
            own.append(NewPerson(DEPUTY[found.slug], "Della Park", Role.PARTNER_MANAGER))
        hire(vendor, own)
        for partner, one in known.items():
            email, person = SELLERS[partner]
            hire(one.partner, [NewPerson(email, person, Role.PARTNER_SELLER)])
            places[email] = str(one.pk)
    return places
