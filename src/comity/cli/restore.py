"""`restore FILE`."""

import argparse
from pathlib import Path

from comity.cli.archive import holds_data, read_manifest, restore_backup
from comity.cli.entry import say
from comity.cli.migrate import migrate
from comity.cli.surroundings import close_connections, use_django
from comity.platform import postgres
from comity.platform.home import Home, SetupError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """From where, and whether what is there may go."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a file that ./comity backup wrote")
    parser.add_argument("--force", action="store_true", help="replace the data that are there")


def run(options: argparse.Namespace) -> int:
    """Restore everything or nothing, then bring it up to this version."""
    manifest = read_manifest(options.file)
    home = Home.from_environment()
    with postgres.running(home, say):
        if holds_data(home) and not options.force:
            raise SetupError(f"{home.path} holds data, which a restore would replace: say --force if you want that.")
        say(f"Restoring the backup of {manifest.made_at}")
        restore_backup(home, options.file)
        use_django()
        try:
            migrate(home, say, verbosity=0)
        finally:
            close_connections()
    say("Restored")
    return 0
