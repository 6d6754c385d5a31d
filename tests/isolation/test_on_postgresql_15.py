"""The same isolation on the oldest PostgreSQL we support, as a server of one's own: Debian's."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, transaction

from cast import make_cast
from comity.connectors.report import import_from_command_line
from comity.identity.models import Organization
from comity.insights.report import write_report
from comity.kernel.ids import uuid7
from comity.platform.catalogue import problems
from comity.platform.checks import pending_migrations, role_problems
from comity.platform.database_roles import create_roles
from comity.platform.postgres import superuser_url
from comity.programs.models import Partnership, Program
from conftest import _point_at
from isolation_catalogue import RowFactory, declared, tables
from system_postgres import SystemPostgres, system_programs

pytestmark = pytest.mark.skipif(
    system_programs() is None and not os.environ.get("CI"), reason="this machine has no PostgreSQL of its own"
)


FIGURES = ("value", "rows", "rows_without_amount")


@pytest.fixture(scope="module")
def fifteen(django_db_setup: str, django_db_blocker) -> Iterator[SystemPostgres]:
    """A fresh server with our roles, migrated by the owner; Django's connections lead there."""
    kept = {alias: dict(connections[alias].settings_dict) for alias in ("default", "outside", "owner")}
    with SystemPostgres() as server, django_db_blocker.unblock():
        urls = create_roles(server.url(), owner_password="owner", app_password="app")
        for alias, url in (("default", urls.app), ("outside", urls.app), ("owner", urls.owner)):
            parts = psycopg.conninfo.conninfo_to_dict(url or "")
            connections[alias].close()
            connections[alias].settings_dict |= {
                "NAME": parts["dbname"],
                "USER": parts["user"],
                "PASSWORD": parts["password"],
                "HOST": parts["host"],
                "PORT": "",
            }
        call_command("migrate", database="owner", verbosity=0, interactive=False)  # Django's own way, not ours
        yield server
        for alias, values in kept.items():
            connections[alias].close()
            connections[alias].settings_dict |= values
    _point_at(django_db_setup)


def test_it_is_an_older_one(fifteen):
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        assert int(cursor.fetchone()[0]) // 10000 == fifteen.version
    assert fifteen.version >= 15
    assert Path(fifteen.data).exists()


def test_every_policy_key_and_guard_is_there(fifteen):
    assert problems(connections["owner"]) == []
    assert role_problems(connections["default"]) == []
    assert pending_migrations(connections["default"]) == []


# What a migration makes: a line for each. Versions of PostgreSQL write definitions differently, names they do not.
MADE = """
SELECT 'column', concat_ws(' ', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       pg_get_expr(d.adbin, d.adrelid))
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm') AND {ours}
UNION ALL SELECT 'table', concat_ws(' ', c.oid::regclass, c.relkind, c.relrowsecurity, c.relforcerowsecurity,
       {granted})
FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND {ours}
UNION ALL SELECT 'index', pg_get_indexdef(c.oid) FROM pg_class c WHERE c.relkind IN ('i', 'I') AND {ours}
UNION ALL SELECT 'constraint', concat_ws(' ', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid))
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE k.contype <> 'n' AND {ours}
UNION ALL SELECT 'trigger', pg_get_triggerdef(t.oid)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND {ours}
UNION ALL SELECT 'policy', concat_ws(' ', tablename, policyname, roles, cmd, qual, with_check) FROM pg_policies
UNION ALL SELECT 'function', concat_ws(' ', c.oid::regprocedure, md5(c.prosrc), c.prosecdef, c.proacl)
FROM pg_proc c WHERE {ours_too} AND c.proname <> 'comity_uuid7' -- made of what the version has
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.objid = c.oid AND e.deptype = 'e') -- nor of an extension
ORDER BY 1, 2
"""
OURS = "{}::regnamespace::text IN ('public', 'history')"

# Version 17 knows one more right on a table.
GRANTED = """(SELECT string_agg(concat_ws(' ', pg_get_userbyid(g.grantee), g.privilege_type), ', ' ORDER BY 1)
    FROM aclexplode(c.relacl) g WHERE g.privilege_type <> 'MAINTAIN')"""


def made(cursor) -> list[tuple[str, str]]:
    """What stands in the schemas of Comity."""
    schemas = {"ours": OURS.format("c.relnamespace"), "ours_too": OURS.format("c.pronamespace")}
    cursor.execute(MADE.format(**schemas, granted=GRANTED))
    return cursor.fetchall()


def test_an_empty_database_comes_to_what_djangos_own_way_makes(fifteen, request):
    template = request.getfixturevalue("_template")
    with psycopg.connect(superuser_url(django_settings.HOME), dbname=template) as embedded:
        quick = made(embedded.cursor())
    with connections["owner"].cursor() as cursor:
        slow = made(cursor)
    assert len(quick) > 2000
    assert [one for one in quick if one not in slow] == []
    assert [one for one in slow if one not in quick] == []


def test_identifiers_are_ordered_there_too(fifteen):
    with connection.cursor() as cursor:
        cursor.execute("SELECT comity_uuid7()::text, pg_sleep(0.002), comity_uuid7()::text")
        first, _, second = cursor.fetchone()
    assert first < second
    assert first[14] == second[14] == "7"


def test_strangers_and_rivals_see_nothing(fifteen):
    with transaction.atomic():
        cast = make_cast()
    seen = {}
    for who in ("ada", "bo", "cy", "eve"):
        with cast.scope(who):
            seen[who] = sorted(Partnership.objects.values_list("name", flat=True))
    assert seen == {"ada": ["Contoso", "Fabrikam"], "bo": ["Fabrikam"], "cy": ["Contoso"], "eve": ["Initech"]}
    factory = RowFactory(cast.northwind.pk, cast.fabrikam.pk, cast.person("ada").pk, "Northwindsecret")
    secured = [name for name, table in declared().items() if name in tables() and not table.isolation.exempt]
    for name in secured:
        factory.row_of(name)
    with cast.scope("eve"), connection.cursor() as cursor:
        for name in secured:
            cursor.execute(f'SELECT count(*) FROM "{name}" t WHERE t::text LIKE %s', ["%Northwindsecret%"])
            assert cursor.fetchone()[0] == 0, name


def test_hidden_rows_are_out_of_reach(fifteen):
    with transaction.atomic():
        cast = make_cast_again()
    with pytest.raises(DatabaseError), cast.scope("eve"), transaction.atomic():
        Partnership.objects.filter(pk=cast.of_umbra.pk).update(program_id=cast.program.pk)
    with pytest.raises(DatabaseError), cast.scope("eve"), transaction.atomic():
        Partnership.objects.filter(pk=cast.of_umbra.pk).update(partner_id=cast.contoso.pk)
    with pytest.raises(DatabaseError), cast.scope("eve"), transaction.atomic():
        Program.objects.create(vendor_id=cast.northwind.pk, slug="x", name="X", vendor_name="X")
    with cast.scope("eve"):
        own = Organization.objects.create(id=uuid7(), name="Own", private_to_id=cast.umbra.pk)
        assert Partnership.objects.filter(pk=cast.of_umbra.pk).update(partner_id=own.pk) == 1


def make_cast_again():
    """The cast has been here before: the people are found, the organizations are others of the same name."""
    from comity.identity.models import Membership

    cast = make_cast()
    assert Membership.objects.count() == 0, "no scope, no rows"
    return cast


def test_a_real_export_comes_in_and_its_figures_hold(fifteen):
    """The CRM's export on this server: the same counts and figures as on the embedded one."""
    told: list[str] = []
    folder = Path(os.environ["COMITY_TEST_DATA"]) / "crm-sales"
    status = import_from_command_line(
        path=folder,
        mapping="crm-sales",
        vendor="Maven",
        program="maven",
        dry_run=False,
        strict=False,
        report=told.append,
    )
    assert (status, told[-1]) == (0, "8,800 deals changed")
    written = StringIO()
    write_report(
        names=["partner_sourced_revenue", "win_rate", "partner_sourced_pipeline"],
        program="maven",
        start=date(2017, 1, 1),
        end=date(2017, 12, 31),
        as_of=None,
        by=None,
        form="json",
        to=written,
    )
    rows = {row["metric"]: tuple(row[name] for name in FIGURES) for row in json.loads(written.getvalue())}
    assert rows["partner_sourced_revenue"] == ("10005534", 4238, 0)
    assert rows["win_rate"][0][:6] == "0.6315"
    assert rows["partner_sourced_pipeline"] == (None, 2089, 2089)
