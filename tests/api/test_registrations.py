"""Registrations through the API: the partner's system registers, the vendor's decides, each reads its own verdict."""

from __future__ import annotations

import json

CLAIM = {
    "customer_name": "Acme Secretname GmbH",
    "customer_domain": "acme.de",
    "contact_name": "Erika",
    "use_case": "Reports",
    "value": "41500.00",
    "currency": "EUR",
    "expected_close_on": "2030-01-01",
}


def test_two_systems_register_and_one_decides(cast, ada, bo, cy):
    of_bo, of_cy = str(cast.of_fabrikam.pk), str(cast.of_contoso.pk)
    first = bo.post("/registrations", {**CLAIM, "partnership_id": of_bo})
    assert first.status == 201
    assert first.headers["Location"] == f"/api/v1/registrations/{first.body['id']}"
    assert (first.body["state"], first.body["value"]) == ("submitted", "41500")
    second = cy.post(
        "/registrations", {**CLAIM, "partnership_id": of_cy, "submit": False, "customer_name": "ACME", "value": "7"}
    )
    assert (second.body["state"], second.body["verdict"]) == ("draft", None)
    address = f"/registrations/{second.body['id']}"
    assert ada.get(address).status == 404
    assert cy.post(f"{address}/submit", {}).body["verdict"]["sentence"] == "Somebody of ours is looking at it."
    assert ada.post("/registrations", {**CLAIM, "partnership_id": of_bo}).status == 403
    assert bo.get(address).status == cy.get(f"/registrations/{first.body['id']}").status == 404
    whole = ada.get(address).body["verdict"]
    assert [one["owner"] for one in whole["competitors"]] == ["Fabrikam"]
    assert ada.post(f"{address}/decide", {"move": "queue", "reason": "because"}).status == 422
    assert ada.post(f"{address}/decide", {"move": "queue", "reason": "registered_before"}).body["state"] == "queued"
    told = cy.get(address).body
    assert told["verdict"]["sentence"] == "Another partner registered this customer first."
    assert told["verdict"]["competitors"] == []
    text = json.dumps(told)
    assert not [word for word in ("Fabrikam", "Secretname", "41500", first.body["reference"]) if word in text]
    assert cy.post(f"{address}/appeal", {"text": "They asked us."}).status == 200
    listed = ada.get(f"/registrations?state=queued&program={cast.program.pk}").body["items"]
    assert [one["id"] for one in listed] == [second.body["id"]]
    assert bo.post(f"/registrations/{first.body['id']}/withdraw", {}).body["state"] == "withdrawn"
    assert ada.get(address).body["state"] == "in_review"
    wrong = ada.post(f"{address}/decide", {"move": "revoke", "reason": "no_activity", "text": "x"})
    assert (wrong.status, wrong.body["code"]) == (409, "illegal_move")
