"""The few plain tables that both sets are brought into, in a DuckDB of their own."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

SCHEMA = """
CREATE TABLE partnership (partner VARCHAR, name VARCHAR, type VARCHAR, region VARCHAR, manager VARCHAR);
CREATE TABLE manager (manager VARCHAR, name VARCHAR);
CREATE TABLE quota (manager VARCHAR, starts_on DATE, ends_on DATE, amount DECIMAL(20, 4));
CREATE TABLE deal (
    deal_id VARCHAR, status VARCHAR, opened_on DATE, closed_on DATE, amount DECIMAL(20, 4), manager VARCHAR
);
CREATE TABLE deal_line (deal_id VARCHAR, family VARCHAR, amount DECIMAL(20, 4));
CREATE TABLE deal_partner (deal_id VARCHAR, partner VARCHAR, role VARCHAR);
"""


@dataclass(frozen=True)
class Facts:
    """One loaded set: its database, currency, newest fact, and the dimensions that its files can tell."""

    database: duckdb.DuckDBPyConnection
    currency: str
    data_as_of: date
    told: frozenset[str]

    def ask(self, sql: str, parameters: dict[str, object] | None = None) -> list[tuple]:
        """Run a query and fetch everything."""
        return self.database.execute(sql, parameters or {}).fetchall()


def data_folder() -> Path:
    """Where the real sets lie."""
    return Path(os.environ.get("COMITY_TEST_DATA", "../shared/data"))


def open_database() -> duckdb.DuckDBPyConnection:
    """An empty in-memory database with the tables above, bounded in memory."""
    database = duckdb.connect(config={"memory_limit": "512MB", "threads": 2})
    database.execute(SCHEMA)
    return database


def read_raw(database: duckdb.DuckDBPyConnection, folder: Path, files: Sequence[str]) -> None:
    """Read each CSV as text into a table named `raw_<file>`: no guessing of types, no word taken for null."""
    for name in files:
        database.execute(
            f"CREATE TABLE raw_{name} AS SELECT * FROM read_csv(?, header = true, all_varchar = true, delim = ',', "
            "quote = '\"', escape = '\"', nullstr = '')",
            [str(folder / f"{name}.csv")],
        )
