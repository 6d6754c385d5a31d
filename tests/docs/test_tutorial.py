"""The tutorial does what it says: its commands are run, and their output compared line by line."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STEPS = ("migrate", "import", "metrics")
"""The commands that are run; the others stay up or ask."""


def _steps() -> list[tuple[list[str], list[str]]]:
    """Each command of the tutorial with the lines it is said to print."""
    blocks = re.findall(r"```console\n(.*?)```", (ROOT / "docs" / "tutorial.md").read_text(), re.DOTALL)
    steps: list[tuple[list[str], list[str]]] = []
    for line in "".join(blocks).splitlines():
        if line.startswith("$ "):
            steps.append((shlex.split(line[2:]), []))
        else:
            steps[-1][1].append(line)
    return [(words[1:], told) for words, told in steps if words[0] == "./comity" and words[1] in STEPS]


def test_the_tutorial_has_its_steps():
    assert [words[0] for words, _ in _steps()] == ["migrate", "import", "import", "import", "metrics", "metrics"]


def test_every_command_of_the_tutorial_prints_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    environment = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "DATABASE_OWNER_URL")
    }
    environment |= {"COMITY_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT / "src")}
    for words, told in _steps():
        done = subprocess.run(
            [sys.executable, "-m", "comity", *words],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        said = (done.stderr + done.stdout).splitlines()
        printed = [line for line in said if not line.startswith("read ") and not line.endswith("…")]
        if told:
            assert [line.split() for line in printed] == [line.split() for line in told]
