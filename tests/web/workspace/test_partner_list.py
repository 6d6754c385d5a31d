"""The list of partners as one works with it: figures and health, one beside the list, several at once, kept views."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, date, datetime

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cast import NOW, make_partnership
from comity.identity.models import Organization
from comity.insights.marts import rebuild
from comity.insights.trends import refill
from comity.programs.models import ManagerAssignment, Partnership, PartnershipTag, SavedView, Tier
from comity.timeline.drafts import LogDraft, StepDraft
from comity.timeline.models import NextStep
from comity.timeline.services import log_contact, set_next_step
from comity.timeline.states import Kind
from deal_story import deal

AS_OF = date(2026, 3, 1)
IN_PLACE = {"HTTP_HX_REQUEST": "true"}


def at(name: str, *args: object, query: str = "") -> str:
    return reverse(f"workspace:{name}", args=["northwind", *args]) + query


def names(page: str) -> list[str]:
    table = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return re.findall(r'<th scope="row"><a href="[^"]*">([^<]+)</a>', table)


def a_year(cast) -> None:
    """Fabrikam won a deal and was called last week; Contoso has done nothing, and its next step is late."""
    with cast.scope("ada"):
        ada = cast.actor("ada")
        deal(cast, "Rollout", partner=cast.of_fabrikam, won_on=date(2026, 2, 1))
        cast.program.data_as_of = AS_OF
        cast.program.save()
        rebuild(cast.program)
        refill(cast.program)
        call = LogDraft(Kind.CALL, datetime(2026, 2, 24, 9, tzinfo=UTC), "Spoke.")
        log_contact(partnership=cast.of_fabrikam, actor=ada, draft=call, at=NOW)
        set_next_step(partnership=cast.of_contoso, actor=ada, draft=StepDraft("=Call them", date(2026, 1, 5)))


def test_each_order_and_filter_stands_in_the_address(cast):
    a_year(cast)
    ada = cast.browser("ada")

    def asked(**query: str) -> list[str]:
        return names(ada.get(at("partners"), query).content.decode())

    assert asked() == ["Contoso", "Fabrikam"]
    assert asked(sort="-revenue") == asked(sort="-health") == asked(sort="-contact") == ["Fabrikam", "Contoso"]
    assert asked(sort="health") == asked(sort="step") == ["Contoso", "Fabrikam"]
    assert asked(quiet="30") == asked(quiet="never") == asked(step="late") == asked(step="set") == ["Contoso"]
    assert asked(step="none") == ["Fabrikam"]
    assert asked(tag="risk") == asked(q="con", step="none") == []
    assert asked(quiet="soon", sort="shoe size") == ["Contoso", "Fabrikam"]
    page = ada.get(at("partners")).content.decode()
    assert "1,000" in page
    assert "24 Feb 2026" in page
    assert "was due" in page
    plain = cast.browser("di").get(at("partners")).content.decode()
    assert ("cell-edit" in plain, 'id="bulk"' in plain) == (True, False)  # finance opens the panel and changes nothing


def test_one_partner_stands_beside_the_list(cast):
    a_year(cast)
    ada, fabrikam = cast.browser("ada"), cast.of_fabrikam.pk
    page = ada.get(at("partners"), {"panel": str(fabrikam), "sort": "-name"}).content.decode()
    panel = page.partition("<aside")[2]
    assert "Spoke." in panel
    assert 'href="?sort=-name"' in panel
    assert re.search(r'<tr aria-selected="true">.*?Fabrikam', page, re.DOTALL)
    for nobody in ("", "none", str(cast.of_umbra.pk)):
        assert "<aside" not in ada.get(at("partners"), {"panel": nobody}).content.decode()


def test_a_field_is_changed_in_its_cell_and_taken_back(cast):
    ada, fabrikam = cast.browser("ada"), cast.of_fabrikam
    with cast.scope("ada"):
        gold, silver = Tier.objects.filter(program=cast.program).order_by("rank")
    cell = at("partner_field", fabrikam.pk, "tier")
    assert f'value="{gold.pk}" selected' in ada.get(cell, **IN_PLACE).content.decode()
    changed = ada.post(cell, {"tier": str(silver.pk)}, **IN_PLACE).content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', changed))
    assert ("Silver" in changed, 'data-undo="10"' in changed) == (True, True)
    undo = {name: value for name, value in hidden.items() if name in ("tier", "was_tier")}
    assert undo == {"tier": str(gold.pk), "was_tier": str(silver.pk)}
    assert "Gold" in ada.post(cell, undo, **IN_PLACE).content.decode()
    late = ada.post(cell, undo, **IN_PLACE)  # it is Gold again: what was to be undone is gone
    assert (late.status_code, "Somebody changed this meanwhile" in late.content.decode()) == (422, True)
    step = at("partner_field", fabrikam.pk, "step")
    assert ada.post(step, {"next_step": "Call", "next_step_on": ""}).status_code == 302
    assert ada.post(step, {"next_step": "", "next_step_on": "2026-03-09"}, **IN_PLACE).status_code == 422
    assert "Call" in ada.get(step, {"cancel": ""}, **IN_PLACE).content.decode()
    assert ada.post(at("partner_field", fabrikam.pk, "manager"), {"manager": ""}).status_code == 302
    with cast.scope("ada"):
        fabrikam.refresh_from_db()
        assert (fabrikam.tier, fabrikam.manager, NextStep.objects.get().text) == (gold, None, "Call")
    assert ada.get(at("partner_field", fabrikam.pk, "name")).status_code == 404
    assert cast.browser("di").get(cell).status_code == 403


def test_several_partners_at_once(cast):
    ada = cast.browser("ada")
    both = [str(cast.of_fabrikam.pk), str(cast.of_contoso.pk)]
    told = ada.post(at("partners_bulk"), {"do": "assign", "manager": "", "ids": both, "query": "q=a"}, follow=True)
    _address, step = told.redirect_chain[-1][0].split("?q=a&assigned=")
    assert "2 partners changed hands." in told.content.decode()
    with cast.scope("ada"):
        was = list(ManagerAssignment.objects.values_list("manager", "from_on", "to_on"))
    back = ada.post(at("partners_bulk_undo", step), {"query": "q=a"}, follow=True).content.decode()
    assert "The partners are with whom they were before." in back
    with cast.scope("ada"):
        given_back = Partnership.objects.get(pk=cast.of_fabrikam.pk)
        assert (given_back.manager_id, given_back.edited_fields) == (cast.ada_manager.pk, [])
        assert {until for _manager, _since, until in was} == {timezone.now().date()}
        assert not ManagerAssignment.objects.filter(to_on__isnull=False).exists()
    assert ada.post(at("partners_bulk_undo", step)).status_code == 404, "once"
    ada.post(at("partners_bulk"), {"do": "assign", "manager": "", "ids": both, "query": "q=a"})
    ada.post(at("partners_bulk"), {"do": "tag", "tag": "at risk, renewal", "all": "on", "query": "q=fab"})
    ada.post(at("partners_bulk"), {"do": "tag", "tag": "at risk", "ids": [*both, str(cast.of_umbra.pk), "x"]})
    ada.post(at("partners_bulk"), {"do": "untag", "tag": "renewal", "ids": both})
    with cast.scope("ada"):
        assert not Partnership.objects.filter(manager__isnull=False).exists()
        assert ManagerAssignment.objects.filter(to_on__isnull=True).count() == 0
        tagged = PartnershipTag.objects.order_by("partnership__name").values_list("partnership__name", "name")
        assert list(tagged) == [("Contoso", "at risk"), ("Fabrikam", "at risk")]
    assert names(ada.get(at("partners"), {"tag": "at risk"}).content.decode()) == ["Contoso", "Fabrikam"]
    for wrong in ({"do": "tag", "tag": " ", "ids": both}, {"do": "assign", "manager": "x", "ids": both}, {"do": "tag"}):
        assert 'role="alert"' in ada.post(at("partners_bulk"), wrong, follow=True).content.decode()
    assert ada.post(at("partners_bulk"), {"do": "fly", "ids": both}).status_code == 404
    assert cast.browser("di").post(at("partners_bulk"), {"do": "tag", "tag": "x", "ids": both}).status_code == 403
    with cast.scope("bo"):
        assert not PartnershipTag.objects.exists()


def test_the_export_is_what_the_list_shows(cast):
    a_year(cast)
    ada = cast.browser("ada")
    text = ada.get(at("partners_export", "csv", query="?sort=-revenue")).content.decode("utf-8-sig")
    lines = text.splitlines()
    assert lines[0].startswith(
        'Partner,Status,Segment,Tier,Manager,Next step,By,Last contact,Tags,"Revenue, 12 months"'
    )
    assert lines[1] == "Fabrikam,active,,Gold,Ada,,,2026-02-24,,1000.0000,EUR,2026-03-01,75,no open deal"
    assert lines[2].startswith("Contoso,active,,,Ada,'=Call them,2026-01-05,,,0.0000,EUR,2026-03-01,0,")
    sheet = ada.get(at("partners_export", "xlsx", query="?q=con"))
    with zipfile.ZipFile(io.BytesIO(sheet.content)) as archive:
        rows = archive.read("xl/worksheets/sheet1.xml").decode()
    assert re.findall(r"<t [^>]*>([^<]+)</t>", rows)[14:17] == ["Contoso", "active", "Ada"]
    assert "<v>46027</v>" in rows  # 5 January 2026, as a day
    one = ada.post(at("partners_bulk"), {"do": "csv", "ids": [str(cast.of_contoso.pk)], "query": "sort=health"})
    assert [line.split(",")[0] for line in one.content.decode("utf-8-sig").splitlines()] == ["Partner", "Contoso"]
    assert ada.get(at("partners_export", "pdf")).status_code == 404
    assert "Revenue" not in lines[0].replace("Revenue, 12 months", "")


def test_views_are_kept_for_oneself_or_for_everybody(cast):
    ada, olga = cast.browser("ada"), cast.browser("olga")
    query = "q=fab&sort=-name&panel=x&page=7"
    kept = ada.post(at("partners_views"), {"name": " Mine ", "query": query}, follow=True).content.decode()
    assert "is kept" in kept
    ada.post(at("partners_views"), {"name": "Ours", "query": "step=late", "is_shared": "on"})
    ada.post(at("partners_views"), {"name": "Ours", "query": "step=none", "is_shared": "on"})
    with cast.scope("ada"):
        views = list(SavedView.objects.order_by("name").values_list("name", "query", "is_shared"))
        assert views == [("Mine", "q=fab&sort=-name", False), ("Ours", "step=none", True)]
        ours = SavedView.objects.get(name="Ours").pk
    page = olga.get(at("partners")).content.decode()
    assert ("Ours (Ada)" in page, "Mine" in page) == (True, False)
    assert olga.post(at("partners_views"), {"remove": str(ours)}).status_code == 403
    assert cast.browser("eve").post(at("partners_views"), {"remove": str(ours)}).status_code == 404
    assert 'role="alert"' in ada.post(at("partners_views"), {"name": "", "query": ""}, follow=True).content.decode()
    ada.post(at("partners_views"), {"remove": str(ours)})
    with cast.scope("ada"):
        assert SavedView.objects.count() == 1


def test_many_partners_cost_as_many_queries_as_few(cast):
    a_year(cast)
    ada, orders = cast.browser("ada"), ("name", "health", "revenue", "contact")

    def counted() -> list[int]:
        found = []
        for sort in orders:
            with CaptureQueriesContext(connection) as asked:
                assert ada.get(at("partners"), {"sort": sort}).status_code == 200
            found.append(len(asked))
        return found

    ada.get(at("partners"))
    few = counted()
    with cast.scope("ada"):
        for number in range(60):
            partner = Organization.objects.create(name=f"P{number}", private_to_id=cast.northwind.pk)
            made = make_partnership(cast.program, partner.pk, f"Partner {number:02}", manager=cast.ada_manager)
            PartnershipTag.objects.create(vendor_id=made.vendor_id, partnership=made, name="new")
        refill(cast.program)
    assert counted() == few
