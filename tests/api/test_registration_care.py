"""The clear ones at once, a protection handed over, progress told and stand-ins, through the API."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.utils import timezone

from comity.deals.models import RegistrationUpdate, StandIn

from .conftest import Caller
from .test_registrations import CLAIM


def register(caller: Caller, partnership, **said) -> dict:
    """A registration that its partner sends in."""
    return caller.post("/registrations", {**CLAIM, "partnership_id": str(partnership.pk), **said}).body


def test_clear_ones_progress_and_a_hand_over(cast, ada, bo, cy, eve):
    made = register(bo, cast.of_fabrikam)
    other = register(bo, cast.of_fabrikam, customer_name="Borealis Ltd", customer_domain="borealis.example")
    again = register(cy, cast.of_contoso)
    said = {
        "program_id": str(cast.program.pk),
        "registration_ids": [one["id"] for one in (made, other, again)],
        "move": "approve",
    }
    assert bo.post("/registrations/decide", said).status == 403
    assert eve.post("/registrations/decide", said).status == 422
    assert ada.post("/registrations/decide", {**said, "move": "return"}).status == 422
    assert ada.post("/registrations/decide", {**said, "registration_ids": []}).status == 422
    key = {"Idempotency-Key": "clear-1"}
    done = ada.post("/registrations/decide", said, **key)
    assert done.body == {"decided": 2, "left": [again["reference"]]}
    assert ada.post("/registrations/decide", said, **key).body == done.body
    assert ada.post("/registrations/decide", said).body["decided"] == 0  # without the key it is another request
    # The partner tells how it goes; its rival and a stranger read nothing of it.
    address = f"/registrations/{made['id']}"
    day = (timezone.now() + timedelta(days=60)).date().isoformat()
    assert bo.post(f"{address}/updates", {"note": " "}).status == 422
    told = bo.post(
        f"{address}/updates", {"note": "Budget is there", "expected_close_on": day}, **{"Idempotency-Key": "u"}
    )
    assert (told.status, told.body["note"], told.body["person_name"]) == (201, "Budget is there", "Bo's")
    assert bo.post(
        f"{address}/updates", {"note": "Budget is there", "expected_close_on": day}, **{"Idempotency-Key": "u"}
    ).body == told.body  # fmt: skip
    assert [one["id"] for one in ada.get(f"{address}/updates").body["items"]] == [told.body["id"]]
    assert ada.get(address).body["expected_close_on"] == day
    assert ada.post(f"{address}/updates", {"note": "Ours"}).status == 403
    assert [one.get(f"{address}/updates").status for one in (cy, eve)] == [404, 404]
    with cast.scope("ada"):
        assert RegistrationUpdate.objects.count() == 1
    # Handed over: the other partner has one to the same day, the first reads why.
    order = {"partnership_id": str(cast.of_contoso.pk), "text": "They have the people on site."}
    assert bo.post(f"{address}/hand-over", order).status == 403
    assert ada.post(f"{address}/hand-over", {**order, "text": ""}).status == 422
    assert eve.post(f"{address}/hand-over", order).status == 404
    over = ada.post(f"{address}/hand-over", order, **{"Idempotency-Key": "over"})
    assert (over.status, over.body["state"], over.body["partnership"]["name"]) == (201, "approved", "Contoso")
    assert ada.post(f"{address}/hand-over", order, **{"Idempotency-Key": "over"}).body["id"] == over.body["id"]
    assert cy.get(over.headers["Location"]).body["protected_until"] == over.body["protected_until"]
    assert (bo.get(address).body["state"], bo.get(address).body["reason_text"]) == ("revoked", order["text"])
    assert ada.post(f"{address}/hand-over", order).body["code"] == "not_protected"


def test_stand_ins(cast, ada, olga, bo, eve):
    today = timezone.now().date()
    days = {"from_on": today.isoformat(), "to_on": (today + timedelta(days=7)).isoformat()}
    ada_id, olga_id = (str(cast.people[name].pk) for name in ("ada", "olga"))
    made = ada.post("/stand-ins", {"stand_in_id": olga_id, **days}, **{"Idempotency-Key": "away"})
    assert (made.status, made.body["person"]["name"], made.body["stand_in"]["name"]) == (201, "Ada", "Olga")
    assert ada.post("/stand-ins", {"stand_in_id": olga_id, **days}, **{"Idempotency-Key": "away"}).body == made.body
    assert ada.post("/stand-ins", {"stand_in_id": olga_id, **days}).body["code"] == "away_already"
    assert ada.post("/stand-ins", {"stand_in_id": ada_id, **days}).status == 422
    assert ada.post("/stand-ins", {"person_id": olga_id, "stand_in_id": ada_id, **days}).status == 403
    assert bo.post("/stand-ins", {"stand_in_id": olga_id, **days}).status == 403
    assert [one["id"] for one in olga.get("/stand-ins").body["items"]] == [made.body["id"]]
    assert (bo.get("/stand-ins").status, eve.get("/stand-ins").body["items"]) == (403, [])
    address = f"/stand-ins/{made.body['id']}"
    assert [one.call("DELETE", address).status for one in (bo, eve)] == [403, 404]
    gone = olga.client.delete(f"/api/v1{address}", headers={"Authorization": f"Bearer {olga.secret}"})
    assert gone.status_code == 204
    assert olga.call("DELETE", f"/stand-ins/{uuid.uuid4()}").status == 404
    with cast.scope("ada"):
        assert not StandIn.objects.exists()
