"""The touch models over columns: DuckDB on Parquet snapshots, or on rows read from the database in one go.

The queries are those of `sharing.py`, as PostgreSQL runs them for a recompute; only the rows come from elsewhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import duckdb
from django.db import connection as database

from comity.attribution.rules import Settings, decay_weights
from comity.attribution.sharing import DUCKDB, amounts, weights
from comity.attribution.states import TOUCH_MODELS

MEMORY: Final = "1200MB"
"""DuckDB takes the whole machine unless told; what does not fit goes to files beside it."""
SLICE: Final = 1_000_000
"""Touches at a time: deals are independent of each other, and what fits into memory need not be sorted on disk."""


def engine(folder: Path, *, memory: str = MEMORY, threads: int = 2) -> duckdb.DuckDBPyConnection:
    """A database in memory that spills into a folder."""
    made = duckdb.connect()
    made.execute(f"SET memory_limit = '{memory}'")
    made.execute(f"SET threads = {int(threads)}")
    made.execute("SET preserve_insertion_order = false")
    made.execute(f"SET temp_directory = '{folder}'")
    return made


def totals(base: duckdb.DuckDBPyConnection, *, touches: str, deals: str, settings: Settings) -> list[tuple[Any, ...]]:
    """Amounts by partner under the five touch models, in minor units: (partner, one sum a model), by partner.

    Args:
        touches: a relation (deal, partner, id, happened_at, day), of any day.
        deals: a relation (deal, opened_on or null, closed_on, units).
    """
    base.execute("CREATE OR REPLACE TEMPORARY TABLE decay (age integer, weight bigint)")
    table = decay_weights(settings.half_life_days)
    base.execute("INSERT INTO decay SELECT unnest(range(?)), unnest(?::bigint[])", [len(table), list(table)])
    (many,) = base.execute(f"SELECT count(*) FROM {touches}").fetchall()[0]
    slices = max(1, -(-int(many) // SLICE))
    sums = ", ".join(f"CAST(sum({model}) AS hugeint) AS {model}" for model in TOUCH_MODELS)
    base.execute("DROP TABLE IF EXISTS credited")
    for number in range(slices):
        mine = f"hash({{deal}}) % {slices} = {number}"
        some_deals = f"(SELECT deal, units FROM {deals} WHERE {mine.format(deal='deal')})"
        counted = (
            "(SELECT t.deal, t.partner, t.id, t.happened_at, t.day"
            f" FROM (SELECT * FROM {touches} WHERE {mine.format(deal='deal')}) t"
            f" JOIN (SELECT * FROM {deals} WHERE {mine.format(deal='deal')}) d ON d.deal = t.deal"
            " WHERE t.day <= d.closed_on"
            f" AND (d.opened_on IS NULL OR t.day >= d.opened_on - {settings.window_days}))"
        )
        weighted = weights(touches=f"{counted} c", decay="decay", settings=settings)
        split = amounts(DUCKDB, deals=some_deals, weighted=f"({weighted})")
        verb = "INSERT INTO credited" if number else "CREATE TEMPORARY TABLE credited AS"
        base.execute(f"{verb} SELECT partner, {sums} FROM ({split}) GROUP BY partner")
    return base.execute(f"SELECT partner, {sums} FROM credited GROUP BY partner ORDER BY partner").fetchall()


def copy_from_database(
    base: duckdb.DuckDBPyConnection, table: str, query: str, columns: dict[str, str], folder: Path
) -> None:
    """Read the rows of a query, as the application's role sees them, into a table of the engine."""
    path = folder / f"{table}.csv"
    with (
        database.cursor() as cursor,
        path.open("wb") as file,
        cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as rows,
    ):
        for block in rows:
            file.write(block)
    typed = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    base.execute(
        f"CREATE OR REPLACE TABLE {table} AS"
        f" SELECT * FROM read_csv('{path}', header = false, nullstr = '', columns = {{{typed}}})"
    )
    path.unlink()
