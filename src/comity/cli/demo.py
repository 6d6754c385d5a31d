"""`demo`: from nothing to a programme in the browser."""

import argparse
import os
import sys
from pathlib import Path
from time import monotonic
from typing import Final

from comity.cli import serve
from comity.cli.assets import build_assets
from comity.cli.demo_mark import SignIns, leave_mark, read_mark
from comity.cli.entry import say
from comity.cli.migrate import migrate, upgrade_if_needed
from comity.cli.supervise import require_free_port
from comity.cli.surroundings import close_connections, use_django
from comity.platform import postgres
from comity.platform.home import Home, SetupError

SETS: Final = ("Adventure Works", "Maven")
"""The vendors of the sample exports."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to listen, and further data to load."""
    serve.add_address(parser)
    parser.add_argument("--data", type=Path, metavar="DIR", help="load the two sample exports in this folder as well")
    parser.set_defaults(workers=1, no_worker=False)


def run(options: argparse.Namespace) -> int:
    """Set up what is missing, load the demo unless it is there, serve until interrupted."""
    require_free_port(options.host, options.port)
    data = options.data.absolute() if options.data else None
    if data is not None and not data.is_dir():
        raise SetupError(f"{options.data} is not a folder.")
    began = monotonic()
    os.environ.setdefault("COMITY_LOG_LEVEL", "WARNING")  # the terminal is for the sign-ins, not for every request
    home = Home.from_environment()
    home.create()
    build_assets(say)
    upgrade_if_needed(home, say)
    with postgres.running(home, say):
        sign_ins = read_mark(home, wanted=SETS if data else ()) or _set_up(home, data)
        say("Starting the server")
        return serve.serve(options, when_ready=lambda: _welcome(options, sign_ins, monotonic() - began))


def _set_up(home: Home, data: Path | None) -> SignIns:
    """Migrate and load; the next start finds the mark."""
    use_django()
    try:
        migrate_if_needed(home)
        sign_ins = _load(data)
    finally:
        close_connections()
    leave_mark(home, sign_ins)
    return sign_ins


def migrate_if_needed(home: Home) -> None:
    """Migrate a database that is behind. Needs Django to be loaded."""
    from django.db import connections

    from comity.platform.checks import pending_migrations

    if pending_migrations(connections["owner"]):
        migrate(home, say, verbosity=0)


def _load(data: Path | None) -> SignIns:
    """Load what is not there yet; the sign-ins as (who, e-mail, password)."""
    from comity.demo.load import load_demo

    people = load_demo(report=say, data=data)
    return [(person.who, person.email, person.password) for person in people]


def _welcome(options: argparse.Namespace, sign_ins: SignIns, seconds: float) -> None:
    address = os.environ.get("COMITY_BASE_URL") or serve.address_of(options)
    print(f"\nComity is ready at {address} after {seconds:.0f} s. Sign in as\n")
    for who, email, password in sign_ins:
        print(f"  {who:<18}{email:<32}{password}")
    print(f"\nLetters that would have been sent: {address}/mail/")
    print("\nCtrl-C stops the server and the database; the data stay.", flush=True)
    sys.stdout.flush()
