"""Every command, in the order in which the help shows them."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Command:
    """A command's name, what it does in a sentence, and the module that does it (imported only when it is called)."""

    name: str
    does: str
    module: str
    forwards: bool = False  # whether arguments it does not know are passed on to another program


COMMANDS: Final = (
    Command("demo", "Set everything up, load a demo programme and serve it.", "comity.cli.demo"),
    Command("serve", "Serve the pages and the API, with a worker beside them.", "comity.cli.serve"),
    Command("worker", "Work background jobs only.", "comity.cli.worker"),
    Command("migrate", "Bring the database up to this version, an older PostgreSQL's data too.", "comity.cli.migrate"),
    Command("createadmin", "Make an administrator and, if it is new, the organization.", "comity.cli.createadmin"),
    Command("import", "Import partners and deals from exported files.", "comity.cli.importing"),
    Command("metrics", "Compute metrics of a program.", "comity.cli.metrics"),
    Command("match", "Find the same companies in two lists.", "comity.cli.match"),
    Command("rates", "Load exchange rates from a table of the European Central Bank.", "comity.cli.rates"),
    Command("backup", "Write the database and the uploaded files into one file.", "comity.cli.backup"),
    Command("restore", "Put a backup in place: all of it, or nothing.", "comity.cli.restore"),
    Command("roles", "Make Comity's roles and database on a PostgreSQL of your own.", "comity.cli.roles"),
    Command("screenshots", "Photograph every page of the demo, with a contact sheet.", "comity.cli.screenshots"),
    Command("shell", "Open a Python prompt with Comity loaded.", "comity.cli.shell"),
    Command("doctor", "Say what is configured, reachable and writable.", "comity.cli.doctor"),
    Command("words", "Bring the languages' catalogues up to date, and say what is missing.", "comity.cli.words"),
    Command("check", "Check style, types, layers, migrations and lock files.", "comity.cli.check"),
    Command("test", "Run the tests; further arguments go to pytest.", "comity.cli.testing", forwards=True),
)
