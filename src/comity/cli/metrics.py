"""`metrics`: the figures of a program, for a person or for another program to read."""

import argparse
import sys
from datetime import date

from comity.cli.entry import say
from comity.cli.surroundings import database_and_django

DIMENSIONS = (
    "partner", "tier", "type", "segment", "region", "manager", "family", "role", "month", "quarter", "year",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which metrics, of which program and time, split how, written how."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="metrics of the catalogue (default: all)")
    parser.add_argument("--program", required=True, metavar="SLUG", help="the program")
    parser.add_argument("--from", dest="start", type=_day, metavar="DATE", help="first day (default: all time)")
    parser.add_argument("--to", dest="end", type=_day, metavar="DATE", help="last day, included (default: all time)")
    parser.add_argument("--as-of", type=_day, metavar="DATE", help="what today means (default: data-as-of, or --to)")
    parser.add_argument("--by", metavar="DIMENSION", help=f"split by one of {', '.join(DIMENSIONS)}")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", dest="form", action="store_const", const="json", help="with full precision")
    form.add_argument("--csv", dest="form", action="store_const", const="csv", help="with full precision")
    parser.set_defaults(form="table")


def run(options: argparse.Namespace) -> int:
    """Write the figures to standard output. Status 2, with one sentence, for a name that does not exist."""
    if options.by is not None and options.by not in DIMENSIONS:
        say(f"comity: there is no dimension {options.by}; known are {', '.join(DIMENSIONS)}.")
        return 2
    if options.start and options.end and options.start > options.end:
        say(f"comity: the period ends ({options.end}) before it begins ({options.start}).")
        return 2
    with database_and_django():
        from comity.insights.report import UnknownName, write_report

        try:
            write_report(
                names=options.names,
                program=options.program,
                start=options.start,
                end=options.end,
                as_of=options.as_of,
                by=options.by,
                form=options.form,
                to=sys.stdout,
            )
        except UnknownName as failure:
            say(f"comity: {failure}")
            return 2
    return 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2026-03-31") from None
