"""What the database holds against what the models declare: no table without policy, no key that leaves its vendor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from comity.platform.isolation import SEARCH_PATH, TenantTable, declared_tables

DEFINERS: Final[dict[str, str]] = {
    "comity_insert_new": "checks the keys of many new rows by sets; rows of the caller's vendor, into declared tables",
    "comity_count_grown_tables": "counts grown tables for the planner, which only the owner may; tells a number",
    "comity_find_deals": "a text search under policies would read every row; returns ids of the caller's vendor",
    "comity_forget_handled_news": "a nightly job drops news of all vendors that nobody waits for; tells a number alone",
    "comity_make_months": "a daily job makes partitions of history, which only the owner may; reads and tells no row",
    "comity_first_deals": "the same where very many are found: ids of the first of them, of the caller's vendor",
    "comity_monthly_segment_programs": "a nightly job learns for which tenants to work; empty under any tenant",
    "comity_vendors_with_programs": "a job learns which vendors hear of new rates; empty under any tenant",
    "comity_digests_waiting": "a job each quarter of an hour learns whose digests are due; empty under any tenant",
    "comity_forget_notices": "a nightly job drops old notices and letters of everybody; does nothing under any tenant",
    "comity_vendors_with_registrations": "an hourly job learns for which tenants to work; empty under any tenant",
    "comity_mailboxes_to_read": "a job learns which mailboxes to look into; empty under any tenant",
    "comity_vendors_with_overdue_leads": "a job learns for which tenants to work; empty under any tenant",
    "comity_lead_candidates": "finds by similarity which leads may be the same; ids of the caller's vendor",
    "comity_find_anything": "the palette's search with typos; returns ids of the caller's vendor, read under policies",
    "comity_peer_band": "a rounded band over at least nine peers; answers a partner about its own partnership alone",
    "comity_find_people": "people of partners by their names, with typos; returns ids of the caller's vendor",
    "comity_find_companies": "array membership under policies would read every row; answers of the caller's vendor",
    "comity_find_customers": "a text search under policies would read every row; returns ids of the caller's vendor",
}
"""Functions that run with the owner's rights, and why: each filters by organization itself and has a test."""


def problems(connection: BaseDatabaseWrapper) -> list[str]:
    """What the catalogue lacks against the declarations, one sentence each; empty when all is well."""
    declared = {table.name: table for table in declared_tables()}
    with connection.cursor() as cursor:
        return [
            *_tables(cursor, declared),
            *_constraints(cursor, declared),
            *_ways_around(cursor),
        ]


def _tables(cursor: CursorWrapper, declared: dict[str, TenantTable]) -> Iterator[str]:
    cursor.execute(
        "SELECT c.relname, c.relrowsecurity, (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid)"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')"
    )
    catalogue = {name: (secured, count) for name, secured, count in cursor.fetchall()}
    cursor.execute(
        "SELECT t.relname, a.attname FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid"
        " JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]"
    )
    led_by = set(cursor.fetchall())
    for name in sorted(set(catalogue) - set(declared)):
        yield f"Table {name} exists without any declaration of its isolation."
    for name, table in declared.items():
        if name not in catalogue or table.isolation.exempt:
            continue
        if catalogue[name] != (True, len(table.isolation.arms)):
            yield f"Table {name} lacks its row-level security policies."
        for arm in table.isolation.arms:
            if arm.index and (name, arm.index) not in led_by:
                yield f"Table {name} has no index that begins with {arm.index}."


def _constraints(cursor: CursorWrapper, declared: dict[str, TenantTable]) -> Iterator[str]:
    cursor.execute("SELECT c.relname, k.conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid")
    constraints = set(cursor.fetchall())
    cursor.execute("SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid")
    triggers = set(cursor.fetchall())
    cursor.execute("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')")
    existing = {name for (name,) in cursor.fetchall()}
    for table in (declared[name] for name in sorted(set(declared) & existing)):
        for key in table.keys:
            if (table.name, key.name) not in constraints:
                yield f"Table {table.name} lacks the key {key.name}, which keeps it within its vendor."
        for column, _ in table.seen_keys:
            if (table.name, f"comity_seen_{column}") not in triggers:
                yield f"Table {table.name} may refer to hidden rows by {column}."
        if table.append_only and (table.name, "comity_append_only") not in triggers:
            yield f"Table {table.name} lacks the guard that lets it only grow."


def _ways_around(cursor: CursorWrapper) -> Iterator[str]:
    """Views and functions that would read with the owner's eyes."""
    cursor.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND (c.relkind = 'm'"
        " OR (c.relkind = 'v' AND NOT coalesce(c.reloptions @> '{security_invoker=true}', false)))"
    )
    for (name,) in cursor.fetchall():
        yield f"View {name} reads with its owner's eyes; make it security_invoker, or a table under policies."
    cursor.execute(
        "SELECT p.proname, p.prosecdef, coalesce(p.proconfig::text, '') FROM pg_proc p"
        " JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname = 'public' AND (p.prosecdef OR p.prorettype = 'trigger'::regtype)"
    )
    for name, definer, configuration in cursor.fetchall():
        if SEARCH_PATH not in configuration:
            yield f"Function {name} may be led to temporary tables: its search_path is not {SEARCH_PATH}."
        if definer and name not in DEFINERS:
            yield f"Function {name} runs with its owner's rights and is not on the list (platform/catalogue.py)."
