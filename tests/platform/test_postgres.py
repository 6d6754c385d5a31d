"""The embedded database: made whole or not at all, shared by commands, recovered after a kill."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from comity.platform import postgres
from comity.platform.database_roles import UnfitServer, create_roles, prepare_database
from comity.platform.home import REPOSITORY, Home, SetupError
from comity.platform.postgres_upgrade import upgrade
from system_postgres import SystemPostgres, system_programs

needs_system_postgres = pytest.mark.skipif(system_programs() is None, reason="no PostgreSQL but the embedded one")

HOLD = """
import sys
from pathlib import Path
from comity.platform import postgres
from comity.platform.home import Home
with postgres.running(Home(Path(sys.argv[1]))):
    print("up", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module", autouse=True)
def no_outside_database() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE_URL", raising=False)
        patch.delenv("DATABASE_OWNER_URL", raising=False)
        yield


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home with a space in its path and an initialised database, stopped."""
    yield from a_home(tmp_path_factory.mktemp("embedded") / "a home")


def a_home(path: Path) -> Iterator[Home]:
    made = Home(path)
    postgres.ensure_initialised(made)
    yield made
    postgres.stop(made)
    sockets = postgres.cluster(made).sockets
    if sockets.parent != path:
        shutil.rmtree(sockets, ignore_errors=True)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def hold(home: Home) -> subprocess.Popen[str]:
    """Another process that uses the database until its standard input closes."""
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home.path)],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY / "src")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "up\n"
    return other


def let_go(other: subprocess.Popen[str]) -> None:
    other.communicate("")
    assert other.returncode == 0


def test_what_is_made_is_closed_to_others(home: Home) -> None:
    with postgres.running(home):
        assert mode(home.database) == 0o700
        assert mode(postgres.cluster(home).sockets) == 0o700
        assert mode(home.path / "database.json") == 0o600
        assert mode(home.files) == mode(home.logs) == 0o700
        assert home.secret_key() == home.secret_key()
        assert mode(home.path / "secret_key") == 0o600
    assert not (home.path / "pg.new").exists()


def test_it_listens_on_no_network_and_trusts_nobody(home: Home) -> None:
    with postgres.running(home) as urls, psycopg.connect(urls.app) as app:
        assert app.execute("SHOW listen_addresses").fetchone() == ("",)
        assert app.execute("SHOW fsync").fetchone() == ("on",)
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(urls.app.replace("comity_app:", "comity_app:wrong"))


def test_it_knows_letters_beyond_ascii(home: Home) -> None:
    with postgres.running(home) as urls, psycopg.connect(urls.app) as app:
        assert app.execute("SELECT lower('ÄÖŁ') = 'äöł', show_trgm('Łódź') <> '{}'").fetchone() == (True, True)


def test_the_application_role_owns_nothing_and_can_become_nobody(home: Home) -> None:
    with postgres.running(home) as urls, psycopg.connect(urls.app, autocommit=True) as app:
        rights = app.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, rolreplication"
            " FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert rights == (False, False, False, False, False)
        for other in ("comity_owner", "postgres"):
            with pytest.raises(InsufficientPrivilege):
                app.execute(f"SET ROLE {other}")
        with pytest.raises(InsufficientPrivilege):
            app.execute("CREATE TABLE mine (id int)")
        assert app.execute("SELECT count(*) FROM pg_class WHERE relowner = 'comity_app'::regrole").fetchone() == (0,)
        assert app.execute("SHOW statement_timeout").fetchone() == ("30s",)
        assert app.execute("SHOW idle_in_transaction_session_timeout").fetchone() == ("1min",)


def test_what_the_owner_makes_the_application_may_use(home: Home) -> None:
    with postgres.running(home) as urls:
        may_use_what_the_owner_makes(urls)


def may_use_what_the_owner_makes(urls: postgres.DatabaseUrls) -> None:
    """Tables and sequences; in a test database of the owner's own too."""
    assert urls.owner is not None
    with psycopg.connect(urls.owner, autocommit=True) as owner:
        owner.execute("CREATE DATABASE of_a_test")
    try:
        for database in ("comity", "of_a_test"):
            with psycopg.connect(urls.owner, dbname=database, autocommit=True) as owner:
                prepare_database(owner)
                owner.execute("CREATE TABLE things (id serial PRIMARY KEY, name text)")
            with psycopg.connect(urls.app, dbname=database) as app:
                app.execute("INSERT INTO things (name) VALUES ('first')")
                app.execute("UPDATE things SET name = 'one'")
                assert app.execute("SELECT id, name FROM things").fetchall() == [(1, "one")]
                app.execute("DELETE FROM things")
                with pytest.raises(InsufficientPrivilege):
                    app.execute("TRUNCATE things")
    finally:
        with psycopg.connect(urls.owner, autocommit=True) as owner:
            owner.execute("DROP TABLE IF EXISTS things")
            owner.execute("DROP DATABASE of_a_test WITH (FORCE)")


def test_a_command_starts_it_and_stops_it(home: Home) -> None:
    assert not postgres.is_running(home)
    with postgres.running(home):
        assert postgres.is_running(home)
        with postgres.running(home):
            pass
        assert postgres.is_running(home)
    assert not postgres.is_running(home)


def test_a_command_leaves_it_up_when_it_was_started_to_stay(home: Home) -> None:
    postgres.start(home)
    with postgres.running(home):
        pass
    assert postgres.is_running(home)
    postgres.stop(home)
    assert not postgres.is_running(home)


def test_two_commands_do_not_stop_each_others_database(home: Home) -> None:
    first, second = hold(home), hold(home)
    let_go(first)
    assert postgres.is_running(home)
    let_go(second)
    assert not postgres.is_running(home)


def test_the_last_to_leave_stops_it_though_the_first_was_killed(home: Home) -> None:
    first, second = hold(home), hold(home)
    first.kill()
    first.communicate()
    assert postgres.is_running(home)
    let_go(second)
    assert not postgres.is_running(home)


def test_it_recovers_from_a_killed_server(home: Home) -> None:
    postgres.start(home)
    busy = psycopg.connect(postgres.connection_urls(home).app)
    busy.execute("SELECT 1")
    os.kill(postmaster_of(home), signal.SIGKILL)
    assert (home.database / "postmaster.pid").exists()
    with postgres.running(home) as urls, psycopg.connect(urls.app) as app:
        assert app.execute("SELECT 1").fetchone() == (1,)
    busy.close()
    assert not postgres.is_running(home)


def test_a_stale_lock_whose_number_another_program_has_is_no_server(home: Home) -> None:
    """After a container is killed, process ids start again, and the old server's belongs to something else."""
    with postgres.running(home):
        lock = (home.database / "postmaster.pid").read_text()
        socket_lock = (postgres.cluster(home).sockets / ".s.PGSQL.5432.lock").read_text()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        for path, text in (
            (home.database / "postmaster.pid", lock),
            (postgres.cluster(home).sockets / ".s.PGSQL.5432.lock", socket_lock),
        ):
            path.write_text("\n".join([str(stranger.pid), *text.splitlines()[1:]]) + "\n")
            shutil.chown(path, home.database.owner())
        assert not postgres.is_running(home)
        with postgres.running(home) as urls, psycopg.connect(urls.app) as app:
            assert app.execute("SELECT 1").fetchone() == (1,)
        assert stranger.poll() is None
        stranger.kill()


def test_a_set_up_cut_short_starts_over(tmp_path: Path) -> None:
    (tmp_path / "pg.new" / "data").mkdir(parents=True)
    (tmp_path / "pg.new" / "data" / "half").touch()
    for home in a_home(tmp_path):
        with postgres.running(home) as urls, psycopg.connect(urls.app) as app:
            (home.database / "comity.furnished").unlink()
            assert app.execute("SELECT 1").fetchone() == (1,)
        with postgres.running(home) as urls, psycopg.connect(urls.app) as app:
            assert app.execute("SELECT 1").fetchone() == (1,)


def test_a_deep_home_gets_a_short_socket(tmp_path: Path) -> None:
    for home in a_home(tmp_path / ("deep" * 20) / ("deeper" * 10)):
        with postgres.running(home) as urls, psycopg.connect(urls.app) as app:
            assert app.execute("SELECT 1").fetchone() == (1,)
            sockets = postgres.cluster(home).sockets
            assert mode(sockets) == 0o700
            assert len(os.fsencode(sockets / ".s.PGSQL.5432")) < 107


def test_a_socket_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    home = Home(tmp_path)
    postgres.ensure_initialised(home)
    postgres.cluster(home).sockets.symlink_to(tmp_path / "files")
    with pytest.raises(SetupError, match="belongs to somebody else"):
        postgres.start(home)


def test_an_outside_database_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://comity_app:x@db.example/comity")
    with postgres.running(Home(tmp_path)) as urls:
        assert urls == postgres.DatabaseUrls(app="postgresql://comity_app:x@db.example/comity", owner=None)
    assert list(tmp_path.iterdir()) == []


def test_a_home_of_a_newer_version_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "pg").mkdir()
    (tmp_path / "pg" / "PG_VERSION").write_text("99\n")
    with pytest.raises(SetupError, match="of PostgreSQL 99, newer than"):
        upgrade(Home(tmp_path), print)
    with pytest.raises(SetupError, match=r"\./comity migrate"):
        postgres.start(Home(tmp_path))


@needs_system_postgres
def test_roles_are_made_on_a_server_of_ones_own() -> None:
    with SystemPostgres() as server:
        create_roles(server.url(), app_password="first")
        urls = create_roles(server.url(), app_password="second", owner_password="own/er")
        assert urls.owner is not None
        for url, role in ((urls.app, "comity_app"), (urls.owner, "comity_owner")):
            with psycopg.connect(url) as connection:
                assert connection.execute("SELECT current_user::text, lower('Ä')").fetchone() == (role, "ä")
        with psycopg.connect(urls.app) as app, pytest.raises(InsufficientPrivilege):
            app.execute("SET ROLE comity_owner")
        may_use_what_the_owner_makes(urls)


@needs_system_postgres
def test_roles_put_a_too_mighty_application_right() -> None:
    with SystemPostgres() as server:
        with psycopg.connect(server.url(), autocommit=True) as admin:
            admin.execute("CREATE ROLE comity_app SUPERUSER BYPASSRLS")
            admin.execute("CREATE ROLE mighty")
            admin.execute("GRANT mighty TO comity_app")
        urls = create_roles(server.url())
        with psycopg.connect(urls.app) as app:
            found = app.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user").fetchone()
            assert found == (False, False)
            with pytest.raises(InsufficientPrivilege):
                app.execute("SET ROLE mighty")


@needs_system_postgres
def test_a_server_that_knows_ascii_only_is_refused() -> None:
    with SystemPostgres(locale="C", encoding="SQL_ASCII") as server:
        with psycopg.connect(server.url(), autocommit=True) as admin:
            admin.execute("CREATE DATABASE comity")
        with pytest.raises(UnfitServer, match="UTF-8"):
            create_roles(server.url())


@needs_system_postgres
def test_the_data_of_an_older_version_move_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = system_programs()
    assert programs is not None
    monkeypatch.setenv("COMITY_OLD_POSTGRES", str(programs.parent))
    home = Home(tmp_path / "home")
    home.create()
    old = postgres.Cluster(data=home.database, programs=programs.parent, sockets=postgres.cluster(home).sockets)
    postgres.initialise(home, old)
    old.start()
    postgres.furnish(home, old)
    with psycopg.connect(postgres.connection_urls(home).owner or "", autocommit=True) as owner:
        owner.execute("CREATE TABLE things AS SELECT 'Łódź' AS name")
    old.stop()
    said: list[str] = []
    assert upgrade(home, said.append) is True
    with postgres.running(home) as urls, psycopg.connect(urls.app) as app:
        assert app.info.server_version // 10000 == postgres.cluster(home).own_version()
        assert app.execute("SELECT name FROM things").fetchall() == [("Łódź",)]
        assert app.execute("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'things'").fetchone() == (
            "comity_owner",
        )
    assert len(said) == 3
    assert (home.path / f"pg-{old.own_version()}-before-upgrade").is_dir()
    assert not (home.path / "upgrade.dump").exists()
    assert upgrade(home, said.append) is False


def test_an_older_version_without_its_programs_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMITY_OLD_POSTGRES", str(tmp_path))
    (tmp_path / "pg").mkdir()
    (tmp_path / "pg" / "PG_VERSION").write_text("11\n")
    with pytest.raises(SetupError, match="install PostgreSQL 11"):
        upgrade(Home(tmp_path), print)
    assert (tmp_path / "pg" / "PG_VERSION").read_text() == "11\n"


def postmaster_of(home: Home) -> int:
    for _attempt in range(50):
        try:
            return int((home.database / "postmaster.pid").read_text().splitlines()[0])
        except FileNotFoundError:
            time.sleep(0.1)
    raise AssertionError("there is no server")
