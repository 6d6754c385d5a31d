"""The pages of rooms on both sides: what is typed stays, what is hidden is nowhere, a rival's pages know nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile

from cast import NOW
from comity.cosell.models import Circle, Member, PlanStep, Room, RoomFile
from comity.cosell.states import Role
from comity.identity.models import Person
from comity.platform.models import Delivery
from room_story import make_room


@pytest.fixture
def story(cast):
    return make_room(cast)


def text_of(response):
    async def gather():
        return [piece async for piece in response.streaming_content]

    body = b"".join(async_to_sync(gather)()) if response.streaming and response.is_async else b"".join(response)
    return re.sub(r"\s+", " ", body.decode())


def test_the_vendor_runs_a_room(cast, story):
    ada, base = cast.browser("ada"), "/workspace/northwind/deals"
    here = f"{base}/rooms/{story.room.pk}/"
    assert "No co-sell room yet" not in text_of(ada.get(f"{base}/rooms/"))
    assert "Co-sell room" in text_of(ada.get(f"{base}/{story.deal.pk}/"))
    assert ada.post(f"{base}/{story.deal.pk}/room/").url == here
    wrong = ada.post(here + "invite/", {"role": "co_sell", "welcome": "Hello there"})
    assert wrong.status_code == 422
    assert "Hello there" in text_of(wrong)
    ada.post(here + "invite/", {"partnership": "fabrikam", "role": "co_sell", "welcome": "Hello"})
    member = story.member("bo")
    bo = cast.browser("bo")
    there = f"/portal/{cast.of_fabrikam.pk}/deals/rooms/{member.pk}/"
    assert "asks you to work together on Isar reporting" in text_of(bo.get(f"/portal/{cast.of_fabrikam.pk}/"))
    assert "90,000" not in text_of(bo.get(there))
    bo.post(there + "join/")
    story.invites("cy", Role.IMPLEMENT)
    own = story.circle("bo")
    paper = SimpleUploadedFile("plan.pdf", b"%PDF-1.7 plan")
    bo.post(there + "write/", {"circle": own.pk, "text": "Our plan", "files": paper})
    late = (NOW - timedelta(days=400)).date()
    owner = f"{cast.of_fabrikam.pk}:{cast.person('bo').pk}"
    step = {"circle": own.pk, "title": "Show it", "kind": "demo", "due_on": late, "owner": owner}
    assert bo.post(there + "plan/", {**step, "due_on": "soon"}).status_code == 422
    bo.post(there + "plan/", step)
    bo.post(there + "propose/", {"share": "33.3333", "text": "We found them"})
    page = text_of(ada.get(here))
    assert all(word in page for word in ("Our plan", "plan.pdf", "Show it", "overdue", "Fabrikam proposes a share"))
    home = text_of(ada.get("/workspace/northwind/?show=all"))
    assert "Close plan of Isar reporting: Show it" in home
    assert "Fabrikam proposes its share of Isar reporting." in home
    assert "Show it" in text_of(bo.get(f"/portal/{cast.of_fabrikam.pk}/"))
    ada.post(here + "accept/", {"member": member.pk})
    assert story.member("bo").share == Decimal("0.333333")
    refused = ada.post(
        here + "shares/", {str(cast.of_fabrikam.pk): "50", str(cast.of_contoso.pk): "40", "reason": "So"}
    )
    assert refused.status_code == 422
    assert "90 %" in text_of(refused)
    ada.post(here + "answer/", {"key": "champion", "known": "answered", "evidence": "Erika said so"})
    found = text_of(bo.get(there))
    assert all(word in found for word in ("Erika said so", "90,000", "33.3", "Wide World Importers"))

    rival = cast.browser("cy")
    other = story.member("cy")
    theirs = f"/portal/{cast.of_contoso.pk}/deals/rooms/{other.pk}/"
    with cast.scope("ada"):
        file = RoomFile.objects.get()
        step_row = PlanStep.objects.get()
    for address in (theirs, f"/portal/{cast.of_contoso.pk}/deals/rooms/", theirs.rsplit("/", 2)[0] + "/export.csv"):
        seen = text_of(rival.get(address))
        for secret in (
            "Fabrikam",
            "Our plan",
            "plan.pdf",
            "Show it",
            "33.3",
            "90,000",
            "90000",
            "Wide World",
            "said so",
        ):
            assert secret not in seen, (address, secret)
    assert rival.get(there).status_code == 404
    assert rival.get(f"{theirs}files/{file.pk}/").status_code == 404
    assert rival.post(theirs + "finish/", {"step": step_row.pk}).status_code == 404
    assert rival.post(theirs + "write/", {"circle": own.pk, "text": "Hi"}).status_code == 422
    assert bo.get(f"{there}files/{file.pk}/").status_code == 200
    ada.post(here + "circle/", {"members": [member.pk, other.pk]})
    with cast.scope("ada"):
        both = Circle.objects.get(partnership__isnull=True)
    rival.post(theirs + "write/", {"circle": both.pk, "text": "Hello Fabrikam"})
    assert "Hello Fabrikam" in text_of(bo.get(there))
    ada.post(here + "part/", {"circle": both.pk})
    assert "Hello Fabrikam" not in text_of(bo.get(there))
    ada.post(here + "finish/", {"step": step_row.pk})
    exported = text_of(ada.get(f"{base}/rooms/export.csv"))
    assert "Isar reporting,Isar Werke,Open,Contoso; Fabrikam" in exported
    assert ada.get(f"{base}/rooms/?late=1&state=open&q=isar").status_code == 200
    assert ada.post(here + "close/", {"text": ""}).status_code == 422
    ada.post(here + "close/", {"text": "It is over"})
    assert "Closed" in text_of(bo.get(there))
    ada.post(here + "reopen/")
    bo.post(there + "leave/", {"text": "No time"})
    assert "Our plan" not in text_of(bo.get(there))
    with cast.scope("ada"):
        assert Delivery.objects.filter(event__name="cosell.PlanStepMoved").exists()
        assert Room.objects.get().state == "open"
        assert Member.objects.get(partnership=cast.of_fabrikam).state == "left"


def test_a_partners_rooms_come_by_pages_and_the_file_has_them_all(cast, story, monkeypatch):
    story.invites("bo", Role.CO_SELL, joins=False)
    later = make_room(cast, "Isar planning", at=NOW + timedelta(days=1))
    later.invites("bo", Role.CO_SELL, at=NOW + timedelta(days=1), joins=False)
    monkeypatch.setattr("comity.web.cursors.PAGE_SIZE", 1)
    monkeypatch.setattr("comity.web.portal.rooms.EXPORT_PART", 1)
    bo, here = cast.browser("bo"), f"/portal/{cast.of_fabrikam.pk}/deals/rooms/"
    first = text_of(bo.get(here))
    [following] = re.findall(r'href="(\?after=[^"]+)"', first)
    second = text_of(bo.get(here + following))
    assert [("Isar planning" in page, "Isar reporting" in page) for page in (first, second)] == [
        (True, False),
        (False, True),
    ]
    exported = text_of(bo.get(here + "export.csv"))
    assert exported.index("Isar planning") < exported.index("Isar reporting")


def test_operations_change_the_checklist_and_sales_only_reads(cast, story):
    olga, here = cast.browser("olga"), "/workspace/northwind/deals/rooms/checklist/"
    later = "2100-01-01"
    refused = olga.post(here, {"items": "A\nA", "from_on": later})
    assert refused.status_code == 422
    assert olga.post(here, {"items": "Budget: how much?", "from_on": later, "note": "Shorter"}).status_code == 302
    assert "Budget" in text_of(olga.get(here))
    di = cast.browser("di")
    page = text_of(di.get(f"/workspace/northwind/deals/rooms/{story.room.pk}/"))
    assert "Ask a partner in" not in page
    assert di.post(f"/workspace/northwind/deals/rooms/{story.room.pk}/reopen/").status_code == 403


def test_a_step_is_changed_on_its_page_and_lists_speak_the_readers_language(cast, story, monkeypatch):
    story.invites("bo", Role.CO_SELL)
    ada, here = cast.browser("ada"), f"/workspace/northwind/deals/rooms/{story.room.pk}/"
    owner, circle = f"{cast.of_fabrikam.pk}:", story.circle("bo").pk
    ada.post(
        here + "plan/", {"circle": circle, "title": "Show it", "kind": "demo", "due_on": "2030-01-01", "owner": owner}
    )
    with cast.scope("ada"):
        step = PlanStep.objects.get()
    page = f"{here}plan/{step.pk}/"
    assert "Show it" in text_of(ada.get(page))
    wrong = ada.post(page, {"title": "Show it all", "kind": "demo", "due_on": "soon", "owner": owner})
    assert (wrong.status_code, "Show it all" in text_of(wrong)) == (422, True)
    right = {"title": "Call them", "kind": "joint_call", "due_on": "2030-02-01", "owner": ":"}
    assert ada.post(page, right).url == here
    with cast.scope("bo"):
        changed = PlanStep.objects.get()
    assert (changed.title, changed.kind, str(changed.due_on), changed.owner_company, changed.circle_id) == (
        "Call them", "joint_call", "2030-02-01", "Northwind", circle,
    )  # fmt: skip
    assert cast.browser("di").get(page).status_code == 403
    ada.post(here + "finish/", {"step": step.pk})
    assert ada.get(page).status_code == 404
    # A German reads German heads, and the first checklist in German; the rows come by key, not by place.
    make_room(cast, "Isar planning", at=NOW + timedelta(days=1))
    monkeypatch.setattr("comity.web.workspace.rooms.EXPORT_PART", 1)
    with cast.scope("ada"):
        Person.objects.filter(pk=cast.person("ada").pk).update(language="de")
    german = cast.browser("ada")
    rows = text_of(german.get("/workspace/northwind/deals/rooms/export.csv"))
    assert "Schritte überfällig" in rows
    assert rows.index("Isar planning") < rows.index("Isar reporting")
    assert "Empfohlen von" in text_of(german.get("/workspace/northwind/deals/leads/export.csv"))
    assert "Entscheidungskriterien" in text_of(german.get(here))
    assert "Entscheidungskriterien" in text_of(german.get("/workspace/northwind/deals/rooms/checklist/"))
