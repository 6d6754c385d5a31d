"""From the command line to a command's module, and from a failure to one clear sentence."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from types import FrameType
from typing import NoReturn

from comity.cli.commands import COMMANDS, Command
from comity.kernel.errors import DomainError
from comity.platform.home import SetupError

INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status: 0 done, 1 failed, 2 not understood."""
    parser = argparse.ArgumentParser(prog="./comity", description="Partner relationship management, two-sided.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    named = next((argument for argument in arguments if not argument.startswith("-")), None)
    chosen: Command | None = None
    for command in COMMANDS:
        own = commands.add_parser(command.name, help=command.does, description=command.does)
        if command.name == named:
            chosen = command
            import_module(command.module).add_arguments(own)
    if chosen and chosen.forwards and named:
        return _run(chosen, argparse.Namespace(rest=arguments[arguments.index(named) + 1 :]))
    options = parser.parse_args(arguments)
    assert chosen is not None, "the parser has refused anything that is no command"
    return _run(chosen, options)


def say(sentence: str) -> None:
    """Tell a person at the terminal, beside the command's answer on standard output."""
    print(sentence, file=sys.stderr, flush=True)


def _run(command: Command, options: argparse.Namespace) -> int:
    signal.signal(signal.SIGTERM, _terminate)  # so that what was started is stopped on the way out
    try:
        status: int = import_module(command.module).run(options)
        sys.stdout.flush()
    except (SetupError, DomainError) as failure:
        say(f"comity: {failure}")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as failure:
        if not is_unreachable(failure):
            raise
        say(f"comity: the database cannot be reached: {str(failure).strip()}")
        return 1
    return status


def is_unreachable(failure: BaseException) -> bool:
    """Whether psycopg, or Django in its name, could not connect."""
    import psycopg

    return isinstance(failure, psycopg.OperationalError) or isinstance(failure.__cause__, psycopg.OperationalError)


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(TERMINATED)
