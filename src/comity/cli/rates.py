"""`rates`: exchange rates from a table of the European Central Bank."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from comity.cli.entry import say
from comity.cli.surroundings import database_and_django

if TYPE_CHECKING:
    from comity.ledger.services import RatesResult

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
        from django.db import transaction

        from comity.ledger.reading import NotARateTable
        from comity.ledger.services import load_rates

        try:
            with transaction.atomic():
                result = load_rates(source=source, today=datetime.now(UTC).date(), replace=options.replace)
                _tell_every_vendor(result)
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


def _tell_every_vendor(result: "RatesResult") -> None:
    """Rates are everybody's: whoever has deals in other currencies counts them anew, each in a job of their own."""
    from comity.ledger.events import RatesLoaded
    from comity.platform.outbox import announce
    from comity.platform.tenancy import tenant
    from comity.programs.operator import all_programs

    if not (result.added or result.changed) or result.first_on is None or result.last_on is None:
        return
    for vendor_id in sorted({program.vendor_id for program in all_programs()}):
        with tenant(organization_id=vendor_id, door="command"):
            announce(RatesLoaded(first_on=result.first_on, last_on=result.last_on, everybody_told=True))
