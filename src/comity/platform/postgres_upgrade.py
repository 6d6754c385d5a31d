"""Moving the embedded database to a newer major version of PostgreSQL, which cannot open an older one's directory.

The old server must serve the directory once more, so its programs must be on this machine. Its data are dumped by the
new programs and restored into a new directory, which takes the old one's place when everything is in it.
"""

import os
import shutil
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from comity.platform import postgres
from comity.platform.database_roles import DATABASE
from comity.platform.home import Home, Report, SetupError
from comity.platform.postgres_cluster import Cluster
from comity.platform.postgres_tools import run_tool

OLD_PROGRAMS: Final = "COMITY_OLD_POSTGRES"
"""The environment variable that names the folder, above `bin`, of the old version's programs."""

_PLACES: Final = (
    "/usr/lib/postgresql/{version}",
    "/usr/pgsql-{version}",
    "/usr/local/opt/postgresql@{version}",
    "/opt/homebrew/opt/postgresql@{version}",
)


def upgrade(home: Home, report: Report) -> bool:
    """Move the data over if an older major version wrote them; says whether it did. Raises SetupError."""
    with postgres.transition(home):
        here = postgres.cluster(home)
        old = here.version()
        if old is None or old == (new := here.own_version()):
            return False
        if old > new:
            raise SetupError(
                f"The database in {here.data} is of PostgreSQL {old}, newer than the {new} that this Comity brings:"
                " use the Comity that wrote it."
            )
        if here.is_running():
            raise SetupError(f"A PostgreSQL {old} is serving {here.data}: stop it first.")
        before = Cluster(data=here.data, programs=_programs_of(old), sockets=here.sockets)
        dump = home.path / "upgrade.dump"
        try:
            report(f"Reading the data of PostgreSQL {old}")
            _dump(before, home, dump)
            report(f"Writing them with PostgreSQL {new}")
            _swap(home, _restored(home, dump), kept=home.path / f"pg-{old}-before-upgrade")
        finally:
            dump.unlink(missing_ok=True)
        report(f"Done. The old directory stays in {home.path / f'pg-{old}-before-upgrade'} until you delete it")
    return True


def _programs_of(version: int) -> Path:
    named = os.environ.get(OLD_PROGRAMS)
    for place in [named] if named else [place.format(version=version) for place in _PLACES]:
        if Path(place, "bin", "postgres").exists():
            return Path(place)
    raise SetupError(
        f"The database was written by PostgreSQL {version}, whose programs are needed once more and were not found:"
        f" install PostgreSQL {version}, or set {OLD_PROGRAMS} to the folder that holds its bin/."
    )


def _dump(before: Cluster, home: Home, dump: Path) -> None:
    before.start()
    try:
        url = urlsplit(postgres.superuser_url(home))._replace(path=f"/{DATABASE}").geturl()
        run_tool("pg_dump", "--format=custom", f"--file={dump}", url=url)
    finally:
        before.stop()


def _restored(home: Home, dump: Path) -> Cluster:
    """A cluster of our own version beside the old one, with the dump in it; stopped."""
    here = postgres.cluster(home)
    fresh = Cluster(data=home.path / "pg.next", programs=here.programs, sockets=here.sockets)
    shutil.rmtree(fresh.data, ignore_errors=True)
    postgres.initialise(home, fresh)
    fresh.start()
    try:
        postgres.furnish(home, fresh)
        url = urlsplit(postgres.superuser_url(home))._replace(path=f"/{DATABASE}").geturl()
        run_tool("pg_restore", "--exit-on-error", "--single-transaction", str(dump), url=url)
    finally:
        fresh.stop()
    return fresh


def _swap(home: Home, fresh: Cluster, *, kept: Path) -> None:
    if kept.exists():
        raise SetupError(f"{kept} is in the way: it is left from an earlier upgrade; delete or move it.")
    home.database.rename(kept)
    fresh.data.rename(home.database)
