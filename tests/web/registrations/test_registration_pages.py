"""The story on the pages of both sides: registered, refused with reasons, appealed, decided; nothing told too early."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.core import mail
from django.test import Client
from django.utils import timezone

from comity.deals import tasks
from comity.deals.models import (
    DealConflict,
    Handling,
    Opportunity,
    Registration,
    RegistrationAppeal,
    RegistrationStep,
    RulesTrial,
)
from comity.deals.registration.clauses import Clauses
from comity.deals.registration.engagement import publish_rules
from comity.deals.registration.protection import end_protections
from comity.deals.registration.trials import work_batch
from comity.platform.models import Delivery
from comity.platform.outbox import deliver
from deal_story import customer, deal, stages

SECRETS = ("Fabrikam", "bo@fabrikam", "41,500", "41500", "DR-2", "Acme Secretname")


class Pages:
    """Somebody at their browser."""

    def __init__(self, client: Client, root: str) -> None:
        self.client, self.root = client, root

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(f"{self.root}{path}")
        assert answer.status_code == status, answer.content.decode()[:2000]
        return answer.content.decode()

    def post(self, path: str, status: int = 200, **typed: object) -> str:
        answer = self.client.post(f"{self.root}{path}", typed, follow=True)
        assert answer.status_code == status, answer.content.decode()[:3000]
        self.at = answer.redirect_chain[-1][0] if answer.redirect_chain else ""
        # Any short name may stand in a random token.
        return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())


@pytest.fixture
def who(cast):
    def pages(name: str) -> Pages:
        own = {"bo": cast.of_fabrikam, "cy": cast.of_contoso}.get(name)
        root = f"/portal/{own.pk}/deals/" if own else "/workspace/northwind/deals/"
        return Pages(cast.browser(name), root)

    return pages


def typed(name: str, **more: object) -> dict[str, object]:
    soon = (timezone.now() + timedelta(days=60)).date()
    return {
        "customer_name": name, "customer_domain": "acme.de", "customer_country": "Germany", "contact_name": "Erika",
        "kind": "new", "use_case": "Reports", "value": "41,500", "currency": "EUR",
        "expected_close_on": soon.isoformat(), "rfp": "none", **more,
    }  # fmt: skip


def letters(cast) -> list[tuple[str, str, str]]:
    """Deliver the news; (to, subject, body) of the letters written."""
    for _round in ("the news", "the letters that it makes"):
        with cast.scope("ada"):
            waiting = list(Delivery.objects.filter(state="pending").order_by("pk").values_list("pk", flat=True))
        for key in waiting:
            deliver(organization_id=cast.northwind.pk, delivery_id=key)
    found = [(one.to[0], one.subject, one.body) for one in mail.outbox]
    mail.outbox.clear()
    return found


def test_the_second_partner_is_told_why_appeals_and_the_first_wins(cast, who):
    bo, cy, ada, olga = who("bo"), who("cy"), who("ada"), who("olga")
    with cast.scope("ada"):
        stages(cast)
    assert "Register a deal" in bo.get("")
    bo.post("registrations/new/", **typed("Acme Secretname GmbH"))
    first = bo.at
    page = cy.post(
        "registrations/new/", **typed("ACME Secretname Gesellschaft mbH", value="99,000", customer_domain="")
    )
    assert "Somebody of ours is looking at it." in page
    second = cy.at
    assert not [word for word in SECRETS[:4] if re.search(rf"\b{word}\b", page)], (
        "a token of a form may hold two letters"
    )
    told = letters(cast)
    assert {(to, subject.partition(" ")[2]) for to, subject, _ in told} == {
        ("bo@fabrikam.example", "is received"), ("ada@northwind.example", "Acme Secretname GmbH, by Fabrikam"),
        ("cy@contoso.example", "is received"),
        ("ada@northwind.example", "ACME Secretname Gesellschaft mbH, by Contoso"),
    }  # fmt: skip

    queue = ada.get("registrations/")
    assert "Fabrikam registered it first" in queue
    with cast.scope("ada"):
        one, two = Registration.objects.order_by("reference")
        Handling.objects.update(flag="")
    verdict = ada.get(f"registrations/{two.pk}/")
    assert "names equal without legal form" in verdict
    assert f"/workspace/northwind/deals/registrations/{one.pk}/" in verdict
    ada.post(f"registrations/{one.pk}/decide/approve/", reason="first_and_complete")
    assert ada.at.endswith(f"registrations/{two.pk}/"), "after deciding, the next opens"
    refused = ada.post(f"registrations/{two.pk}/decide/approve/", reason="agreed_with_sales", status=422)
    assert "Say why it is approved against the rules" in refused
    ada.post(f"registrations/{two.pk}/decide/queue/", reason="registered_before", text="Sorry, another one came first.")

    page = cy.client.get(second).content.decode()
    assert "Another partner registered this customer first." in page
    assert "Sorry, another one came first." in page
    told = letters(cast)
    body = next(body for to, _, body in told if to == "cy@contoso.example")
    assert "Another partner registered this customer first." in body
    for text in (page, body):
        assert not [word for word in ("Fabrikam", "41,500", "Acme Secretname", one.reference) if word in text]
    assert "protected" in bo.client.get(first).content.decode()

    cy.post(f"registrations/{two.pk}/appeal/", grounds="They asked us in January.")
    with cast.scope("ada"):
        appeal = RegistrationAppeal.objects.get()
    assert "somebody else answers it" in ada.post(f"registrations/{two.pk}/appeal-grant/", answer="Well.")
    assert "The appeal was dismissed." in olga.post(
        f"registrations/{two.pk}/appeal-dismiss/", answer="Bo had the letter."
    )
    assert "Bo had the letter." in cy.client.get(second).content.decode()
    assert [subject.partition(": ")[2] for to, subject, _ in letters(cast) if "contoso" in to] == [
        "your appeal is dismissed"
    ]

    ada.post(f"registrations/{one.pk}/deal/")
    with cast.scope("ada"):
        made = Opportunity.objects.get(name="Acme Secretname GmbH")
        assert (made.partners.get().role, made.amount, made.account.domains) == ("sourced", 41_500, ["acme.de"])
        from comity.deals.services import close_won

        close_won(opportunity=made, actor=cast.actor("ada"), on=timezone.now().date(), at=timezone.now())
    letters(cast)
    with cast.scope("ada"):
        states = dict(Registration.objects.values_list("reference", "state"))
        assert states == {one.reference: "won", two.reference: "in_review"}
        assert appeal.pk
        assert RegistrationStep.objects.filter(registration=two).latest("sequence").side == "rules"


def test_what_was_typed_is_kept_and_a_draft_may_wait(cast, who):
    bo = who("bo")
    bad = typed("Аcme GmbH", customer_domain="erika@acme.de", value="a lot")
    page = bo.post("registrations/new/", status=422, **bad)
    for words in ("Аcme GmbH", "a lot", "This is not an amount"):
        assert words in page
    page = bo.post("registrations/new/", status=422, **{**bad, "value": "7"})
    for words in ("Аcme GmbH", "is an e-mail address", "mixes Cyrillic and Latin letters"):
        assert words in page
    with cast.scope("ada"):
        assert not Registration.objects.exists()
    assert "This is a draft." in bo.post("registrations/new/", save="1", customer_name="Acme", kind="new", rfp="none")
    draft = bo.at
    assert "You may have this customer already." in bo.get("registrations/check/?customer_name=ACME+GmbH")
    assert "already" not in who("cy").get("registrations/check/?customer_name=ACME+GmbH&customer_domain=acme.de")
    submitted = typed("Globex AG", customer_domain="globex.com")
    bo.post("registrations/new/", **submitted)
    with cast.scope("ada"):
        globex = Registration.objects.get(customer_name="Globex AG")
    who("ada").post(f"registrations/{globex.pk}/decide/return/", reason="need_unclear", text="Which team?")
    assert "Which team?" in bo.get(f"registrations/{globex.pk}/edit/")
    assert "is on its way" in bo.post(f"registrations/{globex.pk}/edit/", **{**submitted, "use_case": "Sales team"})
    bo.post(f"registrations/{globex.pk}/withdraw/", text="They stopped.")
    page = bo.client.post(f"{draft}edit/", {"customer_name": "Acme", "kind": "new", "rfp": "none"}).content.decode()
    assert "Enter the expected value; an estimate will do." in page
    bo.client.post(f"{draft}discard/", {})
    with cast.scope("ada"):
        assert [one.state for one in Registration.objects.all()] == ["withdrawn"]
    assert "Register a customer before you invest in it" in who("cy").get("registrations/")
    assert "The first complete submission wins." in bo.get("registrations/rules/")


def test_new_rules_are_tried_before_they_are_published(cast, who):
    bo, olga = who("bo"), who("olga")
    bo.post("registrations/new/", **typed("Acme GmbH"))
    page = olga.get("rules/new/")
    assert "Never" not in page
    values = {
        "existing_customer": "refuse", "vendor_activity_days": "90", "conflict_scope": "customer",
        "second_registrant": "refuse", "decision_hours": "1", "escalation_hours": "2", "answer_hours": "5",
        "protection_days": "60", "extensions": "0", "extension_days": "30", "appeal_days": "7",
        "minimum_value": "50,000", "disclosure": "nothing", "flagged_from": "5", "submissions_an_hour": "10",
        "holidays": "2030-12-25", "from_on": (timezone.now() + timedelta(days=3)).date().isoformat(), "note": "Clearer",
    }  # fmt: skip
    assert "Waiting for a worker" in olga.post("rules/new/", **values, **{"try": "1"})
    with cast.scope("olga"):
        trial = RulesTrial.objects.get()
    while work_batch(vendor_id=trial.vendor_id, trial_id=trial.pk):
        pass
    page = olga.get(f"rules/trials/{trial.pk}/")
    assert "1 of 1 verdicts would change" in page
    assert "The expected value is below EUR 50,000." in page
    assert "The new rules are published." in olga.post("rules/new/", **values)
    with cast.scope("ada"):
        newest = max(olga.get("rules/").split("/deals/rules/"), key=len)
        assert newest
    assert "write each day" in olga.post("rules/new/", status=422, **{**values, "holidays": "Christmas"}).lower()
    who("ada").get("rules/new/", status=403)


def ended(cast, today) -> int:
    """The nightly look at the protections, on this day."""
    return end_protections(vendor_id=cast.northwind.pk, program=cast.program, today=today, at=timezone.now())


def test_more_time_and_the_end_of_it(cast, who):
    bo, ada = who("bo"), who("ada")
    bo.post("registrations/new/", **typed("Acme GmbH"))
    with cast.scope("ada"):
        one = Registration.objects.get()
    ada.post(f"registrations/{one.pk}/decide/approve/", reason="first_and_complete")
    bo.post(f"registrations/{one.pk}/extend/", activity="Two workshops in May.")
    page = ada.get(f"registrations/{one.pk}/")
    assert "Two workshops in May." in page
    ada.post(f"registrations/{one.pk}/extension-grant/", answer="Good work.")
    with cast.scope("ada"):
        before, one = one, Registration.objects.get()
        assert before.protected_until is None
        assert one.protected_until is not None
        assert (one.protected_until - timezone.now().date()).days in range(178, 182)
        letters(cast)
        for days in (31, 30, 20, 14, 7, 3):
            end_protections(
                vendor_id=cast.northwind.pk,
                program=cast.program,
                today=one.protected_until - timedelta(days=days),
                at=timezone.now(),
            )
    reminded = [body for to, subject, body in letters(cast) if "protected until" in subject]
    assert [days for body in reminded for days in (30, 14, 7) if f": {days} days more" in body] == [30, 14, 7]
    with cast.scope("ada"):
        assert ended(cast, one.protected_until + timedelta(days=1)) == 1
        assert Registration.objects.get().state == "expired"
    assert "has expired" in letters(cast)[-1][1]


def test_a_deal_of_ours_on_a_promised_customer_is_a_conflict(cast, who, monkeypatch):
    bo, ada = who("bo"), who("ada")
    bo.post("registrations/new/", **typed("Acme GmbH"))
    with cast.scope("ada"):
        one = Registration.objects.get()
    ada.post(f"registrations/{one.pk}/decide/approve/", reason="first_and_complete")
    letters(cast)
    with cast.scope("ada"):
        deal(cast, "Acme direct", account=customer(cast, "ACME AG", domains=("acme.de",)), manager=cast.ada_manager,
             opened_on=timezone.now().date(), at=timezone.now())  # fmt: skip
    told = letters(cast) + letters(cast)
    assert {to for to, subject, _ in told if "onflict" in subject or "question" in subject} == {
        "ada@northwind.example", "bo@fabrikam.example",
    }  # fmt: skip
    assert "Acme direct" not in next(body for to, _, body in told if to == "bo@fabrikam.example")
    page = ada.get("conflicts/")
    assert "Acme direct" in page
    with cast.scope("ada"):
        conflict = DealConflict.objects.get()
        assert (conflict.first, conflict.reasons[0]) == ("registration", "family by domain")
    assert "Enter the partner&#x27;s share" in ada.post(
        f"conflicts/{conflict.pk}/", resolution="co_sell", text="x", status=422
    )
    ada.post(f"conflicts/{conflict.pk}/", resolution="co_sell", share="60", text="They know the buyer.")
    assert ("None of these" in ada.get("conflicts/"), "60" in ada.get("conflicts/?show=resolved")) == (True, True)
    # By pages; the file has them all.
    monkeypatch.setattr("comity.web.cursors.PAGE_SIZE", 1)
    with cast.scope("ada"):
        deal(cast, "Acme too", account=conflict.opportunity.account, opened_on=timezone.now().date(), at=timezone.now())
    letters(cast)
    first = ada.get("conflicts/?show=all")
    [following] = re.findall(r'href="(\?show=all&amp;after=[^"]+)"', first)
    second = ada.get(f"conflicts/{html.unescape(following)}")
    assert ["Acme too" in page for page in (first, second)] == [True, False]
    assert ["Acme direct" in page for page in (first, second)] == [False, True]
    answer = cast.browser("ada").get("/workspace/northwind/deals/conflicts/export.csv?show=all")

    async def read() -> str:
        return b"".join([piece async for piece in answer.streaming_content]).decode()

    text = async_to_sync(read)()
    assert ("Acme direct,ACME AG,Fabrikam" in text, text.count("\n")) == (True, 3)


def test_nothing_is_filed_twice_and_rules_may_be_published(cast):
    with cast.scope("olga"):
        made = publish_rules(program=cast.program, actor=cast.actor("olga"), clauses=Clauses(), at=timezone.now(),
                             from_on=timezone.now().date())  # fmt: skip
    assert made.number == 2


def test_the_clock_is_watched_by_a_job(cast, who, monkeypatch):
    who("bo").post("registrations/new/", **typed("Acme GmbH"))
    letters(cast)
    with cast.scope("ada"):
        Handling.objects.update(escalates_at=timezone.now() - timedelta(hours=1))
    deferred = []
    monkeypatch.setattr(tasks.look_after_registrations, "defer", lambda **given: deferred.append(given))
    tasks.find_registrations_to_look_after(timestamp=0)
    assert deferred == [{"organization": str(cast.northwind.pk)}]
    for _ in range(2):
        tasks.look_after_registrations(organization=str(cast.northwind.pk))
    assert [subject.partition(": ")[2] for _, subject, _ in letters(cast)] == ["nobody has decided yet"]
