"""How long a million deals take from CSV to the last mart, and in how much memory, beside a bare COPY and the ORM.

    .venv/bin/python benchmarks/import.py [--deals 1000000] [--home FOLDER] [--no-orm]

Everything runs on an embedded PostgreSQL of its own, with the settings it ships with, as comity_app. The import is the
command that people use, a process of its own; its wall time holds everything: reading, keys, indexes, history, the
partners' view and the marts. Beside it, in the same run: COPY of the file of deals into a table without indexes, keys
or policies (three times, the best counts), and `bulk_create` of a tenth of the same rows into the same five tables.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from exports import ROOT, fresh_database, machine, write_export


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--deals", type=int, default=1_000_000)
    parser.add_argument("--home", type=Path, help="keep the database here; else a temporary folder")
    parser.add_argument("--no-orm", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="comity-benchmark-") as scratch:
        folder = Path(scratch) / "export"
        folder.mkdir(mode=0o755)
        size = write_export(folder, options.deals)
        print(f"{options.deals:,} deals, {size / 1e6:.0f} MB of CSV · {machine()}")
        os.environ["COMITY_HOME"] = str(options.home or Path(scratch) / "home")
        os.environ["DJANGO_SETTINGS_MODULE"] = "comity.project.settings"
        os.environ.pop("DATABASE_URL", None)
        with fresh_database():
            measure(folder, options)


def measure(folder: Path, options: argparse.Namespace) -> None:
    """The three ways, one after another."""
    imported = run_import(folder)
    print(f"import           {imported}")
    bare = min((bare_copy(folder / "deals.csv") for _ in range(3)), key=lambda took: took.seconds)
    print(f"bare COPY        {bare}   import takes {imported.seconds / bare.seconds:.1f} times as long (aim: 25)")
    if not options.no_orm:
        some = min(100_000, options.deals)
        orm = plain_orm(folder, some)
        scale = options.deals / some
        whole = orm.seconds * scale
        print(f"bulk_create      {orm}   for {some:,} deals, without the marts and without checking what they name")
        print(
            f"                 {whole:.0f} s for {options.deals:,},"
            f" {whole / imported.seconds:.1f} times the import (aim: 3)"
        )
    again = run_import(folder)
    print(f"the same again   {again}")


@dataclass
class Took:
    """What a way took: seconds on the clock, CPU seconds of the process and of PostgreSQL, their peaks in MB."""

    seconds: float
    cpu: float
    peak: float
    server_cpu: float
    server_peak: float
    load: float

    def __str__(self) -> str:
        return (
            f"{self.seconds:6.1f} s · Python {self.cpu:5.1f} s CPU, {self.peak:4.0f} MB · PostgreSQL"
            f" {self.server_cpu:5.1f} s CPU, {self.server_peak:4.0f} MB · load {self.load:.1f}"
        )


class Server:
    """Watches the processes of the embedded PostgreSQL: proportional memory (PSS), CPU seconds."""

    def __init__(self) -> None:
        import psutil

        self._me = next(p for p in psutil.process_iter(["cmdline"]) if _is_ours(p.info["cmdline"] or []))
        self._peak, self._stop, self._cpu = 0.0, threading.Event(), {}
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Server:
        self._look()
        self._before = sum(self._cpu.values())
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._look()
        self._stop.set()
        self._thread.join()

    @property
    def cpu(self) -> float:
        return sum(self._cpu.values()) - self._before

    @property
    def peak(self) -> float:
        return self._peak

    def _watch(self) -> None:
        while not self._stop.wait(0.25):
            self._look()

    def _look(self) -> None:
        import psutil

        memory = 0.0
        for process in (self._me, *self._me.children()):
            try:
                times = process.cpu_times()
                self._cpu[process.pid] = times.user + times.system
                memory += process.memory_full_info().pss / 1e6
            except psutil.Error:
                continue
        self._peak = max(self._peak, memory)


def _is_ours(command: list[str]) -> bool:
    from comity.platform.home import Home

    return any(str(Home.from_environment().database) == word for word in command) and "postgres" in command[0]


def run_import(folder: Path) -> Took:
    """The command, as people call it."""
    command = [
        sys.executable,
        "-m",
        "comity",
        "import",
        str(folder),
        "--mapping",
        str(folder.parent / "benchmark.toml"),
    ]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    load, started = os.getloadavg()[0], time.perf_counter()
    with Server() as server:
        process = subprocess.Popen(
            [*command, "--vendor", "Benchmark", "--program", "benchmark"],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        said = process.communicate()[1]
    seconds = time.perf_counter() - started
    if process.returncode:
        raise SystemExit(said)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(seconds, cpu, after.ru_maxrss / 1e3, server.cpu, server.peak, (load + os.getloadavg()[0]) / 2)


def bare_copy(path: Path) -> Took:
    """The file of deals into a table of its columns, nothing else."""
    import psycopg

    from comity.platform.home import Home
    from comity.platform.postgres import connection_urls

    with psycopg.connect(connection_urls(Home.from_environment()).owner, autocommit=True) as owner:
        owner.execute("DROP TABLE IF EXISTS bare")
        owner.execute(
            "CREATE TABLE bare (id text, name text, partner text, product text, account text, stage text,"
            " opened date, closed date, value numeric, manager text)"
        )
        load, started = os.getloadavg()[0], time.perf_counter()
        cpu = time.process_time()
        with Server() as server:
            with owner.cursor().copy("COPY bare FROM STDIN (FORMAT csv, HEADER)") as copy, path.open("rb") as file:
                while block := file.read(1 << 18):
                    copy.write(block)
            seconds = time.perf_counter() - started
        cpu = time.process_time() - cpu
        owner.execute("DROP TABLE bare")
    return Took(seconds, cpu, own_peak(), server.cpu, server.peak, load)


def plain_orm(folder: Path, some: int) -> Took:
    """The first rows as model objects into the same tables, a thousand at a time, in one transaction."""
    import django

    django.setup()
    from django.db import connection

    from comity.platform.tenancy import tenant
    from comity.programs.operator import find_or_create_program, find_or_create_vendor

    vendor_id = find_or_create_vendor("Benchmark")
    program = find_or_create_program(vendor_id, "benchmark")
    load, started, cpu = os.getloadavg()[0], time.perf_counter(), time.process_time()
    with Server() as server, tenant(organization_id=vendor_id):
        connection.cursor().execute("SET LOCAL statement_timeout = 0")
        for rows in in_batches(folder / "deals.csv", some, 1_000):
            create_by_orm(program, rows)
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        connection.set_rollback(True)
    connection.close()
    return Took(seconds, cpu, own_peak(), server.cpu, server.peak, load)


def in_batches(path: Path, some: int, size: int) -> Iterator[list[dict[str, str]]]:
    """The first rows of the file."""
    with path.open(newline="") as file:
        rows = []
        for number, row in enumerate(csv.DictReader(file), start=1):
            rows.append(row)
            if number >= some or len(rows) >= size:
                yield rows
                rows = []
            if number >= some:
                return


def create_by_orm(program: Any, rows: list[dict[str, str]]) -> None:
    """What a plain loader writes: deals, lines, partners, stage history, the partners' view."""
    from comity.deals.models import Opportunity, OpportunityLine, OpportunityPartner, SharedDeal, StageChange

    known = known_references(program)
    base: dict[str, Any] = {"vendor_id": program.vendor_id}
    deals, lines, roles, steps, shared = [], [], [], [], []
    for row in rows:
        stage = known["stage"][row["stage"]]
        is_open = stage.status == "open"
        opened, closed = date.fromisoformat(row["opened"]), None if is_open else date.fromisoformat(row["closed"])
        deal = Opportunity(
            **base, program=program, external_id=f"orm {row['id']}", name=row["name"], kind="new", currency="USD",
            account_id=known["account"][row["account"]], stage=stage, status=stage.status, opened_on=opened,
            closed_on=closed, amount=row["value"], manager_id=known["manager"][row["manager"]],
        )  # fmt: skip
        deals.append(deal)
        product_id, family_id = known["product"][row["product"]]
        lines.append(OpportunityLine(
            **base, opportunity=deal, position=1, product_id=product_id, family_id=family_id, amount=row["value"],
        ))  # fmt: skip
        partnership_id, partner_id = known["partner"][row["partner"]]
        whose = {"partnership_id": partnership_id, "partner_id": partner_id}
        roles.append(OpportunityPartner(**base, **whose, opportunity=deal, role="sourced", declared_by_import=True))
        first = known["stage"]["Prospecting"]
        steps.append(StageChange(**base, opportunity=deal, sequence=1, on=opened, stage=first, status="open"))
        if not is_open:
            steps.append(StageChange(
                **base, opportunity=deal, sequence=2, on=closed, stage=stage, status=stage.status, amount=row["value"],
            ))  # fmt: skip
        shared.append(SharedDeal(
            **base, **whose, opportunity=deal, name=deal.name, roles=["sourced"], stage_name=stage.name,
            status=stage.status, opened_on=opened, closed_on=closed, currency="USD", amount=row["value"],
        ))  # fmt: skip
    for model, objects in ((Opportunity, deals), (OpportunityLine, lines), (OpportunityPartner, roles),
                           (StageChange, steps), (SharedDeal, shared)):  # fmt: skip
        model._default_manager.bulk_create(objects)


_known: dict[str, dict[str, Any]] = {}


def known_references(program: Any) -> dict[str, dict[str, Any]]:
    """Everything a deal may refer to, by its external id; asked for once."""
    from comity.deals.models import CustomerAccount, Product, Stage
    from comity.programs.models import Manager, Partnership

    if not _known:
        _known["stage"] = {one.name: one for one in Stage.objects.filter(program=program)}
        _known["account"] = dict(CustomerAccount.objects.values_list("external_id", "pk"))
        _known["manager"] = dict(Manager.objects.values_list("external_id", "pk"))
        _known["product"] = {key: rest for key, *rest in Product.objects.values_list("external_id", "pk", "family_id")}
        _known["partner"] = {
            key: rest for key, *rest in Partnership.objects.values_list("external_id", "pk", "partner_id")
        }
    return _known


def own_peak() -> float:
    """Peak memory of this process, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


if __name__ == "__main__":
    main()
