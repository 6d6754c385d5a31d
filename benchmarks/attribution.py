"""The five touch models over a million touches from the database, and ten million from Parquet.

    .venv/bin/python benchmarks/attribution.py [--touches 1000000] [--parquet 10000000] [--pandas 1000000]

Ten touches a deal, 500 partners. Beside Comity's engine, on the same rows in the same run: one DuckDB query as a person
would write it, and one pandas program (it may be given fewer touches, it takes long). All give amounts in cents by
largest remainder, and the totals by partner are compared. Reading is part of every time: from Parquet, or out of
PostgreSQL as comity_app. The recompute that a page starts, with roles, credit rows and steps written, is timed as well.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from exports import fresh_database, machine

PARTNERS = 500
DAYS = 900
COLUMNS = {"deal": "uuid", "partner": "uuid", "id": "uuid", "happened_at": "timestamp", "day": "date"}
DEAL_COLUMNS = {"deal": "uuid", "opened_on": "date", "closed_on": "date", "units": "bigint"}
Totals = list[tuple[Any, ...]]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "comity.project.settings")

PEER = """
WITH counted AS (
    SELECT t.* FROM {touches} t JOIN {deals} d USING (deal)
    WHERE t.day BETWEEN d.opened_on - 180 AND d.closed_on
), placed AS (
    SELECT *, row_number() OVER (PARTITION BY deal ORDER BY happened_at, id) AS n,
           count(*) OVER (PARTITION BY deal) AS many, max(day) OVER (PARTITION BY deal) AS newest
    FROM counted
), weighted AS (
    SELECT deal, partner, sum((n = 1)::int) AS a, sum((n = many)::int) AS b, count(*) AS c,
           sum(round(1e12 * power(0.5::double, (newest - day) / 45.0))::bigint) AS d,
           sum(CASE WHEN many <= 2 THEN 1 WHEN n IN (1, many) THEN 40 * (many - 2) ELSE 20 END) AS e
    FROM placed GROUP BY ALL
), totals AS (
    SELECT w.*, units::hugeint AS units, sum(c) OVER same AS tc, sum(d) OVER same AS td, sum(e) OVER same AS te
    FROM weighted w JOIN {deals} USING (deal) WINDOW same AS (PARTITION BY w.deal)
), parts AS (
    SELECT *, units * c // tc AS pc, units * d // td AS pd, units * e // te AS pe,
           units * c % tc AS rc, units * d % td AS rd, units * e % te AS re FROM totals
), ranked AS (
    SELECT *, units - sum(pc) OVER same AS lc, units - sum(pd) OVER same AS ld, units - sum(pe) OVER same AS le,
           row_number() OVER (PARTITION BY deal ORDER BY rc DESC, partner) AS kc,
           row_number() OVER (PARTITION BY deal ORDER BY rd DESC, partner) AS kd,
           row_number() OVER (PARTITION BY deal ORDER BY re DESC, partner) AS ke
    FROM parts WINDOW same AS (PARTITION BY deal)
)
SELECT partner, sum(a * units)::hugeint, sum(b * units)::hugeint, sum(pc + (kc <= lc)::int)::hugeint,
       sum(pd + (kd <= ld)::int)::hugeint, sum(pe + (ke <= le)::int)::hugeint
FROM ranked GROUP BY partner ORDER BY partner
"""

PANDAS = """
import resource, sys, time
import numpy as np, pandas as pd
began = time.perf_counter()
touches, deals = pd.read_parquet(sys.argv[1]), pd.read_parquet(sys.argv[2])
t = touches.merge(deals, on="deal")
day, opened, closed = (pd.to_datetime(t[name]) for name in ("day", "opened_on", "closed_on"))
t = t[(day <= closed) & (day >= opened - pd.Timedelta(days=180))].sort_values(["deal", "happened_at", "id"])
groups = t.groupby("deal", sort=False)
n, many = groups.cumcount() + 1, groups["id"].transform("size")
ages = (pd.to_datetime(groups["day"].transform("max")) - pd.to_datetime(t["day"])).dt.days.to_numpy()
table = np.array([round(10**12 * 0.5 ** (age / 45)) for age in range(ages.max() + 1)], dtype="int64")
t["a"], t["b"], t["c"] = (n == 1).astype("int64"), (n == many).astype("int64"), 1
t["d"] = table[ages]
t["e"] = np.where(many <= 2, 1, np.where((n == 1) | (n == many), 40 * (many - 2), 20))
w = t.groupby(["deal", "partner"], as_index=False).agg(
    units=("units", "first"), **{name: (name, "sum") for name in "abcde"})
out = {}
for name in "abcde":
    total = w.groupby("deal")[name].transform("sum")
    if name == "d":  # too large for 64 bits
        pairs = [divmod(u * x, y) for u, x, y in zip(w.units.tolist(), w[name].tolist(), total.tolist())]
        part, rest = pd.Series([p for p, _ in pairs]), pd.Series([r for _, r in pairs])
    else:
        part, rest = w.units * w[name] // total, w.units * w[name] % total
    w["part"], w["rest"] = part, rest
    left = w.units - w.groupby("deal")["part"].transform("sum")
    order = w.sort_values(["deal", "rest", "partner"], ascending=[True, False, True])
    rank = order.groupby("deal").cumcount().reindex(w.index) + 1
    out[name] = (part + (rank <= left)).groupby(w.partner).sum()
took = time.perf_counter() - began
frame = pd.DataFrame(out).sort_index()
print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
      "|".join(",".join(str(int(v)) for v in row) for row in frame.itertuples(index=False)))
"""


def main() -> None:
    """Generate, compute thrice, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--touches", type=int, default=1_000_000, help="from the database; 0 leaves this out")
    parser.add_argument("--parquet", type=int, default=10_000_000, help="from Parquet; 0 leaves this out")
    parser.add_argument("--pandas", type=int, default=1_000_000, help="for pandas, whose time grows with them")
    parser.add_argument("--one", nargs=3, metavar=("WHO", "TOUCHES", "DEALS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        return one(*options.one)
    print(machine())
    with tempfile.TemporaryDirectory(prefix="comity-attribution-") as scratch:
        folder = Path(scratch)
        if options.parquet:
            from_parquet(folder, options.parquet, options.pandas)
        if options.touches:
            with fresh_database():
                from_database(folder, options.touches)
    return None


def engine(folder: Path) -> Any:
    """Comity's way to open DuckDB."""
    from comity.attribution.columnar import engine as opened

    return opened(folder)


def comity_totals(base: Any, touches: str, deals: str) -> Totals:
    """The engine under test."""
    from comity.attribution.columnar import totals
    from comity.attribution.rules import DEFAULTS

    return totals(base, touches=touches, deals=deals, settings=DEFAULTS)


def peer_totals(base: Any, touches: str, deals: str) -> Totals:
    """What a person would write."""
    found: Totals = base.execute(PEER.format(touches=touches, deals=deals)).fetchall()
    return found


def one(who: str, touches: str, deals: str) -> None:
    """One contender in a process of its own, so that its memory is its own: seconds, megabytes, the totals."""
    with tempfile.TemporaryDirectory(prefix="comity-attribution-") as scratch:
        base = engine(Path(scratch))
        work = comity_totals if who == "comity" else peer_totals
        began = time.perf_counter()
        found = work(base, f"'{touches}'", f"'{deals}'")
        took = time.perf_counter() - began
    rows = "|".join(",".join(str(int(value)) for value in row[1:]) for row in found)
    print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, rows)


def generate(folder: Path, touches: int) -> tuple[Path, Path]:
    """Two Parquet files, the same ones every time."""
    deals, name = touches // 10, f"{touches}"
    base = engine(folder)
    paths = folder / f"touches_{name}.parquet", folder / f"deals_{name}.parquet"
    opened = f"(date '2023-01-01' + (hash({{deal}}) % {DAYS})::int)"
    base.execute(
        f"COPY (SELECT md5('d' || i)::uuid AS deal, {opened.format(deal='i')} AS opened_on,"
        f" {opened.format(deal='i')} + 10 + (hash(i + 7) % 200)::int AS closed_on,"
        f" (100 + hash(i * 3) % 10000000)::bigint AS units FROM range({deals}) r(i)) TO '{paths[1]}'"
    )
    base.execute(
        "COPY (SELECT *, happened_at::date AS day FROM (SELECT md5('t' || i)::uuid AS id, md5('d' || d)::uuid AS deal,"
        f" md5('p' || (hash(i * 13) % {PARTNERS}))::uuid AS partner, ({opened.format(deal='d')} - 200"
        " + (hash(i * 17) % 420)::int)::timestamp + to_seconds((hash(i * 19) % 86400)::int) AS happened_at"
        f" FROM (SELECT i, (hash(i * 11) % {deals})::bigint AS d FROM range({touches}) r(i)))) TO '{paths[0]}'"
    )
    return paths


def contend(command: list[str]) -> tuple[float, int, str]:
    """Seconds, megabytes and totals of one contender."""
    took, memory, rows = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(took), int(memory), rows


def from_parquet(folder: Path, touches: int, for_pandas: int) -> None:
    """Comity, DuckDB by hand and pandas, each in a process of its own."""
    this = [sys.executable, str(Path(__file__).resolve()), "--one"]
    for number in sorted({touches, for_pandas} - {0}):
        paths = [str(path) for path in generate(folder, number)]
        mine, theirs = contend([*this, "comity", *paths]), contend([*this, "duckdb", *paths])
        say(f"{number:,} touches from Parquet", mine, theirs)
        if number == for_pandas:
            pandas = contend([sys.executable, "-c", PANDAS, *paths])
            print(f"  pandas by hand    {pandas[0]:8.2f} s {pandas[1]:6} MB   {pandas[0] / mine[0]:.1f} times Comity's")
            print(f"  totals of pandas  {'the same to the cent' if pandas[2] == mine[2] else 'DIFFER'}")


def say(title: str, mine: tuple[float, int, str], theirs: tuple[float, int, str]) -> None:
    """Two lines and whether they agree."""
    print(f"\n{title}")
    print(f"  Comity            {mine[0]:8.2f} s {mine[1]:6} MB")
    print(f"  DuckDB by hand    {theirs[0]:8.2f} s {theirs[1]:6} MB   Comity takes {mine[0] / theirs[0]:.2f} of it")
    print(f"  totals            {'the same to the cent' if mine[2] == theirs[2] else 'DIFFER'}")


def timed[Result](work: Callable[[], Result]) -> tuple[float, Result]:
    """Seconds, and what came of it."""
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


def from_database(folder: Path, touches: int) -> None:
    """The same out of PostgreSQL, as comity_app; then the recompute that a page starts."""
    from comity.attribution.columnar import copy_from_database
    from comity.attribution.runs import start_run, work_batch
    from comity.platform.tenancy import tenant
    from comity.programs.operator import find_or_create_program, find_or_create_vendor

    paths = generate(folder, touches)
    vendor = find_or_create_vendor("Attribution benchmark")
    program = find_or_create_program(vendor, "benchmark", currency="USD")
    with tenant(organization_id=vendor, door="command"):
        took, _ = timed(lambda: fill(program, folder, paths))
        print(f"\n{touches:,} touches on {touches // 10:,} won deals written in {took:.0f} s")

    def read(base: Any) -> None:
        mine = f"vendor_id = '{vendor}'"
        copy_from_database(
            base, "touches",
            "SELECT opportunity_id, partnership_id, id, happened_at AT TIME ZONE 'UTC',"
            f" (happened_at AT TIME ZONE 'UTC')::date FROM attribution_touch WHERE {mine} AND state = 'confirmed'",
            COLUMNS, folder,
        )  # fmt: skip
        copy_from_database(
            base, "deals",
            "SELECT id, opened_on, closed_on, (amount * 100)::bigint FROM deals_opportunity"
            f" WHERE {mine} AND status = 'won'", DEAL_COLUMNS, folder,
        )  # fmt: skip

    results = []
    for work in (comity_totals, peer_totals):
        with tenant(organization_id=vendor, door="command"):
            base = engine(folder)

            def all_of_it(base: Any = base, work: Any = work) -> Totals:
                read(base)
                found: Totals = work(base, "touches", "deals")
                return found

            took, found = timed(all_of_it)
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            results.append((took, memory, str(found)))
    say(f"{touches:,} touches from the database, read and worked out", *results)
    with tenant(organization_id=vendor, door="command"):
        run = start_run(program=program)

    def recompute() -> None:
        while work_batch(vendor_id=vendor, run_id=run.pk):
            pass

    took, _ = timed(recompute)
    print(f"  the whole recompute in PostgreSQL: seven models, roles, credit and steps written: {took:.1f} s")


def fill(program: Any, folder: Path, paths: tuple[Path, Path]) -> None:
    """Partners, won deals and confirmed touches, in bulk."""
    from comity.deals.models import Stage
    from comity.identity.models import Organization
    from comity.platform.bulk import insert_new
    from comity.platform.staging import copy_rows, create_staging, run
    from comity.programs.models import Partnership

    base = engine(folder)
    run("SET LOCAL statement_timeout = 0")
    create_staging("bench_deals", {"deal": "uuid", "opened": "date", "closed": "date", "units": "bigint"})
    create_staging("bench_touches", {"deal": "uuid", "partner": "uuid", "id": "uuid", "at": "timestamptz"})
    copy_rows("bench_deals", ["deal", "opened", "closed", "units"], base.execute(f"FROM '{paths[1]}'").fetchall())
    rows = base.execute(f"SELECT deal, partner, id, happened_at::varchar || '+00' FROM '{paths[0]}'").fetchall()
    copy_rows("bench_touches", ["deal", "partner", "id", "at"], rows)
    names = base.execute(f"SELECT DISTINCT partner::varchar FROM '{paths[0]}'").fetchall()
    won = Stage.objects.create(vendor_id=program.vendor_id, program=program, name="Won", status="won", position=1)
    bound = {"vendor": program.vendor_id, "program": program.pk, "stage": won.pk}
    companies = [Organization(name=name, private_to_id=program.vendor_id) for (name,) in names]
    Organization.objects.bulk_create(companies)
    Partnership.objects.bulk_create(
        Partnership(
            id=UUID(company.name), vendor_id=program.vendor_id, program=program, partner_id=company.pk,
            name=company.name, sort_name=company.name, types=["reseller"], status="active", started_on=date(2020, 1, 1),
        )
        for company in companies
    )  # fmt: skip
    insert_new(
        "deals_opportunity",
        ["id", "vendor_id", "program_id", "name", "kind", "stage_id", "status", "opened_on", "closed_on", "currency",
         "amount", "loss_reason", "competitors", "edited_fields", "account_id", "manager_id"],
        "SELECT deal, %(vendor)s, %(program)s, 'Deal', 'new', %(stage)s, 'won', opened, closed, 'USD', units / 100.0,"
        " '', '{}', '{}', NULL::uuid, NULL::uuid FROM bench_deals", bound,
    )  # fmt: skip
    insert_new(
        "attribution_touch",
        ["id", "vendor_id", "program_id", "partnership_id", "partner_id", "opportunity_id", "account_id",
         "registration_id", "kind", "happened_at", "evidence", "side", "state", "recorded_by_name", "refusal"],
        "SELECT t.id, %(vendor)s, %(program)s, t.partner, p.partner_id, t.deal, NULL::uuid, NULL::uuid, 'meeting',"
        " t.at, '', 'vendor', 'confirmed', '', '' FROM bench_touches t"
        " JOIN programs_partnership p ON p.vendor_id = %(vendor)s AND p.id = t.partner", bound,
    )  # fmt: skip


if __name__ == "__main__":
    main()
