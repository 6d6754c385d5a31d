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
    parser.add_argument("--vendor", metavar="NAME", help="whose, where several vendors have a program of this slug")
    parser.add_argument("--from", dest="start", metavar="DATE", help="first day (default: all time)")
    parser.add_argument("--to", dest="end", metavar="DATE", help="last day, included (default: all time)")
    parser.add_argument("--as-of", metavar="DATE", help="what today means (default: data-as-of, or --to)")
    parser.add_argument("--by", metavar="DIMENSION", help=f"split by one of {', '.join(DIMENSIONS)}")
    parser.add_argument(
        "--refill", action="store_true", help="fill the marts anew first (after loading exchange rates)"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", dest="form", action="store_const", const="json", help="with full precision")
    form.add_argument("--csv", dest="form", action="store_const", const="csv", help="with full precision")
    parser.set_defaults(form="table")


def run(options: argparse.Namespace) -> int:
    """Write the figures to standard output. Status 2, with one sentence, for what does not exist or makes no sense."""
    try:
        start, end, as_of = (_day(text) for text in (options.start, options.end, options.as_of))
    except ValueError as failure:
        return _refuse(str(failure))
    if options.by is not None and options.by not in DIMENSIONS:
        return _refuse(f"there is no dimension {options.by}; known are {', '.join(DIMENSIONS)}.")
    if start and end and start > end:
        return _refuse(f"the period ends ({end}) before it begins ({start}).")
    with database_and_django():
        from comity.insights.report import UnknownName, write_report

        try:
            write_report(
                names=options.names,
                program=options.program,
                vendor=options.vendor,
                start=start,
                end=end,
                as_of=as_of,
                by=options.by,
                form=options.form,
                fill_first=options.refill,
                to=sys.stdout,
            )
        except UnknownName as failure:
            return _refuse(str(failure))
    return 0


def _refuse(sentence: str) -> int:
    say(f"comity: {sentence}")
    return 2


def _day(text: str | None) -> date | None:
    """Read a date. Raises ValueError with the sentence for the reader."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a date like 2026-03-31.") from None
