"""Backup and restore: everything comes back, or nothing is touched."""

import io
import json
import os
import shutil
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from comity.cli import archive
from comity.cli.archive import holds_data, read_manifest, restore_backup, write_backup
from comity.platform import postgres
from comity.platform.home import Home, SetupError


@pytest.fixture(scope="module", autouse=True)
def no_outside_database() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE_URL", raising=False)
        patch.delenv("DATABASE_OWNER_URL", raising=False)
        yield


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home that holds a table under a policy, an uploaded file and a secret key."""
    home = Home(tmp_path_factory.mktemp("source") / "home")
    with postgres.running(home):
        run_as_owner(
            home,
            "CREATE TABLE things (id int PRIMARY KEY, name text)",
            "ALTER TABLE things ENABLE ROW LEVEL SECURITY",
            "CREATE POLICY mine ON things USING (id = nullif(current_setting('comity.org', true), '')::int)",
            "CREATE INDEX ON things USING gin (name gin_trgm_ops)",
            "COMMENT ON TABLE things IS 'kept'",
            "INSERT INTO things VALUES (1, 'Łódź'), (2, 'hidden')",
        )
        (home.files / "ab").mkdir()
        (home.files / "ab" / "contract.pdf").write_bytes(b"signed")
        home.secret_key()
        yield home


@pytest.fixture
def backup(source: Home, tmp_path: Path) -> Path:
    target = tmp_path / "backup.tar"
    assert write_backup(source, target) == target.stat().st_size
    return target


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    home = Home(tmp_path_factory.mktemp("target") / "home")
    with postgres.running(home):
        yield home


@pytest.fixture
def empty(target: Home) -> Home:
    """A home in which nothing is kept."""
    run_as_owner(target, "DROP TABLE IF EXISTS things, others")
    shutil.rmtree(target.files)
    target.create()
    return target


def run_as_owner(home: Home, *statements: str) -> None:
    with psycopg.connect(archive.owner_url(home), autocommit=True) as owner:
        for statement in statements:
            owner.execute(statement)


def things(home: Home) -> list[tuple[int, str]]:
    with psycopg.connect(archive.owner_url(home)) as owner:
        return owner.execute("SELECT id, name FROM things ORDER BY id").fetchall()


def databases(home: Home) -> set[str]:
    with psycopg.connect(archive.owner_url(home)) as owner:
        return {name for (name,) in owner.execute("SELECT datname FROM pg_database")}


def test_everything_comes_back_in_an_empty_home(source: Home, backup: Path, empty: Home) -> None:
    assert not holds_data(empty)
    restore_backup(empty, backup)
    assert holds_data(empty)
    assert things(empty) == things(source)
    assert (empty.files / "ab" / "contract.pdf").read_bytes() == b"signed"
    assert empty.secret_key() == source.secret_key()
    with psycopg.connect(postgres.connection_urls(empty).app) as app:
        assert app.execute("SELECT * FROM things").fetchall() == []
        app.execute("SET comity.org = '1'")
        assert app.execute("SELECT name FROM things").fetchall() == [("Łódź",)]
        assert app.execute("SELECT obj_description('things'::regclass)").fetchone() == ("kept",)
    assert not [left for left in empty.path.iterdir() if left.name.startswith(".restore-")]


def test_what_was_there_is_replaced_whole(backup: Path, empty: Home) -> None:
    run_as_owner(empty, "CREATE TABLE others (id int)")
    (empty.files / "other.pdf").touch()
    restore_backup(empty, backup)
    assert len(things(empty)) == 2
    assert [path.name for path in empty.files.iterdir()] == ["ab"]
    with psycopg.connect(archive.owner_url(empty)) as owner:
        assert owner.execute("SELECT to_regclass('others')").fetchone() == (None,)
    assert not {name for name in databases(empty) if name.startswith("comity_")}


def test_a_backup_is_for_its_owner_only_and_says_what_it_is(backup: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert read_manifest(backup).postgresql >= 15
    with tarfile.open(backup) as tar:
        assert tar.getnames()[:3] == ["manifest.json", "database.dump", "secret_key"]
    assert os.listdir(backup.parent) == [backup.name]


def with_member(backup: Path, name: str, content: bytes, target: Path) -> Path:
    """The backup with one member exchanged or added."""
    with tarfile.open(backup) as old, tarfile.open(target, "w") as new:
        for member in old.getmembers():
            if member.name != name:
                new.addfile(member, old.extractfile(member) if member.isfile() else None)
        info = tarfile.TarInfo(name)
        info.size = len(content)
        new.addfile(info, io.BytesIO(content))
    return target


@pytest.mark.parametrize(
    ("name", "content"),
    [("database.dump", b"torn"), ("../outside", b"x")],
    ids=["a torn dump", "a path that leads out"],
)
def test_a_bad_archive_changes_nothing(backup: Path, empty: Home, tmp_path: Path, name: str, content: bytes) -> None:
    run_as_owner(empty, "CREATE TABLE others (id int)")
    (empty.files / "other.pdf").touch()
    bad = with_member(backup, name, content, tmp_path / "bad.tar")
    with pytest.raises(SetupError):
        restore_backup(empty, bad)
    assert [path.name for path in empty.files.iterdir()] == ["other.pdf"]
    run_as_owner(empty, "SELECT * FROM others")
    assert not {found for found in databases(empty) if found.startswith("comity_")}
    assert not (tmp_path / "outside").exists()


def test_a_database_in_use_is_not_replaced(backup: Path, empty: Home) -> None:
    (empty.files / "other.pdf").touch()
    with psycopg.connect(postgres.connection_urls(empty).app), pytest.raises(SetupError, match=r"stop .* first"):
        restore_backup(empty, backup)
    assert [path.name for path in empty.files.iterdir()] == ["other.pdf"]
    assert not {found for found in databases(empty) if found.startswith("comity_")}


def test_what_is_no_backup_is_refused_with_a_sentence(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Sir")
    with pytest.raises(SetupError, match="is not a backup"):
        read_manifest(tmp_path / "letter.txt")
    with pytest.raises(SetupError, match="is not a backup"):
        read_manifest(tmp_path / "nowhere.tar")
    newer = json.dumps({"format": 1, "comity": "99.0", "postgresql": 18, "made_at": "2026-01-01"}).encode()
    with pytest.raises(SetupError, match=r"made by Comity 99\.0"):
        read_manifest(with_member(backup, "manifest.json", newer, tmp_path / "newer.tar"))
    other = json.dumps({"format": 2, "comity": "0.1", "postgresql": 18, "made_at": "2026-01-01"}).encode()
    with pytest.raises(SetupError, match="does not know"):
        read_manifest(with_member(backup, "manifest.json", other, tmp_path / "other.tar"))


def test_the_programs_are_those_of_the_wheel(source: Home) -> None:
    for name in ("pg_dump", "pg_restore", "psql"):
        assert shutil.which(postgres.tool(name))
