"""What must hold before the server may answer: the right role, every policy, every migration."""

from __future__ import annotations

from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from comity.platform import catalogue, isolation
from comity.platform.home import SetupError

_migrated: set[str] = set()
"""Databases seen with every migration: looking again is expensive, and none is taken back under a server."""


def refuse_other_roles() -> None:
    """Raises SetupError unless this process reaches the database as comity_app: nobody else may serve."""
    for alias in ("default", "outside"):
        try:
            found = role_problems(connections[alias])
        except DatabaseError as error:
            raise SetupError(f"The database does not answer: {str(error).splitlines()[0]}") from error
        finally:
            connections[alias].close()
        if found:
            raise SetupError(" ".join(found))


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
            "SELECT session_user, r.rolsuper, r.rolbypassrls, r.rolcreaterole,"
            " (SELECT count(*) FROM pg_class c WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p')"
            "   AND c.relpersistence <> 't'),"
            " (SELECT count(*) FROM pg_auth_members m WHERE m.member = r.oid)"
            " FROM pg_roles r WHERE r.rolname = session_user AND session_user = current_user"
        )
        row = cursor.fetchone()
    if row is not None and row[0] == isolation.APP_ROLE and not any(row[1:]):
        return []
    return [
        f"The server connects as {row[0] if row else 'a role put on by another'}, which could see every company's rows;"
        f" it must be {isolation.APP_ROLE}, a login that owns no table, belongs to no other role and bypasses no policy"
        " (see `comity roles`)."
    ]


def pending_migrations(connection: BaseDatabaseWrapper) -> list[str]:
    """Migrations that have not run here."""
    name = str(connection.settings_dict["NAME"])
    if name in _migrated:
        return []
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        return [f"{len(plan)} migrations have not run; run `comity migrate`."]
    _migrated.add(name)
    return []


def after_migrate(connection: BaseDatabaseWrapper) -> list[str]:
    """What a migration left open: tables without declaration, policy or index."""
    return catalogue.problems(connection)
