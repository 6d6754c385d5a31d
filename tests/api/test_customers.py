"""Customer accounts."""


def test_a_customer_taken_in_found_and_changed(cast, ada, olga, bo):
    parent = ada.post("/customer-accounts", {"name": "Acme Holding"}).body
    made = ada.post(
        "/customer-accounts",
        {
            "name": "Acme GmbH",
            "external_id": "C-1",
            "parent_id": parent["id"],
            "domains": ["Acme.example"],
            "country": "Germany",
            "annual_revenue": "1000000",
            "employees": 50,
        },
    )
    assert (made.status, made.headers["Location"]) == (201, f"/api/v1/customer-accounts/{made.body['id']}")
    assert made.body == {
        "id": made.body["id"],
        "name": "Acme GmbH",
        "external_id": "C-1",
        "parent": {"id": parent["id"], "name": "Acme Holding"},
        "domains": ["acme.example"],
        "country": "Germany",
        "city": "",
        "postcode": "",
        "industry": "",
        "annual_revenue": "1000000",
        "employees": 50,
        "created_at": made.body["created_at"],
    }
    address = f"/customer-accounts/{made.body['id']}"
    assert olga.get(address).body == made.body
    assert ada.get("/customer-accounts?external_id=C-1").body == {"items": [made.body], "next": None}
    assert ada.get(f"/customer-accounts?parent={parent['id']}&search=gmbh").body["items"] == [made.body]
    changed = ada.patch(address, {"city": "Köln", "parent_id": None, "employees": None})
    assert changed.body == made.body | {"city": "Köln", "parent": None, "employees": None}
    twice = ada.post("/customer-accounts", {"name": "Other", "external_id": "C-1"})
    assert (twice.status, twice.body["code"]) == (409, "customer_exists")
    circle = ada.patch(address, {"parent_id": made.body["id"]})
    assert (circle.status, circle.body["code"]) == (422, "customer_cycle")
    assert (bo.get(address).status, bo.get("/customer-accounts").status) == (404, 403)
