"""The two database roles of Comity, made on any PostgreSQL from 15 on.

`comity_owner` owns the database and its tables: it migrates, dumps and restores. `comity_app` logs in for everything
else; it owns nothing, is a member of nothing and can bypass no policy.
"""

import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, LiteralString
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from comity.platform.home import SetupError

OWNER_ROLE: Final = "comity_owner"
APP_ROLE: Final = "comity_app"
DATABASE: Final = "comity"
OLDEST_VERSION: Final = 15
EXTENSIONS: Final = ("pg_trgm", "btree_gist")
"""Made in every database of ours. PostgreSQL trusts both, so that an owner may make them in a test database too."""

# A request that takes longer than this has lost its reader; imports and jobs lift the first limit for themselves.
STATEMENT_TIMEOUT: Final = "30s"
IDLE_IN_TRANSACTION_TIMEOUT: Final = "60s"

_CREATE_OWNER: LiteralString = "CREATE ROLE comity_owner"
_CREATE_APP: LiteralString = "CREATE ROLE comity_app"
_OWNER_RIGHTS: LiteralString = (
    "ALTER ROLE comity_owner LOGIN CREATEDB NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS"
)
_APP_RIGHTS: LiteralString = (
    "ALTER ROLE comity_app LOGIN NOCREATEDB NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT"
)
_DEFAULTS: tuple[LiteralString, ...] = (
    "ALTER DEFAULT PRIVILEGES FOR ROLE comity_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO comity_app",
    "ALTER DEFAULT PRIVILEGES FOR ROLE comity_owner GRANT USAGE ON SEQUENCES TO comity_app",
    "ALTER DEFAULT PRIVILEGES FOR ROLE comity_owner GRANT EXECUTE ON FUNCTIONS TO comity_app",
)


type Connection = psycopg.Connection[tuple[object, ...]]


class UnfitServer(SetupError):
    """The PostgreSQL server cannot hold Comity's data."""


@dataclass(frozen=True)
class DatabaseUrls:
    """How the two roles reach the database. `owner` is missing where only the application was given."""

    app: str
    owner: str | None


def create_roles(
    superuser_url: str,
    *,
    owner_password: str | None = None,
    app_password: str | None = None,
    database: str = DATABASE,
) -> DatabaseUrls:
    """Make both roles, the database and the grants, and say how to reach them. Raises UnfitServer.

    `superuser_url` names any database of the server. What is there already is put right; a password that is not given
    is made anew.
    """
    owner_password = owner_password or secrets.token_urlsafe(24)
    app_password = app_password or secrets.token_urlsafe(24)
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        check_version(connection)
        _make_role(connection, OWNER_ROLE, _CREATE_OWNER, _OWNER_RIGHTS, owner_password)
        _make_role(connection, APP_ROLE, _CREATE_APP, _APP_RIGHTS, app_password)
        _limit_app(connection)
        _let_keys_be_checked_by_sets(connection)
        make_database(connection, database)
    with psycopg.connect(superuser_url, autocommit=True, dbname=database) as connection:
        check_locale(connection)
        prepare_database(connection)
    place = conninfo_to_dict(superuser_url)
    host, port = str(place.get("host") or ""), place.get("port")
    return DatabaseUrls(
        app=url_for(APP_ROLE, app_password, host=host, port=port, database=database),
        owner=url_for(OWNER_ROLE, owner_password, host=host, port=port, database=database),
    )


def url_for(role: str, password: str, *, host: str, port: str | int | None = None, database: str = DATABASE) -> str:
    """A URL for a role; the host may be the folder of a Unix socket."""
    place = urlencode({"host": host} | ({"port": str(port)} if port else {}), quote_via=quote)
    return f"postgresql://{role}:{quote(password, safe='')}@/{quote(database, safe='')}?{place}"


def make_database(connection: Connection, database: str) -> None:
    """Make a database of comity_owner that nobody enters but the two roles. Runs as a superuser or as comity_owner."""
    name = sql.Identifier(database)
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone() is None:
        utf8: LiteralString = " OWNER comity_owner ENCODING 'UTF8'"
        if connection.info.server_version >= 170000:
            utf8 += " TEMPLATE template0 LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C.UTF-8'"
        else:
            utf8 += " TEMPLATE template0 LOCALE 'C.UTF-8'"
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name) + sql.SQL(utf8))
    connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO comity_owner").format(name))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    connection.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO comity_app").format(name))


def prepare_database(connection: Connection) -> None:
    """Extensions and default privileges of one database, so that what comity_owner makes there comity_app may use.

    Runs as comity_owner (in a test database, say) or as a superuser; repeating it changes nothing.
    """
    for extension in EXTENSIONS:
        connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
    for statement in _DEFAULTS:
        connection.execute(statement)
    connection.execute("GRANT USAGE ON SCHEMA public TO comity_app")


def check_version(connection: Connection) -> None:
    """Raises UnfitServer when the server is older than the oldest version we support."""
    major = connection.info.server_version // 10000
    if major < OLDEST_VERSION:
        raise UnfitServer(f"PostgreSQL {OLDEST_VERSION} or newer is needed; this server is version {major}.")


def check_locale(connection: Connection) -> None:
    """Raises UnfitServer unless the database is UTF-8 with a locale that knows letters beyond ASCII."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise UnfitServer(f"The database must be encoded in UTF-8; this one is in {encoding}.")
    row = connection.execute("SELECT lower('Ä') = 'ä'").fetchone()
    if row is None or not row[0]:
        raise UnfitServer("The database's locale must know letters beyond ASCII (C.UTF-8 does); create it with such.")


def _make_role(
    connection: Connection,
    role: str,
    create: LiteralString,
    rights: LiteralString,
    password: str,
) -> None:
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
        connection.execute(create)
    connection.execute(rights)
    connection.execute("SET password_encryption = 'scram-sha-256'")
    connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password)))


def _let_keys_be_checked_by_sets(connection: Connection) -> None:
    """Give the right that the one function for bulk loads works with (platform/bulk.py); loads are slower without."""
    with suppress(psycopg.errors.InsufficientPrivilege):  # a rented server whose administrator is no superuser
        connection.execute("GRANT SET ON PARAMETER session_replication_role TO comity_owner")


def _limit_app(connection: Connection) -> None:
    memberships = connection.execute(
        "SELECT g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid"
        " JOIN pg_roles r ON r.oid = m.member WHERE r.rolname = 'comity_app'"
    ).fetchall()
    for (group,) in memberships:
        connection.execute(sql.SQL("REVOKE {} FROM comity_app").format(sql.Identifier(str(group))))
    for setting, value in (
        ("statement_timeout", STATEMENT_TIMEOUT),
        ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION_TIMEOUT),
        ("jit", "off"),  # compiling a plan costs more than it saves on queries of pages and imports
    ):
        connection.execute(
            sql.SQL("ALTER ROLE comity_app SET {} = {}").format(sql.Identifier(setting), sql.Literal(value))
        )
