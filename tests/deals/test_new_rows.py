"""Many new rows at once, through the function that checks their keys by sets: it lets in what a plain insert would."""

from __future__ import annotations

import threading
import time
from uuid import RFC_4122

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction

from cast import make_cast
from comity.deals.models import Opportunity, OpportunityPartner
from comity.deals.services import CustomerDraft, create_customer
from comity.kernel.ids import uuid7
from comity.platform.bulk import bulk_tables, insert_new
from comity.platform.tenancy import tenant
from deal_story import customer, deal, stages

DEAL = ["id", "vendor_id", "program_id", "stage_id", "account_id", "name", "kind", "status", "currency", "loss_reason",
        "competitors", "edited_fields"]  # fmt: skip
DEAL_ROW = (
    "SELECT %(id)s, %(vendor)s, %(program)s, %(stage)s, %(account)s, 'In bulk', 'new', 'open', 'USD', '',"
    " '{}'::varchar[], '{}'::varchar[]"
)


def values(cast, **changed) -> dict[str, object]:
    named = stages(cast)
    given = {"vendor": cast.northwind.pk, "program": cast.program.pk, "stage": named["Qualify"].pk, "account": None}
    return given | {"id": uuid7()} | changed


def refusal(table: str, columns: list[str], select: str, given: dict[str, object]) -> str | None:
    """The SQLSTATE with which the database refuses."""
    try:
        with transaction.atomic():
            insert_new(table, columns, select, given)
    except DatabaseError as refused:
        return refused.__cause__.sqlstate
    return None


def call(*statements: str, target: str = "deals_stagechange") -> str | None:
    """The SQLSTATE after rows were prepared by hand; nothing of it stays."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            cursor.execute("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'deals_stagechange'")
            cursor.execute(f'GRANT ALL ON comity_new_rows TO "{cursor.fetchone()[0]}"')
            cursor.execute("SELECT comity_insert_new(%s)", [target])
            transaction.set_rollback(True)
    except DatabaseError as refused:
        return refused.__cause__.sqlstate
    return None


def test_rows_with_all_their_keys_come_in_and_the_rest_takes_its_default(cast):
    with cast.scope("ada"):
        given = values(cast, account=customer(cast, "Acme").pk)
        assert insert_new("deals_opportunity", DEAL, DEAL_ROW, given) == 1
        made = Opportunity.objects.get(pk=given["id"])
        assert (made.name, made.account.name, made.edited_fields, made.amount) == ("In bulk", "Acme", [], None)
        assert made.created_at
        assert insert_new("deals_opportunity", DEAL, DEAL_ROW + " WHERE false", values(cast)) == 0


def test_ids_are_made_in_the_order_of_the_rows(cast):
    with cast.scope("ada"):
        given = values(cast)
        rows = DEAL_ROW.replace("SELECT %(id)s,", "SELECT").replace("'In bulk'", "n::text")
        assert insert_new("deals_opportunity", DEAL[1:], f"{rows} FROM generate_series(1, 5000) n", given) == 5_000
        made = dict(Opportunity.objects.values_list("pk", "name"))
    assert [made[key] for key in sorted(made)] == [str(number) for number in range(1, 5_001)]
    assert {(key.version, key.variant) for key in made} == {(7, RFC_4122)}
    apart = [(key.int >> 80) - time.time_ns() // 1_000_000 for key in made]
    assert max(map(abs, apart)) < 60_000
    assert len({key.int & 0xFFFFFFFFFFFF for key in made}) == 5_000


def test_a_key_that_names_nothing_or_something_of_others_is_refused(cast):
    with cast.scope("eve"):
        foreign = create_customer(actor=cast.actor("eve"), draft=CustomerDraft(name="Of Umbra")).pk
    with cast.scope("ada"):
        for strange in ({"stage": uuid7()}, {"account": foreign}, {"program": uuid7()}):
            assert refusal("deals_opportunity", DEAL, DEAL_ROW, values(cast, **strange)) == "23503"
        made = deal(cast, "One")
        columns = ["id", "vendor_id", "opportunity_id", "partnership_id", "partner_id", "role", "declared_by_import"]
        row = "SELECT %(id)s, %(vendor)s, %(deal)s, %(partnership)s, %(partner)s, 'sourced', true"
        given = {"id": uuid7(), "vendor": cast.northwind.pk, "deal": made.pk, "partnership": cast.of_fabrikam.pk}
        told_to_contoso = given | {"partner": cast.contoso.pk}
        assert refusal("deals_opportunitypartner", columns, row, told_to_contoso) == "23503"
        assert refusal("deals_opportunitypartner", columns, row, given | {"partner": cast.fabrikam.pk}) is None
        assert OpportunityPartner.objects.count() == 1
        # The keys of everything else are asked for as ever, before and after.
        stage, words = stages(cast)["Won"], "vendor_id, id, opportunity_id, sequence, stage_id, status"
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO deals_stagechange ({words}) VALUES (%s, %s, %s, 1, %s, 'won')",
                [cast.northwind.pk, uuid7(), uuid7(), stage.pk],
            )


def test_rows_of_another_organization_are_refused(cast):
    with cast.scope("ada"):
        assert refusal("deals_opportunity", DEAL, DEAL_ROW, values(cast, vendor=cast.umbra.pk)) == "42501"
        assert refusal("deals_opportunity", DEAL, DEAL_ROW, values(cast, vendor=None)) in ("42501", "23502")
        given = values(cast)
    with tenant():
        assert refusal("deals_opportunity", DEAL, DEAL_ROW, given) == "42501"


def test_other_constraints_hold(cast):
    with cast.scope("ada"):
        made = deal(cast, "There already")
        assert refusal("deals_opportunity", DEAL, DEAL_ROW, values(cast, id=made.pk)) == "23505"
        nameless = DEAL_ROW.replace("'In bulk'", "NULL")
        assert refusal("deals_opportunity", DEAL, nameless, values(cast)) == "23502"


def test_only_declared_tables_and_plain_rows(cast):
    assert "deals_opportunity" in bulk_tables()
    plain = "CREATE TEMP TABLE comity_new_rows AS SELECT id, vendor_id FROM deals_stagechange WITH NO DATA"
    with cast.scope("ada"), connection.cursor() as cursor:
        for target in ("programs_program", "identity_person", "pg_class", "nothing", "", 'x"; DROP TABLE deals_stage'):
            assert call(plain, target=target) == "42501"
        # What could run a function of the caller's with the owner's rights stays outside.
        cursor.execute("CREATE FUNCTION pg_temp.lie(uuid) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true'")
        for trick in (
            ["CREATE TEMP VIEW comity_new_rows AS SELECT id, vendor_id FROM deals_stagechange"],
            [plain, "ALTER TABLE comity_new_rows ENABLE ROW LEVEL SECURITY",
             "CREATE POLICY lie ON comity_new_rows USING (pg_temp.lie(id))"],
            [plain, "ALTER TABLE comity_new_rows ADD CHECK (pg_temp.lie(id))"],
            [plain, "CREATE INDEX ON comity_new_rows (pg_temp.lie(id))"],
            [plain, "ALTER TABLE comity_new_rows ADD sequence text"],
            [plain, "ALTER TABLE comity_new_rows ADD no_such_column int"],
            ["CREATE TEMP TABLE comity_new_rows (id uuid, vendor_id uuid,"
             " opportunity_id uuid GENERATED ALWAYS AS (id) STORED)"],
            ["CREATE TEMP TABLE other_rows (id uuid, vendor_id uuid)",
             "CREATE TEMP TABLE comity_new_rows () INHERITS (other_rows)"],
            ["CREATE TEMP TABLE comity_new_rows (id uuid, vendor_id uuid) PARTITION BY HASH (id)"],
        ):  # fmt: skip
            assert call(*trick) == "42501", trick
        assert call() == "42P01", "without rows there is nothing to take"
        assert call(plain) is None
        with pytest.raises(DatabaseError, match="permission denied to set parameter"), transaction.atomic():
            cursor.execute("SET LOCAL session_replication_role = replica")


def test_what_the_rows_name_cannot_go_before_they_are_there(committed_database):
    """Another session that deletes the customer meanwhile waits, and is then refused."""
    cast = make_cast()
    with cast.scope("ada"):
        account, given = customer(cast, "Wanted"), values(cast)
    outcome: list[str] = []

    def delete() -> None:
        try:
            with cast.scope("ada"), connection.cursor() as cursor:
                cursor.execute("DELETE FROM deals_customeraccount WHERE id = %s", [account.pk])
            outcome.append("gone")
        except IntegrityError:
            outcome.append("refused")
        finally:
            connections.close_all()

    with cast.scope("ada"):
        assert insert_new("deals_opportunity", DEAL, DEAL_ROW, given | {"account": account.pk}) == 1
        rival = threading.Thread(target=delete)
        rival.start()
        rival.join(0.5)
        assert outcome == []
    rival.join(30)
    assert outcome == ["refused"]
