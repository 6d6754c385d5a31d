"""Let the planner know tables that have just grown.

PostgreSQL counts what stands in a table some time after it was written, about a minute. Until then it takes a table
that a first import has filled for an empty one, and reads it once for each row of another: seconds become minutes.
Only the owner of a table may have it counted.
"""

from __future__ import annotations

from typing import Final

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

# Pages tell without waiting for anybody's counters: those there are now beside those that were there at the last look.
_COUNT_GROWN: Final = """
CREATE OR REPLACE FUNCTION comity_count_grown_tables() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    grown record;
    counted integer := 0;
BEGIN
    FOR grown IN
        SELECT c.relname FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
          AND pg_get_userbyid(c.relowner) = current_user
          AND pg_relation_size(c.oid) / current_setting('block_size')::bigint > c.relpages * 1.2 + 8
        ORDER BY c.relname
    LOOP
        EXECUTE format('ANALYZE public.%I', grown.relname);
        counted := counted + 1;
    END LOOP;
    RETURN counted;
END $$;
"""


def write_function(cursor: CursorWrapper) -> None:
    """Write the function, as the owner of the tables. Idempotent."""
    cursor.execute(_COUNT_GROWN.replace("%", "%%"), [])


def count_grown_tables() -> int:
    """Have the tables counted that grew by a fifth since they were; how many. Outside of a transaction of others: each
    is held against another count until the end."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT comity_count_grown_tables()")
        return int(cursor.fetchone()[0])
