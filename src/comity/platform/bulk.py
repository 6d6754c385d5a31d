"""Many new rows at once, with the keys of all of them checked by sets instead of one by one.

PostgreSQL asks for every row and every foreign key whether what is named exists. A million deals name fifteen million
things, and asking takes longer than writing. `comity_insert_new` runs with the owner's rights: it locks and checks what
the rows name with one join a key, as PostgreSQL's own checks do row by row, and then inserts with those checks off. It
takes nothing but rows: a temporary table without any expression that could run, of the caller's own vendor, into one
of the tables that declare `inserted_in_bulk`.

It also makes their ids. PostgreSQL asks the system for chance once an id, and where its build has to open a file for
that, as ours does, this took a tenth of an import. Here one statement asks once.

Whether the checks may be left out is a right that a superuser gives comity_owner when the roles are made
(`platform/database_roles.py`). Without it, or where a table has triggers of its own, the same rows go in the slow way.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from secrets import token_hex
from typing import Any, Final

from django.apps import apps
from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg import sql

NEW_ROWS: Final = "comity_new_rows"

# The parts of a UUIDv7: milliseconds, 12 bits that count on, and chance, here of a seed that nobody else has. Ids of
# one statement are in the order of its rows; every 4,096 rows lend a millisecond of the future.
_ID: Final = (
    "('0' || to_hex((({milliseconds} + (({row}) >> 12)) << 16) | 28672 | (({row}) & 4095))"
    " || '8' || substr(md5({seed} || ({row})), 1, 15))::uuid"
)


def fresh_ids(row: str = "row_number() OVER ()") -> str:
    """SQL for an id for each row of one statement; `row` numbers them. Good for one execution."""
    return _ID.format(milliseconds=f"{time.time_ns() // 1_000_000}::bigint", row=row, seed=f"'{token_hex(16)}'")


def insert_new(table: str, columns: Sequence[str], select: str, values: Mapping[str, Any] | None = None) -> int:
    """Insert what a query selects, rows that are not there yet, into a table that declares `inserted_in_bulk`.

    Returns how many. An id that is not named is made; other columns that are not named take their defaults. A foreign
    key that names nothing, or something of another vendor, is an IntegrityError as with any insert.
    """
    names = sql.SQL(", ").join(sql.Identifier(name) for name in columns)
    new_rows, target = sql.Identifier(NEW_ROWS), sql.Identifier(table)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(
                new_rows, names, target
            )
        )
        cursor.execute(sql.SQL("INSERT INTO {} ({}) ").format(new_rows, names) + sql.SQL(select), values or {})
        cursor.execute("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = %s::regclass", [table])
        owner = sql.Identifier(cursor.fetchone()[0])
        cursor.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(new_rows, owner))
        cursor.execute(sql.SQL("ANALYZE {}").format(new_rows))
        cursor.execute("SELECT comity_insert_new(%s)", [table])
        written = int(cursor.fetchone()[0])
        cursor.execute(sql.SQL("DROP TABLE {}").format(new_rows))
    return written


def bulk_tables() -> list[str]:
    """The tables that declare `inserted_in_bulk`."""
    models = (model for model in apps.get_models() if getattr(model, "inserted_in_bulk", False))
    return sorted(model._meta.db_table for model in models)


def write_function(cursor: CursorWrapper) -> None:
    """Write the function with the tables it may fill, as their owner. Idempotent."""
    allowed = ", ".join(f"'{name}'" for name in bulk_tables()) or "NULL"
    ids = _ID.format(milliseconds="$1", row="row_number() OVER ()", seed="$2").replace("'", "''")
    body = _INSERT_NEW.replace("{allowed}", allowed).replace("{rows}", NEW_ROWS).replace("{ids}", ids)
    cursor.execute(body.replace("%", "%%"), [])


# Only plain rows may come in: a view, a rule, a policy, a generated column or a check of a temporary table could hold a
# function of the caller's, which would run here with the owner's rights. Columns have the very types of the target, so
# that no cast runs either. Rows that this transaction itself wrote need no lock: nobody else sees them yet.
_INSERT_NEW: Final = """
CREATE OR REPLACE FUNCTION comity_insert_new(target text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    organization uuid := nullif(current_setting('comity.org', true), '')::uuid;
    destination oid := to_regclass(format('public.%I', target));
    source oid;
    columns text;
    key record;
    lost bigint;
    ids text := '';
    trusted boolean;
    written bigint;
BEGIN
    IF destination IS NULL OR target NOT IN ({allowed}) OR NOT has_table_privilege(session_user, destination, 'INSERT')
    THEN
        RAISE EXCEPTION '% is not filled in bulk', target USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT c.oid INTO source FROM pg_class c
    WHERE c.relname = '{rows}' AND c.relnamespace = pg_my_temp_schema() AND c.relkind = 'r' AND c.relpersistence = 't'
      AND NOT (c.relrowsecurity OR c.relhasrules OR c.relhastriggers OR c.relhasindex OR c.relispartition)
      AND c.relchecks = 0 AND NOT EXISTS (SELECT FROM pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent));
    IF source IS NULL OR EXISTS (
        SELECT FROM pg_attribute s
        LEFT JOIN pg_attribute t ON t.attrelid = destination AND t.attname = s.attname AND t.attgenerated = ''
                                 AND NOT t.attisdropped
        WHERE s.attrelid = source AND s.attnum > 0 AND NOT s.attisdropped
          AND (t.atttypid IS DISTINCT FROM s.atttypid OR s.attgenerated <> '')
    ) THEN
        RAISE EXCEPTION 'the new rows are not plain rows of %', target USING ERRCODE = 'insufficient_privilege';
    END IF;
    EXECUTE 'SELECT count(*) FROM pg_temp.{rows} WHERE vendor_id IS DISTINCT FROM $1' INTO lost USING organization;
    IF lost > 0 OR organization IS NULL THEN
        RAISE EXCEPTION 'new row violates row-level security policy for table "%"', target
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    trusted := has_parameter_privilege(current_user, 'session_replication_role', 'SET') AND NOT EXISTS (
        SELECT FROM pg_trigger t WHERE t.tgrelid = destination AND NOT t.tgisinternal AND t.tgtype & 4 <> 0
    );
    IF trusted THEN
        FOR key IN
            SELECT c.conname AS name, c.confrelid::regclass::text AS parent,
                   string_agg(format('p.%I = s.%I', p.attname, s.attname), ' AND ' ORDER BY n) AS same,
                   string_agg(format('%I IS NOT NULL', s.attname), ' AND ' ORDER BY n) AS named,
                   bool_and(EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = source AND a.attname = s.attname
                                                                AND NOT a.attisdropped)) AS given
            FROM pg_constraint c
            CROSS JOIN LATERAL unnest(c.conkey, c.confkey) WITH ORDINALITY AS k (ours, theirs, n)
            JOIN pg_attribute s ON s.attrelid = c.conrelid AND s.attnum = k.ours
            JOIN pg_attribute p ON p.attrelid = c.confrelid AND p.attnum = k.theirs
            WHERE c.conrelid = destination AND c.contype = 'f'
            GROUP BY c.conname, c.confrelid
        LOOP
            IF NOT key.given THEN
                trusted := false;  -- a key by default: PostgreSQL shall look at it
                EXIT;
            END IF;
            -- Of parents that this transaction wrote the first leaves none, and never looks at the new rows.
            EXECUTE format('SELECT count(*) FROM (SELECT 1 FROM %s p WHERE p.xmin <> pg_current_xact_id()::xid'
                ' AND EXISTS (SELECT FROM pg_temp.{rows} s WHERE %s) FOR KEY SHARE OF p) locked',
                key.parent, key.same);
            EXECUTE format('SELECT count(*) FROM pg_temp.{rows} s WHERE %s'
                ' AND NOT EXISTS (SELECT FROM %s p WHERE %s)', key.named, key.parent, key.same) INTO lost;
            IF lost > 0 THEN
                RAISE EXCEPTION 'insert or update on table "%" violates foreign key constraint "%"', target, key.name
                    USING ERRCODE = 'foreign_key_violation', CONSTRAINT = key.name, TABLE = target;
            END IF;
        END LOOP;
    END IF;
    SELECT string_agg(format('%I', attname), ', ' ORDER BY attnum) INTO columns
    FROM pg_attribute WHERE attrelid = source AND attnum > 0 AND NOT attisdropped;
    IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = source AND attname = 'id' AND NOT attisdropped) THEN
        ids := '{ids}, ';
    END IF;
    IF trusted THEN
        PERFORM set_config('session_replication_role', 'replica', true);
    END IF;
    EXECUTE format('INSERT INTO public.%I (%s%s) SELECT %s%s FROM pg_temp.{rows}',
                   target, CASE WHEN ids <> '' THEN 'id, ' END, columns, ids, columns)
        USING (extract(epoch FROM clock_timestamp()) * 1000)::bigint, gen_random_uuid()::text;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF trusted THEN
        PERFORM set_config('session_replication_role', 'origin', true);
    END IF;
    RETURN written;
END $$;
"""
