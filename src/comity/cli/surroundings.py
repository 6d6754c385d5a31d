"""What a command stands on: the home, the running database, Django."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from comity.platform import postgres
from comity.platform.home import REPOSITORY, Home, Report, say_nothing

SETTINGS = "comity.project.settings"


def use_django() -> None:
    """Load the settings and the models; once is enough."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    import django

    django.setup()


@contextmanager
def database_and_django(report: Report = say_nothing) -> Iterator[Home]:
    """Inside this block the database is up and the models are loaded; afterwards the database is as it was found."""
    home = Home.from_environment()
    with postgres.running(home, report):
        use_django()
        try:
            yield home
        finally:
            close_connections()


def close_connections() -> None:
    """Let go of the database, whose server may be about to stop."""
    from django.db import connections

    connections.close_all()


def child_environment() -> dict[str, str]:
    """The environment of a Python program that we start: it finds Comity wherever it runs."""
    return os.environ | {"PYTHONPATH": str(REPOSITORY / "src"), "DJANGO_SETTINGS_MODULE": SETTINGS}
