"""Programs side by side: a free port, readiness, an orderly end."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from comity.cli.supervise import Program, answers, require_free_port, run_together
from comity.platform.home import REPOSITORY, SetupError

SLEEPER = """
import os, pathlib, sys, time
pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
time.sleep(60)
"""

SUPERVISOR = """
import signal, sys
from comity.cli.supervise import Program, run_together

def stop(number, frame):
    raise SystemExit(143)

signal.signal(signal.SIGTERM, stop)
folder, *marks = sys.argv[1:]
programs = [Program("sleeper", ("sleeper", mark), {"PYTHONPATH": folder}) for mark in marks]
sys.exit(run_together(programs, is_ready=lambda: True, when_ready=lambda: print("ready", flush=True)))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_taken_port_is_named() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SetupError, match=rf"Port {port} on 127\.0\.0\.1 .* --port"):
            require_free_port("127.0.0.1", port)
    require_free_port("127.0.0.1", port)


def test_nobody_answers_at_a_free_port() -> None:
    assert not answers("127.0.0.1", free_port())


def test_a_program_that_ends_by_itself_ends_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    programs = [
        Program("long one", ("timeit", "-n1", "-r1", "import time; time.sleep(60)")),
        Program("short", ("this",)),
    ]
    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    try:
        began = time.monotonic()
        assert run_together(programs, is_ready=lambda: False, when_ready=lambda: None) == 1
        assert time.monotonic() - began < 15
    finally:
        signal.signal(signal.SIGINT, handlers[0])
        signal.signal(signal.SIGTERM, handlers[1])
    assert "the short ended with status 0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 0), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_no_program_outlives_the_supervisor(tmp_path: Path, number: int, status: int) -> None:
    if number == signal.SIGKILL and sys.platform != "linux":
        pytest.skip("only Linux tells a child that its parent was killed")
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    marks = [tmp_path / "first", tmp_path / "second"]
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(tmp_path), *map(str, marks)],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY / "src")},
        stdout=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: all(mark.exists() and mark.read_text() for mark in marks))
    children = [int(mark.read_text()) for mark in marks]
    supervisor.send_signal(number)
    assert supervisor.communicate(timeout=30) == ("ready\n", None)
    assert supervisor.returncode == status
    wait_until(lambda: not any(psutil.pid_exists(child) for child in children))


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
