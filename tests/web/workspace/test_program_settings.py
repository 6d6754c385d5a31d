"""The program's settings: money, calendar, tiers, regions, quotas."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from comity.programs.models import Program, Quota, Region, Tier

PAGES = ["program_settings", "program_tiers", "program_regions", "program_quotas"]
SETTINGS = {
    "name": "Northwind Partners",
    "vendor_name": "Northwind",
    "currency": "EUR",
    "time_zone": "Europe/Berlin",
    "fiscal_year_starts": "4",
    "organization_model": "hybrid",
    "data_as_of": "2026-02-28",
}


def at(name: str, *args: object) -> str:
    return reverse(f"workspace:{name}", args=["northwind", *args])


def test_the_program_is_changed(cast):
    olga = cast.browser("olga")
    assert olga.post(at("program_settings"), SETTINGS).status_code == 302
    with cast.scope("olga"):
        program = Program.objects.get(pk=cast.program.pk)
    assert (program.time_zone, program.fiscal_year_starts, program.data_as_of) == (
        "Europe/Berlin",
        4,
        date(2026, 2, 28),
    )
    wrong = olga.post(at("program_settings"), {**SETTINGS, "name": "Other", "currency": "XXX"})
    assert (wrong.status_code, 'value="Other"' in wrong.content.decode()) == (422, True)


@pytest.mark.parametrize(("reader", "status"), [("bo", 404), ("cy", 404), ("eve", 404), ("ada", 403), ("vera", 403)])
def test_only_operations_get_in(cast, reader, status):
    browser = cast.browser(reader)
    assert [browser.get(at(page)).status_code for page in PAGES] == [status] * 4
    assert [browser.post(at(page)).status_code for page in PAGES] == [status] * 4


def test_tiers_are_added_moved_renamed_and_removed(cast):
    olga = cast.browser("olga")
    assert olga.post(at("program_tiers"), {"name": "Bronze"}).status_code == 302
    twice = olga.post(at("program_tiers"), {"name": "bronze"})
    assert (twice.status_code, 'value="bronze"' in twice.content.decode()) == (422, True)
    with cast.scope("olga"):
        gold, silver, bronze = Tier.objects.filter(program=cast.program).order_by("rank")
    olga.post(at("program_tier", bronze.pk), {"do": "up"})
    olga.post(at("program_tier", bronze.pk), {"name": "Copper"})
    kept = olga.post(at("program_tier", gold.pk), {"do": "remove"}, follow=True).content.decode()
    assert "1 partner has Gold; give them another first." in kept
    olga.post(at("program_tier", silver.pk), {"do": "remove"})
    with cast.scope("olga"):
        tiers = Tier.objects.filter(program=cast.program).order_by("rank")
        assert list(tiers.values_list("name", "rank")) == [("Gold", 1), ("Copper", 2)]


def test_regions_are_added_renamed_and_removed(cast):
    olga = cast.browser("olga")
    assert olga.post(at("program_regions"), {"name": "APAC"}).status_code == 302
    with cast.scope("olga"):
        apac, emea = Region.objects.filter(program=cast.program).order_by("name")
    olga.post(at("program_region", emea.pk), {"name": "Europe"})
    olga.post(at("program_region", apac.pk), {"do": "remove"})
    with cast.scope("olga"):
        assert [region.name for region in Region.objects.filter(program=cast.program)] == ["Europe"]


def test_quotas_are_set_for_a_manager_or_a_partner(cast):
    olga = cast.browser("olga")
    manager = {"manager": str(cast.ada_manager.pk), "period": "2026-Q1", "amount": "1000"}
    assert olga.post(at("program_quotas"), manager).status_code == 302
    assert (
        olga.post(at("program_quotas"), {"partnership": "fabrikam", "period": "2026", "amount": "5"}).status_code == 302
    )
    for wrong, said in (
        ({**manager, "period": "soon"}, "is not a period"),
        ({**manager, "partnership": "Fabrikam"}, "not both"),
        ({"partnership": "Nobody", "period": "2026", "amount": "5"}, "no partner of this name"),
        ({**manager, "amount": "-1"}, "above zero"),
    ):
        answer = olga.post(at("program_quotas"), wrong)
        assert (answer.status_code, said in answer.content.decode()) == (422, True), said
    with cast.scope("olga"):
        first = Quota.objects.get(manager=cast.ada_manager)
        assert Quota.objects.count() == 2
    assert olga.post(at("program_quota_remove", first.pk)).status_code == 302
    with cast.scope("olga"):
        assert Quota.objects.count() == 1


def test_parts_of_another_vendor_are_not_found(cast):
    with cast.scope("eve"):
        tier, region = Tier.objects.first(), Region.objects.first()
    olga = cast.browser("olga")
    assert olga.post(at("program_tier", tier.pk), {"name": "X"}).status_code == 404
    assert olga.post(at("program_region", region.pk), {"name": "X"}).status_code == 404
