"""How fast and how surely one company is found among a million that a vendor knows, as comity_app.

    .venv/bin/python benchmarks/lookup.py --generator GEN_ACCOUNTS.py [--companies 1000000] [--queries 2000]

The generator writes two account lists with truth. One list is indexed; records of the other that have a counterpart are
looked up by all their fields, one after another. Measured from the call in Python to the judged answers, so with
keys, round trip, SQL and judging. Beside it, in the same database and run: pg_trgm on the name (the owner's, without
policies, which flatters it), and a dictionary of exact domain, then exact name. Recall is whether the true company is
among ten.
"""

from __future__ import annotations

import argparse
import csv
import os
import platform
import subprocess
import sys
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import batched
from multiprocessing import get_context
from pathlib import Path
from uuid import UUID

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "benchmarks")]
Search = Callable[[dict[str, str]], list[str]]
LINE = "{:<44}{:>10}{:>10}{:>10}{:>12}"
MOST = 10


def main() -> None:
    """Generate, index, look up, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generator", type=Path, required=True)
    parser.add_argument("--companies", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--wide", default="0.8")
    parser.add_argument("--home", type=Path, help="keep the database here; else a temporary folder")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(prefix="comity-lookup-") as scratch:
        lists = Path(scratch) / "lists"
        made = f"--n {options.companies} --overlap 0.3 --seed {options.seed} --wide {options.wide} --out {lists}"
        subprocess.run([sys.executable, str(options.generator), *made.split()], check=True, stdout=subprocess.DEVNULL)
        os.environ["COMITY_HOME"] = str(options.home or Path(scratch) / "home")
        os.environ["DJANGO_SETTINGS_MODULE"] = "comity.project.settings"
        os.environ.pop("DATABASE_URL", None)
        _measure(lists, options)


def _measure(lists: Path, options: argparse.Namespace) -> None:
    from comity.cli.migrate import migrate
    from comity.platform import postgres
    from comity.platform.home import Home, say_nothing

    with postgres.running(Home.from_environment(), say_nothing):
        import django

        django.setup()
        migrate(Home.from_environment(), say_nothing, verbosity=0)
        from comity.platform.tenancy import tenant
        from comity.programs.operator import find_or_create_vendor

        vendor_id = find_or_create_vendor("Benchmark")
        cores = len(os.sched_getaffinity(0))
        machine = f"{cores} cores, Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}"
        print(
            f"{options.companies:,} companies, {options.queries:,} look-ups; {machine}, load {os.getloadavg()[0]:.1f}"
        )
        ids = _index(lists / "a.csv", vendor_id)
        wanted = list(_queries(lists, options.queries))
        print(LINE.format("", "p50 ms", "p99 ms", "recall@10", "recall@1"))
        with tenant(organization_id=vendor_id):
            _show("comity, all fields", _own(vendor_id, ids), wanted)
        _show("pg_trgm on the name, no policies", _trigrams(), wanted[: options.queries // 4])
        _show("exact domain, then exact name", _dictionary(lists / "a.csv"), wanted)


def _index(path: Path, vendor_id: UUID) -> dict[UUID, str]:
    from django.db import connections

    from comity.kernel.ids import uuid7
    from comity.matching.index import note_common_keys, write_rows
    from comity.platform.tenancy import tenant

    began = time.monotonic()
    ids: dict[UUID, str] = {}
    _vendor.append(vendor_id)

    def numbered() -> Iterator[tuple[UUID, dict[str, str]]]:
        for row in csv.DictReader(path.open(encoding="utf-8")):
            key = uuid7()
            ids[key] = row["id"]
            yield key, row

    with get_context("fork").Pool(len(os.sched_getaffinity(0))) as pool:
        for rows in pool.imap(_made, batched(numbered(), 20_000)):
            with tenant(organization_id=vendor_id):
                write_rows(vendor_id=vendor_id, rows=rows)
    with tenant(organization_id=vendor_id):
        common = note_common_keys(vendor_id=vendor_id)
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE matching_knowncompany")
        cursor.execute("ANALYZE matching_commonkey")
        cursor.execute("SELECT pg_table_size('matching_knowncompany'), pg_indexes_size('matching_knowncompany')")
        table, indexes = cursor.fetchone()
    took = time.monotonic() - began
    print(
        f"indexed in {took:.0f} s: table {table / 1e6:.0f} MB, indexes {indexes / 1e6:.0f} MB, {common:,} common keys\n"
    )
    return ids


_vendor: list[UUID] = []


def _made(rows: tuple[tuple[UUID, dict[str, str]], ...]) -> list[list[object]]:
    from comity.matching.index import index_row
    from comity.matching.record import Record

    return [index_row(_vendor[0], key, "", Record(**row)) for key, row in rows]


def _queries(lists: Path, most: int) -> Iterator[tuple[dict[str, str], set[str]]]:
    """Records of the second list that have a counterpart, with the ids of their counterparts."""
    by_entity: defaultdict[str, set[str]] = defaultdict(set)
    for row in csv.DictReader((lists / "truth_a.csv").open()):
        by_entity[row["entity"]].add(row["id"])
    truth = {row["id"]: by_entity[row["entity"]] for row in csv.DictReader((lists / "truth_b.csv").open())}
    found = 0
    for row in csv.DictReader((lists / "b.csv").open(encoding="utf-8")):
        if truth[row["id"]]:
            yield row, truth[row["id"]]
            found += 1
            if found == most:
                return


def _own(vendor_id: UUID, ids: dict[UUID, str]) -> Search:
    from comity.matching.queries import find_companies, weights_of
    from comity.matching.record import Record

    weights = weights_of(vendor_id)

    def search(row: dict[str, str]) -> list[str]:
        known = find_companies(vendor_id=vendor_id, record=Record(**row), most=MOST, weights=weights)
        return [ids.get(each.subject_id, "") for each in known]

    return search


def _trigrams() -> Search:
    from django.db import connections

    cursor = connections["owner"].cursor()
    cursor.execute(
        "CREATE UNLOGGED TABLE IF NOT EXISTS peer AS"
        " SELECT row_number() OVER (ORDER BY subject_id) - 1 AS place, lower(name) AS name FROM matching_knowncompany"
    )
    cursor.execute("CREATE INDEX IF NOT EXISTS peer_name ON peer USING gin (name gin_trgm_ops)")
    cursor.execute("ANALYZE peer")
    cursor.execute("SET pg_trgm.similarity_threshold = 0.3")

    def search(row: dict[str, str]) -> list[str]:
        name = row["name"].lower()
        cursor.execute(
            "SELECT place FROM peer WHERE name %% %s ORDER BY similarity(name, %s) DESC LIMIT %s", [name, name, MOST]
        )
        return [f"A{place:07d}" for (place,) in cursor.fetchall()]

    return search


def _dictionary(path: Path) -> Search:
    from matching_peers import plain

    from comity.matching.domains import registrable

    by_domain: defaultdict[str, list[str]] = defaultdict(list)
    by_name: defaultdict[str, list[str]] = defaultdict(list)
    for row in csv.DictReader(path.open(encoding="utf-8")):
        for address in (row["website"], row["email"]):
            if address and (domain := registrable(address)):
                by_domain[str(domain)].append(row["id"])
        by_name[plain(row["name"])].append(row["id"])

    def search(row: dict[str, str]) -> list[str]:
        domains = [registrable(address) for address in (row["website"], row["email"]) if address]
        found = [each for domain in domains if domain for each in by_domain.get(str(domain), [])]
        return list(dict.fromkeys([*found, *by_name.get(plain(row["name"]), [])]))[:MOST]

    return search


def _show(name: str, search: Search, wanted: list[tuple[dict[str, str], set[str]]]) -> None:
    for row, _same in wanted[:50]:  # warm
        search(row)
    took, in_ten, first = [], 0, 0
    for row, same in wanted:
        began = time.perf_counter()
        found = search(row)
        took.append(1000 * (time.perf_counter() - began))
        in_ten += bool(same & set(found))
        first += bool(found and found[0] in same)
    took.sort()
    shares = [f"{count / len(wanted):.3f}" for count in (in_ten, first)]
    print(LINE.format(name, f"{took[len(took) // 2]:.1f}", f"{took[int(len(took) * 0.99)]:.1f}", *shares), flush=True)


if __name__ == "__main__":
    main()
