"""Bulk loads: rows are copied into temporary tables, then written set-based.

COPY is refused on tables with row policies, so a load copies into a temporary table of its own transaction and goes on
from there with `INSERT … SELECT … ON CONFLICT`. What is written joins temporary tables with statistics of their own:
inside its transaction the planner knows nothing of the rows that the load itself has written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from psycopg import sql

KEPT_EDITS_LISTED: Final = 1_000
PEOPLES_DOORS: Final = ("workspace", "api")
"""Doors through which people change records; the history keeps which one a change came through."""


def create_staging(table: str, columns: Mapping[str, str]) -> None:
    """Make an empty temporary table (column name to type) that goes with the transaction."""
    inner = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    run(f"CREATE TEMPORARY TABLE {table} ({inner}) ON COMMIT DROP")


def stage_rows(table: str, select: str, values: Mapping[str, Any] | None = None) -> int:
    """Make a temporary table of the rows of a query, with statistics; returns how many rows it has."""
    count = run(f"CREATE TEMPORARY TABLE {table} ON COMMIT DROP AS {select}", values)
    run(f"ANALYZE {table}")
    return count


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
        edit: names under which a person may have taken the column over; by default its own.
    """

    name: str
    value: str
    fed: bool = True
    edit: tuple[str, ...] = ()

    @property
    def edits(self) -> str:
        """The names as a list of SQL texts."""
        return ", ".join(f"'{name}'" for name in self.edit or (self.field,))

    @property
    def field(self) -> str:
        """What people call it."""
        return self.edit[0] if self.edit else self.name.removesuffix("_id")


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
        edited: SQL over the table `t` for the names of the fields a person set since, which stay; empty for none.
    """

    table: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    source: str
    edited: str = ""

    def statement(self) -> str:
        """The one statement that does it and counts; parameters are the caller's."""
        changed = [column for column in self.columns if column.fed and column.name not in self.key]
        conflict = f"({', '.join(self.key)}) DO "
        if changed:
            sets = ", ".join(f'"{column.name}" = {self._new(column)}' for column in changed)
            old = ", ".join(f't."{column.name}"' for column in changed)
            new = ", ".join(self._new(column) for column in changed)
            conflict += f"UPDATE SET {sets} WHERE ({old}) IS DISTINCT FROM ({new})"
        else:
            conflict += "NOTHING"
        names = ", ".join(f'"{column.name}"' for column in self.columns)
        values = ", ".join(column.value for column in self.columns)
        return (
            f"WITH written AS (INSERT INTO {self.table} AS t (id, vendor_id, {names})"
            f" SELECT comity_uuid7(), %(vendor)s, {values} FROM {self.source} ON CONFLICT {conflict}"
            " RETURNING (xmax = 0) AS is_new)"
            " SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM written"
        )

    def _new(self, column: Column) -> str:
        if not self.edited:
            return f'excluded."{column.name}"'
        return f'CASE WHEN {self._kept(column)} THEN t."{column.name}" ELSE excluded."{column.name}" END'

    def _kept(self, column: Column) -> str:
        return f"({self.edited}) && ARRAY[{column.edits}]::varchar[]"

    def write(self, values: Mapping[str, Any]) -> Written:
        """Do it."""
        return Written(*rows_of(self.statement(), values)[0])

    def kept_edits(self, values: Mapping[str, Any], *, label: str) -> list[dict[str, str]]:
        """What a person set and the export says otherwise: record, field, theirs, the export's. At most 1,000."""
        if not self.edited:
            return []
        every = {column.name: column.value for column in self.columns}
        joined = " AND ".join(f't."{name}" = {every[name]}' for name in self.key if name != "vendor_id")
        compared = ", ".join(
            f"('{column.field}', t.\"{column.name}\"::text, ({column.value})::text, {self._kept(column)})"
            for column in self.columns
            if column.fed and column.name not in self.key
        )
        return listed_edits(
            f"SELECT {label}, c.field, c.kept, c.offered FROM {self.source}"
            f" JOIN {self.table} t ON t.vendor_id = %(vendor)s AND {joined} AND cardinality({self.edited}) > 0"
            f" CROSS JOIN LATERAL (VALUES {compared}) AS c (field, kept, offered, is_edited)"
            f" WHERE c.is_edited AND c.kept IS DISTINCT FROM c.offered LIMIT {KEPT_EDITS_LISTED}",
            values,
        )


def listed_edits(query: str, values: Mapping[str, Any]) -> list[dict[str, str]]:
    """Rows of record, field, what is kept, what the export offers; each field once a record."""
    found = {
        (str(record), field): {"record": str(record), "field": field, "kept": kept or "", "offered": offered or ""}
        for record, field, kept, offered in rows_of(query, values)
    }
    return list(found.values())


def edits_by_people(table: str, values: Mapping[str, Any]) -> str:
    """SQL over `t` for what people changed on a table without `edited_fields`, as its history tells; empty if nothing.

    Each old version says through which door it was replaced; the version after it says in which columns. Only for
    tables whose history is short: it is read whole.
    """
    doors = ", ".join(f"'{door}'" for door in PEOPLES_DOORS)
    staged = f"edited_{table}"
    count = stage_rows(
        staged,
        f"""SELECT replaced.id, array_agg(DISTINCT regexp_replace(old.key, '_id$', ''))::varchar[] AS fields
        FROM (
            SELECT e.id, e.pgh_context ->> 'door' AS door, to_jsonb(e) AS old,
                   lead(to_jsonb(e)) OVER (PARTITION BY e.id ORDER BY e.pgh_id) AS next
            FROM {table}event e WHERE e.vendor_id = %(vendor)s
        ) replaced JOIN {table} t ON t.vendor_id = %(vendor)s AND t.id = replaced.id
        CROSS JOIN LATERAL jsonb_each(replaced.old) AS old
        WHERE replaced.door IN ({doors}) AND old.key NOT LIKE 'pgh%%'
          AND coalesce(replaced.next, to_jsonb(t)) -> old.key IS DISTINCT FROM old.value
        GROUP BY replaced.id""",
        values,
    )
    return f"coalesce((SELECT x.fields FROM {staged} x WHERE x.id = t.id), '{{}}')" if count else ""
