"""`test`: the whole suite, with everything that it needs."""

import argparse
import os
import sys
from typing import NoReturn

from comity.cli.assets import build_assets
from comity.cli.browser import VARIABLE, ensure_browser
from comity.cli.entry import say
from comity.cli.surroundings import child_environment
from comity.platform.home import REPOSITORY

PROCESSES = "2"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Everything goes to pytest."""


def run(options: argparse.Namespace) -> NoReturn:
    """Prepare assets and browser, then become pytest: its last line is the last, its status ours."""
    build_assets(say)
    environment = child_environment() | {VARIABLE: ensure_browser(say), "COMITY_HOME": _home_of_tests()}
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        environment.pop(name, None)
    command = [sys.executable, "-P", "-m", "pytest", *pytest_arguments(options.rest)]
    os.chdir(REPOSITORY)
    sys.stderr.flush()
    os.execve(sys.executable, command, environment)  # noqa: S606


def _home_of_tests() -> str:
    """The tests have a database of their own; settings are read before they could say so themselves."""
    return os.environ.get("COMITY_TEST_HOME", str(REPOSITORY / ".comity" / "test"))


def pytest_arguments(given: list[str]) -> list[str]:
    """Two processes, unless the caller says otherwise or wants to talk to the debugger."""
    own_choice = any(
        argument.startswith(("-n", "--numprocesses", "--dist", "--pdb")) or argument.endswith("no:xdist")
        for argument in given
    )
    return given if own_choice else ["-n", PROCESSES, *given]
