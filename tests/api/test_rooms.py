"""Co-sell rooms over the API: the vendor runs one, two partners answer, and neither learns of the other."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from asgiref.sync import async_to_sync
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cast import NOW
from comity.attribution.crediting import Occasion, credit_deal
from comity.attribution.states import Cause
from comity.cosell.rooms import set_room
from comity.cosell.sharing import declare_shares
from comity.cosell.states import Field, Role
from comity.deals.models import SharedDeal
from comity.deals.services import close_won
from comity.platform.models import Delivery
from comity.platform.outbox import deliver
from room_story import make_room

from .conftest import give_token


def test_a_room_is_run_by_both_sides(cast, ada, bo, cy, eve):
    story = make_room(cast)
    deal = str(story.deal.pk)
    assert ada.post("/rooms", {"opportunity_id": deal}).body["code"] == "room_there"
    room = f"/rooms/{story.room.pk}"
    assert (bo.post("/rooms", {"opportunity_id": deal}).status, bo.get(room).status) == (404, 404)
    invited = {"action": "invite", "partnership_id": str(cast.of_fabrikam.pk), "role": "co_sell", "text": "Come"}
    assert ada.post(f"{room}/act", invited).body["members"][0]["state"] == "invited"
    ada.post(f"{room}/act", {**invited, "partnership_id": str(cast.of_contoso.pk), "role": "implement"})
    [own] = bo.get("/own-rooms").body["items"]
    assert (own["title"], own["amount"]) == ("Isar reporting", None)
    assert bo.post(f"/own-rooms/{own['id']}/act", {"action": "join"}).body["amount"] == "90000"
    [theirs] = cy.get("/own-rooms").body["items"]
    cy.post(f"/own-rooms/{theirs['id']}/act", {"action": "join"})
    assert cy.get(f"/own-rooms/{own['id']}").status == 404
    place = f"/rooms/{own['id']}"
    [circle] = bo.get(f"{place}/plan").body["circles"]
    assert bo.post(f"{place}/messages", {"circle_id": circle["id"], "text": "Fabrikam here"}).status == 201
    new = {"circle_id": circle["id"], "title": "Show it", "kind": "demo", "due_on": "2026-03-09"}
    step = bo.post(f"{place}/plan", new).body
    done = bo.post(f"{place}/plan/{step['id']}", {"move": "finish", "done_on": "2026-03-01"}).body
    assert (done["state"], done["done_on"], done["owner_company"]) == ("done", "2026-03-01", "Northwind")
    assert bo.post(f"{place}/plan/{step['id']}", {"move": "finish"}).body["code"] == "illegal_move"
    assert bo.post(f"/own-rooms/{own['id']}/act", {"action": "propose", "share": "0.4"}).status == 200
    accepted = ada.post(f"{room}/act", {"action": "accept", "partnership_id": str(cast.of_fabrikam.pk)}).body
    assert {one["partnership"]["name"]: one["share"] for one in accepted["members"]} == {
        "Contoso": "0.6", "Fabrikam": "0.4",
    }  # fmt: skip
    shares = [{"partnership_id": str(cast.of_fabrikam.pk), "share": "0.5"}]
    assert ada.post(f"{room}/act", {"action": "shares", "shares": shares}).body["code"] == "shares_refused"
    hide = {"action": "hide", "role": "co_sell", "hidden": ["amount", "competitors"]}
    assert ada.post(f"{room}/act", hide).status == 200
    seen = bo.get(f"/own-rooms/{own['id']}").body
    assert (seen["amount"], seen["competitors"], seen["hidden"]) == (None, [], ["amount", "competitors"])
    rival = f"/rooms/{theirs['id']}"
    told = str([cy.get(path).body for path in ("/own-rooms", f"{rival}/messages", f"{rival}/plan", "/notices")])
    # A figure in quotes: seconds of a time and ids have any digits.
    for secret in ("Fabrikam", "Show it", "'90000", "Wide World", "'0.4'"):
        assert secret not in told, secret
    assert cy.post(f"{rival}/messages", {"circle_id": circle["id"], "text": "Hi"}).status == 404
    assert cy.post(f"{rival}/plan/{step['id']}", {"move": "reopen"}).status == 404
    both = {"action": "bring_together", "together": [str(cast.of_fabrikam.pk), str(cast.of_contoso.pk)]}
    assert ada.post(f"{room}/act", both).status == 200
    names = {one["name"]: one["id"] for one in ada.get(f"{room}/plan").body["circles"]}
    assert cy.post(f"{rival}/messages", {"circle_id": names["Contoso, Fabrikam"], "text": "Hi"}).status == 201
    assert [one["text"] for one in bo.get(f"{place}/messages").body["items"]] == ["Hi", "Fabrikam here"]
    part = {"action": "part", "circle_id": names["Contoso, Fabrikam"]}
    assert ada.post(f"{room}/act", part).status == 200
    assert len(bo.get(f"{place}/messages").body["items"]) == 1
    assert ada.post(f"{room}/act", {"action": "close", "text": "Over"}).body["state"] == "closed"
    assert bo.post(f"{place}/messages", {"circle_id": circle["id"], "text": "Late"}).body["code"] == "room_closed"
    assert (eve.get(room).status, eve.get("/rooms").body["items"]) == (404, [])


def test_a_list_of_rooms_asks_for_all_their_partners_at_once(cast, ada):
    def asked(name: str) -> int:
        story = make_room(cast, name)
        story.invites("bo", Role.SOURCED, joins=False)
        story.invites("cy", Role.IMPLEMENT, joins=False)
        with CaptureQueriesContext(connection) as queries:
            found = ada.get("/rooms").body["items"]
        assert [one["partnership"]["name"] for one in found[0]["members"]] == ["Contoso", "Fabrikam"]
        return len(queries)

    assert asked("First") == asked("Second")


def whole(answer) -> str:
    """A page or a streamed file as text."""

    async def pieces() -> bytes:
        return b"".join([piece async for piece in answer.streaming_content])

    return (async_to_sync(pieces)() if answer.streaming else answer.content).decode()


def test_who_may_not_see_the_amount_cannot_work_it_out(cast, mailoutbox):
    """Fabrikam sourced 90,000 EUR with 30 %; won, its credit is told without money, on every page and to its system."""
    story = make_room(cast)
    story.invites("bo", Role.SOURCED)
    story.invites("cy", Role.CO_SELL)
    halves = {cast.of_fabrikam.pk: Decimal("0.3"), cast.of_contoso.pk: Decimal("0.7")}
    story.vendor(declare_shares, room=story.room, at=NOW, shares=halves)
    story.vendor(set_room, room=story.room, hidden={Role.SOURCED: [Field.AMOUNT]}, customer_contact="")
    with cast.scope("ada"):
        story.deal.refresh_from_db()
        won = close_won(opportunity=story.deal, actor=cast.actor("ada"), on=date(2026, 3, 2), at=NOW)
        credit_deal(cast.program, Occasion(Cause.WON, NOW), won.pk)
        waiting = list(Delivery.objects.filter(state="pending").order_by("pk").values_list("pk", flat=True))
    for key in waiting:
        deliver(organization_id=cast.northwind.pk, delivery_id=key)
    told = {}
    for who, own in (("bo", cast.of_fabrikam), ("cy", cast.of_contoso)):
        browser, member, token = cast.browser(who), story.member(who), give_token(cast, who)
        with cast.scope(who):
            shared = SharedDeal.objects.get()
        there = f"/portal/{own.pk}/"
        pages = ["", "deals/", f"deals/{shared.pk}/", "credit/", "performance/", "deals/rooms/"]
        pages += ["deals/rooms/export.csv", f"deals/rooms/{member.pk}/"]
        told[who] = "".join(whole(browser.get(there + page)) for page in pages)
        asked = ("own-rooms", f"own-rooms/{member.pk}", f"partnerships/{own.pk}/shared-deals")
        told[who] += "".join(str(token.get(f"/{one}").body) for one in asked)
    money = re.compile(r"\b(90,?000|27,?000|63,?000)\b")
    assert money.findall(told["bo"]) == []
    assert "told without money" in told["bo"]
    assert {"90,000", "63,000"} <= set(money.findall(told["cy"]))
    assert [one.subject for one in mailoutbox if "bo@" in one.to[0] and money.search(one.body)] == []
