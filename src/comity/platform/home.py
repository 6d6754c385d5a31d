"""The home of an installation: one folder that holds the database, the uploads, the logs and the secrets."""

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[3]
"""The folder that holds the `comity` script, the lock files and `src/`."""

Report = Callable[[str], None]
"""Takes one sentence about a step that may take long."""


def say_nothing(_sentence: str) -> None:
    """The report of a caller that does not want any."""


class SetupError(Exception):
    """Something about this machine or its settings stops Comity. The text says what, and what to do."""


@dataclass(frozen=True)
class Home:
    """Where an installation keeps everything that must outlive it. Back up this folder and you have it all."""

    path: Path

    @classmethod
    def from_environment(cls) -> "Home":
        """The home named by `COMITY_HOME`, else `.comity` beside the `comity` script."""
        named = os.environ.get("COMITY_HOME")
        return cls(Path(os.path.abspath(Path(named).expanduser())) if named else REPOSITORY / ".comity")

    @property
    def database(self) -> Path:
        """The data directory of the embedded PostgreSQL."""
        return self.path / "pg"

    @property
    def files(self) -> Path:
        """Uploaded files."""
        return self.path / "files"

    @property
    def logs(self) -> Path:
        """Logs of the server and its workers."""
        return self.path / "logs"

    def create(self) -> None:
        """Make the folders that are missing.

        The home itself may be passed through by others but not listed: as root, the database runs as a user of its
        own and must reach its folder inside. Everything in it is closed.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        if self.path.stat().st_mode & 0o777 != self._mode():
            self.path.chmod(self._mode())
        for folder in (self.files, self.logs):
            folder.mkdir(mode=0o700, exist_ok=True)

    def is_empty(self) -> bool:
        """Whether nothing worth keeping is here yet: no database and no uploaded file."""
        has_files = self.files.is_dir() and any(self.files.iterdir())
        return not has_files and not (self.database / "PG_VERSION").exists()

    def secret_key(self) -> str:
        """The key that signs sessions and tokens; made once. `COMITY_SECRET_KEY` overrides it."""
        given = os.environ.get("COMITY_SECRET_KEY")
        return given or self.keep("secret_key", lambda: secrets.token_urlsafe(48))

    def keep(self, name: str, make: Callable[[], str]) -> str:
        """The text kept under a name, readable by this user only; made by the first of several processes to ask."""
        target = self.path / name
        for _attempt in range(2):
            try:
                return target.read_text(encoding="utf-8")
            except FileNotFoundError:
                self.create()
            draft = self.path / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(make())
            try:
                os.link(draft, target)  # fails if another process was first, and never shows a half-written file
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return target.read_text(encoding="utf-8")

    def keep_values(self, name: str, make: Callable[[], dict[str, str]]) -> dict[str, str]:
        """As `keep`, for several values together."""
        values: dict[str, str] = json.loads(self.keep(name, lambda: json.dumps(make(), indent=1)))
        return values

    @staticmethod
    def _mode() -> int:
        return 0o711 if os.geteuid() == 0 else 0o700
