"""How fast the list of deals answers by API, beside that of BottleCRM (`django-crm`), with the same deals.

    python3.13 -m venv PEER && PEER/bin/pip install django-crm==1.35.0
    .venv/bin/python benchmarks/list_api.py --peer PEER [--deals 1000000] [--home FOLDER] [--seconds 20]

Both are served by two processes from the same PostgreSQL, one after the other, and are asked for pages of fifty by the
same four callers without thought. BottleCRM's answer also holds totals and every customer of the organization, for the
pickers of its page; it is asked once as it comes and once more without customers.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import psycopg
from exports import fresh_database, machine
from pages import EMAIL, SLUG, fill, line, rows, served, wait_for_answer, wait_for_quiet
from psycopg.conninfo import conninfo_to_dict

CALLERS, PAGE = 4, 50
PEER_NAME = "bottlecrm"
SCHEMA = "from django.core.management import call_command; call_command('migrate', verbosity=0)"
WHO = """
import json
from datetime import timedelta
from common.models import Org, Profile, User
from common.serializer import OrgAwareRefreshToken
from opportunity.models import DealPipeline
from common.rls import get_set_context_sql
from django.db import connection
org = Org.objects.filter(name="Benchmark").first() or Org.objects.create(name="Benchmark")
connection.cursor().execute(get_set_context_sql(), [str(org.id)])
user = User.objects.filter(email="ada@benchmark.example").first() or User.objects.create(email="ada@benchmark.example")
profile = Profile.objects.filter(user=user).first() or Profile.objects.create(user=user, org=org, role="ADMIN")
token = OrgAwareRefreshToken.for_user_and_org(user, org, profile).access_token
token.set_exp(lifetime=timedelta(hours=2))
print(json.dumps({"org": str(org.id), "pipeline": str(DealPipeline.default_for(org).id), "token": str(token)}))
"""
STAGE = {"open": "PROSPECTING", "won": "CLOSED_WON", "lost": "CLOSED_LOST"}


def main() -> None:
    """Load, serve each, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--deals", type=int, default=1_000_000)
    parser.add_argument("--partners", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--peer", type=Path, required=True, help="an environment with django-crm")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="comity-benchmark-") as scratch:
        os.environ |= {
            "COMITY_HOME": str(options.home or Path(scratch) / "home"),
            "DJANGO_SETTINGS_MODULE": "comity.project.settings",
            "COMITY_API_REQUESTS_A_MINUTE": "1000000",
        }
        os.environ.pop("DATABASE_URL", None)
        print(f"{options.deals:,} deals · {CALLERS} callers, pages of {PAGE} · {machine()}")
        print(f"{'':34}{'n':>5}{'p50':>7}{'p95':>7}{'max':>7}{'kB':>8}   milliseconds; kB as sent")
        with fresh_database():
            fill(Path(scratch), options)
            with served() as port:
                wait_for_quiet()
                [(program,)] = rows("SELECT id FROM programs_program WHERE slug = %s", SLUG)
                ours = f"/api/v1/opportunities?program={program}&limit={PAGE}"
                ask("Comity", port, ours, token_of_ours(), options.seconds)
            with peer_database(options.peer, Path(scratch)) as peer:
                for name, prepare in (("BottleCRM", None), ("BottleCRM, no customers", peer.forget_customers)):
                    if prepare:
                        prepare()
                    with peer.served() as port:
                        ask(name, port, f"/api/opportunities/?limit={PAGE}", peer.token, options.seconds)


def token_of_ours() -> str:
    """A token of the administrator whom `pages.fill` made."""
    from comity.identity.models import Membership
    from comity.identity.queries import actor_of
    from comity.identity.services.tokens import issue_token
    from comity.platform.tenancy import tenant

    [(membership, organization)] = rows(
        "SELECT held.id, held.organization_id FROM identity_membership held"
        " JOIN identity_person person ON person.id = held.person_id WHERE person.email = %s",
        EMAIL,
    )
    with tenant(organization_id=organization):
        actor = actor_of(Membership.objects.get(pk=membership))
        return issue_token(actor=actor, name="Benchmark", scopes=["read"]).secret


class Peer:
    """BottleCRM with our deals in a database beside ours."""

    def __init__(self, environment: Path, scratch: Path, url: str) -> None:
        self.url, self.scratch = url, scratch
        self.programs = environment.resolve() / "bin"
        place = conninfo_to_dict(url)
        self.environment = {
            "PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "crm.settings", "DEBUG": "False",
            "SECRET_KEY": "a key of the benchmark that is long enough to sign", "ALLOWED_HOSTS": "127.0.0.1",
            "DBNAME": PEER_NAME, "DBUSER": PEER_NAME, "DBPASSWORD": PEER_NAME, "DBHOST": str(place["host"]),
            "DBPORT": str(place.get("port") or 5432), "DB_POOL_ENABLED": "true", "HOME": str(scratch),
        }  # fmt: skip
        self._django(SCHEMA)
        known = json.loads(self._django(WHO).splitlines()[-1])
        self.org, self.pipeline, self.token = known["org"], known["pipeline"], known["token"]

    def _django(self, code: str) -> str:
        """Run something inside it."""
        done = subprocess.run(
            [self.programs / "python", "-c", f"import django; django.setup()\n{code}"],
            env=self.environment, cwd=self.scratch, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(done.stderr[-2_000:])
        return done.stdout

    def take_over(self) -> None:
        """Our customers and deals become its own."""
        customers = rows(
            "SELECT account.id, account.name FROM deals_customeraccount account"
            " JOIN programs_program program ON program.vendor_id = account.vendor_id WHERE program.slug = %s",
            SLUG,
        )
        deals = rows(
            "SELECT deal.id, left(deal.name, 255), deal.account_id, deal.status, deal.amount, deal.currency,"
            " deal.expected_close_on FROM deals_opportunity deal"
            " JOIN programs_program program ON program.id = deal.program_id WHERE program.slug = %s",
            SLUG,
        )
        with psycopg.connect(self.url, dbname=PEER_NAME) as connection, connection.cursor() as cursor:
            self._insert(cursor, "accounts", ("id", "name"), customers)
            columns = ("id", "name", "account_id", "stage", "amount", "currency", "closed_on", "pipeline_id")
            told = ((*one[:3], STAGE[str(one[3])], *one[4:], self.pipeline) for one in deals)
            self._insert(cursor, "opportunity", columns, told)
        with psycopg.connect(self.url, dbname=PEER_NAME, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")

    def _insert(
        self, cursor: psycopg.Cursor, table: str, columns: tuple[str, ...], given: Iterable[Sequence[object]]
    ) -> None:
        """Copy rows; what they do not name gets the model's own defaults."""
        named = ", ".join(columns)
        cursor.execute(f"CREATE TEMP TABLE given AS SELECT {named} FROM {table} WITH NO DATA")
        with cursor.copy(f"COPY given ({named}) FROM STDIN") as copy:
            for row in given:
                copy.write_row(row)
        cursor.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
            " AND table_name = %s AND is_nullable = 'NO' AND column_default IS NULL AND column_name <> ALL(%s)",
            (table, [*columns, "org_id"]),
        )
        blank = {"boolean": "true", "jsonb": "'{}'", "timestamp with time zone": "now()", "numeric": "0"}
        others = {name: blank.get(kind, "''") for name, kind in cursor.fetchall()}
        if "amount_source" in others:
            others["amount_source"] = "'MANUAL'"
        cursor.execute(
            f"INSERT INTO {table} ({', '.join([named, 'org_id', *others])})"
            f" SELECT {', '.join([named, '%s', *others.values()])} FROM given",
            (self.org,),
        )
        cursor.execute("DROP TABLE given")

    def forget_customers(self) -> None:
        """Leave the deals without theirs."""
        with psycopg.connect(self.url, dbname=PEER_NAME, autocommit=True) as connection:
            connection.execute("UPDATE opportunity SET account_id = NULL")
            connection.execute("DELETE FROM accounts")
            connection.execute("VACUUM (FULL, ANALYZE) opportunity")

    @contextmanager
    def served(self) -> Iterator[int]:
        """Its own server, two processes, on a free port."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [self.programs / "gunicorn", "crm.wsgi", "-w", "2", "--threads", "2", "-b", f"127.0.0.1:{port}"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen([*command, "-t", "600"], env=self.environment, cwd=self.scratch, **quiet)
        try:
            wait_for_answer(port, "/healthz/")
            yield port
        finally:
            process.terminate()
            process.wait(60)


@contextmanager
def peer_database(environment: Path, scratch: Path) -> Iterator[Peer]:
    """A role and a database beside ours, dropped at the end."""
    from comity.platform import postgres
    from comity.platform.home import Home

    url = postgres.superuser_url(Home.from_environment())

    def superuser(*statements: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    drop = (f"DROP DATABASE IF EXISTS {PEER_NAME} WITH (FORCE)", f"DROP ROLE IF EXISTS {PEER_NAME}")
    superuser(*drop, f"CREATE ROLE {PEER_NAME} LOGIN PASSWORD '{PEER_NAME}'",
              f"CREATE DATABASE {PEER_NAME} OWNER {PEER_NAME}")  # fmt: skip
    try:
        peer = Peer(environment, scratch, url)
        peer.take_over()
        yield peer
    finally:
        superuser(*drop)


def ask(name: str, port: int, path: str, token: str, seconds: float) -> None:
    """The same page over and over by a few callers; prints a line."""
    taken: list[float] = []
    wrong: list[int] = []
    status, size = fetch(HTTPConnection("127.0.0.1", port), path, token)
    end = time.monotonic() + seconds

    def call() -> None:
        connection = HTTPConnection("127.0.0.1", port)
        while time.monotonic() < end:
            started = time.perf_counter()
            answered = fetch(connection, path, token)[0]
            taken.append(time.perf_counter() - started)
            if answered != 200:
                wrong.append(answered)

    together([call] * CALLERS)
    note = f"  answered {sorted({status, *wrong})}" if wrong or status != 200 else ""
    print(f"{name:34}{line(taken)}{size / 1e3:8.1f}{note}")


def together(tasks: list[Callable[[], None]]) -> None:
    """Each in a thread of its own, until all are done."""
    threads = [threading.Thread(target=task) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def fetch(connection: HTTPConnection, path: str, token: str) -> tuple[int, int]:
    """Status and size of an answer."""
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    return answer.status, len(answer.read())


if __name__ == "__main__":
    main()
