"""PostgreSQL's client programs: pg_dump, pg_restore."""

import os
import subprocess
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from comity.platform import postgres
from comity.platform.home import SetupError
from comity.platform.postgres_cluster import last_lines


def run_tool(name: str, *arguments: str, url: str) -> None:
    """Run a client program on a database. The password goes by the environment, where other users cannot read it.

    Raises SetupError with the last words of the program.
    """
    place = conninfo_to_dict(url)
    secret = str(place.pop("password", ""))
    done = subprocess.run(  # noqa: S603
        [
            postgres.tool(name),
            *arguments,
            f"--dbname={make_conninfo(**{name: str(value) for name, value in place.items()})}",
        ],
        env=os.environ | {"PGPASSWORD": secret, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise SetupError(f"{name} failed: {last_lines(done.stderr)}")


def table_of_contents(dump: Path) -> list[str]:
    """What a dump holds, a line each, in the form that pg_restore takes back with `--use-list`."""
    listing = [str(postgres.tool("pg_restore")), "--list", str(dump)]
    done = subprocess.run(listing, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise SetupError(f"The database archive cannot be read: {last_lines(done.stderr)}")
    return done.stdout.splitlines()
