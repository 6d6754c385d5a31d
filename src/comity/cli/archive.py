"""A backup is one tar file: a manifest, a `pg_dump` archive, the uploaded files and the secret key."""

import json
import os
import tarfile
import tomllib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import psycopg

from comity.cli.database_swap import DatabaseSwap
from comity.platform import postgres
from comity.platform.home import REPOSITORY, Home, SetupError
from comity.platform.postgres_tools import run_tool

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
DUMP: Final = "database.dump"
FILES: Final = "files"
SECRET_KEY: Final = "secret_key"  # noqa: S105 - the name of a file


@dataclass(frozen=True)
class Manifest:
    """What a backup says about itself."""

    format: int
    comity: str
    postgresql: int
    made_at: str


def owner_url(home: Home) -> str:
    """How the owner of the tables reaches them. Raises SetupError where nobody said."""
    url = postgres.connection_urls(home).owner
    if url is None:
        raise SetupError("This needs the owner of the tables: set DATABASE_OWNER_URL.")
    return url


def write_backup(home: Home, target: Path) -> int:
    """Write the backup and return its size in bytes. The database is read as of one moment, then the files.

    Uploaded files are written once and never changed, so those that the dump knows are all there.
    """
    part = target.with_name(target.name + ".part")
    with TemporaryDirectory(dir=target.parent, prefix=".comity-") as folder:
        dump = Path(folder) / DUMP
        run_tool("pg_dump", "--format=custom", f"--file={dump}", url=owner_url(home))
        manifest = Path(folder) / MANIFEST
        manifest.write_text(json.dumps(asdict(_manifest_of(home)), indent=1))
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            with tarfile.open(fileobj=stream, mode="w") as archive:
                archive.add(manifest, MANIFEST)  # first, so that a reader need not go through the rest
                archive.add(dump, DUMP)
                if (home.path / SECRET_KEY).exists():
                    archive.add(home.path / SECRET_KEY, SECRET_KEY)
                if home.files.is_dir():
                    archive.add(home.files, FILES)
            stream.flush()
            os.fsync(stream.fileno())
    part.rename(target)
    return target.stat().st_size


def read_manifest(source: Path) -> Manifest:
    """What a file says about itself. Raises SetupError when it is no backup that this version can read."""
    try:
        with tarfile.open(source) as archive:
            stream = archive.extractfile(MANIFEST)
            manifest = Manifest(**json.load(stream)) if stream else None
    except (OSError, tarfile.TarError, KeyError, ValueError, TypeError) as failure:
        raise SetupError(f"{source} is not a backup of Comity ({failure}).") from None
    if manifest is None or manifest.format != FORMAT:
        raise SetupError(f"{source} has a form that this version of Comity does not know.")
    if _numbers(manifest.comity) > _numbers(_own_version()):
        raise SetupError(f"{source} was made by Comity {manifest.comity}; this is {_own_version()}: update it first.")
    return manifest


def holds_data(home: Home) -> bool:
    """Whether there is anything that a restore would replace."""
    if home.files.is_dir() and any(home.files.iterdir()):
        return True
    with psycopg.connect(owner_url(home)) as connection:
        found = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    return bool(found and found[0])


def restore_backup(home: Home, source: Path) -> None:
    """Put everything of a backup in place. Until the very end nothing that was there is touched.

    The dump goes into a database of its own, the files into a folder of their own; then both change names.
    """
    home.create()
    with TemporaryDirectory(dir=home.path, prefix=".restore-") as name:
        folder = Path(name)
        _extract(source, folder)
        fresh = DatabaseSwap(owner_url(home))
        fresh.restore(folder / DUMP)
        try:
            _swap_files(home, folder, then=fresh.put_in_place)
        except BaseException:
            fresh.discard()
            raise


def _extract(source: Path, folder: Path) -> None:
    try:
        with tarfile.open(source) as archive:
            archive.extractall(folder, filter="data")  # which refuses paths and links that lead outside
    except (OSError, tarfile.TarError) as failure:
        raise SetupError(f"{source} cannot be unpacked: {failure}") from None
    if not (folder / DUMP).is_file():
        raise SetupError(f"{source} is incomplete: it holds no database.")
    (folder / FILES).mkdir(exist_ok=True)


def _swap_files(home: Home, folder: Path, *, then: Callable[[], None]) -> None:
    """Exchange the folder of files, do the rest, and go back if the rest fails. What was there dies with `folder`."""
    former = folder / "replaced"
    home.files.rename(former)
    try:
        (folder / FILES).rename(home.files)
        home.files.chmod(0o700)
        then()
    except BaseException:
        if home.files.exists():
            home.files.rename(folder / "unused")
        former.rename(home.files)
        raise
    if (folder / SECRET_KEY).exists():
        os.replace(folder / SECRET_KEY, home.path / SECRET_KEY)


def _manifest_of(home: Home) -> Manifest:
    with psycopg.connect(owner_url(home)) as connection:
        major = connection.info.server_version // 10000
    return Manifest(FORMAT, _own_version(), major, datetime.now(UTC).isoformat(timespec="seconds"))


def _own_version() -> str:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    return str(project["project"]["version"])


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
