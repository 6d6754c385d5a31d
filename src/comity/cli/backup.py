"""`backup FILE`."""

import argparse
from pathlib import Path

from comity.cli.archive import write_backup
from comity.cli.entry import say
from comity.platform import postgres
from comity.platform.home import Home, SetupError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the file to write; it must not exist")


def run(options: argparse.Namespace) -> int:
    """Write the backup; the application may go on running."""
    target: Path = options.file.absolute()
    if target.exists():
        raise SetupError(f"{target} exists; a backup does not overwrite one: name another file.")
    if not target.parent.is_dir():
        raise SetupError(f"The folder {target.parent} does not exist.")
    home = Home.from_environment()
    if postgres.is_embedded() and home.is_empty():
        raise SetupError(f"There is nothing in {home.path} to back up.")
    with postgres.running(home, say):
        say("Reading the database and the files")
        size = write_backup(home, target)
    say(f"Wrote {target} ({size / 1e6:.1f} MB). It holds everything, secrets included: keep it safe.")
    return 0
