"""`createadmin`: the first person who may sign in."""

import argparse
import getpass
import os
import sys

from comity.cli.entry import say
from comity.cli.surroundings import database_and_django
from comity.platform.home import SetupError

PASSWORD_VARIABLE = "COMITY_ADMIN_PASSWORD"  # noqa: S105


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is left out is asked for. The password is never a flag: other users of the machine see those."""
    parser.add_argument("--email", help="with which the administrator signs in")
    parser.add_argument("--name", help="the administrator's full name")
    parser.add_argument("--organization", help="whose administrator; made if it does not exist")
    parser.epilog = f"The password is asked for, or taken from {PASSWORD_VARIABLE}."


def run(options: argparse.Namespace) -> int:
    """Ask for what is missing and make the administrator."""
    email = options.email or _ask("E-mail")
    name = options.name or _ask("Full name")
    organization = options.organization or _ask("Organization")
    password = os.environ.get(PASSWORD_VARIABLE) or _ask_password()
    with database_and_django(say):
        from comity.identity.services import create_administrator
        from comity.programs.operator import find_vendor

        create_administrator(
            email=email,
            name=name,
            password=password,
            organization=organization,
            organization_id=find_vendor(organization),
        )
    say(f"{name} may now sign in as {email}.")
    return 0


def _ask(question: str) -> str:
    if not sys.stdin.isatty():
        raise SetupError(f"{question} is missing, and there is nobody to ask: give it as a flag.")
    while not (answer := input(f"{question}: ").strip()):
        pass
    return answer


def _ask_password() -> str:
    if not sys.stdin.isatty():
        raise SetupError(f"The password is missing, and there is nobody to ask: set {PASSWORD_VARIABLE}.")
    while True:
        password = getpass.getpass("Password: ")
        if password and password == getpass.getpass("Password again: "):
            return password
        say("The two were empty or different; once more.")
