"""`roles`: make Comity's roles and database on a PostgreSQL of your own."""

import argparse

from comity.cli.entry import say
from comity.platform.database_roles import DATABASE, create_roles


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which server, which database."""
    parser.add_argument("superuser_url", metavar="URL", help="of a superuser: postgresql://postgres:…@host/postgres")
    parser.add_argument("--database", default=DATABASE, help=f"name of the database (default: {DATABASE})")


def run(options: argparse.Namespace) -> int:
    """Make them, and print the two settings to keep. Passwords that existed are replaced."""
    urls = create_roles(options.superuser_url, database=options.database)
    say("The roles and the database are ready. Keep these two settings secret, and set them for Comity:")
    print(f"DATABASE_URL='{urls.app}'")
    print(f"DATABASE_OWNER_URL='{urls.owner}'")
    return 0
