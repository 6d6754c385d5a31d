"""Deals recorded, moved, won, lost and shared, as the cast does it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from comity.deals.models import Opportunity, OpportunityPartner, SharedDeal, StageChange
from comity.deals.rules import CustomerCycle, LinesMismatch, SharesRefused, StageDateRefused
from comity.deals.services import (
    CustomerDraft,
    LineDraft,
    OpportunityDraft,
    PartnerDraft,
    ProductDraft,
    StageDraft,
    close_won,
    create_customer,
    create_family,
    create_opportunity,
    create_product,
    create_stage,
    edit_customer,
    edit_opportunity,
    edit_stage,
    move_stage,
    remove_stage,
    rename_family,
    reorder_stages,
    set_lines,
    set_partners,
)
from comity.deals.services.opportunities import AlreadyThere, DealExists, StageMissing, version_of
from comity.deals.services.parts import PartnersRefused
from comity.deals.services.products import ProductExists
from comity.deals.services.stages import StageExists, StageInUse
from comity.deals.sharing import refresh_shared_deals
from comity.deals.stage_history import AmountKnown, write_stage_history
from comity.deals.states import DealStatus, PartnerRole
from comity.deals.versions import DealChangedMeanwhile
from comity.kernel.errors import Invalid, NotAllowed
from comity.kernel.names import InvalidName
from comity.platform.models import OutboxEvent
from deal_story import MARCH, customer, deal, stages

TODAY = date(2026, 3, 2)


def told(opportunity: Opportunity) -> list[tuple]:
    rows = StageChange.objects.filter(opportunity=opportunity).select_related("stage").order_by("sequence")
    return [(row.on, row.stage.name, row.status, row.amount) for row in rows]


def shared(cast, opportunity: Opportunity) -> list[tuple]:
    rows = SharedDeal.objects.filter(opportunity=opportunity).order_by("partnership_id")
    return [(row.partnership.name, row.name, row.roles, row.stage_name, row.status, row.amount) for row in rows]


def as_draft(found: Opportunity, **changed) -> OpportunityDraft:
    said = {
        name: getattr(found, name)
        for name in (
            *(
                "name",
                "account",
                "kind",
                "opened_on",
                "closed_on",
                "expected_close_on",
                "currency",
                "amount",
                "recurring_amount",
            ),
            *("term_months", "list_amount", "manager", "loss_reason"),
        )
    }
    return OpportunityDraft(**{**said, "competitors": tuple(found.competitors), **changed})


def test_a_deal_from_opening_to_winning_is_told_step_by_step(cast):
    with cast.scope("ada"):
        named = stages(cast)
        made = deal(cast, "Cloud for Acme", partner=cast.of_fabrikam, account=customer(cast, "Acme"))
        ada = cast.actor("ada")
        move_stage(opportunity=made, actor=ada, stage=named["Propose"], on=TODAY, at=MARCH)
        later = MARCH + timedelta(days=10)
        edit_opportunity(opportunity=made, actor=ada, draft=as_draft(made, amount=Decimal(1200)), at=later)
        won = close_won(opportunity=made, actor=ada, on=date(2026, 3, 12), at=MARCH + timedelta(days=12))
        assert (won.status, won.closed_on, won.stage.name) == ("won", date(2026, 3, 12), "Won")
        assert told(made) == [
            (date(2025, 10, 1), "Qualify", "open", None),
            (TODAY, "Qualify", "open", Decimal(1000)),
            (TODAY, "Propose", "open", Decimal(1000)),
            (date(2026, 3, 12), "Propose", "open", Decimal(1200)),
            (date(2026, 3, 12), "Won", "won", Decimal(1200)),
        ]
        assert shared(cast, made) == [("Fabrikam", "Cloud for Acme", ["sourced"], "Won", "won", Decimal(1200))]
        events = OutboxEvent.objects.filter(name="deals.OpportunityChanged").order_by("created_at")
        assert [event.payload["opportunity_id"] for event in events] == [str(made.pk)] * 5


def test_a_lost_deal_is_opened_again(cast):
    with cast.scope("ada"):
        named = stages(cast)
        made = deal(cast, "Second thoughts", lost_on=date(2026, 3, 1))
        assert (made.loss_reason, made.competitors) == ("Too dear for them", ["Wide World Importers"])
        again = move_stage(opportunity=made, actor=cast.actor("ada"), stage=named["Develop"], on=TODAY, at=MARCH)
        assert (again.status, again.closed_on, again.loss_reason) == ("open", None, "")
        assert [row[:3] for row in told(made)] == [
            (date(2025, 10, 1), "Qualify", "open"),
            (date(2026, 3, 1), "Lost", "lost"),
            (TODAY, "Develop", "open"),
        ]
        with pytest.raises(AlreadyThere):
            move_stage(opportunity=again, actor=cast.actor("ada"), stage=named["Develop"], on=TODAY, at=MARCH)


def test_what_cannot_be_recorded_is_refused_with_every_reason(cast):
    wrong = OpportunityDraft(
        name="x",
        kind="gift",
        currency="DOLLARS",
        amount=Decimal("1e16"),
        recurring_amount=Decimal(-1),
        term_months=0,
        opened_on=date(2027, 1, 1),
        closed_on=date(2026, 1, 1),
        competitors=tuple(f"c{n}" for n in range(30)),
        loss_reason="x" * 300,
        external_id="y" * 200,
    )
    with cast.scope("ada"):
        stages(cast)
        with pytest.raises(Invalid) as refused:
            create_opportunity(program=cast.program, actor=cast.actor("ada"), draft=wrong, at=MARCH)
        assert set(refused.value.fields) == {
            *("kind", "currency", "amount", "recurring_amount", "term_months", "opened_on", "closed_on"),
            *("competitors", "loss_reason", "external_id"),
        }
        for name in ("", "   ", "\u202e\u200f", "n" * 10_000):
            with pytest.raises(InvalidName):
                deal(cast, name)
        assert Opportunity.objects.count() == 0


def test_only_who_may_edit_deals_does(cast):
    with cast.scope("ada"):
        made = deal(cast, "Careful")
    for name in ("vera", "di", "bo"):
        with cast.scope(name), pytest.raises(NotAllowed):
            close_won(opportunity=made, actor=cast.actor(name), on=TODAY, at=MARCH)


def test_without_stages_a_deal_has_nowhere_to_stand(cast):
    with cast.scope("ada"), pytest.raises(StageMissing):
        create_opportunity(
            program=cast.program, actor=cast.actor("ada"), draft=OpportunityDraft(name="Early"), at=MARCH
        )


def test_a_deal_recorded_as_won_has_its_opening_and_its_close(cast):
    with cast.scope("ada"):
        won = stages(cast)["Won"]
        draft = OpportunityDraft(
            name="Done", opened_on=date(2026, 1, 5), closed_on=date(2026, 2, 1), amount=Decimal(7), external_id="X1"
        )
        made = create_opportunity(program=cast.program, actor=cast.actor("ada"), draft=draft, at=MARCH, stage=won)
        assert told(made) == [
            (date(2026, 1, 5), "Qualify", "open", None),
            (date(2026, 2, 1), "Won", "won", Decimal(7)),
        ]
        with pytest.raises(DealExists):
            deal(cast, "Again", external_id="X1")
        moved = edit_opportunity(
            opportunity=made, actor=cast.actor("ada"), draft=as_draft(made, closed_on=date(2026, 2, 3)), at=MARCH
        )
        assert moved.closed_on == date(2026, 2, 3)
        assert told(made)[-1][0] == date(2026, 2, 3)
        with pytest.raises(StageDateRefused):
            edit_opportunity(
                opportunity=made,
                actor=cast.actor("ada"),
                draft=as_draft(moved, opened_on=date(2026, 2, 4), closed_on=date(2026, 2, 4)),
                at=MARCH,
            )


def test_two_people_editing_at_once_do_not_overwrite_each_other(cast):
    with cast.scope("ada"):
        made = deal(cast, "Shared pen")
        loaded = version_of(made)
        edit_opportunity(opportunity=made, actor=cast.actor("olga"), draft=as_draft(made, name="Olga's"), at=MARCH)
        with pytest.raises(DealChangedMeanwhile) as refused:
            edit_opportunity(
                opportunity=made, actor=cast.actor("ada"), draft=as_draft(made, name="Ada's"), at=MARCH, loaded=loaded
            )
        assert refused.value.fields == {"name": "Now stored: Olga's"}
        now = Opportunity.objects.get(pk=made.pk)
        kept = edit_opportunity(
            opportunity=made, actor=cast.actor("ada"), draft=as_draft(now), at=MARCH, loaded=version_of(now)
        )
        assert kept.name == "Olga's"
        assert "name" in kept.edited_fields


def test_lines_make_the_amount(cast):
    with cast.scope("olga"):
        olga = cast.actor("olga")
        made = deal(cast, "In parts")
        family = create_family(actor=olga, name="Cloud")
        seat = create_product(actor=olga, draft=ProductDraft("Seat", "S-1", family, Decimal(10)))
        lines = [
            LineDraft(product=seat, quantity=Decimal(3), unit_price=Decimal("9.99")),
            LineDraft(amount=Decimal("70.03")),
        ]
        done = set_lines(opportunity=made, actor=olga, lines=lines, at=MARCH)
        assert done.amount == Decimal(100)
        assert [(line.family_id, line.amount) for line in done.lines.order_by("position")] == [
            (family.pk, Decimal("29.97")),
            (None, Decimal("70.03")),
        ]
        with pytest.raises(LinesMismatch):
            set_lines(opportunity=made, actor=olga, lines=lines, at=MARCH, amount=Decimal(99))
        with pytest.raises(LinesMismatch):
            edit_opportunity(opportunity=done, actor=olga, draft=as_draft(done, amount=Decimal(99)), at=MARCH)
        unknown = set_lines(opportunity=made, actor=olga, lines=[LineDraft(product=seat)], at=MARCH)
        assert unknown.amount == Decimal(100)
        rename_family(actor=olga, family=family, name="Clouds")
        with pytest.raises(ProductExists):
            create_family(actor=olga, name="clouds")


def test_partners_roles_and_shares(cast):
    with cast.scope("ada"):
        ada = cast.actor("ada")
        made = deal(cast, "Together")
        bo = PartnerDraft(cast.of_fabrikam, PartnerRole.SOURCED, Decimal("0.6"))
        cy = PartnerDraft(cast.of_contoso, PartnerRole.FULFILLED, Decimal("0.4"))
        set_partners(opportunity=made, actor=ada, partners=[bo, cy])
        OpportunityPartner.objects.filter(role="sourced").update(declared_by_import=True)
        set_partners(opportunity=made, actor=ada, partners=[bo, cy])
        assert sorted(OpportunityPartner.objects.values_list("role", "share", "declared_by_import")) == [
            ("fulfilled", Decimal("0.400000"), False),
            ("sourced", Decimal("0.600000"), True),
        ]
        with pytest.raises(SharesRefused):
            set_partners(opportunity=made, actor=ada, partners=[bo, PartnerDraft(cast.of_contoso, PartnerRole.SOURCED)])
        for partners in (
            [PartnerDraft(cast.of_fabrikam, PartnerRole.SOURCED)] * 2,
            [
                PartnerDraft(cast.of_fabrikam, PartnerRole.SOURCED),
                PartnerDraft(cast.of_fabrikam, PartnerRole.INFLUENCED),
            ],
        ):
            with pytest.raises(PartnersRefused):
                set_partners(opportunity=made, actor=ada, partners=partners)
        type(cast.of_contoso).objects.filter(pk=cast.of_contoso.pk).update(status="paused")
        cast.of_contoso.status = "paused"
        set_partners(opportunity=made, actor=ada, partners=[bo, cy])  # who is on the deal stays
        other = deal(cast, "Without Contoso")
        with pytest.raises(PartnersRefused, match="paused"):
            set_partners(opportunity=other, actor=ada, partners=[PartnerDraft(cast.of_contoso, PartnerRole.SOURCED)])
        set_partners(opportunity=made, actor=ada, partners=[])
        assert SharedDeal.objects.count() == 0


def test_partners_read_new_names_at_once(cast):
    with cast.scope("olga"):
        acme = customer(cast, "Acme")
        deal(cast, "Cloud", partner=cast.of_fabrikam, account=acme)
        edit_customer(account=acme, actor=cast.actor("olga"), draft=CustomerDraft(name="Acme AG"))
        edit_stage(stage=stages(cast)["Qualify"], actor=cast.actor("olga"), draft=StageDraft("Look at it"))
    with cast.scope("bo"):
        assert list(SharedDeal.objects.values_list("customer_name", "stage_name")) == [("Acme AG", "Look at it")]
    with cast.scope("cy"):
        assert SharedDeal.objects.count() == 0


def test_refreshing_right_rows_writes_nothing(cast):
    with cast.scope("ada"):
        made = deal(cast, "Still", partner=cast.of_fabrikam)
        assert refresh_shared_deals(vendor_id=cast.northwind.pk) == 0
        Opportunity.objects.filter(pk=made.pk).update(name="Moved")
        assert refresh_shared_deals(vendor_id=cast.northwind.pk, opportunity_ids=[]) == 0
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE touched (id uuid)")
            cursor.execute("INSERT INTO touched VALUES (%s), (%s)", [made.pk, made.pk])
        assert refresh_shared_deals(vendor_id=cast.northwind.pk, table="touched") == 1
        assert shared(cast, made)[0][1] == "Moved"


def test_the_history_of_an_import_follows_from_the_deals(cast):
    with cast.scope("ada"):
        won = deal(cast, "Won", won_on=date(2026, 2, 1))
        unknown = deal(cast, "Open, opening unknown", opened_on=None)
        timed = deal(cast, "Open, amount known later")
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE told_deals (opportunity_id uuid, known_on date)")
            cursor.execute(
                "INSERT INTO told_deals VALUES (%s, NULL), (%s, NULL), (%s, '2026-01-15')",
                [won.pk, unknown.pk, timed.pk],
            )
        options = {"vendor_id": cast.northwind.pk, "table": "told_deals", "amounts_known": AmountKnown.UPDATED}
        write_stage_history(**options)
        assert told(won) == [
            (date(2025, 10, 1), "Qualify", "open", None),
            (date(2026, 2, 1), "Won", "won", Decimal(1000)),
        ]
        assert told(unknown) == [(None, "Qualify", "open", Decimal(1000))]
        assert told(timed) == [
            (date(2025, 10, 1), "Qualify", "open", None),
            (date(2026, 1, 15), "Qualify", "open", Decimal(1000)),
        ]
        assert write_stage_history(**options) == 0


def test_customers_know_their_family(cast):
    with cast.scope("ada"):
        ada = cast.actor("ada")
        mother = customer(cast, "Acme Holding", domains=("https://www.acme.de/", "ACME.de", "acme.com"))
        daughter = customer(cast, "Acme Nord", parent=mother)
        assert mother.domains == ["acme.de", "acme.com"]
        with pytest.raises(CustomerCycle):
            edit_customer(account=mother, actor=ada, draft=CustomerDraft(name="Acme Holding", parent=daughter))
        with pytest.raises(CustomerCycle):
            edit_customer(account=mother, actor=ada, draft=CustomerDraft(name="Acme Holding", parent=mother))
        with pytest.raises(Invalid) as refused:
            create_customer(actor=ada, draft=CustomerDraft(name="x", domains=("not a domain",), employees=-1))
        assert set(refused.value.fields) == {"domains", "employees"}


def test_the_pipeline_is_the_programs_own(cast):
    with cast.scope("olga"):
        olga = cast.actor("olga")
        named = stages(cast)
        trial = create_stage(
            program=cast.program, actor=olga, draft=StageDraft("Trial", DealStatus.OPEN, Decimal("0.5"))
        )
        order = [trial.pk, *(stage.pk for name, stage in named.items())]
        assert [stage.position for stage in reorder_stages(program=cast.program, actor=olga, order=order)] == [
            *range(1, 8)
        ]
        with pytest.raises(Invalid):
            reorder_stages(program=cast.program, actor=olga, order=order[1:])
        with pytest.raises(StageExists):
            edit_stage(stage=trial, actor=olga, draft=StageDraft("won"))
        with pytest.raises(Invalid):
            edit_stage(stage=trial, actor=olga, draft=StageDraft("Trial", probability=Decimal(2)))
        remove_stage(stage=trial, actor=olga)
        deal(cast, "In it")
        with pytest.raises(StageInUse):
            remove_stage(stage=named["Qualify"], actor=olga)
        with pytest.raises(StageInUse):
            edit_stage(stage=named["Qualify"], actor=olga, draft=StageDraft("Qualify", DealStatus.WON))


def test_a_stage_of_another_program_is_refused(cast):
    with cast.scope("ada"):
        made = deal(cast, "Ours")
    with cast.scope("eve"):
        theirs = stages_of_umbra(cast)
    with cast.scope("ada"), pytest.raises(Invalid):
        move_stage(opportunity=made, actor=cast.actor("ada"), stage=theirs, on=TODAY, at=MARCH)


def stages_of_umbra(cast):
    from comity.deals.services import create_default_stages

    return create_default_stages(program=cast.umbra_program, actor=cast.actor("eve"))[1]


def test_today_is_the_programs(cast):
    """One o'clock at night in Auckland is still yesterday in London."""
    cast.program.time_zone = "Pacific/Auckland"
    with cast.scope("ada"):
        made = deal(cast, "Far away", at=datetime(2026, 3, 2, 12, 0, tzinfo=UTC), opened_on=date(2026, 3, 3))
        assert told(made) == [(date(2026, 3, 3), "Qualify", "open", Decimal(1000))]
