"""Bulk loads: rows are copied into temporary tables, then written set-based.

COPY is refused on tables with row policies, so a load copies into a temporary table of its own transaction and goes on
from there with `INSERT … SELECT … ON CONFLICT`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from psycopg import sql

KEPT_EDITS_LISTED: Final = 1_000


def create_staging(table: str, columns: Mapping[str, str]) -> None:
    """Make an empty temporary table (column name to type) that goes with the transaction."""
    inner = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {table} ({inner}) ON COMMIT DROP")


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Append rows to a temporary table, by COPY."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(sql.Identifier(name) for name in columns)
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def run(statement: str, values: Mapping[str, Any] | None = None) -> int:
    """Execute one statement; returns how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values or {})
        return int(cursor.rowcount)


def rows_of(statement: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values or {})
        return list(cursor.fetchall())


@dataclass(frozen=True)
class Column:
    """One column of an upsert.

    Attributes:
        name: of the table.
        value: SQL over the source `s`.
        fed: whether the export says anything about it; what it does not say is written once and never changed.
        edit: names in `edited_fields` under which a person may have taken the column over.
    """

    name: str
    value: str
    fed: bool = True
    edit: tuple[str, ...] = ()

    @property
    def edits(self) -> tuple[str, ...]:
        """The names to look for in `edited_fields`."""
        return self.edit or (self.name.removesuffix("_id"),)


@dataclass(frozen=True)
class Written:
    """What an upsert did."""

    created: int = 0
    updated: int = 0

    def __add__(self, other: Written) -> Written:
        return Written(self.created + other.created, self.updated + other.updated)


@dataclass(frozen=True)
class Upsert:
    """Rows of a source into a table: new ones inserted, differing ones updated, equal ones left alone.

    Attributes:
        key: the columns of the unique constraint; they are among `columns`.
        source: what stands behind FROM, with the alias `s` for the staged rows.
        stamp: columns that are set on every write but never are a reason to write.
        keeps_edits: the table has `edited_fields`; what a person set since stays.
    """

    table: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    source: str
    stamp: tuple[Column, ...] = ()
    keeps_edits: bool = False

    def statement(self) -> str:
        """The one statement that does it and counts; parameters are the caller's."""
        every = [*self.columns, *self.stamp]
        changed = [column for column in self.columns if column.fed and column.name not in self.key]
        conflict = f"({', '.join(self.key)}) DO "
        if changed:
            sets = [f'"{column.name}" = {self._new(column)}' for column in changed]
            sets += [f'"{column.name}" = excluded."{column.name}"' for column in self.stamp]
            old = ", ".join(f't."{column.name}"' for column in changed)
            new = ", ".join(self._new(column) for column in changed)
            conflict += f"UPDATE SET {', '.join(sets)} WHERE ({old}) IS DISTINCT FROM ({new})"
        else:
            conflict += "NOTHING"
        names = ", ".join(f'"{column.name}"' for column in every)
        values = ", ".join(column.value for column in every)
        return (
            f"WITH written AS (INSERT INTO {self.table} AS t (id, vendor_id, {names})"
            f" SELECT comity_uuid7(), %(vendor)s, {values} FROM {self.source} ON CONFLICT {conflict}"
            " RETURNING (xmax = 0) AS is_new)"
            " SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM written"
        )

    def _new(self, column: Column) -> str:
        if not self.keeps_edits:
            return f'excluded."{column.name}"'
        names = ", ".join(f"'{name}'" for name in column.edits)
        kept = f"t.edited_fields && ARRAY[{names}]::varchar[]"
        return f'CASE WHEN {kept} THEN t."{column.name}" ELSE excluded."{column.name}" END'

    def write(self, values: Mapping[str, Any]) -> Written:
        """Do it."""
        return Written(*rows_of(self.statement(), values)[0])

    def kept_edits(self, values: Mapping[str, Any], *, label: str) -> list[dict[str, str]]:
        """What a person set and the export says otherwise: record, field, theirs, the export's. At most 1,000."""
        if not self.keeps_edits:
            return []
        anywhere = f"SELECT EXISTS (SELECT FROM {self.table} WHERE vendor_id = %(vendor)s AND edited_fields <> '{{}}')"
        if not rows_of(anywhere, values)[0][0]:
            return []
        every = {column.name: column.value for column in self.columns}
        joined = " AND ".join(f't."{name}" = {every[name]}' for name in self.key if name != "vendor_id")
        parts = []
        for column in self.columns:
            if column.fed and column.name not in self.key:
                names = ", ".join(f"'{name}'" for name in column.edits)
                parts.append(
                    f"SELECT {label} AS record, '{column.edits[0]}' AS field, t.\"{column.name}\"::text AS kept,"
                    f" ({column.value})::text AS offered FROM {self.source}"
                    f" JOIN {self.table} t ON t.vendor_id = %(vendor)s AND {joined}"
                    f" WHERE t.edited_fields && ARRAY[{names}]::varchar[]"
                    f' AND t."{column.name}" IS DISTINCT FROM {column.value}'
                )
        found = rows_of(f"{' UNION ALL '.join(parts)} LIMIT {KEPT_EDITS_LISTED}", values)
        return [
            {"record": record, "field": field, "kept": kept or "", "offered": offered or ""}
            for record, field, kept, offered in found
        ]
