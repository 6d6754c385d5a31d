"""Row-level security as declarations: each table says who may see its rows; one step writes the policies.

`apply` runs after every migrate, as the owner, and rewrites all policies, composite keys and append-only guards from
the declarations, so that the database can never drift from the code. `catalogue.problems` reads the result back; the
migration fails for a tenant table without policy, index or key.

A policy that stands alone on its table compares plainly with ``nullif(current_setting(...), '')::uuid``: wrapped in a
sub-select the planner does not know how many rows to expect. Where several arms are joined it is the other way round
(`ASKED_ONCE`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.apps import apps
from django.db import models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from comity.platform import aging, partitions, statistics
from comity.platform.bulk import write_function as write_bulk_function

APP_ROLE: Final = "comity_app"
SEARCH_PATH: Final = "pg_catalog, public, pg_temp"
ORGANIZATION: Final = "nullif(current_setting('comity.org', true), '')::uuid"
PERSON: Final = "nullif(current_setting('comity.person', true), '')::uuid"
TOKEN: Final = "nullif(current_setting('comity.token', true), '')"  # noqa: S105
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


ASKED_ONCE: Final = f"(SELECT {ORGANIZATION})"
"""The same for tables of several arms: a bare call is made for every row that a statement looks at, and took 4/5 of
its time. With one arm the planner asks once by itself, and by the bare call it knows how many rows to expect."""

VENDOR_ARM: Final = Arm("vendor", f"vendor_id = {ASKED_ONCE}", check=f"vendor_id = {ORGANIZATION}", index="vendor_id")
PARTNER_ARM: Final = Arm("partner", f"partner_id = {ASKED_ONCE}", command="SELECT", index="partner_id")


def vendor_only() -> Isolation:
    """Only the vendor sees and writes these rows."""
    only = f"vendor_id = {ORGANIZATION}"
    return Isolation((Arm("vendor", only, check=only, index="vendor_id"),))


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
        # A trigger writes them with the job; the sub-select obeys the policies of the jobs themselves.
        Arm(
            "record", "false", command="INSERT", check="job_id IN (SELECT id FROM procrastinate_jobs WHERE id = job_id)"
        ),
        Arm("worker", WORKER, check=WORKER),
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
class CompositeKey:
    """A foreign key that cannot leave its vendor: these columns here are those columns there."""

    name: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]

    @property
    def clause(self) -> str:
        """The constraint as PostgreSQL is told it."""
        here, there = (", ".join(f'"{name}"' for name in names) for names in (self.columns, self.target_columns))
        # A partnership that is handed to another organization takes the partner's side of its rows along.
        follow = " ON UPDATE CASCADE" if "partner_id" in self.target_columns else ""
        return f'FOREIGN KEY ({here}) REFERENCES "{self.target}" ({there}){follow}'


@dataclass(frozen=True)
class TenantTable:
    """What the catalogue should say of one table."""

    name: str
    isolation: Isolation
    append_only: bool = False
    keys: tuple[CompositeKey, ...] = ()
    seen_keys: tuple[tuple[str, str], ...] = ()
    """(column, target table) of plain keys to a table under policies: the writer must see what is referred to."""
    past_of: str = ""
    """Of a history table: the column of the organization whose past it is."""


def declared_tables() -> Iterator[TenantTable]:
    """Every managed table of the installation with its declaration. Raises LookupError for one without."""
    for model in apps.get_models(include_auto_created=True):
        options = model._meta
        if not options.managed or options.proxy:
            continue
        isolation, append_only = _declaration_of(model)
        if isolation is None:
            raise LookupError(f"{options.label} says nothing about its isolation (see platform/isolation.py)")
        keys, seen = tuple(_tenant_keys(model)), tuple(_seen_keys(model))
        yield TenantTable(options.db_table, isolation, append_only, keys, seen, past_of=_owner_of_past(model))
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


def _owner_of_past(model: type[models.Model]) -> str:
    if getattr(model, "pgh_tracked_model", None) is None:
        return ""
    columns = {column.column for column in model._meta.concrete_fields}
    return "vendor_id" if "vendor_id" in columns else "organization_id"


def _tenant_keys(model: type[models.Model]) -> Iterator[CompositeKey]:
    if getattr(model, "pgh_tracked_model", None) is not None:
        return
    table = model._meta.db_table
    for foreign in model._meta.concrete_fields:
        if not getattr(foreign, "is_tenant_key", False) or foreign.related_model is None:
            continue
        target, column = foreign.related_model._meta.db_table, str(foreign.column)
        here: tuple[str, ...]
        there: tuple[str, ...]
        if foreign.name == "partnership" and "partner_id" in {other.column for other in model._meta.concrete_fields}:
            # The partner that reads the row is the partner of its partnership, not whom the writer likes.
            here, there, name = ("vendor_id", column, "partner_id"), ("vendor_id", "id", "partner_id"), "of_partner"
        else:
            here, there, name = ("vendor_id", column), ("vendor_id", "id"), "of_vendor"
        yield CompositeKey(f"{table}_{column}_{name}"[:63], here, target, there)


def _seen_keys(model: type[models.Model]) -> Iterator[tuple[str, str]]:
    if getattr(model, "pgh_tracked_model", None) is not None:
        return
    isolation, _ = _declaration_of(model)
    for foreign in model._meta.concrete_fields:
        if not isinstance(foreign, models.ForeignKey) or not getattr(foreign, "db_constraint", False):
            continue
        target = _declaration_of(foreign.related_model)[0]
        if isolation and isolation.arms and target and target.arms:
            yield str(foreign.column), foreign.related_model._meta.db_table


def apply(connection: BaseDatabaseWrapper) -> None:
    """Write policies, composite keys and append-only guards, as the owner of the tables. Idempotent."""
    existing = set(connection.introspection.table_names())
    tables = [table for table in declared_tables() if table.name in existing]
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        partitions.write(cursor, existing)
        if "platform_outboxevent" in existing:
            aging.write_function(cursor)
        write_bulk_function(cursor)
        statistics.write_function(cursor)
        cursor.execute(_REFUSE_CHANGE)
        cursor.execute(_REFUSE_HIDDEN)
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}")
        cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
        for target, columns in {(key.target, key.target_columns) for table in tables for key in table.keys}:
            suffix = "in_partner" if "partner_id" in columns else "in_vendor"
            _ensure_constraint(cursor, target, f"{target}_{suffix}", f"UNIQUE ({', '.join(columns)})")
        for table in tables:
            _write_policies(cursor, table)
            _write_guards(cursor, table)
            for key in table.keys:
                _ensure_constraint(cursor, table.name, key.name, key.clause)
        _fix_search_paths(cursor)


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


def _write_guards(cursor: CursorWrapper, table: TenantTable) -> None:
    cursor.execute(f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{table.name}" TO {APP_ROLE}')
    cursor.execute(f'DROP TRIGGER IF EXISTS comity_append_only ON "{table.name}"')
    if table.append_only:
        cursor.execute(f'REVOKE UPDATE, DELETE, TRUNCATE ON "{table.name}" FROM {APP_ROLE}')
        cursor.execute(
            f'CREATE TRIGGER comity_append_only BEFORE UPDATE OR DELETE ON "{table.name}"'
            " FOR EACH STATEMENT EXECUTE FUNCTION comity_refuse_change()"
        )
    if table.past_of:
        name = f"{table.name}_audit"[:63]
        columns = f"{table.past_of}, pgh_created_at, pgh_id"
        cursor.execute(f'CREATE INDEX IF NOT EXISTS "{name}" ON "{table.name}" ({columns})')
    for column, target in table.seen_keys:
        trigger = f"comity_seen_{column}"
        cursor.execute(f'DROP TRIGGER IF EXISTS "{trigger}" ON "{table.name}"')
        # After the row, so that an upsert which ends as an update is not asked about a row it never wrote.
        cursor.execute(
            f'CREATE TRIGGER "{trigger}" AFTER INSERT OR UPDATE OF "{column}" ON "{table.name}"'
            f" FOR EACH ROW EXECUTE FUNCTION comity_refuse_hidden('{column}', '{target}')"
        )


def _fix_search_paths(cursor: CursorWrapper) -> None:
    """Anybody may make a temporary table, and those are found first: a trigger would write its history into one, and a
    function with the owner's rights would run what stands behind it."""
    cursor.execute(
        "SELECT p.oid::regprocedure::text, p.prosecdef FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname = 'public' AND (p.prosecdef OR p.prorettype = 'trigger'::regtype)"
        " AND p.proowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
    )
    for function, definer in cursor.fetchall():
        cursor.execute(f"ALTER FUNCTION {function} SET search_path = {SEARCH_PATH}")
        if definer:
            cursor.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
            cursor.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {APP_ROLE}")


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


# Key checks ignore policies: a plain key accepts a row that its writer may not know of. The answer is the one that a
# row which does not exist gets. `public.` because anybody may make a temporary table of the same name.
_REFUSE_HIDDEN = """
CREATE OR REPLACE FUNCTION comity_refuse_hidden() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted uuid := (to_jsonb(NEW) ->> TG_ARGV[0])::uuid;
    seen boolean;
BEGIN
    IF wanted IS NULL OR current_user = pg_get_userbyid((SELECT relowner FROM pg_class WHERE oid = TG_RELID)) THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' AND (to_jsonb(OLD) ->> TG_ARGV[0])::uuid = wanted THEN
        RETURN NULL;
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I WHERE id = $1)', TG_ARGV[1]) INTO seen USING wanted;
    IF NOT seen THEN
        RAISE EXCEPTION '% of % refers to nothing that is to be seen here', TG_ARGV[0], TG_TABLE_NAME
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
"""
