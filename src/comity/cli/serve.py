"""`serve`: the web server, and a worker beside it."""

import argparse
import os
from collections.abc import Callable

from comity.cli.entry import say
from comity.cli.supervise import REACHED_AT, Program, answers, require_free_port, run_together
from comity.platform import postgres
from comity.platform.home import Home

APPLICATION = "comity.project.asgi:application"
FILES_ARE_SMALL = "ignore:StreamingHttpResponse must consume synchronous iterators:Warning"
"""Assets are read in one go; that Django would rather have them streamed need not be told at each start."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to listen and how many processes to use."""
    add_address(parser)
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1), help="web processes")
    parser.add_argument("--no-worker", action="store_true", help="leave background jobs to ./comity worker elsewhere")


def add_address(parser: argparse.ArgumentParser) -> None:
    """The address to listen on."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: 8000)")


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted; then stop the server, the worker and the database, in this order."""
    require_free_port(options.host, options.port)
    address = address_of(options)
    with postgres.running(Home.from_environment(), say):
        return serve(options, when_ready=lambda: say(f"Comity is ready at {address} (Ctrl-C stops it)"))


def address_of(options: argparse.Namespace) -> str:
    """The address to type into a browser."""
    host = REACHED_AT.get(options.host, options.host)
    return f"http://[{host}]:{options.port}" if ":" in host else f"http://{host}:{options.port}"


def serve(options: argparse.Namespace, *, when_ready: Callable[[], None]) -> int:
    """Serve on a database that runs."""
    programs = [web_server(options)]
    if not options.no_worker:
        programs.append(Program("worker", ("comity", "worker"), _surroundings(options)))
    return run_together(programs, is_ready=lambda: answers(options.host, options.port), when_ready=when_ready)


def web_server(options: argparse.Namespace) -> Program:
    """The web server as a program to start."""
    surroundings = {"COMITY_POOL": "1", "PYTHONWARNINGS": FILES_ARE_SMALL}
    return Program("web server", _flags(options), _surroundings(options) | surroundings)


def _surroundings(options: argparse.Namespace) -> dict[str, str]:
    return {"COMITY_BASE_URL": os.environ.get("COMITY_BASE_URL") or address_of(options)}


def _flags(options: argparse.Namespace) -> tuple[str, ...]:
    settings = {"host": options.host, "port": options.port, "workers": options.workers}
    flags = [f"--{name}={value}" for name, value in settings.items()]
    return (
        "granian",
        "--interface=asginl",  # Django has no lifespan to speak of
        "--no-ws",
        "--log-level=warning",
        "--workers-kill-timeout=10",
        *flags,
        APPLICATION,
    )
