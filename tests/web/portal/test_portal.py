"""The portal: what Bo and Ann see of their own deals, and never of anybody else's."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from cast import NOW
from comity.deals.models import Registration, SharedDeal
from comity.deals.services import (
    OpportunityDraft,
    PartnerDraft,
    create_default_stages,
    create_opportunity,
    set_partners,
)
from comity.deals.states import PartnerRole
from comity.identity.models import Invitation, Membership, Organization
from comity.identity.roles import Role
from comity.identity.services import add_member, invite
from comity.platform.tenancy import tenant
from comity.programs.models import PartnershipSegment, Program
from comity.programs.services.joining import join_with_own_organization
from deal_story import customer, deal

SECRETS = (
    "Too dear for them",
    "Wide World Importers",
    "strategic",
    "Strategic",
    "Segment",
    "Potential",
    "robability",
    "Contoso",
    "Ada's margin",
)


@pytest.fixture
def deals_of_both(cast):
    """Deals of Bo, of Cy, and of both; with everything on them that stays with the vendor."""
    with cast.scope("ada"):
        PartnershipSegment.objects.create(
            vendor_id=cast.northwind.pk, partnership=cast.of_fabrikam, segment="strategic", potential=91
        )
        acme = customer(cast, "Acme GmbH")
        made = {
            "won": deal(
                cast,
                "Bo won",
                partner=cast.of_fabrikam,
                account=acme,
                won_on=date(2026, 2, 3),
                list_amount=Decimal(987654),
            ),
            "before": deal(cast, "Bo won before", partner=cast.of_fabrikam, won_on=date(2026, 1, 2), amount=None),
            "lost": deal(cast, "Bo lost", partner=cast.of_fabrikam, lost_on=date(2026, 2, 4)),
            "open": deal(cast, "Bo open", partner=cast.of_fabrikam, external_id="CRM-4711"),
            "foreign": deal(cast, "Bo abroad", partner=cast.of_fabrikam, currency="USD", won_on=date(2026, 2, 5)),
            "rival": deal(cast, "Cy secret", partner=cast.of_contoso, won_on=date(2026, 2, 1), amount=Decimal(555555)),
        }
        cast.program.data_as_of = date(2026, 3, 1)
        cast.program.save()
        return made


def portal(cast, address="", who="bo", partnership=None, **given):
    return cast.browser(who).get(f"/portal/{(partnership or cast.of_fabrikam).pk}/{address}", given)


ADDRESSES = ("", "deals/", "performance/", "company/")


def test_no_portal_page_holds_anything_of_rivals_or_of_the_vendors_own(cast, deals_of_both):
    addresses = list(ADDRESSES)
    with cast.scope("bo"):
        addresses += [f"deals/{key}/" for key in SharedDeal.objects.values_list("pk", flat=True)]
    assert len(addresses) == len(ADDRESSES) + 5
    for who in ("bo", "ann"):
        for address in addresses:
            response = portal(cast, address, who)
            assert response.status_code == 200
            text = response.content.decode()
            leaked = [word for word in (*SECRETS, "Cy secret", "555", "987,654", "CRM-4711") if word in text]
            assert leaked == [], address


def test_home_answers_three_questions(cast, deals_of_both):
    response = portal(cast)
    text = response.content.decode()
    context = response.context
    assert (context["won_amount"], context["open_count"]) == (Decimal(1000), 1)
    assert context["now"].without_amount == 1
    assert dict(context["other_currencies"]) == {"USD": Decimal(1000)}
    assert "Nothing waits for you" in text
    assert "Bo open" in text
    admin = portal(cast, who="ann").content.decode()
    assert "Your company profile lacks: website, country, description." in admin


def test_my_deals_are_found_filtered_and_paged(cast, deals_of_both, monkeypatch):
    def names(**given):
        return [row.name for row in portal(cast, "deals/", **given).context["rows"]]

    assert names() == ["Bo open", "Bo abroad", "Bo lost", "Bo won", "Bo won before"]
    assert names(status="won", sort="closed") == ["Bo won before", "Bo won", "Bo abroad"]
    assert names(q="acme") == ["Bo won"]
    assert names(q="Cy") == []
    assert names(role="fulfilled") == []
    assert "No deal matches" in portal(cast, "deals/", q="nothing").content.decode()
    assert portal(cast, "deals/", after="x" * 3000, status="nonsense", sort="nonsense").status_code == 200


def test_performance_is_by_quarter_from_own_rows(cast, deals_of_both):
    context = portal(cast, "performance/").context
    first = context["quarters"][0]
    assert (first["label"], first["amount"], first["won"], first["lost"], first["without_amount"], first["others"]) == (
        "2026-Q1", Decimal(1000), 3, 1, 1, [("USD", Decimal(1000))],
    )  # fmt: skip
    assert first["win_rate"] == Decimal("0.75")
    assert [quarter["won"] for quarter in context["quarters"][1:]] == [0] * 7
    assert len(context["quarters"]) == 8


def test_an_empty_portal_says_what_will_stand_there(cast):
    for address in ("deals/", "performance/"):
        text = portal(cast, address).content.decode()
        assert "Northwind" in text
        assert "yet" in text
    assert portal(cast).status_code == 200


def test_each_role_sees_its_pages(cast, deals_of_both):
    with tenant(organization_id=cast.fabrikam.pk):
        membership = cast.memberships["bo"]
        Membership.objects.filter(pk=membership.pk).update(role=Role.PARTNER_TECHNICIAN)
    assert [portal(cast, address).status_code for address in ADDRESSES] == [200, 403, 403, 200]
    home = portal(cast).content.decode()
    assert "How are we doing" not in home
    assert "Bo open" not in home
    with tenant(organization_id=cast.fabrikam.pk):
        Membership.objects.filter(pk=membership.pk).update(role=Role.PARTNER_MARKETER)
    assert [portal(cast, address).status_code for address in ADDRESSES] == [200, 403, 200, 200]


def test_rivals_and_strangers_find_nothing(cast, deals_of_both):
    with cast.scope("bo"):
        own = SharedDeal.objects.get(name="Bo open").pk
    for who in ("cy", "eve", "ada"):
        assert {portal(cast, address, who).status_code for address in (*ADDRESSES, f"deals/{own}/")} == {404}
    assert portal(cast, f"deals/{own}/", "cy", cast.of_contoso).status_code == 404
    assert [row.name for row in portal(cast, "deals/", "cy", cast.of_contoso).context["rows"]] == ["Cy secret"]


def test_the_administrator_edits_the_profile_and_the_others_read_it(cast):
    address = f"/portal/{cast.of_fabrikam.pk}/company/"
    ann = cast.browser("ann")
    said = {"name": "Fabrikam AG", "website": "fabrikam.example", "country": "Austria", "about": "Clouds & desks"}
    assert ann.post(address, said).status_code == 302
    assert "Clouds &amp; desks" in portal(cast, "company/").content.decode()
    wrong = ann.post(address, {**said, "name": "", "website": "javascript:alert(1)", "about": "a" * 10_000})
    assert wrong.status_code == 422
    assert "javascript:alert(1)" in wrong.content.decode()
    assert ann.post(address, {**said, "name": "n" * 10_000}).status_code == 422
    assert cast.browser("bo").post(address, said).status_code == 403
    with tenant(organization_id=cast.fabrikam.pk):
        assert Organization.objects.get(pk=cast.fabrikam.pk).name == "Fabrikam AG"
    with cast.scope("ada"):
        cast.of_fabrikam.refresh_from_db()
        assert cast.of_fabrikam.name == "Fabrikam"


def test_the_administrator_declares_what_they_can_do_and_the_manager_reads_it_as_that(cast):
    ann = cast.browser("ann")
    address = f"/portal/{cast.of_fabrikam.pk}/company/capabilities/"
    given = {"skills": "Migration, SQL, SQL", "certifications": "ISO 27001", "regions": "Benelux", "capacity": "12"}
    refused = ann.post(address, {**given, "capacity": "-1", "skills": "x" * 121})
    assert refused.status_code == 422
    assert "x" * 121 in refused.content.decode(), "what was typed stays"
    assert ann.post(address, given).status_code == 302
    page = cast.browser("ada").get(f"/workspace/northwind/partners/{cast.of_fabrikam.pk}/").content.decode()
    assert "What they say they can do" in page
    assert "nobody has checked it" in page
    assert [word in page for word in ("Migration, SQL<", "ISO 27001", "Benelux")] == [True] * 3
    assert "Migration, SQL" in cast.browser("bo").get(f"/portal/{cast.of_fabrikam.pk}/company/").content.decode()
    assert [cast.browser(who).post(address, given).status_code for who in ("bo", "cy", "eve")] == [403, 404, 404]
    other = cast.browser("ada").get(f"/workspace/northwind/partners/{cast.of_contoso.pk}/").content.decode()
    assert "What they say they can do" not in other


def test_the_administrator_lets_colleagues_in_and_go(cast):
    base = f"/portal/{cast.of_fabrikam.pk}/company/"
    ann = cast.browser("ann")
    bad = ann.post(f"{base}invitations/", {"email": "not an address", "role": "partner_seller"})
    assert bad.status_code == 422
    assert "not an address" in bad.content.decode()
    assert (
        ann.post(f"{base}invitations/", {"email": "new@fabrikam.example", "role": "administrator"}).status_code == 422
    )
    assert (
        ann.post(f"{base}invitations/", {"email": "new@fabrikam.example", "role": "partner_seller"}).status_code == 302
    )
    assert "new@fabrikam.example" in ann.get(base).content.decode()
    assert "new@fabrikam.example" not in cast.browser("bo").get(base).content.decode()
    with cast.scope("ann"):
        letter = Invitation.objects.get()
    assert cast.browser("bo").post(f"{base}invitations/{letter.pk}/").status_code == 403
    assert ann.post(f"{base}invitations/{letter.pk}/").status_code == 302
    assert "new@fabrikam.example" not in ann.get(base).content.decode().replace("of new@fabrikam.example is", "")
    bo = cast.memberships["bo"].pk
    assert ann.post(f"{base}people/{bo}/", {"role": "partner_marketer"}).status_code == 302
    assert ann.post(f"{base}people/{bo}/", {"end": "1"}).status_code == 302
    assert portal(cast).status_code == 404
    assert ann.post(f"{base}people/{cast.memberships['cy'].pk}/", {"end": "1"}).status_code == 404


@pytest.fixture
def second_vendor(cast):
    """Umbra, which knew Fabrikam as Initech, invites Ann; she joins with her own organization."""
    with cast.scope("eve"):
        eve = cast.actor("eve")
        create_default_stages(program=cast.umbra_program, actor=eve)
        made = create_opportunity(
            program=cast.umbra_program, actor=eve, draft=OpportunityDraft(name="Umbra's own", amount=Decimal(5)), at=NOW
        )
        part = PartnerDraft(cast.of_umbra, PartnerRole.SOURCED)
        set_partners(opportunity=made, actor=eve, partners=[part])
        letter = invite(
            actor=eve,
            email="ann@fabrikam.example",
            role=Role.PARTNER_ADMIN,
            organization=Organization.objects.get(pk=cast.of_umbra.partner_id),
            inviting_name="Umbra",
            at=NOW,
        )
    with tenant(organization_id=cast.fabrikam.pk):
        own = Organization.objects.get(pk=cast.fabrikam.pk)
    return join_with_own_organization(secret=letter.secret, person=cast.person("ann"), organization=own, at=NOW)[0]


def test_several_vendors_stand_in_one_portal(cast, second_vendor):
    text = cast.browser("bo").get("/portal/").content.decode()
    assert "Northwind" in text
    assert "Umbra" in text
    home = portal(cast).content.decode()
    assert f"/portal/{second_vendor.pk}/" in home
    assert cast.browser("bo").get("/").status_code == 200
    assert cast.browser("cy").get("/portal/").content.decode().count("Umbra") == 0
    assert portal(cast, partnership=second_vendor).status_code == 200
    assert [row.name for row in portal(cast, "deals/", partnership=second_vendor).context["rows"]] == ["Umbra's own"]
    assert [row.name for row in portal(cast, "deals/").context["rows"]] == []


def test_everybody_is_led_where_they_work(cast):
    led = {}
    for who in ("ada", "vera", "di", "bo", "eve"):
        led[who] = cast.browser(who).get("/").headers.get("Location")
    assert led == {
        "ada": "/workspace/northwind/", "vera": "/workspace/northwind/", "di": "/workspace/northwind/",
        "bo": f"/portal/{cast.of_fabrikam.pk}/", "eve": "/workspace/umbra/",
    }  # fmt: skip
    assert cast.browser("ada").get("/").headers["Location"] == "/workspace/northwind/"
    assert cast.browser("ada").get("/workspace/northwind/").status_code == 200
    assert cast.browser("ada").get("/workspace/umbra/").status_code == 404


def test_the_last_program_is_opened_again(cast):
    with cast.scope("ada"):
        Program.objects.create(vendor_id=cast.northwind.pk, slug="alliances", name="Alliances", vendor_name="Northwind")
    ada = cast.browser("ada")
    assert ada.get("/").headers["Location"] == "/workspace/alliances/"
    ada.get("/workspace/northwind/deals/")
    assert ada.get("/").headers["Location"] == "/workspace/northwind/"
    text = ada.get("/workspace/northwind/deals/").content.decode()
    assert "/workspace/alliances/" in text


def test_a_vendors_person_who_is_also_a_partner_chooses(cast):
    with tenant(organization_id=cast.contoso.pk):
        add_member(person=cast.person("ada"), organization=cast.contoso, role=Role.PARTNER_SELLER)
    ada = cast.browser("ada")
    text = ada.get("/").content.decode()
    assert "/workspace/northwind/" in text
    assert f"/portal/{cast.of_contoso.pk}/" in text
    assert ada.get(f"/places/{cast.contoso.pk}/").headers["Location"] == f"/portal/{cast.of_contoso.pk}/"
    assert ada.get(f"/places/{cast.umbra.pk}/").status_code == 404
    assert f"/places/{cast.contoso.pk}/" in ada.get("/workspace/northwind/deals/").content.decode()
    assert "/places/" in ada.get(f"/portal/{cast.of_contoso.pk}/").content.decode()


def test_somebody_without_a_place_is_told_what_to_do(cast):
    with tenant(organization_id=cast.fabrikam.pk):
        Membership.objects.filter(pk=cast.memberships["bo"].pk).delete()
    text = cast.browser("bo").get("/").content.decode()
    assert "bo@fabrikam.example" in text
    assert "invite" in text


def test_the_navigation_fits_the_role(cast):
    def labels(who, address):
        return [entry["label"] for entry in cast.browser(who).get(address).context["navigation"]()]

    assert "Deals" in labels("ada", "/workspace/northwind/deals/")
    assert "Team" not in labels("di", "/workspace/northwind/deals/")
    assert labels("bo", f"/portal/{cast.of_fabrikam.pk}/") == ["Home", "Deals", "Inbox", "Performance", "Company"]


def test_a_stranger_must_sign_in_first(client, db):
    for address in ("/", "/portal/", "/places/"):
        assert client.get(address).status_code == 302


def test_home_says_what_waits_at_every_vendor_what_one_brought_and_what_is_next(cast, deals_of_both):
    with cast.scope("ada"):
        claim = {"vendor_id": cast.northwind.pk, "program": cast.program, "partnership": cast.of_fabrikam}
        claim |= {"partner_id": cast.fabrikam.pk, "submitted_at": NOW, "value": Decimal(7000), "currency": "EUR"}
        asked = Registration.objects.create(
            **claim,
            reference="DR-1",
            state="returned",
            customer_name="Acme",
            reason_text="Who is the buyer?",
            answer_by=timezone.now() + timedelta(days=3),
        )
        Registration.objects.create(**claim, customer_name="Half a deal")
        Registration.objects.create(
            **claim,
            reference="DR-2",
            state="approved",
            customer_name="Safe & Sound",
            protected_until=timezone.now().date() + timedelta(days=9),
        )
        Registration.objects.create(
            **claim | {"partnership": cast.of_contoso, "partner_id": cast.contoso.pk}, customer_name="Cy's own"
        )
    of_bo = " ".join(portal(cast).content.decode().split())
    assert "Waiting for you (2)" in of_bo
    assert "Northwind asks you something about Acme." in of_bo
    assert "DR-1 · Who is the buyer?" in of_bo
    assert f"/portal/{cast.of_fabrikam.pk}/deals/registrations/{asked.pk}/edit/" in of_bo
    assert "The registration of Half a deal is not sent yet." in of_bo
    assert "Safe &amp; Sound" in of_bo
    assert of_bo.count("Register a deal") == 2  # in the header, and on a phone at the thumb
    assert "Cy&#x27;s own" not in of_bo
    of_cy = portal(cast, who="cy", partnership=cast.of_contoso).content.decode()
    assert "Waiting for you (1)" in of_cy
    assert "Acme" not in of_cy
