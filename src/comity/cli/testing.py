"""`test`: the whole suite, with everything that it needs."""

import argparse
import os
import shutil
import sys
import zlib
from pathlib import Path
from typing import Final, NoReturn

from comity.cli.assets import build_assets
from comity.cli.browser import VARIABLE, ensure_browser
from comity.cli.entry import say
from comity.cli.surroundings import child_environment
from comity.platform.home import REPOSITORY

PROCESSES: Final = "2"
MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it, for our own eyes
ROOM: Final = 4 << 30  # bytes that must be free there; a run takes up to two gigabytes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Everything goes to pytest."""


def run(options: argparse.Namespace) -> NoReturn:
    """Prepare assets and browser, then become pytest: its last line is the last, its status ours."""
    build_assets(say)
    place = place_of_tests()
    home = os.environ.get("COMITY_TEST_HOME", str(place / "test"))
    environment = child_environment() | {VARIABLE: ensure_browser(say), "COMITY_HOME": home, "COMITY_TEST_HOME": home}
    if place.is_relative_to(MEMORY):
        environment.setdefault("PYTEST_DEBUG_TEMPROOT", str(place))  # pytest's own name for where tmp_path is
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        environment.pop(name, None)
    command = [sys.executable, "-P", "-m", "pytest", *pytest_arguments(options.rest)]
    os.chdir(REPOSITORY)
    sys.stderr.flush()
    os.execve(sys.executable, command, environment)  # noqa: S606


def place_of_tests() -> Path:
    """A folder for the database of the tests and what they write, in memory where there is room.

    Each test that commits has a database of its own, two thousand small files; a disk that others are using takes
    seconds to make them.
    """
    try:
        if shutil.disk_usage(MEMORY).free >= ROOM:
            place = MEMORY / f"comity-{os.getuid()}-{zlib.crc32(str(REPOSITORY).encode()):08x}"
            place.mkdir(mode=0o700, exist_ok=True)
            if not place.is_symlink() and place.stat().st_uid == os.getuid():
                return place
    except OSError:
        pass  # no such disk, or not for us
    return REPOSITORY / ".comity"


def pytest_arguments(given: list[str]) -> list[str]:
    """Two processes, unless the caller says otherwise or wants to talk to the debugger."""
    own_choice = any(
        argument.startswith(("-n", "--numprocesses", "--dist", "--pdb")) or argument.endswith("no:xdist")
        for argument in given
    )
    return given if own_choice else ["-n", PROCESSES, *given]
