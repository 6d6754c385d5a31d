"""The timeline through the API: the vendor's system writes it, the partner's reads what was shared."""

from __future__ import annotations

HELD = "2026-03-01T14:00:00Z"


def test_a_call_a_task_and_the_next_step(cast, ada, bo, cy):
    fabrikam = str(cast.of_fabrikam.pk)
    call = {"partnership_id": fabrikam, "kind": "call", "happened_at": "2026-03-01T15:00:00+01:00", "text": "Launch."}
    made = ada.post("/log-entries", {**call, "next_step": {"text": "Send the offer", "due_on": "2026-03-09"}})
    assert made.status == 201
    assert made.headers["Location"] == f"/api/v1/log-entries/{made.body['id']}"
    told = {name: made.body[name] for name in ("kind", "happened_at", "text", "shared_with_partner")}
    assert told == {"kind": "call", "happened_at": HELD, "text": "Launch.", "shared_with_partner": False}
    assert made.body["written_by"]["name"] == "Ada"
    step = f"/partnerships/{fabrikam}/next-step"
    assert ada.get(step).body == {"text": "Send the offer", "due_on": "2026-03-09", "last_contact_at": HELD}
    assert ada.call("PUT", step, {"text": ""}).body == {"text": "", "due_on": None, "last_contact_at": HELD}
    # The partner's side reads an entry once it is shared, and never the next step.
    assert bo.get("/log-entries").body["items"] == []
    assert bo.get(step).status == 403
    assert bo.post("/log-entries", call).status == 403
    shared = ada.patch(f"/log-entries/{made.body['id']}", {"shared_with_partner": True})
    assert (shared.status, shared.body["text"]) == (200, "Launch.")
    assert [one["text"] for one in bo.get(f"/log-entries?kind=call&partnership={fabrikam}").body["items"]] == [
        "Launch."
    ]
    assert bo.patch(f"/log-entries/{made.body['id']}", {"text": "x"}).status == 403
    assert cy.get(f"/log-entries/{made.body['id']}").status == 404


def test_a_task_is_planned_ticked_and_opened_again(cast, ada, bo):
    fabrikam, olga = str(cast.of_fabrikam.pk), str(cast.person("olga").pk)
    task = {"partnership_id": fabrikam, "title": "Sign the plan", "owner_id": olga, "shared_with_partner": True}
    made = ada.post("/tasks", {**task, "due_on": "2026-03-09"})
    assert (made.status, made.body["owner"]["name"], made.body["done_at"]) == (201, "Olga", None)
    address = f"/tasks/{made.body['id']}"
    assert ada.patch(address, {"done": True}).body["done_at"] is not None
    assert ada.get(f"/tasks?open=true&owner={olga}").body["items"] == []
    again = ada.patch(address, {"done": False, "due_on": None}).body
    assert (again["done_at"], again["due_on"], again["title"]) == (None, None, "Sign the plan")
    seen = bo.get(address).body
    assert (seen["title"], seen["owner"]) == ("Sign the plan", None)
    wrong = ada.post("/tasks", {**task, "owner_id": str(cast.person("bo").pk)})
    assert (wrong.status, [error["field"] for error in wrong.body["errors"]]) == (422, ["owner_id"])
    when = {"partnership_id": fabrikam, "kind": "call", "happened_at": "2026-03-01T15:00:00"}
    assert ada.post("/log-entries", when).status == 422
    assert ada.post("/log-entries", {**when, "happened_at": "2199-01-01T00:00:00Z"}).status == 422
