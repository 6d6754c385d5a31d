"""Notices and messages over the API: told, read, written by both sides, and of one organization only."""

from __future__ import annotations

from comity.notices.services import Fact, readers, tell
from comity.platform.tenancy import tenant


def test_both_sides_write_and_read_what_they_are_told(cast, ada, bo, cy):
    of = str(cast.of_fabrikam.pk)
    sent = bo.post("/messages", {"partnership_id": of, "text": "Which price list?"})
    assert (sent.status, sent.body["side"], sent.body["author"][:2]) == (201, "partner", sent.body["author"][:2])
    told = ada.get("/notices?unread=true").body["items"]
    assert [(one["kind"], one["vendor"], one["read_at"]) for one in told] == [("message", "Northwind", None)]
    assert told[0]["path"] == f"/workspace/northwind/partners/{of}/messages/"
    read = ada.call("PATCH", f"/notices/{told[0]['id']}", {"read": True})
    assert (read.status, read.body["read_at"] is not None) == (200, True)
    assert ada.get("/notices?unread=true").body["items"] == []
    assert ada.call("PATCH", f"/notices/{told[0]['id']}", {"read": False}).body["read_at"] is None
    ada.post("/messages", {"partnership_id": of, "text": "This one."})
    assert [one["text"] for one in bo.get(f"/messages?partnership={of}").body["items"]] == [
        "This one.", "Which price list?",
    ]  # fmt: skip
    assert cy.get("/messages").body["items"] == []
    assert cy.post("/messages", {"partnership_id": of, "text": "Me too"}).status == 404
    assert cy.call("PATCH", f"/notices/{told[0]['id']}", {"read": True}).status == 404
    assert bo.post("/messages", {"partnership_id": of, "text": ""}).status == 422


def test_a_token_of_one_company_tells_nothing_of_another(cast, ada):
    """Ada was told something by Umbra as well; Northwind's token does not read it."""
    with tenant(organization_id=cast.umbra.pk):
        fact = Fact("import_finished", "one", "/workspace/umbra/", values={"file": "secret.csv"})
        assert tell(vendor_id=cast.umbra.pk, to=readers(cast.person("ada").pk), fact=fact) == 1
    assert ada.get("/notices").body["items"] == []
