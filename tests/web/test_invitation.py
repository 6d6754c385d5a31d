"""The page behind a letter's link."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone

from cast import PASSWORD, make_partnership
from comity.identity.models import Organization, Person
from comity.identity.roles import Role
from comity.identity.services import invite
from comity.platform.tenancy import tenant
from comity.programs.models import Partnership


def letter(cast, email: str, *, who: str = "root", role: Role = Role.PARTNER_ADMIN, name: str = "Litware") -> str:
    """A letter into an organization that was imported; the address of its link."""
    program = cast.program if who == "root" else cast.umbra_program
    with cast.scope(who):
        place = Organization.objects.create(name=name, private_to_id=program.vendor_id)
        make_partnership(program, place.pk, name)
        issued = invite(
            actor=cast.actor(who),
            email=email,
            role=role,
            organization=place,
            inviting_name=program.vendor_name,
            at=timezone.now(),
        )
    return f"/invitation/{issued.secret}"


def plain(answer) -> str:
    text = re.sub(r"(?s)<(head|script).*?</\1>", "", answer.content.decode())
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).strip()


def partners_seen_by(email: str, place: str) -> list[str]:
    person = Person.objects.get(email=email)
    with tenant(person_id=person.pk):
        own = {one.organization.name: one.organization_id for one in person.memberships.select_related("organization")}
    with tenant(organization_id=own[place], person_id=person.pk):
        return sorted(Partnership.objects.values_list("name", flat=True))


NEW = {"name": "Lee Litware", "password": "a rather long password"}


def test_somebody_new_chooses_name_and_password(cast):
    link, client = letter(cast, "lee@litware.example"), Client()
    page = client.get(link)
    assert "Northwind invites you" in plain(page)
    assert "for Litware, as Partner administrator" in plain(page)
    assert "no-store" in page["Cache-Control"]
    answer = client.post(link, NEW)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert "_auth_user_id" in client.session
    assert partners_seen_by("lee@litware.example", "Litware") == ["Litware"]
    again = Client()
    again.post("/accounts/login/", {"login": "lee@litware.example", "password": NEW["password"]})
    assert "_auth_user_id" in again.session, "the letter proved the address"


def test_looking_does_not_use_the_link_up(cast):
    """Mail scanners follow links; only the button accepts."""
    link = letter(cast, "lee@litware.example")
    for _ in range(3):
        assert Client().get(link).status_code == 200
        Client().head(link)
    assert Client().post(link, NEW).status_code == 302


@pytest.mark.parametrize(
    "values",
    [
        {"name": "", "password": "a rather long password"},
        {"name": "Lee", "password": "short"},
        {"name": "Lee", "password": "lee@litware.example"},
        {"name": "Lee", "password": "password1234"[:10]},
    ],
)
def test_what_is_not_taken_leaves_nothing(cast, values):
    link, client = letter(cast, "lee@litware.example"), Client()
    assert client.post(link, values).status_code == 422
    assert not Person.objects.filter(email="lee@litware.example").exists()
    assert client.post(link, NEW).status_code == 302, "and the link still works"


def test_a_used_or_invented_link_says_so_and_no_more(cast):
    link = letter(cast, "lee@litware.example")
    Client().post(link, NEW)
    for address in (link, "/invitation/invented"):
        page = Client().get(address)
        assert page.status_code == 404
        assert "This link was used, taken back or is too old" in plain(page)
        assert "Litware" not in plain(page)
        assert "Northwind" not in plain(page)
        assert Client().post(address, NEW).status_code == 404


def test_who_has_an_account_signs_in_first(cast):
    link, client = letter(cast, "cy@contoso.example"), Client()
    assert "has an account here" in plain(client.get(link))
    refused = client.post(link, NEW)
    assert refused.status_code == 422
    assert "_auth_user_id" not in client.session
    assert cast.person("cy").check_password(PASSWORD)
    sign_in = re.search(r'href="(/accounts/login/\?next=[^"]+)"', client.get(link).content.decode()).group(1)
    answer = client.post(sign_in, {"login": "cy@contoso.example", "password": PASSWORD})
    assert answer["Location"] == link
    assert client.post(link).status_code == 302
    assert partners_seen_by("cy@contoso.example", "Litware") == ["Litware"]


def test_a_signed_in_person_with_another_address_is_told_so(cast):
    link, client = letter(cast, "lee@litware.example"), cast.browser("cy")
    assert "The letter went to lee@litware.example; you are signed in as cy@contoso.example" in plain(client.get(link))
    assert client.post(link).status_code == 302
    assert partners_seen_by("cy@contoso.example", "Litware") == ["Litware"]


def test_an_administrator_says_this_is_our_organization(cast):
    link, client = letter(cast, "ann@fabrikam.example", who="eve", name="Fabrikam Inc."), cast.browser("ann")
    page = client.get(link)
    assert "Yes, this is our Fabrikam" in plain(page)
    answer = client.post(link, {"organization": str(cast.fabrikam.pk)})
    assert answer.status_code == 302
    assert partners_seen_by("bo@fabrikam.example", "Fabrikam") == ["Fabrikam", "Fabrikam Inc."]


def test_or_that_it_is_another_company(cast):
    link, client = letter(cast, "ann@fabrikam.example", who="eve", name="Fabrikam Inc."), cast.browser("ann")
    client.post(link, {"organization": ""})
    assert partners_seen_by("ann@fabrikam.example", "Fabrikam Inc.") == ["Fabrikam Inc."]
    assert partners_seen_by("bo@fabrikam.example", "Fabrikam") == ["Fabrikam"]


def test_nobody_attaches_an_organization_that_is_not_theirs(cast):
    link, client = letter(cast, "cy@contoso.example", who="eve", name="Contoso Ltd"), cast.browser("cy")
    assert "this is our" not in plain(client.get(link))
    client.post(link, {"organization": str(cast.fabrikam.pk)})
    assert partners_seen_by("bo@fabrikam.example", "Fabrikam") == ["Fabrikam"]


def test_a_vendor_that_knows_us_already_is_refused_with_a_reason(cast):
    link, client = letter(cast, "ann@fabrikam.example", name="Fabrikam again"), cast.browser("ann")
    answer = client.post(link, {"organization": str(cast.fabrikam.pk)})
    assert answer.status_code == 422
    assert "has a partnership with Fabrikam already" in plain(answer)


def test_a_vendors_administrator_is_a_partner_elsewhere(cast):
    """Umbra is a vendor of its own, and becomes Northwind's partner: Eve sees both sides with one login."""
    link, client = letter(cast, "eve@umbra.example", name="Umbra GmbH"), cast.browser("eve")
    assert client.post(link, {"organization": str(cast.umbra.pk)}).status_code == 302
    with cast.scope("eve"):
        partnership = Partnership.objects.get(partner_id=cast.umbra.pk)
    assert client.get(f"/portal/{partnership.pk}/").status_code == 200
    assert client.get("/workspace/umbra/settings/people/").status_code == 200
    assert client.get(f"/portal/{cast.of_fabrikam.pk}/").status_code == 404
