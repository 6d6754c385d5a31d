"""Leads on the pages of both sides: routing rules in their form, a file with bad rows, the prospect's own page."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from django.core import mail, signing
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from comity.deals.models import Opportunity
from comity.leads.clauses import RoutingRule
from comity.leads.files import take_in_rows
from comity.leads.models import Lead, LeadFile, LeadOffer, Referral, ReferralLink, RoutingVersion
from comity.platform.models import Delivery
from comity.platform.outbox import deliver
from comity.platform.tenancy import tenant
from deal_story import stages
from lead_story import LeadStory

WORKSPACE = "/workspace/northwind/"


class Pages:
    """Somebody at their browser."""

    def __init__(self, client: Client, root: str) -> None:
        self.client, self.root, self.at = client, root, ""

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(f"{self.root}{path}")
        assert answer.status_code == status, answer.content.decode()[:2000]
        return answer.content.decode()

    def post(self, path: str, status: int = 200, **typed: object) -> str:
        answer = self.client.post(f"{self.root}{path}", typed, follow=True)
        assert answer.status_code == status, answer.content.decode()[:3000]
        self.at = answer.redirect_chain[-1][0] if answer.redirect_chain else ""
        return answer.content.decode()


@pytest.fixture
def who(cast):
    def pages(name: str) -> Pages:
        own = {"bo": cast.of_fabrikam, "cy": cast.of_contoso}.get(name)
        return Pages(cast.browser(name), f"/portal/{own.pk}/" if own else WORKSPACE)

    return pages


def typed(name: str, **more: object) -> dict[str, object]:
    return {
        "customer_name": name, "customer_country": "Germany", "contact_name": "Erika Secretname",
        "contact_email": "erika@isar.de", "need": "Reports", "source": "website", "value": "12,500", **more,
    }  # fmt: skip


def letters(cast) -> list[tuple[str, str, str]]:
    while True:  # what is told writes letters, which are news in turn
        with cast.scope("ada"):
            waiting = list(Delivery.objects.filter(state="pending").order_by("pk").values_list("pk", flat=True))
        if not waiting:
            break
        for key in waiting:
            deliver(organization_id=cast.northwind.pk, delivery_id=key)
    found = [(one.to[0], one.subject, one.body) for one in mail.outbox]
    mail.outbox.clear()
    return found


def test_a_lead_goes_from_one_partner_to_the_next_and_becomes_a_deal(cast, who):
    ada, bo, cy = who("ada"), who("bo"), who("cy")
    LeadStory(cast).rules(RoutingRule(name="By tier", preference="tier"), at=timezone.now() - timedelta(days=2))
    with cast.scope("ada"):
        stages(cast)
    assert "No leads yet" in ada.get("deals/leads/")
    assert "No leads yet" in bo.get("deals/leads/")
    refused = ada.post("deals/leads/new/", status=422, **typed("Isar Werke GmbH", contact_email="erika"))
    assert 'value="Isar Werke GmbH"' in refused
    assert "is no e-mail address" in refused
    page = ada.post("deals/leads/new/", **typed("Isar Werke GmbH"))
    assert "Fabrikam is asked." in page
    assert "Fabrikam, by the rule “By tier”." in page
    [(to, subject, body), (other, _subject, _body)] = letters(cast)
    assert {to, other} == {"ann@fabrikam.example", "bo@fabrikam.example"}
    assert "LD-" in subject
    assert "Germany" in body
    assert "Isar Werke GmbH" not in body + subject
    assert "Secretname" not in body + page.replace("Erika Secretname", "", 1)

    with cast.scope("ada"):
        lead = Lead.objects.get()
        offer = LeadOffer.objects.get()
    assert "Isar Werke GmbH" in bo.get("")
    mine = bo.get(f"deals/leads/{offer.pk}/")
    assert "Take it" in mine
    assert "Secretname" not in mine
    assert "Isar" not in cy.get("deals/leads/")
    bo.post(f"deals/leads/{offer.pk}/decline/", status=422, reason="")
    assert "not yours any more" in bo.post(f"deals/leads/{offer.pk}/decline/", reason="no_capacity", text="Not now")
    gone = bo.get(f"deals/leads/{offer.pk}/")
    assert "You declined this lead." in gone
    for word in ("Isar", "Secretname", "erika@isar.de", "Reports", "12,500", "Contoso"):
        assert word not in gone + bo.get("deals/leads/").replace("Not now", "")
    with cast.scope("ada"):
        second = LeadOffer.objects.get(state="offered")
    taken = cy.post(f"deals/leads/{second.pk}/accept/")
    assert "erika@isar.de" in taken
    assert "Fabrikam" not in taken
    cy.post(f"deals/leads/{second.pk}/qualify/")
    assert "Qualified" in ada.get(f"deals/leads/{lead.pk}/")
    ada.post(f"deals/leads/{lead.pk}/convert/")
    with cast.scope("ada"):
        deal = Opportunity.objects.get()
    assert lead.reference in ada.get(f"deals/{deal.pk}/")
    figures = ada.get("deals/leads/figures/")
    assert "Contoso" in figures
    assert "100" in figures
    assert "is not a day" in ada.get("deals/leads/figures/?from=soon")


def test_what_nobody_takes_stands_on_home(cast, who):
    ada, cy = who("ada"), who("cy")
    LeadStory(cast).rules(at=timezone.now() - timedelta(days=2))
    ada.post("deals/leads/new/", **typed("Isar Werke GmbH"))
    assert "The lead Isar Werke GmbH has no partner." in ada.get("")
    with cast.scope("ada"):
        lead = Lead.objects.get()
    page = ada.post(f"deals/leads/{lead.pk}/offer/", partnership=str(cast.of_contoso.pk))
    assert "Contoso is asked." in page
    with cast.scope("ada"):
        offer = LeadOffer.objects.get()
    cy.post(f"deals/leads/{offer.pk}/accept/")
    registered = cy.post(f"deals/leads/{offer.pk}/register/")
    assert "Isar Werke GmbH" in registered
    assert "/edit/" in cy.at
    assert lead.reference in cy.get(cy.at.removeprefix(cy.root).replace("edit/", ""))
    listed = ada.client.get(f"{WORKSPACE}deals/leads/export.xlsx?show=converted")
    assert listed.content[:2] == b"PK"


def test_rules_are_built_in_a_form_and_tried(cast, who):
    olga, ada = who("olga"), who("ada")
    form = {
        "r1-position": 2, "r1-name": "Germany", "r1-countries": ["DE"], "r1-goes": "to_partners",
        "r1-place": "anywhere",
        "r1-tiers": ["Gold"], "r1-preference": "conversion", "r2-position": 1, "r2-name": "From events",
        "r2-sources": ["event"], "r2-goes": "to_a_person", "r2-place": "anywhere", "r2-preference": "tier",
        "offer_hours": 4, "open_leads": 3, "consent": "Yes.",
    }  # fmt: skip
    for place in (3, 4):
        form |= {f"r{place}-position": place, f"r{place}-goes": "to_partners", f"r{place}-place": "anywhere",
                 f"r{place}-preference": "tier"}  # fmt: skip
    today = timezone.now().date()
    read = olga.post("deals/leads/rules/new/", **form, from_on=today.isoformat(), read="1")
    assert "Leads with the source “Event” wait for a person." in read
    assert "Leads from Germany go to partners of tier Gold; first who made most of earlier leads." in read
    olga.post("deals/leads/rules/new/", status=422, **form, from_on="2020-01-01")
    olga.post("deals/leads/rules/new/", **form, from_on=today.isoformat())
    with cast.scope("ada"):
        assert [rule["name"] for rule in RoutingVersion.objects.get(number=2).clauses["rules"]] == [
            "From events", "Germany"
        ]  # fmt: skip
    tried = ada.get("deals/leads/rules/?country=DE&family=&language=&source=website")
    assert "Fabrikam, by the rule “Germany”." in tried
    assert "another tier" in tried
    assert "The rules leave leads like this one" in ada.get("deals/leads/rules/?country=&source=event")
    with cast.scope("ada"):
        assert not Lead.objects.exists()


def test_a_file_is_taken_in_once_and_its_bad_rows_come_back(cast, who):
    ada = who("ada")
    text = (
        "Lead ID;Company;E-Mail;Country;Amount;Color\nA-1;Isar Werke GmbH;erika@isar.de;Germany;1200.50;red\n"
        "A-2;;nobody@x.de;Germany;;\nA-3;Nordhang AG;max@nordhang.de;Austria;many;\n"
    )
    assert "No column is called" in ada.post(
        "deals/leads/files/", status=422, source="event", file=SimpleUploadedFile("x.csv", b"a,b\n1,2\n")
    )
    assert "Not UTF-8" in ada.post(
        "deals/leads/files/", status=422, source="event", file=SimpleUploadedFile("x.csv", b"\xff\xfe\n")
    )
    ada.post("deals/leads/files/", source="event", file=SimpleUploadedFile("leads.csv", text.encode()))
    with cast.scope("ada"):
        file = LeadFile.objects.get()
        assert (file.read, len(file.rows), [reason for _l, _c, reason in file.rejects]) == (
            3, 1, ["Enter the company's name.", "“many” is no amount; write digits, such as 1234.50."],
        )  # fmt: skip
    order = {"vendor_id": cast.northwind.pk, "file_id": file.pk, "source": "event", "at": timezone.now()}
    assert (take_in_rows(**order), take_in_rows(**order)) == (1, 0)
    with cast.scope("ada"):
        lead = Lead.objects.get()
        assert (lead.customer_name, lead.external_id, lead.value, lead.source) == (
            "Isar Werke GmbH", "A-1", 1200.5, "event"
        )  # fmt: skip
        file.refresh_from_db()
        assert (file.state, file.taken, file.rows) == ("done", 1, [])
    answer = ada.client.get(f"{WORKSPACE}deals/leads/files/{file.pk}/rejects.csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[:3] for row in rows] == [
        ["Line", "Reason", "Lead ID"], ["3", "Enter the company's name.", "A-2"],
        ["4", "“many” is no amount; write digits, such as 1234.50.", "A-3"],
    ]  # fmt: skip


def test_a_prospect_leaves_its_details_under_a_partners_link(cast, who, settings):
    cache.clear()
    bo = who("bo")
    LeadStory(cast).rules(RoutingRule(name="By tier", preference="tier"), at=timezone.now() - timedelta(days=2))
    bo.post("deals/referrals/link/")
    with cast.scope("bo"):
        link = ReferralLink.objects.get()
    assert link.token in bo.get("deals/referrals/")
    address, visitor = f"/refer/{link.token}/", Client()
    page = visitor.get(address).content.decode()
    assert "Recommended to you by Fabrikam." in page
    assert ("Comity" in page.split("<main")[0].split("</head>")[1], "</span>Northwind" in page) == (False, True)
    logo = SimpleUploadedFile("logo.png", b"\x89PNG\r\n\x1a\n" + bytes(64))
    cast.browser("olga").post("/workspace/northwind/settings/look/", {"hue": "40", "logo": logo})
    page = visitor.get(address).content.decode()
    [shown] = re.findall(rf'src="({address}logo/[^"]+)"', page)
    assert ('data-hue="40"' in page, visitor.get(shown).status_code) == (True, 200)
    assert visitor.get(shown.replace(link.token, "2" * 22)).status_code == 404
    assert visitor.get(f"/refer/{'2' * 22}/").status_code == 404
    early = {**typed("Isar Werke GmbH"), "agreed": "on", "begun": signing.dumps("", salt="comity.refer")}
    assert "Thank you" in visitor.post(address, early).content.decode()
    assert "Thank you" in visitor.post(address, {**early, "fax": "123"}).content.decode()
    with cast.scope("ada"):
        assert not Lead.objects.exists(), "programs are thanked and kept nowhere"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("django.core.signing.time.time", lambda: timezone.now().timestamp() - 60)
        slow = {**early, "begun": signing.dumps("", salt="comity.refer")}
    missing = visitor.post(address, {**slow, "agreed": "", "customer_name": "Isar Werke GmbH"})
    assert missing.status_code == 422
    assert "Please agree first" in missing.content.decode()
    assert "Thank you" in visitor.post(address, slow).content.decode()
    assert "Thank you" in visitor.post(address, {**slow, "customer_name": "Fabrikam"}).content.decode()
    with cast.scope("ada"):
        lead = Lead.objects.get(customer_name="Isar Werke GmbH")
        assert (lead.source, lead.channel, lead.referred_by, lead.state) == (
            "referral", "link", cast.of_fabrikam, "offered"
        )  # fmt: skip
        assert "agree that my details" in lead.consent
        itself = Lead.objects.get(customer_name="Fabrikam")
        assert (itself.state, itself.held_for, itself.referred_by) == ("held", "self_referral", None)
        assert Referral.objects.get().lead == lead
    listed = bo.get("deals/referrals/")
    assert "Isar Werke GmbH" in listed
    assert "erika@isar.de" not in listed
    assert "This is you." in bo.post("deals/referrals/new/", status=422, **typed("Fabrikam"), agreed="on")
    assert "Ask them first" in bo.post("deals/referrals/new/", status=422, **typed("Polarlys AS"))
    bo.post("deals/referrals/new/", **typed("Polarlys AS", contact_email="kari@polarlys.no"), agreed="on")
    with cast.scope("cy"):
        assert not Referral.objects.exists()
        assert not ReferralLink.objects.exists()
    with tenant(token=link.token):
        assert ReferralLink.objects.count() == 1
        assert not Referral.objects.exists()
    for _ in range(12):
        last = visitor.post(address, slow)
    assert last.status_code == 429
    bo.post("deals/referrals/link/", end="1")
    assert visitor.get(address).status_code == 404
