"""`rates`: exchange rates from a table of the European Central Bank."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from comity.cli.entry import say
from comity.cli.surroundings import database_and_django

SHOWN_BAD_LINES = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which file, and whether it corrects what is there."""
    parser.add_argument("path", type=Path, metavar="FILE", help="eurofxref-hist.csv or .zip, or the day's file")
    parser.add_argument("--replace", action="store_true", help="correct rates that differ from those kept")


def run(options: argparse.Namespace) -> int:
    """Load the rates, then say what came of it. Status 1 when the file holds none, 2 when it cannot be opened."""
    try:
        source = options.path.open("rb")
    except OSError as problem:
        say(f"comity: {options.path} cannot be read: {problem.strerror}.")
        return 2
    with source, database_and_django(say):
        from comity.ledger.reading import NotARateTable
        from comity.ledger.services import load_rates

        try:
            result = load_rates(source=source, today=datetime.now(UTC).date(), replace=options.replace)
        except NotARateTable as problem:
            say(f"comity: {problem}")
            return 1
    print(f"{result.added} rates added, {result.changed} corrected, {result.unchanged} known already")
    if result.differing:
        print(f"{result.differing} differ from the rates kept and were left; --replace corrects them")
    for bad in result.bad_lines[:SHOWN_BAD_LINES]:
        print(f"line {bad.line}, {bad.column}: {bad.value!r} {bad.reason}")
    if result.bad_count > SHOWN_BAD_LINES:
        print(f"and {result.bad_count - SHOWN_BAD_LINES} more cells that could not be read")
    return 0
