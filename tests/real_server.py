"""The real server on a port of its own, for what only a server shows: streams, processes, browsers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from comity.platform.home import REPOSITORY

APPLICATION = "comity.project.asgi:application"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(*, application: str = APPLICATION, host: str = "localhost", **surroundings: str) -> Iterator[str]:
    """Granian with one process on the database that DATABASE_URL names (take `committed_database`); its address."""
    port = free_port()
    address = f"http://{host}:{port}"
    environment = os.environ | {
        "PYTHONPATH": f"{REPOSITORY / 'src'}:{REPOSITORY / 'tests'}",
        "DJANGO_SETTINGS_MODULE": "comity.project.settings",
        "COMITY_BASE_URL": address,
        **surroundings,
    }
    flags = [
        "--interface=asgi",
        "--no-ws",
        "--log-level=warning",
        "--workers-kill-timeout=5",
        "--host=127.0.0.1",
        f"--port={port}",
    ]
    log = Path(os.environ["COMITY_HOME"]) / f"server-{port}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "granian", *flags, application], env=environment, stdout=out, stderr=out
        )
        try:
            _wait(process, f"http://127.0.0.1:{port}/healthz", log)
            yield address
        finally:
            process.terminate()
            process.wait(20)


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            assert process.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < deadline, log.read_text()[-2000:]
            time.sleep(0.2)
