"""Leads over the API: sent once, routed with reasons, answered by the partner, referred; nothing told to others."""

from __future__ import annotations

import pytest

from comity.leads.clauses import RoutingRule
from lead_story import LeadStory

PROSPECT = {
    "customer_name": "Isar Werke GmbH", "customer_country": "Germany", "contact_name": "Erika Muster",
    "contact_email": "erika@isar.example", "need": "Reports",
}  # fmt: skip


@pytest.fixture
def program(cast):
    LeadStory(cast).rules(RoutingRule(name="By tier", preference="tier"))
    return str(cast.program.pk)


def test_a_lead_is_sent_once_and_answered(cast, program, ada, bo, cy, olga):
    new = {"program_id": program, **PROSPECT, "external_id": "web-1", "source": "website", "value": "1200.50"}
    assert bo.post("/leads", new).status == 403
    refused = ada.post("/leads", {**new, "contact_email": "nobody"})
    assert (refused.status, refused.body["code"], refused.body["errors"][0]["field"]) == (
        422, "invalid", "contact_email"
    )  # fmt: skip
    lead = ada.post("/leads", new).body
    assert ada.post("/leads", new).body["id"] == lead["id"]
    assert (lead["state"], lead["value"], lead["partnership"]["name"], lead["route"]["rule"]) == (
        "offered", "1200.5", "Fabrikam", "By tier"
    )  # fmt: skip
    fits = {fit["partnership"]["name"]: (fit["place"], fit["fits"]) for fit in lead["route"]["asked"][0]["fits"]}
    assert fits == {"Fabrikam": (1, True), "Contoso": (2, True)}

    [offer] = bo.get("/lead-offers?state=offered").body["items"]
    assert (offer["customer_name"], offer["contact_email"]) == ("Isar Werke GmbH", "")
    assert cy.get("/lead-offers").body["items"] == []
    assert cy.get(f"/lead-offers/{offer['id']}").status == 404
    assert bo.post(f"/lead-offers/{offer['id']}/act", {"action": "decline"}).status == 422
    gone = bo.post(f"/lead-offers/{offer['id']}/act", {"action": "decline", "reason": "no_capacity"}).body
    assert (gone["state"], gone["customer_name"], gone["need"], gone["value"]) == ("declined", "", "", None)
    assert bo.post(f"/lead-offers/{offer['id']}/act", {"action": "accept"}).body["code"] == "lead_gone"
    [offer] = cy.get("/lead-offers").body["items"]
    taken = cy.post(f"/lead-offers/{offer['id']}/act", {"action": "accept"}).body
    assert (taken["contact_email"], taken["progress"]) == ("erika@isar.example", "accepted")
    again = ada.post(f"/leads/{lead['id']}/act", {"action": "disqualify", "reason": "spam"})
    assert (again.status, again.body["code"]) == (409, "illegal_move")
    made = cy.post(f"/lead-offers/{offer['id']}/act", {"action": "register"}).body["registration_id"]
    assert ada.get(f"/leads/{lead['id']}").body["registration_id"] == made
    assert [row["state"] for row in ada.get("/leads?source=website").body["items"]] == ["converted"]


def test_a_partner_refers(cast, program, ada, bo, cy):
    new = {"partnership_id": str(cast.of_fabrikam.pk), **PROSPECT, "agreed": False}
    assert bo.post("/referrals", new).status == 422
    itself = bo.post("/referrals", {**new, "agreed": True, "customer_name": "Fabrikam"})
    assert (itself.status, itself.body["code"]) == (422, "self_referral")
    made = bo.post("/referrals", {**new, "agreed": True}).body
    assert (made["state"], made["by_link"]) == ("open", False)
    assert cy.get("/referrals").body["items"] == []
    [lead] = ada.get("/leads?source=referral").body["items"]
    assert lead["referred_by"]["name"] == "Fabrikam"
