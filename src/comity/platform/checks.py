"""What must hold before the server may answer: the right role, every policy, every migration."""

from __future__ import annotations

from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from comity.platform import isolation


def readiness(connection: BaseDatabaseWrapper) -> list[str]:
    """Why the server must not answer yet, one sentence each; empty when it may."""
    try:
        return role_problems(connection) + pending_migrations(connection)
    except DatabaseError as error:
        return [f"The database does not answer: {str(error).splitlines()[0]}"]


def role_problems(connection: BaseDatabaseWrapper) -> list[str]:
    """The server runs as comity_app, which owns nothing and bypasses nothing; as anyone else isolation is void."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, r.rolsuper, r.rolbypassrls,"
            " (SELECT count(*) FROM pg_class c WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p'))"
            " FROM pg_roles r WHERE r.rolname = current_user"
        )
        name, superuser, bypasses, owned = cursor.fetchone()
    if name == isolation.APP_ROLE and not superuser and not bypasses and not owned:
        return []
    return [
        f"The server connects as {name}, which could see every company's rows; it must be {isolation.APP_ROLE},"
        " a login that owns no table and bypasses no policy (see `comity roles`)."
    ]


def pending_migrations(connection: BaseDatabaseWrapper) -> list[str]:
    """Migrations that have not run here."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{len(plan)} migrations have not run; run `comity migrate`."] if plan else []


def after_migrate(connection: BaseDatabaseWrapper) -> list[str]:
    """What a migration left open: tables without declaration, policy or index."""
    return isolation.problems(connection)
