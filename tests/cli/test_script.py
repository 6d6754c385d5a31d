"""The `comity` script: finds a Python, sets up once, hands over. Run on a copy, with a PATH made for the purpose."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from comity.platform.home import REPOSITORY

TOOLS = ("sh", "cat", "cksum", "dirname", "grep", "mkdir", "readlink", "rm", "sleep")
FAKE_UV = """\
#!/bin/sh
case "$1 $2" in
    "--version ") exit 0 ;;
    "venv --quiet") exec "$5" -m venv --without-pip "$6" ;;
    "pip install") exit 0 ;;
esac
exit 1
"""
ANSWER = 'import sys; print("hello from", sys.version_info >= (3, 12), *sys.argv[1:], sep="|")\n'


class Copy:
    """A copy of the script beside an empty lock file and a program that says what it was called with."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a copy"
        self.tools = folder / "tools"
        self.home = folder / "home"
        (self.root / "src" / "comity").mkdir(parents=True)
        for made in (self.tools, self.home):
            made.mkdir()
        (self.root / "src" / "comity" / "__main__.py").write_text(ANSWER)
        for lock in ("requirements.lock", "requirements-dev.lock"):
            (self.root / lock).write_text("# nothing is needed here\n")
        script = (REPOSITORY / "comity").read_text()
        for place in ("/usr/bin/", "/usr/local/bin/", "/opt/"):  # where this machine may keep a Python
            script = script.replace(f" {place}", f" {self.home}{place}")
        (self.root / "comity").write_text(script)
        (self.root / "comity").chmod(0o755)
        for tool in TOOLS:
            (self.tools / tool).symlink_to(str(shutil.which(tool)))

    def python(self, path: Path, *, old: bool = False) -> None:
        """Put a Python there: this one, or one that is too old to do anything."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\nexit 1\n" if old else f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        path.chmod(0o755)

    def uv(self) -> None:
        """Put a uv there that makes environments without pip and has nothing to install: much faster than pip."""
        (self.tools / "uv").write_text(FAKE_UV)
        (self.tools / "uv").chmod(0o755)

    def run(
        self, *arguments: str, shell: str = "sh", cwd: Path | None = None, **more: str
    ) -> subprocess.CompletedProcess[str]:
        """`more` are further variables of its environment."""
        return subprocess.run(
            [str(shutil.which(shell)), str(self.root / "comity"), *arguments],
            env={"PATH": str(self.tools), "HOME": str(self.home), **more},
            cwd=cwd or self.home,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


def test_it_sets_up_once_with_pip_and_passes_everything_on(copy: Copy) -> None:
    copy.python(copy.tools / "python3")
    first = copy.run("import", "a file", "--vendor", "*")
    assert first.stdout == "hello from|True|import|a file|--vendor|*\n", first.stderr
    assert first.stderr.splitlines() == [
        f"comity: making the environment in .venv ({copy.tools}/python3)",
        "comity: installing 0 packages from requirements.lock (a minute or two)",
    ]
    second = copy.run("metrics")
    assert (second.stdout, second.stderr) == ("hello from|True|metrics\n", "")
    (copy.root / "requirements.lock").write_text("no-such-package-of-ours==1.0  # and without a hash\n")
    third = copy.run("metrics")
    assert (third.returncode, third.stdout) == (1, "")
    assert third.stderr.splitlines()[-1].startswith("comity: the packages could not be installed")


def test_modules_stay_compiled_even_for_those_who_want_no_such_files_beside_the_source(copy: Copy) -> None:
    copy.uv()
    copy.python(copy.tools / "python3")
    assert copy.run("metrics", PYTHONDONTWRITEBYTECODE="1").returncode == 0
    kept = [path.name.partition(".")[0] for path in (copy.root / ".venv" / "compiled").rglob("comity/*.pyc")]
    assert (kept, list((copy.root / "src").rglob("*.pyc"))) == (["__main__"], [])


@pytest.mark.parametrize("shell", [name for name in ("dash", "bash", "busybox") if shutil.which(name)])
def test_it_runs_under_any_shell_from_anywhere(copy: Copy, shell: str) -> None:
    copy.uv()
    copy.python(copy.tools / "python3")
    link = copy.home / "comity"
    link.symlink_to(copy.root / "comity")
    (copy.home / "comity.py").write_text("raise SystemExit('the current folder got in the way')")
    answer = subprocess.run(
        [shell, *(["sh"] if shell == "busybox" else []), "comity", "doctor"],
        env={"PATH": f"{copy.tools}:{os.environ['PATH']}", "HOME": str(copy.home)},
        cwd=copy.home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stdout == "hello from|True|doctor\n", answer.stderr


@pytest.mark.parametrize(
    "place",
    [
        ".pyenv/versions/3.13.0/bin/python3",
        ".local/share/uv/python/cpython-3.13-linux/bin/python3",
        "usr/local/bin/python3.12",
        "opt/python3.13/bin/python3",
    ],
)
def test_it_looks_in_the_usual_places_when_python3_is_old(copy: Copy, place: str) -> None:
    copy.uv()
    copy.python(copy.tools / "python3", old=True)
    copy.python(copy.tools / "python3.13", old=True)  # a shim of pyenv that refuses
    copy.python(copy.home / ".pyenv/versions/3.8.1/bin/python3", old=True)
    copy.python(copy.home / place)
    answer = copy.run("doctor")
    assert answer.stdout == "hello from|True|doctor\n", answer.stderr
    assert str(copy.home / place) in answer.stderr


def test_it_says_in_one_sentence_what_is_missing(copy: Copy) -> None:
    copy.python(copy.tools / "python3", old=True)
    answer = copy.run("demo")
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert answer.stderr.count("\n") == 1
    assert answer.stderr.startswith("comity: Python 3.12 or newer with its venv module, or uv, is needed")
    assert not (copy.root / ".venv").exists()
    assert not (copy.root / ".venv.lock").exists()


def test_it_starts_over_after_an_installation_that_was_cut_short(copy: Copy) -> None:
    copy.uv()
    copy.python(copy.tools / "python3")
    copy.run("doctor")
    (copy.root / ".venv" / "half-installed").touch()
    (copy.root / ".venv" / ".comity-unfinished").touch()
    (copy.root / ".venv" / ".comity").unlink()
    (copy.root / ".venv.lock").mkdir()
    (copy.root / ".venv.lock" / "holder").write_text("999999999")
    assert copy.run("doctor").stdout == "hello from|True|doctor\n"
    assert not (copy.root / ".venv" / "half-installed").exists()
    assert not (copy.root / ".venv.lock").exists()


def test_it_installs_again_when_the_lock_changes_or_the_python_is_gone(copy: Copy) -> None:
    copy.uv()
    copy.python(copy.tools / "python3")
    copy.run("doctor")
    (copy.root / "requirements.lock").write_text("# still nothing\n")
    assert "installing" in copy.run("doctor").stderr
    for name in ("python", "python3"):
        (copy.root / ".venv" / "bin" / name).unlink()
    assert "making the environment" in copy.run("doctor").stderr
    assert copy.run("doctor").stderr == ""


def test_tests_and_checks_install_what_they_need_besides(copy: Copy) -> None:
    copy.uv()
    copy.python(copy.tools / "python3")
    assert "requirements-dev.lock" in copy.run("check").stderr
    assert copy.run("serve").stderr == ""


def test_set_up_it_adds_milliseconds(copy: Copy) -> None:
    copy.uv()
    copy.python(copy.tools / "python3")
    copy.run("doctor")
    began = time.perf_counter()
    copy.run("doctor")
    whole = time.perf_counter() - began
    began = time.perf_counter()
    subprocess.run([copy.root / ".venv" / "bin" / "python", "-P", "-c", ANSWER], capture_output=True, check=True)
    assert whole - (time.perf_counter() - began) < 0.5  # 20 ms when the machine has nothing else to do


def test_no_registry_is_named(copy: Copy) -> None:
    assert "http" not in (REPOSITORY / "comity").read_text()
