"""Deals from the first word to the last, and what a partner reads of them."""

from datetime import UTC, datetime

import pytest

from comity.deals.services import create_default_stages


@pytest.fixture
def stages(cast):
    """The default pipeline: name to id."""
    with cast.scope("olga"):
        made = create_default_stages(program=cast.program, actor=cast.actor("olga"))
    return {stage.name: stage for stage in made}


@pytest.fixture
def first(stages):
    return min(stages.values(), key=lambda stage: stage.position)


def of(stages, status):
    return min((stage for stage in stages.values() if stage.status == status), key=lambda stage: stage.position)


def text(probability):
    return None if probability is None else f"{probability:f}".rstrip("0").rstrip(".") or "0"


def test_a_deal_recorded_changed_shared_and_won(cast, ada, bo, cy, stages, first):
    account = ada.post("/customer-accounts", {"name": "Acme GmbH", "domains": ["acme.example"]}).body
    made = ada.post(
        "/opportunities",
        {
            "program_id": str(cast.program.pk),
            "name": "Acme rollout",
            "account_id": account["id"],
            "currency": "EUR",
            "amount": "1250.50",
            "recurring_amount": "300",
            "term_months": 12,
            "opened_on": "2026-01-15",
            "manager_id": str(cast.ada_manager.pk),
            "external_id": "D-1",
            "competitors": ["Contoso"],
        },
    )
    assert (made.status, made.headers["Location"]) == (201, f"/api/v1/opportunities/{made.body['id']}")
    today = datetime.now(UTC).date().isoformat()
    stage = {"id": str(first.pk), "name": first.name}
    assert made.body == {
        "id": made.body["id"],
        "program_id": str(cast.program.pk),
        "name": "Acme rollout",
        "external_id": "D-1",
        "account": {"id": account["id"], "name": "Acme GmbH"},
        "kind": "new",
        "stage": stage,
        "status": "open",
        "probability": text(first.probability),
        "opened_on": "2026-01-15",
        "closed_on": None,
        "expected_close_on": None,
        "currency": "EUR",
        "amount": "1250.5",
        "recurring_amount": "300",
        "term_months": 12,
        "list_amount": None,
        "manager": {"id": str(cast.ada_manager.pk), "name": "Ada"},
        "loss_reason": "",
        "competitors": ["Contoso"],
        "partners": [],
        "created_at": made.body["created_at"],
        "lines": [],
        "history": [
            {"on": "2026-01-15", "stage": stage, "status": "open", "amount": None, "recurring_amount": None},
            {"on": today, "stage": stage, "status": "open", "amount": "1250.5", "recurring_amount": "300"},
        ],
    }
    address = f"/opportunities/{made.body['id']}"
    partner = {"partnership_id": str(cast.of_fabrikam.pk), "role": "sourced", "share": "1"}
    put = ada.call("PUT", f"{address}/partners", {"partners": [partner]})
    assert put.body["partners"] == [
        {
            "partnership": {"id": str(cast.of_fabrikam.pk), "name": "Fabrikam"},
            "role": "sourced",
            "share": "1",
            "declared_by_import": False,
        }
    ]
    assert ada.patch(address, {"amount": "2000", "name": "Acme, all of it"}).body["amount"] == "2000"
    won = of(stages, "won")
    closed = ada.post(f"{address}/move", {"stage_id": str(won.pk), "on": today}).body
    assert (closed["status"], closed["closed_on"], closed["stage"]["name"]) == ("won", today, won.name)

    shared = {
        "id": bo.get(f"/partnerships/{cast.of_fabrikam.pk}/shared-deals").body["items"][0]["id"],
        "name": "Acme, all of it",
        "customer_name": "Acme GmbH",
        "roles": ["sourced"],
        "stage": won.name,
        "status": "won",
        "opened_on": "2026-01-15",
        "closed_on": today,
        "currency": "EUR",
        "amount": "2000",
        "recurring_amount": "300",
    }
    page = {"items": [shared], "next": None}
    assert bo.get(f"/partnerships/{cast.of_fabrikam.pk}/shared-deals").body == page
    assert ada.get(f"/partnerships/{cast.of_fabrikam.pk}/shared-deals?status=won").body == page
    assert cy.get(f"/partnerships/{cast.of_fabrikam.pk}/shared-deals").status == 404
    assert cy.get(f"/partnerships/{cast.of_contoso.pk}/shared-deals").body == {"items": [], "next": None}
    assert (bo.get(address).status, bo.get(f"/opportunities?program={cast.program.pk}").status) == (404, 403)


def test_a_lost_deal_has_its_reason(cast, ada, stages):
    made = ada.post("/opportunities", {"program_id": str(cast.program.pk), "name": "Acme"}).body
    lost, won = of(stages, "lost"), of(stages, "won")
    answer = ada.post(
        f"/opportunities/{made['id']}/move",
        {"stage_id": str(lost.pk), "loss_reason": "Price", "competitors": ["Contoso"]},
    ).body
    assert (answer["status"], answer["loss_reason"], answer["competitors"]) == ("lost", "Price", ["Contoso"])
    refused = ada.post(f"/opportunities/{made['id']}/move", {"stage_id": str(won.pk), "loss_reason": "Price"})
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "loss_reason")
    again = ada.post(f"/opportunities/{made['id']}/move", {"stage_id": str(lost.pk)})
    assert (again.status, again.body["code"]) == (409, "already_in_stage")


def test_lists_and_filters(cast, ada, stages):
    base = {"program_id": str(cast.program.pk), "currency": "EUR"}
    for name in ("One", "Two"):
        assert ada.post("/opportunities", {**base, "name": name}).status == 201
    won = of(stages, "won")
    body = {**base, "name": "Three", "stage_id": str(won.pk), "opened_on": "2025-01-01", "closed_on": "2025-06-30"}
    assert ada.post("/opportunities", body).status == 201

    def names(query):
        listed = ada.get(f"/opportunities?program={cast.program.pk}&{query}")
        assert listed.status == 200, listed.body
        return [item["name"] for item in listed.body["items"]]

    assert names("limit=200") == ["One", "Two", "Three"]
    assert names("status=won") == ["Three"]
    assert names("closed_from=2025-06-30&closed_to=2025-06-30") == ["Three"]
    assert names("closed_from=2025-07-01") == []
    assert names("search=tw") == ["Two"]
    assert names(f"stage={won.pk}&manager={cast.ada_manager.pk}") == []
    assert ada.get("/opportunities").status == 422
    assert ada.get(f"/opportunities?program={cast.umbra_program.pk}").status == 404


def test_what_cannot_be(cast, ada, stages):
    base = {"program_id": str(cast.program.pk), "name": "Deal"}
    for change, field in [
        ({"amount": 12.5}, "amount"),
        ({"amount": "1e3"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"currency": "XXX"}, "currency"),
        ({"opened_on": "2999-01-01"}, "opened_on"),
        ({"opened_on": "2026-02-30"}, "opened_on"),
        ({"term_months": "12"}, "term_months"),
        ({"kind": "old"}, "kind"),
        ({"account_id": str(cast.program.pk)}, "account_id"),
        ({"status": "won"}, "status"),
    ]:
        refused = ada.post("/opportunities", {**base, **change})
        assert (refused.status, [error["field"] for error in refused.body["errors"]]) == (422, [field]), change
    made = ada.post("/opportunities", base).body
    partner = {"partnership_id": str(cast.of_umbra.pk), "role": "sourced"}
    refused = ada.call("PUT", f"/opportunities/{made['id']}/partners", {"partners": [partner]})
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "partners.0.partnership_id")
