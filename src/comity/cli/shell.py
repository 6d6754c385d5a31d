"""`shell`: a Python prompt with Comity loaded."""

import argparse
import code

from comity.cli.entry import say
from comity.cli.surroundings import database_and_django

BANNER = """\
Comity. The models are loaded. Row-level security hides every tenant's rows until you say whose you want:
    with tenant(organization_id=Organization.objects.get(slug="northwind").id):
        ..."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A statement to run instead of a prompt."""
    parser.add_argument("-c", "--command", help="Python to run instead of opening a prompt")


def run(options: argparse.Namespace) -> int:
    """Open the prompt as comity_app, so that what is seen is what the application sees."""
    with database_and_django(say):
        names = _names()
        if options.command:
            exec(options.command, names)  # noqa: S102
            return 0
        _complete(names)
        code.interact(banner=BANNER, local=names, exitmsg="")
    return 0


def _names() -> dict[str, object]:
    from django.apps import apps
    from django.db import connection

    from comity.platform.tenancy import tenant

    models = {model.__name__: model for model in apps.get_models() if model.__module__.startswith("comity.")}
    return {**models, "connection": connection, "tenant": tenant}


def _complete(names: dict[str, object]) -> None:
    try:
        import readline
        import rlcompleter
    except ImportError:
        return  # a Python built without it
    readline.set_completer(rlcompleter.Completer(names).complete)
    readline.parse_and_bind("tab: complete")
