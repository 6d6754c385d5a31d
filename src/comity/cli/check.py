"""`check`: style, types, layers, migrations and lock files; a line each."""

import argparse
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Final

from comity.cli.surroundings import child_environment
from comity.platform.home import REPOSITORY

#: A lock file that names a registry works only for those who can reach that one.
ADDRESS: Final = re.compile(r"--(extra-)?index-url|--find-links|\bhttps?://", re.IGNORECASE)
#: The program `lint-imports` as a module: the installed script names the folder that it was installed in.
LINT_IMPORTS: Final = "from importlinter.cli import lint_imports_command as lint; lint()"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Repair instead of complaining, where that is safe."""
    parser.add_argument("--fix", action="store_true", help="repair style first, as far as that is safe")


def run(options: argparse.Namespace) -> int:
    """Run every check, even when an earlier one complains. Status 1 when any does."""
    if options.fix:
        _python("ruff", "check", "--fix", "--quiet", ".")
        _python("ruff", "format", "--quiet", ".")
    failed = 0
    for name, check in CHECKS:
        complaint = check()
        print(f"{'FAILED' if complaint else 'ok':<8}{name}", flush=True)
        if complaint:
            failed += 1
            print(complaint.rstrip() + "\n", flush=True)
    print(f"{failed} of {len(CHECKS)} checks failed" if failed else f"All {len(CHECKS)} checks passed")
    return 1 if failed else 0


def complaint_about_lock_files() -> str:
    """The lines of lock files that name a host or lack a hash."""
    found: list[str] = []
    for lock in sorted(REPOSITORY.glob("requirements*.lock")):
        text = lock.read_text()
        for number, line in enumerate(text.splitlines(), start=1):
            if ADDRESS.search(line):
                found.append(f"{lock.name}:{number}: names an address: {line.strip()}")
        for entry in re.split(r"\n(?=[A-Za-z0-9])", text):
            if "==" in entry and "--hash=sha256:" not in entry:
                found.append(f"{lock.name}: {entry.splitlines()[0]} has no hash")
    return "\n".join(found)


def complaint_about_sources() -> str:
    """The declared packages that the lock files do not hold."""
    found: list[str] = []
    for source in sorted(REPOSITORY.glob("requirements*.in")):
        locked = {_plain(name) for name in re.findall(r"^([\w.-]+)==", source.with_suffix(".lock").read_text(), re.M)}
        for line in source.read_text().splitlines():
            named = re.match(r"[A-Za-z0-9][\w.-]*", line)
            if named and _plain(named[0]) not in locked:
                found.append(f"{source.name}: {named[0]} is missing from {source.with_suffix('.lock').name}")
    return "\n".join(found)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _python(module: str, *arguments: str) -> str:
    return _run("-m", module, *arguments)


def _run(*arguments: str) -> str:
    """What a Python program says when it ends with a failure, else nothing."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-P", *arguments],
        cwd=REPOSITORY,
        env=child_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else done.stdout or f"It ended with status {done.returncode}"


CHECKS: Final[tuple[tuple[str, Callable[[], str]], ...]] = (
    ("style", lambda: _python("ruff", "check", ".")),
    ("format", lambda: _python("ruff", "format", "--check", ".")),
    ("types", lambda: _python("mypy", "src/comity")),
    ("layers", lambda: _run("-c", LINT_IMPORTS, "--no-logo")),
    ("migrations", lambda: _python("django", "makemigrations", "--check", "--dry-run")),
    ("lock files", lambda: complaint_about_lock_files() or complaint_about_sources()),
)
