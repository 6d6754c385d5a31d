"""One PostgreSQL data directory and the server on it: initialise, start, stop, recover.

PostgreSQL refuses to run as root. As root, the server runs as a system user of its own, which is made when missing and
owns the data directory and the folder of the socket, and nothing else.
"""

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import psutil

from comity.platform.home import SetupError

SYSTEM_USER: Final = "comity-postgres"
PORT: Final = 5432  # only part of the socket's name: the server listens on no network address
_START_TIMEOUT: Final = 120  # seconds; replaying the log after a crash takes long on a slow disk
_STOP_TIMEOUT: Final = 60

# For two cores and a gigabyte to spare; a machine of its own deserves an outside PostgreSQL tuned for it.
SETTINGS: Final = """\
listen_addresses = ''
port = {port}
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
password_encryption = scram-sha-256
max_connections = 100
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 16MB
maintenance_work_mem = 128MB
random_page_cost = 1.1
jit = off
max_parallel_workers_per_gather = 1
max_locks_per_transaction = 256
wal_compression = off
max_wal_size = 4GB
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9
timezone = 'UTC'
log_timezone = 'UTC'
logging_collector = on
log_directory = 'log'
log_filename = 'postgres-%a.log'
log_truncate_on_rotation = on
log_rotation_age = 1d
log_rotation_size = 0
log_min_duration_statement = 1s
log_lock_waits = on
"""


@dataclass(frozen=True)
class Cluster:
    """A data directory, the programs that serve it and the folder of its socket."""

    data: Path
    programs: Path
    sockets: Path

    def version(self) -> int | None:
        """The major version that wrote the data directory; None when there is none."""
        try:
            return int((self.data / "PG_VERSION").read_text())
        except FileNotFoundError:
            return None

    def own_version(self) -> int:
        """The major version of the programs."""
        return _version_of(self._program("postgres"))

    def require_own_version(self) -> None:
        """Raises SetupError when another major version wrote the data directory."""
        if (found := self.version()) != (own := self.own_version()):
            raise SetupError(
                f"The database in {self.data} is of PostgreSQL {found}, and this Comity brings {own}:"
                " run ./comity migrate, which moves the data over."
            )

    def initialise(self, *, superuser: str, password: str) -> None:
        """Make the data directory: all of it, or nothing if interrupted."""
        workshop = self.data.with_name(self.data.name + ".new")
        shutil.rmtree(workshop, ignore_errors=True)  # left by an interrupted attempt
        self._make_folder(workshop)
        secret = workshop / "password"
        secret.touch(mode=0o600)
        self._give(secret)
        secret.write_text(password)
        self._run(
            "initdb",
            f"--pgdata={workshop / 'data'}",
            f"--username={superuser}",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            *self._locale_options(),
            "--no-instructions",
        )
        with (workshop / "data" / "postgresql.conf").open("a") as settings:
            settings.write("\ninclude_if_exists 'comity.conf'  # written by Comity at each start\n")
            settings.write("include_if_exists 'local.conf'   # yours: what is set there wins\n")
        (workshop / "data" / "pg_hba.conf").write_text("local all all scram-sha-256\n")
        (workshop / "data").rename(self.data)
        shutil.rmtree(workshop)

    def is_running(self) -> bool:
        """Whether a server is running on the data directory."""
        return self._postmaster() is not None

    def start(self) -> bool:
        """Start the server unless it runs, wait until it answers, and say whether it had to be started.

        Raises SetupError with the server's own words.
        """
        deadline = time.monotonic() + _START_TIMEOUT
        started = False
        while True:
            if not self.is_running():
                words = self._start_once()
                started = True
            elif self.answers():
                return started
            else:
                words = "It is still starting up."  # after a crash, say, or it is about to die of a SIGKILL
            # After a SIGKILL the server's children need a moment to notice and let go of its memory.
            if words and ("still starting" not in words and "shared memory block" not in words):
                raise SetupError(f"The database does not start. It says: {last_lines(words)}")
            if time.monotonic() > deadline:
                raise SetupError(f"The database did not start in {_START_TIMEOUT} s. It says: {last_lines(words)}")
            if words:
                time.sleep(0.1)

    def answers(self) -> bool:
        """Whether the server takes connections."""
        asked = [self._program("pg_isready"), "--quiet", f"--host={self.sockets}", f"--port={PORT}"]
        return subprocess.run(asked, check=False).returncode == 0  # noqa: S603

    def _start_once(self) -> str:
        """Try to start the server; what it says if it does not."""
        self._make_folder(self.sockets)
        self._write_settings()
        self._clear_stale_locks()
        log = self.data / "start.log"
        log.unlink(missing_ok=True)
        try:
            self._run("pg_ctl", "start", "-w", f"-t{_START_TIMEOUT}", f"-D{self.data}", f"-l{log}")
        except SetupError as failure:
            return log.read_text(errors="replace") if log.exists() else str(failure)
        return ""

    def stop(self) -> None:
        """Stop the server: transactions under way are rolled back, what was committed is kept."""
        if self.is_running():
            self._run("pg_ctl", "stop", "-w", "-mfast", f"-t{_STOP_TIMEOUT}", f"-D{self.data}")

    def _program(self, name: str) -> str:
        return str(self.programs / "bin" / name)

    def _locale_options(self) -> list[str]:
        if self.own_version() >= 17:
            return ["--locale-provider=builtin", "--locale=C.UTF-8"]
        return ["--locale=C.UTF-8"]

    def _run(self, program: str, *arguments: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
        identity: dict[str, object] = {}
        if os.geteuid() == 0:
            self._let_server_in()
            account = _server_account()
            identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        with tempfile.TemporaryFile("w+") as errors:  # a pipe would stay open as long as the server that inherits it
            done = subprocess.run(  # type: ignore[call-overload]  # noqa: S603
                [self._program(program), *arguments],
                cwd=self.data.anchor,
                env=environment | {"LC_ALL": "C", "HOME": self.data.anchor},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                **identity,
            )
            if done.returncode != 0:
                errors.seek(0)
                raise SetupError(f"{program} failed: {last_lines(errors.read())}")

    def _write_settings(self) -> None:
        folder = str(self.sockets).replace('"', '""').replace("'", "''")
        target = self.data / "comity.conf"
        target.write_text(SETTINGS.format(port=PORT, sockets=f'"{folder}"'))
        self._give(target)

    def _postmaster(self) -> psutil.Process | None:
        """The server's first process, if the pid file names one that truly serves this directory."""
        return self._server_named_in(self.data / "postmaster.pid")

    def _server_named_in(self, lock: Path) -> psutil.Process | None:
        try:
            process = psutil.Process(abs(int(lock.read_text().splitlines()[0])))
            serves = process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()).samefile(self.data)
        except (OSError, ValueError, IndexError, psutil.Error):
            return None
        return process if serves else None

    def _clear_stale_locks(self) -> None:
        """Remove lock files whose process id now belongs to somebody else, which PostgreSQL would take for a server.

        A lock file whose process is gone stays: PostgreSQL reads from it whether old children still use the memory.
        """
        for lock in (self.data / "postmaster.pid", self.sockets / f".s.PGSQL.{PORT}.lock"):
            try:
                named = abs(int(lock.read_text().splitlines()[0]))
            except FileNotFoundError:
                continue
            except (ValueError, IndexError):
                named = 0  # an empty file is what a full disk or a power cut leaves
            if self._server_named_in(lock) is None and (named == 0 or psutil.pid_exists(named)):
                lock.unlink(missing_ok=True)

    def _let_server_in(self) -> None:
        """As root: let the server's user pass through to the data directory, the socket and the programs."""
        for folder in {*self.data.parents, *self.programs.parents, *self.sockets.parents}:
            if folder.exists() and not folder.stat().st_mode & stat.S_IXOTH:
                folder.chmod(folder.stat().st_mode | stat.S_IXOTH)  # to pass through; not to list
        probe = self.programs / "share" / "postgres.bki"
        if probe.exists() and not probe.stat().st_mode & stat.S_IROTH:
            _open_to_all(self.programs)

    def _make_folder(self, folder: Path) -> None:
        """A folder of the server's user that nobody else can open."""
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        trusted = {os.geteuid()} | ({_server_account().pw_uid} if os.geteuid() == 0 else set())
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in trusted:
            raise SetupError(f"{folder} belongs to somebody else; remove it, or set COMITY_HOME to a shorter path.")
        folder.chmod(0o700)
        self._give(folder)

    def _give(self, path: Path) -> None:
        if os.geteuid() == 0:
            account = _server_account()
            os.chown(path, account.pw_uid, account.pw_gid)


@cache
def _version_of(program: str) -> int:
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)  # noqa: S603
    return int(answer.stdout.split()[2].split(".")[0])


@cache
def _server_account() -> pwd.struct_passwd:
    """The system user that the server runs as when Comity runs as root."""
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell=/usr/sbin/nologin", SYSTEM_USER]
    try:
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603
        return pwd.getpwnam(SYSTEM_USER)
    except (OSError, subprocess.CalledProcessError, KeyError):
        raise SetupError(
            f"PostgreSQL refuses to run as root, and the system user {SYSTEM_USER} cannot be made:"
            " make it, run Comity as a normal user, or set DATABASE_URL."
        ) from None


def _open_to_all(folder: Path) -> None:
    """Let everybody read the programs: installed under a strict umask, only root could."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if path.is_dir() or mode & stat.S_IXUSR else 0))


def last_lines(words: str) -> str:
    """What a program said last, on one line."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return " / ".join(lines[-3:]) or "nothing"
