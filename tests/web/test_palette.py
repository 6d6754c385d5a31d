"""The palette: what is found, in which order, by whom; and the plain search page."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client

from cast import NOW, Cast, make_partnership
from comity.identity.models import Invitation, Organization
from comity.platform.tenancy import tenant
from comity.timeline.models import Message
from comity.worklist.models import RecentVisit
from deal_story import customer, deal


@pytest.fixture
def northwind(cast: Cast) -> Cast:
    """Partners, customers and deals whose names resemble each other; Umbra has a Halden, too."""
    with cast.scope("ada"):
        for name in ("Halden Systems", "Håland Øst", "Systems by Halden"):
            private = Organization.objects.create(name=name, private_to_id=cast.northwind.pk)
            make_partnership(cast.program, private.pk, name)
        werke = customer(cast, "Adler Werke GmbH", domains=("adler.example",))
        deal(cast, "Adler rollout 100%", account=werke, external_id="X-17", amount=Decimal(5))
    with cast.scope("eve"):
        private = Organization.objects.create(name="Halden of Umbra", private_to_id=cast.umbra.pk)
        make_partnership(cast.umbra_program, private.pk, "Halden of Umbra")
    return cast


def found(client: Client, slug: str, text: str) -> list[str]:
    answer = client.get(f"/workspace/{slug}/search/options/", {"q": text})
    assert answer.status_code == 200
    lines = re.findall(r'aria-label="([^"]+)"><div|<span>([^<]+)</span>', answer.content.decode())
    return [f"{heading}:" if heading else name for heading, name in lines]


def test_anything_is_found_with_typos_and_only_ones_own(northwind, django_assert_max_num_queries):
    ada, slug = northwind.browser("ada"), northwind.program.slug
    with django_assert_max_num_queries(25):
        assert found(ada, slug, "halden") == ["Partners:", "Halden Systems", "Systems by Halden"]
    assert found(ada, slug, "haldne systms") == ["Partners:", "Halden Systems"]
    assert found(ada, slug, "haland ost") == ["Partners:", "Håland Øst"]
    adler = ["Customers:", "Adler Werke GmbH", "Deals:", "Adler rollout 100%"]
    assert found(ada, slug, "adler") == adler
    assert found(ada, slug, "Adlr") == adler
    assert found(ada, slug, "adler.example") == ["Customers:", "Adler Werke GmbH"]
    assert found(ada, slug, "x-17") == []
    assert found(ada, slug, "X-17") == ["Deals:", "Adler rollout 100%"]
    assert found(ada, slug, "100%") == ["Deals:", "Adler rollout 100%"]
    assert found(ada, slug, "ad")[:4] == ["Pages and actions:", "Add a partner", "Add a customer", "People:"]
    assert found(ada, slug, "%") == []
    assert found(ada, slug, "Ada")[:2] == ["People:", "Ada"]
    assert found(ada, slug, "metrcs") == ["Pages and actions:", "Metrics"]
    assert "API tokens" not in found(ada, slug, "api tokens")
    assert "API tokens" in found(northwind.browser("olga"), slug, "api tokens")
    assert found(northwind.browser("di"), slug, "Ada") == []  # finance does not see the team
    assert found(northwind.browser("eve"), northwind.umbra_program.slug, "halden") == ["Partners:", "Halden of Umbra"]
    assert northwind.browser("bo").get(f"/workspace/{slug}/search/options/?q=halden").status_code == 404


def test_people_of_partners_are_found_as_far_as_they_showed_themselves(northwind, django_assert_max_num_queries):
    """Bo wrote, Ann was invited; Cy works at Contoso, but neither wrote nor was invited."""
    ada, slug, fabrikam = northwind.browser("ada"), northwind.program.slug, northwind.of_fabrikam
    with northwind.scope("ada"):
        said = {
            "vendor_id": northwind.northwind.pk, "partnership": fabrikam, "partner_id": fabrikam.partner_id,
            "side": "partner", "written_by": northwind.person("bo"), "author_name": "Bo Sørensen",
        }  # fmt: skip
        for text in ("Hello", "Hello again"):
            Message.objects.create(**said, text=text)
    with tenant(organization_id=northwind.northwind.pk, person_id=northwind.person("ann").pk):  # who sees Fabrikam, too
        Invitation.objects.create(
            inviting_id=northwind.northwind.pk, organization_id=fabrikam.partner_id, organization_name="Fabrikam",
            inviting_name="Northwind", email="ann@fabrikam.example", role="partner_admin", token_hash="x",
            invited_by=northwind.person("ada"), expires_at=NOW, accepted_by=northwind.person("ann"), accepted_at=NOW,
        )  # fmt: skip
    people = ["People of partners:"]
    with django_assert_max_num_queries(25):
        assert found(ada, slug, "sørensen") == [*people, "Bo Sørensen"]
    assert found(ada, slug, "Sørenson") == [*people, "Bo Sørensen"]
    assert found(ada, slug, "ann@fabrikam")[:2] == [*people, "Ann"]
    assert found(ada, slug, "Cy") == []
    assert found(northwind.browser("eve"), northwind.umbra_program.slug, "sørensen") == []
    options = ada.get(f"/workspace/{slug}/search/options/?q=sørensen").content.decode()
    there = f"/workspace/{slug}/partners/{fabrikam.pk}/people/"
    assert there in options
    assert "Bo Sørensen" in ada.get(there).content.decode()
    assert ada.post(re.findall(r'data-note="([^"]+)"', options)[0]).status_code == 204
    assert found(ada, slug, "")[:2] == ["Opened lately:", "Bo Sørensen"]


def test_what_was_opened_lately_comes_first_for_that_person(northwind):
    ada, slug = northwind.browser("ada"), northwind.program.slug
    page = ada.get(f"/workspace/{slug}/search/?q=halden").content.decode()
    assert re.search("Halden Systems.*Systems by Halden", page, re.DOTALL)
    options = ada.get(f"/workspace/{slug}/search/options/?q=halden").content.decode()
    first, second = re.findall(r'data-note="([^"]+)"', options)
    for _twice in range(2):
        assert ada.post(second).status_code == 204
    assert found(ada, slug, "halden") == ["Partners:", "Systems by Halden", "Halden Systems"]
    assert found(ada, slug, "")[:2] == ["Opened lately:", "Systems by Halden"]
    assert "Opened lately:" not in found(northwind.browser("olga"), slug, "")
    assert northwind.browser("eve").post(first).status_code == 404
    own = first.replace(slug, northwind.umbra_program.slug)
    assert northwind.browser("eve").post(own).status_code == 404
    with northwind.scope("ada"):
        assert RecentVisit.objects.count() == 1
    with northwind.scope("root"):
        assert RecentVisit.objects.count() == 0


def test_the_function_itself_answers_for_the_callers_vendor_only(northwind):
    def ids(who: str) -> set[object]:
        with northwind.scope(who), connection.cursor() as cursor:
            cursor.execute("SELECT id FROM comity_find_anything(%s, 'halden', 'halden', 10)", [northwind.program.pk])
            return {key for (key,) in cursor.fetchall()}

    assert len(ids("ada")) == 2
    assert ids("eve") == ids("bo") == ids("cy") == set()
