"""Programs that run side by side until the first of them ends or somebody says stop."""

import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from comity.cli.surroundings import child_environment
from comity.platform.home import SetupError

PATIENCE: Final = 20.0  # seconds that a program has to finish what it is doing
REACHED_AT: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
"""How this machine reaches a server that listens on every address."""

_PR_SET_PDEATHSIG: Final = 1

type Child = subprocess.Popen[bytes]


@dataclass(frozen=True)
class Program:
    """A module to run with Python, and what to call it."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


def run_together(programs: Sequence[Program], *, is_ready: Callable[[], bool], when_ready: Callable[[], None]) -> int:
    """Run the programs until interrupted (status 0) or until one ends by itself (status 1). None is left behind."""
    children: list[tuple[Program, Child]] = []
    told = False
    try:
        for program in programs:
            children.append((program, _start(program)))
        while (ended := _first_ended(children)) is None:
            if not told and is_ready():
                when_ready()
                told = True
            time.sleep(0.1)
        print(f"comity: the {ended[0].name} ended with status {ended[1].returncode}.", file=sys.stderr)
    except KeyboardInterrupt:
        return 0
    finally:
        _stop(children)
    return 1


@contextmanager
def beside(program: Program, *, is_ready: Callable[[], bool]) -> Iterator[None]:
    """Inside this block the program runs and is ready. Raises SetupError when it ends before that."""
    child = _start(program)
    try:
        while not is_ready():
            if child.poll() is not None:
                raise SetupError(f"The {program.name} ended with status {child.returncode}.")
            time.sleep(0.1)
        yield
    finally:
        _stop([(program, child)])


def require_free_port(host: str, port: int) -> None:
    """Raises SetupError when something else listens there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as refusal:
            raise SetupError(
                f"Port {port} on {host} cannot be used ({refusal.strerror}): choose another with --port."
            ) from None


def answers(host: str, port: int) -> bool:
    """Whether a web server is there and says it is healthy."""
    connection = http.client.HTTPConnection(REACHED_AT.get(host, host), port, timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": "127.0.0.1"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _start(program: Program) -> Child:
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-P", "-m", *program.arguments],
        env={**child_environment(), **program.environment},
        start_new_session=True,  # an interrupt at the terminal reaches us only, and we stop them in order
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,
    )


def _end_with_parent() -> None:
    """A program whose supervisor was killed must not keep the port."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _first_ended(
    children: list[tuple[Program, Child]],
) -> tuple[Program, Child] | None:
    return next(((program, child) for program, child in children if child.poll() is not None), None)


def _stop(children: list[tuple[Program, Child]]) -> None:
    """Ask each to stop, in the order of their start; insist after a while. A second interrupt does not hurry this."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    for _program, child in children:
        child.terminate()
    deadline = time.monotonic() + PATIENCE
    for _program, child in children:
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
