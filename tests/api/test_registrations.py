"""Registrations through the API: the partner's system registers, the vendor's decides, each reads its own verdict."""

from __future__ import annotations

import json

from django.core.files.uploadedfile import SimpleUploadedFile

from .conftest import read

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


def test_files_and_a_copy(cast, ada, bo):
    draft = bo.post("/registrations", {**CLAIM, "partnership_id": str(cast.of_fabrikam.pk), "submit": False}).body
    address = f"/registrations/{draft['id']}"
    headers = {"Authorization": f"Bearer {bo.secret}"}
    upload = SimpleUploadedFile("letter.pdf", b"%PDF-1.7 Signed")
    made = read(
        bo.client.post(f"/api/v1{address}/files", {"file": upload, "is_letter": "true"}, headers=headers)
    )  # fmt: skip
    assert (made.status, made.body["name"], made.body["is_letter"]) == (201, "letter.pdf", True)
    assert bo.get(made.headers["Location"]).status == 200
    assert bo.post(f"{address}/submit", {}).body["has_letter"] is True
    assert [one["id"] for one in ada.get(f"{address}/files").body["items"]] == [made.body["id"]]
    assert ada.get(made.headers["Location"]).status == 200
    kept = bo.call("DELETE", made.headers["Location"])
    assert (kept.status, kept.body["code"]) == (409, "registration_files_closed")
    again = bo.post(f"{address}/again", {})
    assert (again.status, again.body["state"], again.body["customer_name"]) == (201, "draft", CLAIM["customer_name"])
    assert bo.get(f"/registrations/{again.body['id']}/files").body == {"items": []}
