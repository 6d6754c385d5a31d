"""A partner's administrator makes a token for a system of their own; it reaches their side and no other."""

from __future__ import annotations

import re

import pytest

from comity.identity.models import ApiToken, Membership
from comity.identity.queries import actor_of
from comity.identity.roles import Role
from comity.identity.services import UnknownScope, issue_token
from comity.platform.tenancy import tenant
from deal_story import deal


@pytest.fixture
def page(cast):
    """The address of the page, for Bo, who is made Fabrikam's administrator."""
    with tenant(organization_id=cast.fabrikam.pk):
        Membership.objects.filter(person=cast.people["bo"]).update(role=Role.PARTNER_ADMIN)
    return f"/portal/{cast.of_fabrikam.pk}/company/tokens/"


@pytest.mark.django_db(databases=["default", "outside"])  # the API counts requests on a connection of its own
def test_a_partners_token_reads_its_own_side_alone(cast, page):
    with cast.scope("ada"):
        deal(cast, "Theirs", partner=cast.of_contoso)
    bo = cast.browser("bo")
    made = bo.post(page, {"name": "Our CRM", "scopes": ["read", "write"], "days": "90"})
    assert (made.status_code, made["Cache-Control"].count("no-store")) == (201, 1)
    secret = re.search(r"cmty_[\w-]+", made.content.decode())[0]
    assert secret not in bo.get(page).content.decode()
    assert page in bo.get(f"/portal/{cast.of_fabrikam.pk}/company/").content.decode()
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    asked = ("me", "registrations", "customers")
    seen = {name: cast.browser("bo").get(f"/api/v1/{name}", **bearer) for name in asked}
    assert {name: answer.status_code for name, answer in seen.items()} == {
        "me": 200,
        "registrations": 200,
        "customers": 404,
    }
    assert "Theirs" not in "".join(answer.content.decode() for answer in seen.values())
    with tenant(organization_id=cast.fabrikam.pk):
        key = ApiToken.objects.get().pk
    assert cast.browser("cy").post(f"{page}{key}/revoke/").status_code == 404
    assert bo.post(f"{page}{key}/revoke/").status_code == 302
    assert cast.browser("bo").get("/api/v1/me", **bearer).status_code == 401


def test_imports_are_not_for_partners_and_tokens_not_for_sellers(cast, page):
    bo = cast.browser("bo")
    refused = bo.post(page, {"name": "Greedy", "scopes": ["import"], "days": "90"})
    text = refused.content.decode()
    assert (refused.status_code, 'value="Greedy"' in text, 'value="import"' in text) == (422, True, False)
    with tenant(organization_id=cast.fabrikam.pk):
        administrator = actor_of(Membership.objects.get(person=cast.people["bo"]), "Bo")
        with pytest.raises(UnknownScope):
            issue_token(actor=administrator, name="Greedy", scopes=["import"])
    with tenant(organization_id=cast.fabrikam.pk):
        Membership.objects.filter(person=cast.people["bo"]).update(role=Role.PARTNER_SELLER)
    assert cast.browser("bo").get(page).status_code == 403
