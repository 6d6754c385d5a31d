"""Real exports, or perturbed copies of them, imported into databases of their own, beside the oracle's own reading."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import psycopg

from insights.oracle import adventure_works, maven
from insights.oracle.facts import Facts, data_folder
from insights.oracle.metrics import NotTold, expected
from insights.oracle.perturb import perturb
from insights.oracle.rows import Row, differences

NOT_IN_FILES: Final = ("deal_registration_volume", "conflict_rate", "lead_response_time", "lead_conversion")
"""Metrics of which the files of no set tell anything; `test_what_partners_claim.py` has a world for them."""
LOADERS: Final = {"crm-sales": maven.load, "adventureworks": adventure_works.load}
VENDORS: Final = {"crm-sales": ("Maven", "maven"), "adventureworks": ("Adventure Works", "adventure-works")}


@dataclass(frozen=True)
class Imported:
    """One set: in PostgreSQL through the importer, and in the oracle's DuckDB."""

    kind: str
    vendor: str
    slug: str
    facts: Facts

    def program(self):
        """The program, as its vendor's people find it."""
        from comity.programs.models import Program
        from comity.programs.operator import find_program

        found = find_program(self.slug)
        return Program.objects.get(vendor_id=found.vendor_id, pk=found.program_id)

    @contextmanager
    def scope(self) -> Iterator[object]:
        """The vendor's tenant, with the program."""
        from comity.platform.tenancy import tenant
        from comity.programs.operator import find_program

        with tenant(organization_id=find_program(self.slug).vendor_id):
            yield self.program()


@contextmanager
def imported(kind: str, seed: int | None, template: str, folder: Path) -> Iterator[Imported]:
    """Import a set (a perturbed copy with a seed) into a clone of the template, until the block ends."""
    from django.db import connections

    from comity.connectors.report import import_from_command_line

    source = data_folder() / kind
    if seed is not None:
        source = perturb(source, folder / f"{kind}-{seed}", seed, kind)
    facts = LOADERS[kind](source)
    vendor, slug = VENDORS[kind]
    told: list[str] = []
    with database(template, f"metrics_{kind.replace('-', '_')}_{seed or 0}"):
        status = import_from_command_line(
            path=source, mapping=kind, vendor=vendor, program=slug, dry_run=False, strict=False, report=told.append
        )
        assert status == 0, told
        with connections["owner"].cursor() as cursor:
            cursor.execute("ANALYZE")  # the proofs are written to be read, not to be fast
        yield Imported(kind, vendor, slug, facts)
    facts.database.close()


@contextmanager
def database(template: str, name: str) -> Iterator[None]:
    """A committed database of this name; the connections point at it meanwhile."""
    import os

    from django.conf import settings
    from django.db import connections

    from comity.platform.postgres import connection_urls

    own = f"{name}_{os.getpid()}"
    before = connections["default"].settings_dict["NAME"]
    with psycopg.connect(connection_urls(settings.HOME).owner or "", autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE {own} TEMPLATE {template}")
        _point_at(own)
        try:
            yield
        finally:
            _point_at(before)
            owner.execute(f"DROP DATABASE {own}")  # without FORCE, which an autovacuum worker refuses


def _point_at(name: str) -> None:
    from django.db import connections

    for alias in ("default", "outside", "owner"):
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name


def disagreements(one: Imported, program: object, by: str | None, **asked: date) -> list[str]:
    """What the engine says otherwise than the oracle, over all metrics; empty when they agree."""
    from comity.insights.engine import evaluate
    from comity.insights.report import as_json

    wrong: list[str] = []
    answered: dict[str, dict[tuple[str | None, str | None], dict[str, object]]] = {}
    for row in json.loads(as_json(evaluate(program, by=by, **asked))):
        places = answered.setdefault(row["metric"], {})
        assert (row["dimension"], row["key"]) not in places, row
        places[row["dimension"], row["key"]] = row
    for metric, places in answered.items():
        if metric in NOT_IN_FILES:
            continue
        try:
            wanted: list[Row] = expected(one.facts, metric, by=by, **asked)
        except NotTold:
            continue
        for row in wanted:
            actual = places.pop(row.place, None)
            wrong += [f"{metric} lacks {row.place}: {row}"] if actual is None else differences(row, actual)
        wrong += [f"{metric} has {place} too: {row}" for place, row in places.items()]
    return wrong
