"""Row-level security as declarations: each table says who may see its rows; one step writes the policies.

`apply` runs after every migrate, as the owner, and rewrites all policies, composite keys and append-only guards from
the declarations, so that the database can never drift from the code. `problems` reads the catalogue back and says
what is missing; `comity migrate` and the tests refuse a tenant table without policy or index.

Policies compare plainly with ``nullif(current_setting(...), '')::uuid``: wrapped in a sub-select the planner falls
back to a sequential scan.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from django.apps import apps
from django.db import models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

APP_ROLE: Final = "comity_app"
ORGANIZATION: Final = "nullif(current_setting('comity.org', true), '')::uuid"
PERSON: Final = "nullif(current_setting('comity.person', true), '')::uuid"
TOKEN: Final = "nullif(current_setting('comity.token', true), '')"
WORKER: Final = "current_setting('comity.worker', true) = 'on'"


@dataclass(frozen=True)
class Arm:
    """One policy: for which command, which rows are seen (`using`) and which may be written (`check`)."""

    name: str
    using: str
    command: str = "ALL"
    check: str | None = None
    index: str | None = None
    """The column that must lead an index, so that the arm never scans the table."""


@dataclass(frozen=True)
class Isolation:
    """The arms of one table, or the reason why it has none."""

    arms: tuple[Arm, ...] = ()
    exempt: str = ""


VENDOR_ARM: Final = Arm("vendor", f"vendor_id = {ORGANIZATION}", check=f"vendor_id = {ORGANIZATION}", index="vendor_id")
PARTNER_ARM: Final = Arm("partner", f"partner_id = {ORGANIZATION}", command="SELECT", index="partner_id")


def vendor_only() -> Isolation:
    """Only the vendor sees and writes these rows."""
    return Isolation((VENDOR_ARM,))


def vendor_and_partner() -> Isolation:
    """The vendor writes; the partner organization named on the row (`partner_id`) reads."""
    return Isolation((VENDOR_ARM, PARTNER_ARM))


def with_arms(*arms: Arm) -> Isolation:
    """Arms of one's own, for the few tables that are neither."""
    return Isolation(arms)


def exempt(reason: str) -> Isolation:
    """No policy, and why. Each such table is named in the isolation test."""
    return Isolation(exempt=reason)


# Tables of libraries. Jobs are seen by the worker and by the organization they run for.
_JOB_OWNER = "(args->>'organization') = current_setting('comity.org', true)"
THIRD_PARTY: Final[dict[str, Isolation]] = {
    "procrastinate_jobs": with_arms(
        Arm("organization", _JOB_OWNER, check=_JOB_OWNER), Arm("worker", WORKER, check=WORKER)
    ),
    "procrastinate_events": with_arms(
        Arm("record", "false", command="INSERT", check="true"), Arm("worker", WORKER, check=WORKER)
    ),
    "procrastinate_periodic_defers": with_arms(Arm("worker", WORKER, check=WORKER)),
    "procrastinate_workers": with_arms(Arm("worker", WORKER, check=WORKER)),
    "django_migrations": exempt("which migrations ran; no tenant data"),
    "django_content_type": exempt("names of tables; no tenant data"),
    "django_session": exempt("read before the person is known; keyed by a secret"),
    "comity_cache": exempt("counters of rate limits and lock-outs, keyed by hashes"),
    "auth_permission": exempt("Django's names of permissions; unused by Comity's roles"),
    "auth_group": exempt("Django's groups; unused by Comity's roles"),
    "auth_group_permissions": exempt("Django's groups; unused by Comity's roles"),
    "account_emailaddress": exempt("sign-in, keyed by person, read before the person is known"),
    "account_emailconfirmation": exempt("sign-in, keyed by person, read before the person is known"),
    "mfa_authenticator": exempt("sign-in, keyed by person, read before the session is complete"),
    "usersessions_usersession": exempt("sign-in, keyed by person"),
    "pghistory_context": exempt("unused: the context is kept on each history row"),
}


@dataclass(frozen=True)
class TenantTable:
    """What the catalogue should say of one table."""

    name: str
    isolation: Isolation
    append_only: bool = False
    keys: tuple[tuple[str, str], ...] = field(default=())
    """(column, target table) of each composite foreign key."""


def declared_tables() -> Iterator[TenantTable]:
    """Every managed table of the installation with its declaration. Raises LookupError for one without."""
    for model in apps.get_models(include_auto_created=True):
        options = model._meta
        if not options.managed or options.proxy:
            continue
        isolation, append_only = _declaration_of(model)
        if isolation is None:
            raise LookupError(f"{options.label} says nothing about its isolation (see platform/isolation.py)")
        yield TenantTable(options.db_table, isolation, append_only, tuple(_tenant_keys(model)))
    declared = {model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed}
    for name, isolation in THIRD_PARTY.items():
        if name not in declared:
            yield TenantTable(name, isolation)


def _declaration_of(model: type[models.Model]) -> tuple[Isolation | None, bool]:
    tracked = getattr(model, "pgh_tracked_model", None)
    if tracked is not None:
        base: Isolation = tracked.isolation
        # The past of a shared row is the vendor's own: who changed what is not the partner's to read.
        arms = tuple(arm for arm in base.arms if arm.name != "partner")
        return Isolation(arms, base.exempt), True
    isolation = getattr(model, "isolation", None) or THIRD_PARTY.get(model._meta.db_table)
    return isolation, bool(getattr(model, "append_only", False))


def _tenant_keys(model: type[models.Model]) -> Iterator[tuple[str, str]]:
    if getattr(model, "pgh_tracked_model", None) is not None:
        return
    for foreign in model._meta.concrete_fields:
        if getattr(foreign, "is_tenant_key", False):
            yield foreign.column, foreign.related_model._meta.db_table


def apply(connection: BaseDatabaseWrapper) -> None:
    """Write policies, composite keys and append-only guards, as the owner of the tables. Idempotent."""
    existing = set(connection.introspection.table_names())
    tables = [table for table in declared_tables() if table.name in existing]
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(_REFUSE_CHANGE)
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}")
        for target in {target for table in tables for _, target in table.keys}:
            _ensure_constraint(cursor, target, f"{target}_in_vendor", "UNIQUE (vendor_id, id)")
        for table in tables:
            _write_policies(cursor, table)
            _write_guard(cursor, table)
            for column, target in table.keys:
                clause = f'FOREIGN KEY (vendor_id, "{column}") REFERENCES "{target}" (vendor_id, id)'
                _ensure_constraint(cursor, table.name, f"{table.name}_{column}_of_vendor"[:63], clause)


def _write_policies(cursor: CursorWrapper, table: TenantTable) -> None:
    cursor.execute("SELECT policyname FROM pg_policies WHERE schemaname = 'public' AND tablename = %s", [table.name])
    for (name,) in cursor.fetchall():
        cursor.execute(f'DROP POLICY "{name}" ON "{table.name}"')
    switch = "DISABLE" if table.isolation.exempt else "ENABLE"
    cursor.execute(f'ALTER TABLE "{table.name}" {switch} ROW LEVEL SECURITY')
    for arm in table.isolation.arms:
        using = "" if arm.command == "INSERT" else f" USING ({arm.using})"
        check = f" WITH CHECK ({arm.check})" if arm.check and arm.command != "SELECT" else ""
        cursor.execute(f'CREATE POLICY "{arm.name}" ON "{table.name}" FOR {arm.command} TO {APP_ROLE}{using}{check}')


def _write_guard(cursor: CursorWrapper, table: TenantTable) -> None:
    cursor.execute(f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{table.name}" TO {APP_ROLE}')
    cursor.execute(f'DROP TRIGGER IF EXISTS comity_append_only ON "{table.name}"')
    if table.append_only:
        cursor.execute(f'REVOKE UPDATE, DELETE, TRUNCATE ON "{table.name}" FROM {APP_ROLE}')
        cursor.execute(
            f'CREATE TRIGGER comity_append_only BEFORE UPDATE OR DELETE ON "{table.name}"'
            " FOR EACH STATEMENT EXECUTE FUNCTION comity_refuse_change()"
        )


def _ensure_constraint(cursor: CursorWrapper, table: str, name: str, clause: str) -> None:
    cursor.execute("SELECT 1 FROM pg_constraint WHERE conrelid = %s::regclass AND conname = %s", [f'"{table}"', name])
    if cursor.fetchone() is None:
        cursor.execute(f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {clause}')


# Triggers of a library can be switched off by any role; this one asks who is really there. The owner may
# purge (erasure, retention), nobody else.
_REFUSE_CHANGE = """
CREATE OR REPLACE FUNCTION comity_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_user = pg_get_userbyid((SELECT relowner FROM pg_class WHERE oid = TG_RELID)) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% only grows: rows are never changed or deleted', TG_TABLE_NAME USING ERRCODE = '42501';
END $$;
"""


def problems(connection: BaseDatabaseWrapper) -> list[str]:
    """What the catalogue lacks against the declarations, one sentence each; empty when all is well."""
    found: list[str] = []
    with connection.cursor() as cursor:
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
    declared = {table.name: table for table in declared_tables()}
    for name in sorted(set(catalogue) - set(declared)):
        found.append(f"Table {name} exists without any declaration of its isolation.")
    for name, table in declared.items():
        if name not in catalogue or table.isolation.exempt:
            continue
        secured, count = catalogue[name]
        if not secured or count != len(table.isolation.arms):
            found.append(f"Table {name} lacks its row-level security policies.")
        for arm in table.isolation.arms:
            if arm.index and (name, arm.index) not in led_by:
                found.append(f"Table {name} has no index that begins with {arm.index}.")
    return found
