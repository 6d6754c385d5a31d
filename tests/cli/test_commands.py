"""The table of commands, what they refuse, and what they say."""

import argparse
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import psycopg
import pytest

from comity.cli import check, main, metrics
from comity.cli.commands import COMMANDS
from comity.cli.entry import is_unreachable
from comity.cli.testing import pytest_arguments
from comity.platform.home import REPOSITORY, Home

PROMISED = {
    "demo", "serve", "worker", "migrate", "createadmin", "import", "metrics", "backup", "restore", "shell", "check",
    "doctor", "test",
}  # fmt: skip


def comity(*arguments: str, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command as the script does, on a home of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COMITY_", "DATABASE_"))}
    return subprocess.run(
        [sys.executable, "-P", "-m", "comity", *arguments],
        env=kept | {"PYTHONPATH": str(REPOSITORY / "src"), "COMITY_HOME": str(home)} | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_every_promised_command_is_there() -> None:
    assert {command.name for command in COMMANDS} >= PROMISED
    for command in COMMANDS:
        module = import_module(command.module)
        module.add_arguments(argparse.ArgumentParser())
        assert callable(module.run)
        assert command.does.endswith(".")


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert all(f"    {command.name}" in shown for command in COMMANDS)


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["--nonsense"], ["metrics"], ["backup", "a", "b"]])
def test_what_is_not_understood_ends_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_a_command_imports_only_what_it_needs() -> None:
    assert loaded_after("import comity.cli") & {"django", "psycopg"} == set()


def test_the_first_page_waits_for_no_library_that_it_does_not_need() -> None:
    pages = "import django; django.setup(); from django.urls import reverse; reverse('account_login')"
    heavy = {"altair", "dns", "duckdb", "ibis", "ninja", "numpy", "pandas", "requests", "sqlglot"}
    assert loaded_after(pages) & heavy == set()
    assert {"ninja"} == loaded_after(f"{pages}; reverse('api:docs')") & (heavy - {"numpy"})


def loaded_after(program: str) -> set[str]:
    """The packages that a process has loaded."""
    told = subprocess.run(
        [
            sys.executable,
            "-P",
            "-c",
            f"{program}; import sys; print(*(name for name in sys.modules if '.' not in name))",
        ],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(told.stdout.split())


def test_metrics_refuse_an_unknown_dimension_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", "--program", "maven", "--by", "colour"]) == 2
    assert capsys.readouterr().err.startswith("comity: there is no dimension colour; known are partner, tier")


def test_metrics_refuse_a_period_that_ends_before_it_begins(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", "--program", "maven", "--from", "2026-02-01", "--to", "2026-01-01"]) == 2
    assert "ends (2026-01-01) before it begins (2026-02-01)" in capsys.readouterr().err


def test_metrics_understand_all_their_flags() -> None:
    parser = argparse.ArgumentParser()
    metrics.add_arguments(parser)
    period = ["--from", "2017-01-01", "--to", "2017-12-31", "--as-of", "2018-01-01"]
    options = parser.parse_args(["win_rate", "--program", "maven", *period, "--by", "quarter", "--json"])
    assert (options.names, options.form, options.by) == (["win_rate"], "json", "quarter")
    assert (str(options.start), str(options.end), str(options.as_of)) == ("2017-01-01", "2017-12-31", "2018-01-01")


def test_the_doctor_tells_an_empty_home_from_a_working_one(tmp_path: Path) -> None:
    home = tmp_path / "whose_path_is_too_long_for_the_socket_of_a_database_which_then_stands_elsewhere"
    told = comity("doctor", home=home)
    assert told.returncode == 1
    assert "does not exist: ./comity demo or migrate makes it" in told.stdout
    assert not home.exists(), "looking must not make anything"


def test_an_unreachable_database_is_one_sentence(tmp_path: Path) -> None:
    url = f"postgresql://comity_app:x@/comity?host={tmp_path}"
    told = comity("migrate", home=tmp_path / "home", DATABASE_URL=url, DATABASE_OWNER_URL=url)
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.startswith("comity: the database cannot be reached: connection is bad")
    assert "Traceback" not in told.stderr


def test_the_owner_is_asked_for_where_it_is_needed(tmp_path: Path) -> None:
    url = f"postgresql://comity_app:x@/comity?host={tmp_path}"
    told = comity("backup", str(tmp_path / "b.tar"), home=tmp_path / "home", DATABASE_URL=url)
    assert (told.returncode, told.stderr.splitlines()[-1]) == (
        1,
        "comity: This needs the owner of the tables: set DATABASE_OWNER_URL.",
    )


def test_there_is_nothing_to_back_up_in_an_empty_home(tmp_path: Path) -> None:
    told = comity("backup", str(tmp_path / "b.tar"), home=tmp_path / "home")
    assert told.returncode == 1
    assert told.stderr.startswith("comity: There is nothing in")
    assert not (tmp_path / "b.tar").exists()


def test_an_administrator_without_anybody_to_ask_needs_flags(tmp_path: Path) -> None:
    told = comity("createadmin", "--email", "ada@northwind.example", home=tmp_path / "home")
    assert (told.returncode, told.stderr) == (
        1,
        "comity: Full name is missing, and there is nobody to ask: give it as a flag.\n",
    )


def test_only_a_failed_connection_counts_as_unreachable() -> None:
    assert is_unreachable(psycopg.OperationalError())
    assert not is_unreachable(ValueError())


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ([], ["-n", "2"]),
        (["tests/kernel", "-k", "money"], ["-n", "2", "tests/kernel", "-k", "money"]),
        (["-n0"], ["-n0"]),
        (["-p", "no:xdist"], ["-p", "no:xdist"]),
        (["--pdb"], ["--pdb"]),
    ],
)
def test_tests_run_in_two_processes_unless_told_otherwise(given: list[str], passed: list[str]) -> None:
    assert pytest_arguments(given) == passed


def test_lock_files_name_no_host_and_hash_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check.complaint_about_lock_files() == ""
    assert check.complaint_about_sources() == ""
    monkeypatch.setattr(check, "REPOSITORY", tmp_path)
    (tmp_path / "requirements.in").write_text("a-package>=1\nanother\n")
    (tmp_path / "requirements.lock").write_text(
        "--index-url https://packages.example/simple\na_package==1 \\\n    --hash=sha256:00\nb==2\n"
    )
    assert check.complaint_about_lock_files().splitlines() == [
        "requirements.lock:1: names an address: --index-url https://packages.example/simple",
        "requirements.lock: b==2 has no hash",
    ]
    assert check.complaint_about_sources() == "requirements.in: another is missing from requirements.lock"


def test_the_home_is_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COMITY_HOME", "here")
    assert Home.from_environment() == Home(tmp_path / "here")
    monkeypatch.delenv("COMITY_HOME")
    assert Home.from_environment() == Home(REPOSITORY / ".comity")
    monkeypatch.setenv("COMITY_SECRET_KEY", "given")
    assert Home(tmp_path / "here").secret_key() == "given"
    assert not (tmp_path / "here").exists()


def test_something_kept_is_made_once(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert home.keep("word", lambda: "first") == "first"
    assert home.keep("word", lambda: "second") == "first"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["files", "logs", "word"]
