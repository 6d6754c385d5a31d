"""The team's pages: load, coverage, teams, hand-overs."""

from __future__ import annotations

import html
import re

import pytest
from django.urls import reverse

from comity.programs.models import Manager, Partnership, Team

READ = ["team", "team_coverage", "team_groups"]
WRITE = ["team_manager_new", "team_group_new"]


def at(name: str, *args: object) -> str:
    return reverse(f"workspace:{name}", args=["northwind", *args])


def test_load_stands_against_capacity(cast):
    page = cast.browser("ada").get(at("team")).content.decode()
    assert '<meter value="2" max="15.0" aria-label="Load of Ada">' in page
    assert "2 of 15" in page
    assert "Hand over" not in page


@pytest.mark.parametrize(("reader", "status"), [("bo", 404), ("cy", 404), ("eve", 404), ("di", 403)])
def test_others_do_not_see_the_team(cast, reader, status):
    browser = cast.browser(reader)
    assert [browser.get(at(page)).status_code for page in [*READ, *WRITE]] == [status] * 5
    assert browser.get(at("team_manager", cast.ada_manager.pk)).status_code == status
    assert browser.post(at("team_hand_over", cast.ada_manager.pk)).status_code == status


def test_rows_of_another_vendor_are_not_found(cast):
    with cast.scope("eve"):
        zed = Manager.objects.create(vendor_id=cast.umbra.pk, program=cast.umbra_program, name="Zed")
        group = Team.objects.create(vendor_id=cast.umbra.pk, program=cast.umbra_program, name="Z")
    vera = cast.browser("vera")
    found = [vera.get(at("team_manager", zed.pk)), vera.get(at("team_hand_over", zed.pk))]
    found += [vera.get(at("team_group", group.pk)), vera.post(at("team_group_remove", group.pk))]
    assert [answer.status_code for answer in found] == [404] * 4


def test_a_manager_is_added_and_changed(cast):
    vera = cast.browser("vera")
    wrong = vera.post(at("team_manager_new"), {"name": "Ben", "capacity": "-3", "email": "b", "is_active": "on"})
    page = wrong.content.decode()
    assert (wrong.status_code, 'value="-3"' in page, 'value="b"' in page) == (422, True, True)
    typed = {"name": "Ben", "capacity": "12.5", "is_active": "on", "partner_types": "agency", "regions": "EMEA"}
    assert vera.post(at("team_manager_new"), typed).status_code == 302
    with cast.scope("vera"):
        ben = Manager.objects.get(name="Ben")
        assert (ben.capacity, ben.partner_types, ben.regions, ben.is_active) == (12.5, ["agency"], ["EMEA"], True)
    assert vera.post(at("team_manager", ben.pk), {"name": "Ben O."}).status_code == 302
    assert "Ben O." in vera.get(at("team")).content.decode().partition("No longer managing")[2]
    leaving = vera.post(at("team_manager", cast.ada_manager.pk), {"name": "Ada"})
    assert (leaving.status_code, "Hand over the 2 partners" in leaving.content.decode()) == (422, True)


def test_partners_are_handed_over_from_the_page(cast):
    vera, ada = cast.browser("vera"), cast.ada_manager
    with cast.scope("vera"):
        ben = Manager.objects.create(vendor_id=cast.northwind.pk, program=cast.program, name="Ben")
    assert vera.get(at("team_hand_over", ada.pk)).content.decode().count(" checked") == 2
    nobody = vera.post(at("team_hand_over", ada.pk), {"taker": str(ben.pk)})
    assert (nobody.status_code, "Choose at least one partner." in nobody.content.decode()) == (422, True)
    done = vera.post(
        at("team_hand_over", ada.pk), {"taker": str(ben.pk), "partnerships": str(cast.of_fabrikam.pk)}, follow=True
    )
    assert "1 partner is with Ben now." in done.content.decode()
    with cast.scope("vera"):
        assert [row.manager.name for row in Partnership.objects.order_by("name")] == ["Ada", "Ben"]


def test_teams_are_made_changed_and_removed_and_coverage_shows_gaps(cast):
    olga = cast.browser("olga")
    assert olga.post(at("team_group_new"), {"name": "Field", "partner_types": "agency"}).status_code == 302
    twice = olga.post(at("team_group_new"), {"name": "field"})
    assert (twice.status_code, 'value="field"' in twice.content.decode()) == (422, True)
    with cast.scope("olga"):
        group = Team.objects.get(name="Field")
        cast.program.organization_model = "segmented"
        cast.program.save()
        Manager.objects.filter(pk=cast.ada_manager.pk).update(team=group)
    page = olga.get(at("team_coverage")).content.decode()
    assert "2 active partners stand where nobody covers." in page
    [row] = [line for line in page.split("<tr>") if '<th scope="row">reseller' in line.lower()]
    link = html.unescape(re.search(r'href="([^"]+type=reseller[^"]*)">', row)[1])
    assert {"Contoso", "Fabrikam"} <= set(re.findall(r"Contoso|Fabrikam", olga.get(link).content.decode()))
    assert "no partners" in olga.get(at("team_coverage"), {"segment": "strategic"}).content.decode()
    full = olga.post(at("team_group_remove", group.pk), follow=True).content.decode()
    assert "Field has 1 in it" in full
    with cast.scope("olga"):
        Manager.objects.filter(pk=cast.ada_manager.pk).update(team=None)
    assert "Field is removed." in olga.post(at("team_group_remove", group.pk), follow=True).content.decode()
