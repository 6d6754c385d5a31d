"""`serve` from the outside: up, ready, interrupted, killed."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from comity.platform import postgres
from comity.platform.home import REPOSITORY, Home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home whose database is migrated."""
    made = Home(tmp_path_factory.mktemp("serve") / "home")
    done = subprocess.run(command("migrate"), env=environment(made), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    yield made
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE_URL", raising=False)
        postgres.stop(made)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "comity", *arguments]


def environment(home: Home) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COMITY_", "DATABASE_"))}
    return kept | {"PYTHONPATH": str(REPOSITORY / "src"), "COMITY_HOME": str(home.path)}


class Serving:
    """A `serve` in a process of its own, on a port of its own."""

    def __init__(self, home: Home, log: Path, *arguments: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.log = log
        with log.open("w") as stream:
            self.process = subprocess.Popen(
                command("serve", f"--port={self.port}", "--workers=1", *arguments),
                env=environment(home),
                stdout=stream,
                stderr=stream,
            )

    def status_of(self, path: str) -> int | None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return None
        finally:
            connection.close()

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def wait_until_ready(self) -> None:
        wait_until(lambda: "Comity is ready" in self.log.read_text() or self.process.poll() is not None)
        assert self.process.poll() is None, self.log.read_text()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_it_serves_until_it_is_told_to_stop(home: Home, tmp_path: Path, number: int, status: int) -> None:
    serving = Serving(home, tmp_path / "log")
    serving.wait_until_ready()
    assert serving.status_of("/healthz") == 200
    assert serving.status_of("/readyz") == 200
    assert postgres.is_running(home)
    family = serving.family()
    assert len(family) >= 2
    serving.process.send_signal(number)
    assert serving.process.wait(60) == status, serving.log.read_text()
    assert not [child for child in family if child.is_running()]
    assert not postgres.is_running(home)
    assert "Traceback" not in serving.log.read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
def test_after_a_kill_the_next_start_works(home: Home, tmp_path: Path) -> None:
    killed = Serving(home, tmp_path / "killed")
    killed.wait_until_ready()
    family = killed.family()
    killed.process.kill()
    killed.process.wait()
    wait_until(lambda: not [child for child in family if child.is_running()])
    serving = Serving(home, tmp_path / "log", "--no-worker")
    serving.wait_until_ready()
    serving.process.send_signal(signal.SIGINT)
    assert serving.process.wait(60) == 0
    assert not postgres.is_running(home)


def test_a_taken_port_is_one_sentence(home: Home, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        told = subprocess.run(
            command("serve", f"--port={port}"), env=environment(home), capture_output=True, text=True, check=False
        )
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.startswith(f"comity: Port {port} on 127.0.0.1 cannot be used")
    assert told.stderr.count("\n") == 1
