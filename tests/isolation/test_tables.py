"""Isolation, proved on the catalogue: whatever table there is, a stranger sees, writes and learns nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction
from psycopg import connect
from psycopg.errors import InsufficientPrivilege

from comity.identity.services import hash_secret
from comity.kernel.ids import uuid7
from comity.platform.catalogue import DEFINERS, problems
from comity.platform.isolation import THIRD_PARTY
from comity.platform.postgres import connection_urls
from comity.platform.tenancy import tenant
from isolation_catalogue import declared, is_ours, rows, tables

WORD = "Northwindsecret"

# Tables without a policy. A new one must be added here by hand, with the reason the code gives.
EXEMPT = {
    "account_emailaddress",
    "account_emailconfirmation",
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "comity_cache",
    "django_content_type",
    "django_migrations",
    "django_session",
    "identity_person",
    "ledger_exchangerate",
    "mfa_authenticator",
    "pghistory_context",
    "usersessions_usersession",
}
# Unique keys that do not begin with the owner, and why a collision tells nothing.
UNIQUE_WITHOUT_OWNER = {
    "identity_apitoken_token_hash_key": "a hash of a secret nobody else holds",
    "identity_invitation_token_hash_key": "a hash of a secret nobody else holds",
    "preference_once": "begins with the person, whose rows nobody else writes",
    "procrastinate_jobs_queueing_lock_idx_v1": "only our own periodic tasks have one, named by the task",
    "procrastinate_jobs_lock_idx_v1": "among running jobs; only the worker sets it",
    "procrastinate_periodic_defers_unique": "written by the worker only",
}


def secured() -> list[str]:
    """Every table under policies."""
    return sorted(name for name, table in declared().items() if not table.isolation.exempt)


@contextmanager
def as_(world, who: str) -> Iterator[None]:
    with world.cast.scope(who):
        yield


def own(name: str, organization_id: str, person_id: str, row: dict[str, object]) -> bool:
    """Whether a row that was seen belongs to who looks, by any column that says whose it is."""
    owners = ("vendor_id", "partner_id", "organization_id", "private_to_id", "inviting_id")
    if name == "procrastinate_jobs":
        return dict(row["args"] or {}).get("organization") == organization_id  # type: ignore[call-overload]
    if name == "identity_organization" and row["id"] == organization_id:
        return True
    if row.get("person_id") == person_id and name.startswith(("identity_membership", "notices_")):
        return True
    if name in ("programs_program", "programs_region", "programs_tier"):  # read by the program's partners too
        return True
    return organization_id in {row.get(column) for column in owners}


def read(name: str) -> list[dict[str, object]]:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT to_jsonb(t)::text FROM "{name}" t')
        return [json.loads(row) for (row,) in cursor.fetchall()]


def test_the_catalogue_is_what_the_code_declares(world):
    assert problems(connections["owner"]) == []
    assert set(tables()) == set(declared()) & set(tables())


def test_the_exempt_tables_are_these_and_say_why():
    exempt = {name: table.isolation.exempt for name, table in declared().items() if table.isolation.exempt}
    assert set(exempt) == EXEMPT
    assert all(len(reason) > 20 for reason in exempt.values())


def test_every_table_has_a_row_of_northwinds(world):
    """Else what follows would prove nothing."""
    empty = [name for name in secured() if name not in world.northwind or not world.northwind[name]]
    assert empty == []
    assert any(name.endswith("event") for name in secured())
    assert "procrastinate_jobs" in secured()


@pytest.mark.parametrize("name", secured())
def test_a_stranger_sees_her_own_rows_only(world, name):
    eve, umbra = str(world.cast.person("eve").pk), str(world.cast.umbra.pk)
    with as_(world, "eve"):
        seen = read(name)
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT count(*) FROM "{name}"')
            assert cursor.fetchone()[0] == len(seen)
    assert [row for row in seen if not own(name, umbra, eve, row)] == []
    assert WORD not in json.dumps(seen)
    assert str(world.cast.northwind.pk) not in json.dumps(seen)


@pytest.mark.parametrize("name", secured())
def test_nobody_sees_nothing(world, name):
    for scope in ({}, {"organization_id": uuid7()}, {"person_id": uuid7()}, {"token": hash_secret("invented")}):
        with tenant(**scope):
            assert read(name) == [], scope


@pytest.mark.parametrize("name", secured())
def test_a_rival_sees_nothing_of_the_vendors(world, name):
    """Cy works for a partner of Northwind: what is shared with his rival Fabrikam is not his to see."""
    with as_(world, "cy"):
        seen = read(name)
    if name in ("programs_program", "programs_region", "programs_tier"):
        assert {row["vendor_id"] for row in seen} <= {str(world.cast.northwind.pk), str(world.cast.umbra.pk)}
        return
    assert WORD not in json.dumps(seen)
    assert str(world.cast.fabrikam.pk) not in json.dumps(seen)


def test_a_partner_sees_what_is_shared_with_it_and_no_history(world):
    with as_(world, "bo"):
        seen = {name for name in secured() if WORD in json.dumps(read(name))}
    assert (
        seen
        == {
            "attribution_touch",
            "deals_registrationupdate",
            "deals_opportunitypartner",
            "deals_protectionextension",
            "deals_registration",
            "deals_registrationappeal",
            "cosell_circle",
            "cosell_member",
            "cosell_planstep",
            "cosell_roomfile",
            "cosell_roommessage",
            "cosell_seat",
            "leads_leadoffer",
            "leads_leadwishes",
            "leads_referral",
            "leads_referrallink",
            "deals_registrationfile",
            "deals_registrationlist",
            "deals_registrationstep",
            "deals_shareddeal",
            "deals_sharedverdict",
            "programs_declaredcapabilities",
            "programs_distributorlink",
            "programs_partnership",
            "programs_program",
            "programs_region",
            "programs_tier",
            "timeline_message",
            "timeline_messagefile",
            "timeline_readmark",
        }
        & seen
    )
    assert {"deals_shareddeal", "deals_registration", "programs_partnership"} <= seen


def attempt(statement: str, values: list[object] | None = None) -> str:
    """The SQLSTATE a statement ends with, and nothing of it stays."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(statement, values)
            count = cursor.rowcount
            transaction.set_rollback(True)
            return f"{count} rows"
    except DatabaseError as error:
        return str(getattr(error.__cause__, "sqlstate", error))


def owned() -> list[str]:
    return [name for name in secured() if "vendor_id" in tables()[name].columns]


def test_nobody_writes_for_another_vendor(world):
    for name in owned():
        refuses_foreign_rows(world, name)


def refuses_foreign_rows(world, name: str) -> None:
    mine = dict(world.umbra[name])
    columns = [column for column in tables()[name].columns if mine.get(column) is not None]
    northwind = world.cast.northwind.pk
    with as_(world, "eve"):
        values = {**mine, "vendor_id": str(northwind), **({"id": str(uuid7())} if "id" in mine else {})}
        names = ", ".join(f'"{column}"' for column in columns)
        taken = f'SELECT {names} FROM jsonb_populate_record(NULL::"{name}", %s::jsonb)'
        inserted = attempt(f'INSERT INTO "{name}" ({names}) {taken}', [json.dumps(values)])
        assert inserted == "42501", "new row violates row-level security policy"
        moved = attempt(f'UPDATE "{name}" SET vendor_id = %s', [northwind])
        assert moved == "42501"
        for statement in (f'UPDATE "{name}" SET vendor_id = vendor_id WHERE vendor_id = %s',):
            assert attempt(statement, [northwind]) in ("0 rows", "42501")
        assert attempt(f'DELETE FROM "{name}" WHERE vendor_id = %s', [northwind]) in ("0 rows", "42501")


def keys() -> list[tuple[str, str, str]]:
    """(table, column, target) of every key from a table under policies to another one."""
    found = []
    for name in secured():
        for here, target, _ in tables()[name].keys:
            column = next((column for column in here if column not in ("vendor_id", "partner_id")), here[-1])
            if target in secured() and not name.startswith("procrastinate"):
                found.append((name, column, target))
    return sorted(set(found))


def test_no_key_reaches_a_hidden_row(world):
    """And the refusal is the one that an id which does not exist gets."""
    reached = {}
    for name, column, target in keys():
        if declared()[name].append_only:
            continue  # never updated by the application; inserts are covered by the key itself
        hidden, invented = world.northwind[target]["id"], str(uuid7())
        with as_(world, "eve"):
            statement = f'UPDATE "{name}" SET "{column}" = %s WHERE id = %s'
            answers = [attempt(statement, [key, world.umbra[name]["id"]]) for key in (hidden, invented)]
        if answers[0] != answers[1] or answers[0] not in ("23503", "42501", "23514"):
            reached[f"{name}.{column}"] = answers
    assert reached == {}
    assert len(keys()) > 30


def test_composite_keys_are_everywhere(world):
    """A key between two tables of vendors holds the vendor; the few others are watched by a trigger."""
    plain = []
    for name in owned():
        for here, target, _ in tables()[name].keys:
            if target in owned() and "vendor_id" not in here:
                plain.append((name, here, target))
    assert plain == []
    watched = {(table.name, column) for table in declared().values() for column, _ in table.seen_keys}
    unwatched = []
    for name in secured():
        for here, target, _ in tables()[name].keys:
            if target in secured() and "vendor_id" not in here and (name, here[0]) not in watched and is_ours(name):
                unwatched.append((name, here, target))
    assert unwatched == []


def test_unique_errors_tell_nothing(world):
    """Every unique key of a table under policies begins with its owner, or is a random id."""
    found = rows(
        "SELECT c.relname, i.relname,"
        " array(SELECT a.attname::text FROM unnest(x.indkey::int2[]) WITH ORDINALITY u(n, o)"
        " JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = u.n ORDER BY o), x.indisprimary"
        " FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND (x.indisunique OR x.indisexclusion)"
    )
    telling = []
    for table, index, columns, primary in found:
        first = columns[0] if columns else ""
        if table not in secured() or first in ("vendor_id", "organization_id") or index in UNIQUE_WITHOUT_OWNER:
            continue
        if primary and columns in (["id"], ["pgh_id", "pgh_created_at"]):
            continue  # random, or drawn by the database
        telling.append((table, index, columns))
    assert telling == []


def unique_columns() -> list[tuple[str, list[str]]]:
    found = rows(
        "SELECT c.relname, array(SELECT a.attname::text FROM unnest(x.indkey::int2[]) WITH ORDINALITY u(n, o)"
        " JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = u.n ORDER BY o)"
        " FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid"
        " WHERE x.indisunique AND NOT x.indisprimary AND c.relnamespace = 'public'::regnamespace"
    )
    return sorted((table, columns) for table, columns in found if columns[:1] == ["vendor_id"] and table in secured())


def test_a_value_that_another_vendor_uses_is_free(world):
    """Writing Northwind's own values under Umbra's name never ends in a unique error."""
    answers = {}
    with as_(world, "eve"):
        for table, columns in unique_columns():
            theirs, mine = world.northwind[table], world.umbra[table]
            free = [name for name in columns[1:] if name != "id" and not name.endswith("_id") and theirs.get(name)]
            if not free or declared()[table].append_only:
                continue
            sets = ", ".join(f'"{column}" = r."{column}"' for column in free)
            record = f'jsonb_populate_record(NULL::"{table}", %s::jsonb)'
            statement = f'UPDATE "{table}" t SET {sets} FROM {record} r WHERE t.id = %s'
            answers[table] = attempt(statement, [json.dumps(theirs), mine["id"]])
    assert {table: answer for table, answer in answers.items() if answer != "1 rows"} == {}
    assert len(answers) >= 4


# --- what the application's role can never do ---


@pytest.mark.parametrize("name", sorted(declared()))
def test_the_application_cannot_change_a_table(world, name):
    with as_(world, "eve"):
        answers = {
            word: attempt(statement)
            for word, statement in {
                "truncate": f'TRUNCATE "{name}"',
                "alter": f'ALTER TABLE "{name}" DISABLE ROW LEVEL SECURITY',
                "trigger": f'ALTER TABLE "{name}" DISABLE TRIGGER ALL',
                "policy": f'CREATE POLICY everything ON "{name}" USING (true)',
                "drop": f'DROP TABLE "{name}"',
                "index": f'CREATE INDEX ON "{name}" (ctid)',
                "copy": f"COPY \"{name}\" TO PROGRAM 'cat'",
            }.items()
        }
    assert set(answers.values()) == {"42501"}, answers


@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE comity_owner",
        "SET SESSION AUTHORIZATION comity_owner",
        "GRANT comity_owner TO comity_app",
        "ALTER ROLE comity_app SUPERUSER",
        "ALTER ROLE comity_app BYPASSRLS",
        "SET session_replication_role = replica",
        "CREATE TABLE public.mine (id int)",
        "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE EXTENSION file_fdw",
        "SELECT pg_read_file('/etc/passwd')",
        "COPY (SELECT 1) TO '/etc/x'",
        "SELECT * FROM pg_authid",
        "CREATE EVENT TRIGGER t ON ddl_command_start EXECUTE FUNCTION comity_refuse_change()",
    ],
)
def test_the_application_cannot_become_more(world, statement):
    with as_(world, "eve"):
        assert attempt(statement) in ("42501", "0LP01"), statement


def test_resetting_the_role_leads_nowhere(world):
    name = connections["default"].settings_dict["NAME"]
    with connect(connection_urls(settings.HOME).app, dbname=name, autocommit=True) as raw:
        raw.execute("RESET ROLE")
        raw.execute("SET row_security = on")
        assert raw.execute("SELECT current_user, session_user").fetchone() == ("comity_app", "comity_app")
        raw.execute("SET row_security = off")
        with pytest.raises(InsufficientPrivilege):
            raw.execute("SELECT * FROM programs_partnership")


def append_only() -> list[str]:
    return sorted(name for name, table in declared().items() if table.append_only)


@pytest.mark.parametrize("name", append_only())
def test_what_only_grows_is_never_changed(world, name):
    """Not by switching the library's triggers off either."""
    column = "pgh_label" if name.endswith("event") and "pgh_label" in tables()[name].columns else "vendor_id"
    with as_(world, "ada"), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pgtrigger.ignore', '{ALL}', true)")
        for statement in (
            f'UPDATE "{name}" SET "{column}" = "{column}"',
            f'DELETE FROM "{name}"',
            f'TRUNCATE "{name}"',
        ):
            assert attempt(statement) == "42501"
        assert attempt(f'INSERT INTO "{name}" SELECT * FROM "{name}" LIMIT 0') == "0 rows"


def test_every_history_table_only_grows():
    past = [name for name, table in declared().items() if table.past_of]
    assert past
    assert set(past) <= set(append_only())


# --- functions with the owner's rights ---

SAMPLE_CALLS = {
    "comity_find_deals": ("SELECT comity_find_deals(%s, %s, 100)", ["programs_program.id", "word"]),
    "comity_first_deals": ("SELECT comity_first_deals(%s, %s, '', 1)", ["programs_program.id", "word"]),
    "comity_find_customers": ("SELECT comity_find_customers(%s, 100)", ["word"]),
    "comity_find_companies": (
        "SELECT name FROM comity_find_companies(ARRAY[7], ARRAY[1.0]::real[], 100) WHERE name LIKE %s || '%%'",
        ["word"],
    ),
    "comity_find_anything": (
        "SELECT comity_find_anything(%s, %s, lower(%s), 100)",
        ["programs_program.id", "word", "word"],
    ),
    "comity_find_people": ("SELECT comity_find_people(%s, %s, 100)", ["programs_program.id", "word"]),
    "comity_lead_candidates": (
        "SELECT comity_lead_candidates(%s, %s, '', '')",
        ["programs_program.id", "word"],
    ),
}

UNDER_NO_TENANT = {
    "comity_vendors_with_registrations",
    "comity_vendors_with_overdue_leads",
    "comity_mailboxes_to_read",
    "comity_monthly_segment_programs",
    "comity_vendors_with_programs",
    "comity_digests_waiting",
}
"""Functions for jobs that do not work under a tenant yet: they answer nobody else."""

TO_PARTNERS = {"comity_peer_band"}
"""Functions that answer the partner of a partnership; their own tests (peer bands) say what, and to whom not."""

WRITERS = {
    "comity_insert_new",
    "comity_make_months",
    "comity_forget_handled_news",
    "comity_forget_notices",
    "comity_count_grown_tables",
}
"""Functions that write; their own tests (new rows, partitions, aging, notices, statistics) say what they let in."""


def test_each_function_with_the_owners_rights_is_listed_and_called_here(world):
    existing = {
        name
        for (name,) in rows("SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace")
    }
    assert existing == set(DEFINERS) == {*SAMPLE_CALLS, *UNDER_NO_TENANT, *TO_PARTNERS, *WRITERS}


@pytest.mark.parametrize("name", sorted(SAMPLE_CALLS))
def test_a_function_with_the_owners_rights_answers_its_caller_only(world, name):
    statement, wanted = SAMPLE_CALLS[name]
    given = [world.northwind["programs_program"]["id"] if item.endswith(".id") else WORD for item in wanted]
    found = {}
    for who in ("ada", "bo", "eve"):
        with as_(world, who), connection.cursor() as cursor:
            cursor.execute(statement, given)
            found[who] = len(cursor.fetchall())
    assert found["ada"] > 0
    assert (found["bo"], found["eve"]) == (0, 0)


@pytest.mark.parametrize("name", sorted(UNDER_NO_TENANT))
def test_a_function_for_jobs_answers_no_tenant(world, name):
    for who in ("ada", "eve"):
        with as_(world, who), connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {name}()")
            assert cursor.fetchall() == []


def test_a_temporary_table_does_not_mislead_the_database(world):
    """Anybody may make one of the same name, which PostgreSQL finds first; the history must still be written."""
    with as_(world, "ada"), connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE programs_programevent (LIKE programs_programevent) ON COMMIT DROP")
        cursor.execute("CREATE TEMP TABLE identity_organization (id uuid) ON COMMIT DROP")
        cursor.execute("SELECT count(*) FROM public.programs_programevent")
        before = cursor.fetchone()[0]
        cursor.execute("UPDATE programs_program SET name = name || '!' WHERE vendor_id = %s", [world.cast.northwind.pk])
        changed = cursor.rowcount
        cursor.execute("SELECT count(*) FROM public.programs_programevent")
        assert cursor.fetchone()[0] == before + changed
        cursor.execute("INSERT INTO pg_temp.identity_organization VALUES (%s)", [world.cast.umbra.pk])
        one = world.northwind["programs_partnership"]["id"]
        reach = attempt("UPDATE programs_partnership SET partner_id = %s WHERE id = %s", [world.cast.umbra.pk, one])
        assert reach == "23503"
        transaction.set_rollback(True)


def test_third_party_tables_are_all_known(world):
    assert set(tables()) - set(declared()) == set()
    assert set(THIRD_PARTY) - set(tables()) == set()
