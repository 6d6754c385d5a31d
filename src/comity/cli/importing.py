"""`import`: partners and deals from exported files."""

import argparse
from pathlib import Path

from comity.cli.entry import say
from comity.cli.surroundings import database_and_django


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to read, how, and into which program."""
    parser.add_argument("path", type=Path, metavar="PATH", help="a file, or a folder with the files of one export")
    parser.add_argument("--mapping", required=True, metavar="NAME|FILE.toml", help="which column feeds which field")
    parser.add_argument("--vendor", required=True, metavar="NAME", help="name or slug; made if it does not exist")
    parser.add_argument("--program", required=True, metavar="NAME", help="name or slug; made if it does not exist")
    parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
    parser.add_argument("--strict", action="store_true", help="import nothing if any row is bad")


def run(options: argparse.Namespace) -> int:
    """Import, then say what came of it. Status 1 when nothing was imported because of bad rows."""
    with database_and_django(say):
        from comity.connectors.report import import_from_command_line

        return import_from_command_line(
            path=options.path,
            mapping=options.mapping,
            vendor=options.vendor,
            program=options.program,
            dry_run=options.dry_run,
            strict=options.strict,
            report=say,
        )
