"""The export that benchmarks load, a database of their own, and what they ran on."""

from __future__ import annotations

import csv
import json
import os
import platform
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

MAPPING = """
[mapping]
name = "benchmark"
title = "A million deals"
currency = "USD"

[[stage]]
name = "Prospecting"
kind = "open"
[[stage]]
name = "Engaging"
kind = "open"
[[stage]]
name = "Won"
kind = "won"
probability = 100
[[stage]]
name = "Lost"
kind = "lost"
probability = 0

[[source]]
file = "managers.csv"
[source.manager]
external_id = "id"
name = "name"

[[source]]
file = "partners.csv"
[source.partner]
external_id = "id"
name = "name"
types = { constant = "reseller" }
status = { constant = "active" }
region = "region"
manager = "manager"

[[source]]
file = "accounts.csv"
[source.account]
external_id = "id"
name = "name"
domains = "domain"
country = "country"

[[source]]
file = "products.csv"
[source.product]
external_id = "id"
name = "name"
family = "family"

[[source]]
file = "deals.csv"
[source.opportunity]
external_id = "id"
name = "name"
account = "account"
kind = { constant = "new" }
stage = "stage"
opened_on = "opened"
closed_on = "closed"
amount = "value"
manager = "manager"
[source.opportunity_line]
opportunity = "id"
product = "product"
amount = "value"
[source.opportunity_partner]
opportunity = "id"
partner = "partner"
role = { constant = "sourced" }
"""
MANAGERS, PARTNERS, ACCOUNTS, PRODUCTS, FAMILIES = 60, 2_000, 50_000, 300, 12
STAGES = ("Prospecting", "Engaging", "Won", "Won", "Won", "Lost")
WORDS = [
    "Alder",
    "Birch",
    "Cedar",
    "Dune",
    "Ember",
    "Fjord",
    "Grove",
    "Harbor",
    "Iris",
    "Juniper",
    "Kestrel",
    "Lumen",
    "Maple",
    "North",
    "Opal",
    "Quartz",
]


def write_export(folder: Path, deals: int, partners: int = PARTNERS) -> int:
    """Five files that fit together, the same ones every time; returns their size in bytes."""
    chance = random.Random(7)
    (folder.parent / "benchmark.toml").write_text(MAPPING)
    write(folder / "managers.csv", "id,name", ((f"M{n}", f"Manager {n}") for n in range(MANAGERS)))
    regions = ("North America", "EMEA", "APAC", "LATAM")
    write(
        folder / "partners.csv",
        "id,name,region,manager",
        ((f"P{n}", company(chance, n), chance.choice(regions), f"M{n % MANAGERS}") for n in range(partners)),
    )
    write(
        folder / "accounts.csv",
        "id,name,domain,country",
        ((f"A{n}", company(chance, n), f"customer{n}.example", "Germany") for n in range(ACCOUNTS)),
    )
    write(
        folder / "products.csv",
        "id,name,family",
        ((f"S{n}", f"Product {n}", f"Family {n % FAMILIES}") for n in range(PRODUCTS)),
    )
    heading = "id,name,partner,product,account,stage,opened,closed,value,manager"
    write(folder / "deals.csv", heading, (deal(chance, number, partners) for number in range(deals)))
    return sum(path.stat().st_size for path in folder.iterdir())


def company(chance: random.Random, number: int) -> str:
    """A name."""
    return f"{chance.choice(WORDS)} {chance.choice(WORDS)} {number}"


def deal(chance: random.Random, number: int, partners: int) -> tuple[object, ...]:
    """One deal of the last years."""
    opened = date(2019, 1, 1) + timedelta(days=chance.randrange(2_000))
    closed = opened + timedelta(days=chance.randrange(200))
    return (
        f"OP{number:08d}", f"{chance.choice(WORDS)} {chance.choice(WORDS)} renewal {number}",
        f"P{chance.randrange(partners)}", f"S{chance.randrange(PRODUCTS)}", f"A{chance.randrange(ACCOUNTS)}",
        chance.choice(STAGES), opened, closed, f"{chance.randrange(10_000, 9_000_000) / 100:.2f}",
        f"M{chance.randrange(MANAGERS)}",
    )  # fmt: skip


def write(path: Path, heading: str, rows: Any) -> None:
    """A CSV file."""
    with path.open("w", newline="") as file:
        file.write(heading + "\r\n")
        csv.writer(file).writerows(rows)


@contextmanager
def fresh_database() -> Iterator[None]:
    """An embedded PostgreSQL, migrated, up for as long as this lasts."""
    import django

    from comity.platform import postgres
    from comity.platform.home import Home

    with postgres.running(Home.from_environment()):
        django.setup()
        from django.db import connections

        from comity.cli.migrate import migrate

        migrate(Home.from_environment(), lambda _said: None, verbosity=0)
        connections.close_all()
        yield
        connections.close_all()


def machine() -> str:
    """What it ran on."""
    cores = len(os.sched_getaffinity(0))
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())  # fmt: skip
    today = datetime.now(tz=UTC).date()
    return json.dumps(f"{cores} cores, {model}, Python {platform.python_version()}, {today}").strip('"')
