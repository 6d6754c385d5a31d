"""Setting a program up: settings, tiers, regions, quotas, teams."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.apps import apps

from comity.kernel.errors import Invalid, NotAllowed
from comity.kernel.periods import FiscalCalendar
from comity.platform.models import OutboxEvent
from comity.programs.models import Manager, Program, Region, Tier
from comity.programs.queries import (
    counted_regions_of,
    counted_tiers_of,
    coverage_of,
    quotas_visible_to,
    standing_of,
    suggest_manager,
    team_visible_to,
)
from comity.programs.services import (
    LabelTaken,
    ManagerDraft,
    ProgramDraft,
    ProgramNameTaken,
    StillInUse,
    StillManaging,
    TeamDraft,
    TeamNotEmpty,
    add_region,
    advance_data_as_of,
    change_manager,
    change_program,
    create_manager,
    create_program,
    create_team,
    create_tier,
    remove_quota,
    remove_region,
    remove_team,
    remove_tier,
    rename_region,
    rename_tier,
    reorder_tiers,
    set_capacity,
    set_data_as_of,
    set_quota,
    set_region,
)

DRAFT = ProgramDraft("Cloud Partners", "EUR", "Europe/Berlin", 4, "hybrid", "Northwind Traders")


def test_a_program_is_opened_and_changed(cast):
    olga = cast.actor("olga")
    with cast.scope("olga"):
        program = create_program(actor=olga, draft=DRAFT)
        assert (program.slug, program.vendor_name) == ("cloud-partners", "Northwind Traders")
        with pytest.raises(ProgramNameTaken):
            create_program(actor=olga, draft=DRAFT)
        changed = change_program(program=program, actor=olga, draft=replace(DRAFT, name="Cloud", currency="USD"))
        assert (changed.slug, changed.name, changed.currency) == ("cloud-partners", "Cloud", "USD")
        news = OutboxEvent.objects.filter(name="programs.ProgramCurrencyChanged").get()
        assert news.payload == {"program_id": str(program.pk), "currency": "USD"}
    with cast.scope("ada"), pytest.raises(NotAllowed):
        change_program(program=program, actor=cast.actor("ada"), draft=DRAFT)


@pytest.mark.parametrize(
    ("field", "value"),
    [("currency", "EURO"), ("time_zone", "../etc"), ("fiscal_year_starts", 13), ("organization_model", "flat")],
)
def test_a_setting_that_cannot_be_is_named(cast, field, value):
    with cast.scope("olga"), pytest.raises(Invalid) as refused:
        create_program(actor=cast.actor("olga"), draft=replace(DRAFT, **{field: value}))
    assert list(refused.value.fields) == [field]


def test_the_data_date_goes_on_with_imports_and_back_by_operations_only(cast):
    with cast.scope("olga"):
        advance_data_as_of(program=cast.program, newest=date(2026, 1, 5))
        advance_data_as_of(program=cast.program, newest=date(2025, 1, 5))
        assert Program.objects.get(pk=cast.program.pk).data_as_of == date(2026, 1, 5)
        set_data_as_of(program=cast.program, actor=cast.actor("olga"), on=date(2025, 12, 31))
        assert Program.objects.get(pk=cast.program.pk).data_as_of == date(2025, 12, 31)
    with cast.scope("ada"), pytest.raises(NotAllowed):
        set_data_as_of(program=cast.program, actor=cast.actor("ada"), on=None)


def test_tiers_are_ordered_and_only_unused_ones_removed(cast):
    olga = cast.actor("olga")

    def names() -> list[tuple[str, int, int]]:
        return [(tier.name, tier.rank, tier.partnerships) for tier in counted_tiers_of(cast.program)]

    with cast.scope("olga"):
        bronze = create_tier(program=cast.program, actor=olga, name="Bronze")
        gold, silver = Tier.objects.filter(program=cast.program, rank__lt=3).order_by("rank")
        with pytest.raises(LabelTaken):
            create_tier(program=cast.program, actor=olga, name="GOLD")
        reorder_tiers(program=cast.program, actor=olga, order=[silver.pk, gold.pk, bronze.pk])
        rename_tier(tier=silver, actor=olga, name="Platinum")
        assert names() == [("Platinum", 1, 0), ("Gold", 2, 1), ("Bronze", 3, 0)]
        with pytest.raises(StillInUse):
            remove_tier(tier=gold, actor=olga)
        with pytest.raises(Invalid):
            reorder_tiers(program=cast.program, actor=olga, order=[gold.pk])
        remove_tier(tier=silver, actor=olga)
        assert names() == [("Gold", 1, 1), ("Bronze", 2, 0)]


def test_a_region_takes_the_reach_of_the_team_along(cast):
    olga = cast.actor("olga")
    with cast.scope("olga"):
        emea = Region.objects.get(program=cast.program)
        apac = add_region(program=cast.program, actor=olga, name="APAC")
        team = create_team(program=cast.program, actor=olga, draft=TeamDraft("Field", regions=("APAC", "EMEA")))
        rename_region(region=emea, actor=olga, name="Europe")
        team.refresh_from_db()
        assert team.regions == ["APAC", "Europe"]
        remove_region(region=apac, actor=olga)
        team.refresh_from_db()
        assert team.regions == ["Europe"]
        with pytest.raises(StillInUse):
            remove_region(region=emea, actor=olga)
        set_region(partnership=cast.of_fabrikam, actor=olga, region=emea)
        assert [(region.name, region.partnerships) for region in counted_regions_of(cast.program)] == [("Europe", 1)]


def test_quotas_are_set_by_period_and_replaced(cast):
    olga, quarter = cast.actor("olga"), FiscalCalendar(4).parse("FY2026-Q1")
    quota = {"program": cast.program, "actor": olga, "period": quarter}
    with cast.scope("olga"):
        set_quota(**quota, amount=Decimal(100), manager=cast.ada_manager)
        first = set_quota(**quota, amount=Decimal("150.5"), manager=cast.ada_manager)
        set_quota(**quota, amount=Decimal(70), partnership=cast.of_fabrikam)
        found = quotas_visible_to(olga, cast.program)
        assert [(str(item.manager or item.partnership), item.amount, item.currency) for item in found] == [
            ("Ada", Decimal("150.5"), "EUR"),
            ("Fabrikam", Decimal(70), "EUR"),
        ]
        assert (first.starts_on, first.ends_on) == (date(2025, 4, 1), date(2025, 6, 30))
        for wrong in ({"amount": Decimal(0), "manager": cast.ada_manager}, {"amount": Decimal(1)}):
            with pytest.raises(Invalid):
                set_quota(**quota, **wrong)
        key = first.pk
        remove_quota(quota=first, actor=olga)
        assert found.all().count() == 1
        assert apps.get_model("programs", "QuotaEvent").objects.filter(id=key, pgh_label="deleted").count() == 1
    with cast.scope("bo"):
        assert not quotas_visible_to(cast.actor("bo"), cast.program).exists()


def test_managers_have_reach_capacity_and_a_way_out(cast):
    olga = cast.actor("olga")
    with cast.scope("olga"):
        Program.objects.filter(pk=cast.program.pk).update(organization_model="segmented")
        cast.program.refresh_from_db()
        team = create_team(program=cast.program, actor=olga, draft=TeamDraft("Resale", ("reseller",)))
        draft = ManagerDraft("Ben", team=team, capacity=Decimal(2), reports_to=cast.ada_manager)
        ben = create_manager(program=cast.program, actor=olga, draft=draft)
        change_manager(
            manager=cast.ada_manager,
            actor=olga,
            draft=ManagerDraft("Ada", partner_types=("agency",), capacity=Decimal(1)),
        )
        suggestion = suggest_manager(cast.program, cast.of_fabrikam)
        assert (suggestion.manager_id, suggestion.reason) == (
            ben.pk,
            "Ben is the only one who covers reseller: 1 of 2 with this one.",
        )
        regions, rows = coverage_of(cast.program, standing_of(cast.program))
        covered = {row[0].partner_type: (row[0].managers, row[0].partnerships) for row in rows if row[0].managers}
        assert (regions, covered) == (["EMEA", ""], {"reseller": (1, 0), "agency": (1, 0)})
        assert sum(cell.partnerships for row in rows for cell in row) == 2
        load = {
            item.manager.name: (item.load, item.utilization, item.tone) for item in team_visible_to(olga, cast.program)
        }
        assert load == {"Ada": (Decimal(2), Decimal(2), "bad"), "Ben": (Decimal(0), Decimal(0), "good")}
        with pytest.raises(StillManaging):
            change_manager(manager=cast.ada_manager, actor=olga, draft=ManagerDraft("Ada", is_active=False))
        with pytest.raises(TeamNotEmpty):
            remove_team(team=team, actor=olga)
        with pytest.raises(Invalid, match="report to each other"):
            change_manager(manager=cast.ada_manager, actor=olga, draft=ManagerDraft("Ada", reports_to=ben))
        for wrong in ({"capacity": Decimal(-1)}, {"regions": ("Atlantis",)}, {"partner_types": ("friend",)}):
            with pytest.raises(Invalid):
                create_manager(program=cast.program, actor=olga, draft=ManagerDraft("Cem", **wrong))
        set_capacity(manager=ben, actor=olga, capacity=None)
        change_manager(manager=ben, actor=olga, draft=ManagerDraft("Ben", is_active=False))
        remove_team(team=team, actor=olga)
    with cast.scope("bo"):
        assert team_visible_to(cast.actor("bo"), cast.program) == []
        assert Manager.objects.count() == 0
