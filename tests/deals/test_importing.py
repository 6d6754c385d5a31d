"""Stage history and the partners' view of many deals at once, out of temporary tables."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from cast import Cast
from comity.deals.models import Opportunity, OpportunityPartner, SharedDeal, Stage, StageChange
from comity.deals.sharing import refresh_shared_deals, share_new_deals
from comity.deals.stage_history import AmountKnown, begin_stage_history, write_stage_history
from comity.platform.staging import rows_of, run, stage_rows


@pytest.fixture
def stages(cast: Cast) -> dict[str, Stage]:
    with cast.scope("olga"):
        base: dict[str, Any] = {"vendor_id": cast.northwind.id, "program": cast.program}
        made = [("Talking", "open"), ("Closing", "open"), ("Won", "won"), ("Lost", "lost")]
        return {
            name: Stage.objects.create(**base, name=name, status=status, position=position)
            for position, (name, status) in enumerate(made, start=1)
        }


def make_deal(cast: Cast, stage: Stage, **fields: Any) -> Opportunity:
    return Opportunity.objects.create(
        vendor_id=cast.northwind.id, program=cast.program, name="Deal", stage=stage, status=stage.status,
        currency="EUR", **fields,
    )  # fmt: skip


def steps(deal: Opportunity) -> list[tuple[Any, ...]]:
    found = StageChange.objects.filter(opportunity=deal).order_by("sequence")
    return [(one.on, one.stage.name, one.amount) for one in found]


OPENED, KNOWN, CLOSED = date(2024, 1, 10), date(2024, 2, 20), date(2024, 3, 30)
TEN = Decimal(10)


@pytest.mark.parametrize(
    ("stage", "opened", "closed", "known", "known_on", "expected"),
    [
        ("Closing", OPENED, None, "closed", None, [(OPENED, "Closing", TEN)]),
        ("Closing", OPENED, None, "updated", KNOWN, [(OPENED, "Closing", None), (KNOWN, "Closing", TEN)]),
        ("Closing", None, None, "updated", KNOWN, [(None, "Closing", None), (KNOWN, "Closing", TEN)]),
        ("Closing", KNOWN, None, "updated", OPENED, [(KNOWN, "Closing", TEN)]),
        ("Closing", OPENED, None, "updated", None, [(OPENED, "Closing", TEN)]),
        ("Won", OPENED, CLOSED, "closed", None, [(OPENED, "Talking", None), (CLOSED, "Won", TEN)]),
        ("Won", None, CLOSED, "updated", KNOWN, [(None, "Talking", None), (CLOSED, "Won", TEN)]),
        ("Won", OPENED, CLOSED, "opened", None, [(OPENED, "Talking", TEN), (CLOSED, "Won", TEN)]),
        ("Lost", CLOSED, OPENED, "closed", None, [(CLOSED, "Talking", None), (CLOSED, "Lost", TEN)]),
    ],
)
def test_history_follows_from_the_deal_whether_it_is_new_or_known(
    cast, stages, stage, opened, closed, known, known_on, expected
):
    with cast.scope("olga"):
        deal = make_deal(cast, stages[stage], opened_on=opened, closed_on=closed, amount=10)
        values = {"vendor": cast.northwind.id, "known_on": known_on}
        stage_rows(
            "new_deal", "SELECT *, true AS is_new, %(known_on)s::date AS updated_on FROM deals_opportunity", values
        )
        begin_stage_history(vendor_id=cast.northwind.id, table="new_deal", amounts_known=AmountKnown(known))
        assert steps(deal) == expected
        stage_rows(
            "known_before", "SELECT id AS opportunity_id, %(known_on)s::date AS known_on FROM deals_opportunity", values
        )
        written = write_stage_history(
            vendor_id=cast.northwind.id, table="known_before", amounts_known=AmountKnown(known)
        )
        assert written == 0  # both ways say the same
        Opportunity.objects.filter(pk=deal.pk).update(amount=11)
        write_stage_history(vendor_id=cast.northwind.id, table="known_before", amounts_known=AmountKnown(known))
        assert steps(deal)[-1][2] == 11


def test_partners_see_new_deals_as_they_would_see_known_ones(cast, stages):
    with cast.scope("olga"):
        deal = make_deal(cast, stages["Won"], opened_on=OPENED, closed_on=CLOSED, amount=10)
        for partnership, role in (
            (cast.of_fabrikam, "sourced"),
            (cast.of_fabrikam, "fulfilled"),
            (cast.of_contoso, "supported"),
        ):
            OpportunityPartner.objects.create(
                vendor_id=cast.northwind.id, opportunity=deal, partnership=partnership,
                partner_id=partnership.partner_id, role=role,
            )  # fmt: skip
        stage_rows(
            "new_deal",
            "SELECT o.*, NULL::text AS account_name, s.name AS stage_name FROM deals_opportunity o"
            " JOIN deals_stage s ON s.id = o.stage_id",
        )
        stage_rows("new_role", "SELECT *, true AS is_new FROM deals_opportunitypartner")
        assert share_new_deals(vendor_id=cast.northwind.id, deals="new_deal", roles="new_role") == 2
        assert refresh_shared_deals(vendor_id=cast.northwind.id) == 0  # both ways say the same
        roles = dict(SharedDeal.objects.values_list("partnership__name", "roles"))
        assert roles == {"Fabrikam": ["fulfilled", "sourced"], "Contoso": ["supported"]}
        OpportunityPartner.objects.filter(role="supported").delete()
        stage_rows("touched", "SELECT id FROM deals_opportunity")
        refresh_shared_deals(vendor_id=cast.northwind.id, table="touched")
        assert SharedDeal.objects.count() == 1


def test_staged_rows_go_with_the_transaction(cast):
    with cast.scope("olga"):
        assert stage_rows("few", "SELECT 1 AS one") == 1
        assert rows_of("SELECT one FROM few") == [(1,)]
        assert run("DELETE FROM few") == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'few'")
        assert cursor.fetchall() == [("t",)]
