"""Co-sell rooms over the API: the vendor runs one, two partners answer, and neither learns of the other."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from comity.cosell.states import Role
from room_story import make_room


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
    for secret in ("Fabrikam", "Show it", "90000", "Wide World", "0.4"):
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
