"""History by month: each history table is cut into a partition a month, so that old months can be taken away whole.

Django makes a history table like any other; after the migration `write` turns it into one with partitions, rows and
all. The partitions stand in a schema of their own that the application may not enter: it reads and writes through the
history table, whose policies therefore hold for every row. `comity_make_months` runs daily with the owner's rights and
keeps the coming months ready. What falls in no month waits in a partition for the rest until its month is made.
"""

from __future__ import annotations

from typing import Final

from django.apps import apps
from django.db import connection
from django.db.backends.utils import CursorWrapper
from procrastinate.contrib.django import app

SCHEMA: Final = "history"
BY: Final = "pgh_created_at"
MONTHS_AHEAD: Final = 1
"""How many months after this one are kept ready; the job that makes them runs daily."""


def history_tables() -> list[str]:
    """The tables of replaced versions, in alphabetical order."""
    models = (model for model in apps.get_models() if getattr(model, "pgh_tracked_model", None) is not None)
    return sorted(model._meta.db_table for model in models)


def write(cursor: CursorWrapper, existing: set[str]) -> None:
    """Cut every history table that is still whole, and make the months that are missing. As the owner; idempotent."""
    cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    cursor.execute(f"REVOKE ALL ON SCHEMA {SCHEMA} FROM PUBLIC")
    tables = [table for table in history_tables() if table in existing]
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        " AND relname = ANY(%s)",
        [tables],
    )
    for (table,) in cursor.fetchall():
        _cut(cursor, table)
    cursor.execute(_MAKE_MONTHS.replace("%", "%%"), [])
    cursor.execute("SELECT comity_make_months(%s)", [MONTHS_AHEAD])


def _cut(cursor: CursorWrapper, table: str) -> None:
    """One whole history table becomes one with partitions. Numbers get 64 bits on the way."""
    cursor.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid = %s::regclass AND NOT indisprimary ORDER BY 1",
        [table],
    )
    indexes = cursor.fetchall()
    whole, numbers = f"{table}_whole"[:63], f"{table}_number"[:63]
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    cursor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT IF EXISTS "{table}_pkey"')
    cursor.execute(f'ALTER TABLE "{table}" RENAME TO "{whole}"')
    cursor.execute(
        f'CREATE TABLE "{table}" (LIKE "{whole}" INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY RANGE ({BY})'
    )
    cursor.execute(f'CREATE SEQUENCE "{numbers}" AS bigint')
    cursor.execute(f'ALTER TABLE "{table}" ALTER pgh_id TYPE bigint')
    cursor.execute(f'ALTER TABLE "{table}" ALTER pgh_id SET DEFAULT nextval(\'"{numbers}"\')')
    cursor.execute(f'ALTER SEQUENCE "{numbers}" OWNED BY "{table}".pgh_id')
    cursor.execute(f'ALTER TABLE "{table}" ADD PRIMARY KEY (pgh_id, {BY})')
    cursor.execute(f'CREATE TABLE {SCHEMA}."{rest_of(table)}" PARTITION OF "{table}" DEFAULT')
    cursor.execute(f'SELECT count(*) > 0 FROM "{whole}"')
    if cursor.fetchone()[0]:
        cursor.execute(f'INSERT INTO "{table}" SELECT * FROM "{whole}"')
        cursor.execute(f'SELECT setval(\'"{numbers}"\', (SELECT max(pgh_id) FROM "{table}"))')
    cursor.execute(f'DROP TABLE "{whole}"')
    for _name, definition in indexes:
        cursor.execute(definition)


def rest_of(table: str) -> str:
    """The partition for what falls in no month that was made."""
    return f"{table}_rest"[:63]


# Rows that came before their month was made wait in the rest; a month that is made takes them over.
_MAKE_MONTHS: Final = f"""
CREATE OR REPLACE FUNCTION comity_make_months(ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    parent record;
    month timestamptz;
    until timestamptz;
    partition text;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('months of history', 0));
    FOR parent IN
        SELECT c.relname AS name, left(c.relname || '_rest', 63) AS rest FROM pg_class c
        WHERE c.relkind = 'p' AND c.relnamespace = 'public'::regnamespace
          AND to_regclass(format('{SCHEMA}.%I', left(c.relname || '_rest', 63))) IS NOT NULL
    LOOP
        FOR month IN
            EXECUTE format('SELECT date_trunc(''month'', {BY}, ''UTC'') FROM {SCHEMA}.%I GROUP BY 1 UNION SELECT'
                ' date_trunc(''month'', now(), ''UTC'') + make_interval(months => n) FROM generate_series(0, $1) n',
                parent.rest) USING least(greatest(ahead, 0), 24)
        LOOP
            until := (month AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC';
            partition := left(parent.name, 55) || to_char(month AT TIME ZONE 'UTC', '_YYYY_MM');
            CONTINUE WHEN to_regclass(format('{SCHEMA}.%I', partition)) IS NOT NULL;
            EXECUTE format('CREATE TEMPORARY TABLE comity_month ON COMMIT DROP AS'
                ' SELECT * FROM {SCHEMA}.%I WHERE {BY} >= $1 AND {BY} < $2', parent.rest) USING month, until;
            EXECUTE format('DELETE FROM {SCHEMA}.%I WHERE {BY} >= $1 AND {BY} < $2', parent.rest) USING month, until;
            EXECUTE format('CREATE TABLE {SCHEMA}.%I PARTITION OF public.%I FOR VALUES FROM (%L) TO (%L)',
                partition, parent.name, month, until);
            EXECUTE format('INSERT INTO public.%I SELECT * FROM pg_temp.comity_month', parent.name);
            DROP TABLE pg_temp.comity_month;
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END $$;
"""


def make_months() -> int:
    """Make the months that are missing, in every history table; returns how many partitions that were."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT comity_make_months(%s)", [MONTHS_AHEAD])
        return int(cursor.fetchone()[0])


@app.periodic(cron="5 2 * * *")
@app.task(name="make_months_of_history", queueing_lock="make_months_of_history")
def make_months_of_history(timestamp: int) -> None:
    """Keep the coming months ready."""
    make_months()
