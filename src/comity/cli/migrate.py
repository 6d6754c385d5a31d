"""`migrate`: bring the database up to this version of Comity and of PostgreSQL."""

import argparse
from io import StringIO

import psycopg

from comity.cli.entry import say
from comity.cli.surroundings import close_connections, use_django
from comity.platform import postgres
from comity.platform.database_roles import check_locale, check_version, prepare_database
from comity.platform.home import Home, Report, SetupError
from comity.platform.postgres_upgrade import upgrade

ONE_AT_A_TIME = 7_266_489  # the advisory lock of a migration: any number that nobody else takes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None so far."""


def run(options: argparse.Namespace) -> int:
    """Upgrade the data directory if an older PostgreSQL wrote it, then migrate."""
    home = Home.from_environment()
    upgrade_if_needed(home, say)
    with postgres.running(home, say):
        use_django()
        try:
            migrate(home, say)
        finally:
            close_connections()
    say("The database is up to date")
    return 0


def upgrade_if_needed(home: Home, report: Report) -> None:
    """Move the data over when an older major version of the embedded PostgreSQL wrote them."""
    if postgres.is_embedded():
        upgrade(home, report)


def migrate(home: Home, report: Report, *, verbosity: int = 1) -> None:
    """Migrate as comity_owner, then run the checks on what came out. One at a time on a database.

    Needs the database to run and Django to be loaded.
    """
    from django.core.management import call_command
    from django.db import connections

    from comity.platform.checks import after_migrate
    from comity.platform.migrating import migrate_tables

    owner = postgres.connection_urls(home).owner
    if owner is None:
        raise SetupError("Migrating needs the owner of the tables: set DATABASE_OWNER_URL.")
    with psycopg.connect(owner, autocommit=True) as guard:
        check_version(guard)
        check_locale(guard)
        guard.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
        prepare_database(guard)
        report("Migrating the database")
        migrate_tables(verbosity=verbosity)
        call_command("check", databases=["owner"], stdout=StringIO())  # raises what it finds; its praise is noise
        if findings := after_migrate(connections["owner"]):
            raise SetupError("The migration left tables without isolation: " + " ".join(findings))
