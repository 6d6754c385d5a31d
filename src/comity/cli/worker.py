"""`worker`: background jobs."""

import argparse

from comity.cli.surroundings import database_and_django


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How much to do at a time, and whether to stay."""
    parser.add_argument("--concurrency", type=int, default=2, help="jobs at a time (default: 2)")
    parser.add_argument("--once", action="store_true", help="work what is due and end")


def run(options: argparse.Namespace) -> int:
    """Work until interrupted; a job under way is finished first."""
    with database_and_django():
        from comity.platform.jobs import run_worker

        run_worker(wait=not options.once, concurrency=options.concurrency)
    return 0
