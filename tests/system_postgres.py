"""The system's own PostgreSQL (Debian's, for one), in a temporary folder: what an outside server looks like."""

import os
import pwd
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Self
from urllib.parse import quote

SUPERUSER = "admin"


@cache
def system_programs() -> Path | None:
    """The folder of initdb and pg_ctl that `pg_config --bindir` names, if they are there."""
    try:
        named = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
    return Path(named) if Path(named, "initdb").exists() else None


class SystemPostgres:
    """A throw-away server on a Unix socket in a folder that only its user can open. Never runs as root.

    with SystemPostgres() as server:
        psycopg.connect(server.url())
    """

    def __init__(self, *, locale: str = "C.UTF-8", encoding: str = "UTF8") -> None:
        programs = system_programs()
        assert programs is not None, "this machine has no PostgreSQL of its own"
        self.programs = programs
        self.locale = locale
        self.encoding = encoding
        self.folder = Path(mkdtemp(prefix="pg-"))
        self.data = self.folder / "data"

    def __enter__(self) -> Self:
        if os.geteuid() == 0:
            account = _server_account()
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        options = [f"--username={SUPERUSER}", f"--encoding={self.encoding}", f"--locale={self.locale}", "--auth=trust"]
        self.run("initdb", f"--pgdata={self.data}", "--no-sync", *options)
        self.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start the server; fsync is off, since nothing here must outlive the test."""
        listening = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off"
        self.run("pg_ctl", "start", "-w", f"-D{self.data}", f"-l{self.folder / 'log'}", "-o", listening)

    def stop(self) -> None:
        """Stop the server at once."""
        self.run("pg_ctl", "stop", "-w", "-mimmediate", f"-D{self.data}")

    def url(self, database: str = "postgres") -> str:
        """How the superuser reaches it."""
        return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self.folder), safe='')}"

    @property
    def version(self) -> int:
        """The major version."""
        return int((self.data / "PG_VERSION").read_text())

    def run(self, program: str, *arguments: str) -> None:
        """Run one of the server's programs as the server's user."""
        identity: dict[str, object] = {}
        if os.geteuid() == 0:
            account = _server_account()
            identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        subprocess.run(
            [self.programs / program, *arguments],
            cwd="/",
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "errors").open("w"),
            check=True,
            **identity,
        )


def _server_account() -> pwd.struct_passwd:
    for name in ("postgres", "comity-postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise AssertionError("there is no user for the server to run as")
