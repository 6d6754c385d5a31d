"""The customer pages of the workspace."""

from __future__ import annotations

import pytest

from comity.deals.models import CustomerAccount
from deal_story import customer, deal


@pytest.fixture
def family(cast):
    with cast.scope("ada"):
        mother = customer(cast, "Acme Holding", domains=("acme.de",), country="Germany", external_id="A-1")
        daughter = customer(cast, "Acme Nord", parent=mother)
        deal(cast, "Cloud", partner=cast.of_fabrikam, account=daughter)
        return mother, daughter


def get(cast, address, who="ada", **given):
    return cast.browser(who).get(f"/workspace/northwind/customers/{address}", given)


def test_the_list_is_empty_honest_and_searchable(cast):
    assert "No customers yet" in get(cast, "").content.decode()
    with cast.scope("ada"):
        for name in ("Zeta", "acme", "Beta"):
            customer(cast, name, domains=(f"{name.lower()}.example",), external_id=f"X-{name}")
    assert [row.name for row in get(cast, "").context["rows"]] == ["Beta", "Zeta", "acme"]
    found = {
        text: [row.name for row in get(cast, "", q=text).context["rows"]]
        for text in ("ETA", "acme.example", "X-Zeta", "q")
    }
    assert found == {"ETA": ["Beta", "Zeta"], "acme.example": ["acme"], "X-Zeta": ["Zeta"], "q": []}
    assert "No customer matches" in get(cast, "", q="nothing like it").content.decode()


def test_a_customer_shows_its_family_and_its_deals(cast, family):
    mother, daughter = family
    assert "Acme Nord" in get(cast, f"{mother.pk}/").content.decode()
    text = get(cast, f"{daughter.pk}/").content.decode()
    assert "Acme Holding" in text
    assert "Cloud" in text
    assert "Fabrikam" in text


def test_a_customer_is_taken_in_and_edited_by_form(cast, family):
    ada, (mother, daughter) = cast.browser("ada"), family
    made = ada.post(
        "/workspace/northwind/customers/new/", {"name": "Umbrella", "domains": "https://umbrella.example/x"}
    )
    assert made.status_code == 302
    with cast.scope("ada"):
        assert CustomerAccount.objects.get(name="Umbrella").domains == ["umbrella.example"]
    loop = ada.post(f"/workspace/northwind/customers/{mother.pk}/edit/", {"name": "Acme", "parent": "Acme Nord"})
    assert loop.status_code == 422
    assert "one of its subsidiaries" in loop.content.decode()
    long = ada.post("/workspace/northwind/customers/new/", {"name": "n" * 10_000, "annual_revenue": "12,5"})
    assert long.status_code == 422
    assert 'value="12,5"' in long.content.decode()
    same = ada.post("/workspace/northwind/customers/new/", {"name": "Double", "external_id": "A-1"})
    assert same.status_code == 422
    assert "has the external id A-1" in same.content.decode()
    form = ada.get(f"/workspace/northwind/customers/{daughter.pk}/edit/").context["form"]
    said = {"name": "Acme Nord", "parent": "Acme Holding", "country": "Germany", "loaded": form["loaded"].value()}
    assert ada.post(f"/workspace/northwind/customers/{daughter.pk}/edit/", said).status_code == 302
    clash = ada.post(f"/workspace/northwind/customers/{daughter.pk}/edit/", {**said, "country": "Austria"})
    assert clash.status_code == 422
    assert "Now stored: Germany" in clash.content.decode()


def test_strangers_find_nothing(cast, family):
    mother, _ = family
    for who in ("bo", "cy", "eve"):
        assert get(cast, "", who).status_code == 404
        assert get(cast, f"{mother.pk}/", who).status_code == 404
    assert cast.browser("eve").get(f"/workspace/umbra/customers/{mother.pk}/").status_code == 404
    assert get(cast, f"{mother.pk}/edit/", "vera").status_code == 403
