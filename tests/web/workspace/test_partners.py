"""The partners' pages: what Ada sees and does there, and what nobody else does."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cast import make_partnership
from comity.identity.models import Organization
from comity.programs.models import DistributorLink, Partnership, PartnershipSegment, Region, Tier
from comity.programs.services import set_tier, version_of

PAGES = ["partner", "partner_people", "partner_history", "partner_edit", "partner_timeline", "partner_files"]
ACTIONS = ["partner_move", "partner_assign", "partner_potential", "partner_distributor"]


def at(name: str, *args: object) -> str:
    return reverse(f"workspace:{name}", args=["northwind", *args])


def row_names(response) -> list[str]:
    table = response.content.decode().partition("<tbody>")[2].partition("</tbody>")[0]
    return re.findall(r'<th scope="row">.*?<a href="[^"]*">([^<]+)</a>', table, re.DOTALL)


def crowd(cast, count: int) -> None:
    tier, region = Tier.objects.filter(program=cast.program).first(), Region.objects.get(program=cast.program)
    for number in range(count):
        partner = Organization.objects.create(name=f"Partner {number}", private_to_id=cast.northwind.pk)
        made = make_partnership(
            cast.program, partner.pk, f"Partner {number:03}", tier=tier, region=region, manager=cast.ada_manager
        )
        PartnershipSegment.objects.create(vendor_id=made.vendor_id, partnership=made, segment="core")


def test_the_list_shows_filters_in_the_address(cast):
    ada = cast.browser("ada")
    assert row_names(ada.get(at("partners"))) == ["Contoso", "Fabrikam"]
    with cast.scope("ada"):
        gold = Tier.objects.get(program=cast.program, name="Gold")
    page = ada.get(at("partners"), {"q": "FAB", "tier": str(gold.pk), "sort": "-name"})
    assert row_names(page) == ["Fabrikam"]
    assert "?q=FAB&amp;sort=-name" in page.content.decode()
    nothing = ada.get(at("partners"), {"q": "no such"}).content.decode()
    assert "No partner matches" in nothing
    assert row_names(ada.get(at("partners"), {"page": "99"})) == ["Contoso", "Fabrikam"]


def test_the_list_asks_as_much_for_many_as_for_few(cast):
    ada = cast.browser("ada")
    ada.get(at("partners"))
    counts = []
    for more in (3, 195):
        with cast.scope("ada"):
            crowd_names = Partnership.objects.count()
            crowd(cast, more) if crowd_names < 200 else None
            Partnership.objects.filter(name__startswith="Partner").update(sort_name="z")
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert ada.get(at("partners")).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("reader", ["bo", "cy", "eve"])
def test_nobody_else_learns_that_the_pages_exist(cast, reader):
    browser = cast.browser(reader)
    fabrikam = cast.of_fabrikam.pk
    for page in ("partners", "partner_new"):
        assert browser.get(at(page)).status_code == 404
    assert [browser.get(at(page, fabrikam)).status_code for page in PAGES] == [404] * 6
    assert [browser.post(at(page, fabrikam)).status_code for page in ACTIONS] == [404] * 4


def test_a_partner_of_another_vendor_is_not_found(cast):
    ada = cast.browser("ada")
    assert [ada.get(at(page, cast.of_umbra.pk)).status_code for page in PAGES] == [404] * 6
    assert [ada.post(at(page, cast.of_umbra.pk)).status_code for page in ACTIONS] == [404] * 4


def test_finance_looks_but_changes_nothing(cast):
    di = cast.browser("di")
    page = di.get(at("partner", cast.of_fabrikam.pk)).content.decode()
    assert "Hand over" not in page
    assert "Change status" not in page
    assert [di.post(at(page, cast.of_fabrikam.pk)).status_code for page in ACTIONS] == [403] * 4
    assert di.get(at("partner_new")).status_code == 403


def test_a_partner_is_added(cast):
    ada = cast.browser("ada")
    typed = {"name": "Adatum", "types": ["reseller", "oem"], "website": "adatum.com", "status": "active"}
    answer = ada.post(at("partner_new"), typed)
    with cast.scope("ada"):
        made = Partnership.objects.get(name="Adatum")
    assert (answer.status_code, answer.url) == (302, at("partner", made.pk))
    assert (made.types, made.status) == (["reseller", "oem"], "active")
    assert "Adatum is in the program." in ada.get(answer.url).content.decode()


def test_what_was_typed_stays_when_it_is_refused(cast):
    ada = cast.browser("ada")
    answer = ada.post(at("partner_new"), {"name": "Adatum", "website": "no address", "city": "Ulm", "types": ["oem"]})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Enter an address such as" in page
    assert 'value="Ulm"' in page
    assert re.search(r'value="oem" checked', page)
    twice = ada.post(at("partner_new"), {"name": "fabrikam"})
    assert (twice.status_code, "is there already" in twice.content.decode()) == (422, True)
    with cast.scope("ada"):
        assert Partnership.objects.count() == 2


def test_two_people_edit_and_the_second_is_told(cast):
    ada, fabrikam = cast.browser("ada"), cast.of_fabrikam
    loaded = re.search(r'name="loaded" value="(\w+)"', ada.get(at("partner_edit", fabrikam.pk)).content.decode())[1]
    with cast.scope("olga"):
        silver = Tier.objects.get(program=cast.program, name="Silver")
        set_tier(partnership=fabrikam, actor=cast.actor("olga"), tier=silver)
    typed = {"name": "Fabrikam", "types": "reseller", "tier": "", "city": "Bonn", "started_on": "2025-01-01"}
    refused = ada.post(at("partner_edit", fabrikam.pk), {**typed, "loaded": loaded})
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "Somebody changed this partner" in page
    assert "Now stored: Silver" in page
    assert 'value="Bonn"' in page
    with cast.scope("ada"):
        now = version_of(Partnership.objects.select_related("tier", "region").get(pk=fabrikam.pk))
    assert f'name="loaded" value="{now}"' in page
    assert ada.post(at("partner_edit", fabrikam.pk), {**typed, "loaded": now}).status_code == 302
    with cast.scope("ada"):
        fabrikam.refresh_from_db()
        assert (fabrikam.tier, fabrikam.city) == (None, "Bonn")


def test_the_buttons_are_those_of_the_state_machine(cast):
    ada, fabrikam = cast.browser("ada"), cast.of_fabrikam
    page = ada.get(at("partner", fabrikam.pk)).content.decode()
    assert re.findall(r'name="move" value="(\w+)"', page) == ["pause", "end"]
    page = ada.post(at("partner_move", fabrikam.pk), {"move": "pause"}, follow=True).content.decode()
    assert "Fabrikam: pause." in page
    assert re.findall(r'name="move" value="(\w+)"', page) == ["resume", "end"]
    refused = ada.post(at("partner_move", fabrikam.pk), {"move": "pause"}, follow=True).content.decode()
    assert "is not possible while this is" in refused
    assert ada.post(at("partner_move", fabrikam.pk), {"move": "fly"}).status_code == 404


def test_the_overview_takes_potential_manager_and_distributor(cast):
    ada, fabrikam = cast.browser("ada"), cast.of_fabrikam.pk
    assert ada.post(at("partner_potential", fabrikam), {"potential": "70"}).status_code == 302
    refused = ada.post(at("partner_potential", fabrikam), {"potential": "170"})
    assert (refused.status_code, 'value="170"' in refused.content.decode()) == (422, True)
    assert ada.post(at("partner_assign", fabrikam), {"manager": ""}).status_code == 302
    with cast.scope("ada"):
        cast.of_fabrikam.refresh_from_db()
        tomorrow = cast.of_fabrikam.created_at.date() + timedelta(days=2)
        Partnership.objects.filter(pk=cast.of_contoso.pk).update(types=["distributor"])
    late = ada.post(at("partner_assign", fabrikam), {"manager": str(cast.ada_manager.pk), "on": str(tomorrow)})
    assert (late.status_code, str(tomorrow) in late.content.decode()) == (422, True)
    distributor = {"distributor": str(cast.of_contoso.pk)}
    assert ada.post(at("partner_distributor", fabrikam), distributor).status_code == 302
    assert ada.post(at("partner_distributor", fabrikam), {"distributor": str(fabrikam)}).status_code == 422
    assert "Buys through" in ada.get(at("partner", fabrikam)).content.decode()
    assert ada.post(at("partner_distributor", fabrikam), {"remove": str(cast.of_contoso.pk)}).status_code == 302
    with cast.scope("ada"):
        assert not DistributorLink.objects.exists()
    history = ada.get(at("partner_history", fabrikam)).content.decode()
    assert "Potential" in history
    assert "→ 70" in history
    assert "Ada → —" in history


def test_people_are_invited_by_who_may_and_claimed_partners_look_after_themselves(
    cast, mailoutbox, django_capture_on_commit_callbacks
):
    with cast.scope("ada"):
        partner = Organization.objects.create(name="Adatum", private_to_id=cast.northwind.pk)
        adatum = make_partnership(cast.program, partner.pk, "Adatum")
    address = at("partner_people", adatum.pk)
    assert "Invite somebody" not in cast.browser("ada").get(address).content.decode()
    olga = cast.browser("olga")
    wrong = olga.post(address, {"email": "nobody", "role": "partner_admin"})
    assert (wrong.status_code, 'value="nobody"' in wrong.content.decode()) == (422, True)
    with django_capture_on_commit_callbacks(execute=True):
        answer = olga.post(address, {"email": "mia@adatum.example", "role": "partner_admin"}, follow=True)
    page = answer.content.decode()
    assert "mia@adatum.example" in page
    assert "Waiting" in page
    assert [letter.to for letter in mailoutbox] == [["mia@adatum.example"]]
    claimed = olga.get(at("partner_people", cast.of_fabrikam.pk)).content.decode()
    assert "looks after its own people" in claimed
    assert "mia@adatum.example" not in claimed
