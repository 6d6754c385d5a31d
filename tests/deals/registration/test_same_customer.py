"""Who could be meant: customers are found however they came in, families count, and people's answers hold."""

from __future__ import annotations

from uuid import uuid4

from comity.deals import known
from comity.deals.cards import Card, fingerprint_of, look_up
from comity.deals.events import CustomersIndexed, OpportunitiesImported
from comity.deals.models import CustomerAccount, CustomerQuestion, DealConflict, Handling
from comity.deals.registration import conflicts
from comity.deals.registration.decisions import newest_verdict
from comity.deals.services.customers import declare_parent
from comity.deals.states.registrations import Move
from comity.matching.models import KnownCompany, LabelledPair
from comity.matching.record import Kind
from comity.platform.models import Delivery, OutboxEvent
from comity.platform.outbox import deliver
from deal_story import customer, deal
from registration_story import RegistrationStory


def deliver_all(cast):
    with cast.scope("ada"):
        waiting = list(Delivery.objects.filter(state="pending").order_by("pk").values_list("pk", flat=True))
    for key in waiting:
        deliver(organization_id=cast.northwind.pk, delivery_id=key)


def test_imported_customers_are_indexed_once_a_run_and_again_when_they_change(cast, monkeypatch):
    with cast.scope("ada"):
        rows = [
            CustomerAccount(vendor_id=cast.northwind.pk, name=name, domains=domains, country="Germany")
            for name, domains in (("Globex Maschinen AG", ["globex.internal"]), ("Initech GmbH", ["initech.de"]))
        ]
        CustomerAccount.objects.bulk_create(rows)
        news = OpportunitiesImported(run_id=uuid4(), program_id=cast.program.pk)
        known.index_after_import(news)
        assert {row.fingerprint for row in KnownCompany.objects.all()} == {fingerprint_of(row) for row in rows}
        told = OutboxEvent.objects.get(name=CustomersIndexed.name)
        assert told.payload["run_id"] == str(news.run_id)
        sought = [Card("GLOBEX MASCHINEN"), Card("Something", ("globex.internal",)), Card("Initech", country="Germany")]
        vendor = cast.northwind.pk
        assert [look_up(vendor, one, Kind.CUSTOMER)[:1] for one in sought] == [
            [rows[0].pk], [rows[0].pk], [rows[1].pk],
        ]  # fmt: skip
        CustomerAccount.objects.filter(pk=rows[1].pk).update(name="Hooli SE")
        assert known.index_all(vendor) == 1
        assert look_up(vendor, Card("Hooli"), Kind.CUSTOMER) == [rows[1].pk]
        monkeypatch.setattr(known, "AT_ONCE", 0)
        CustomerAccount.objects.filter(pk=rows[1].pk).update(name="Umbrella plc")
        deferred = []
        monkeypatch.setattr(known.index_customers, "defer", lambda **job: deferred.append(job))
    with cast.scope("ada"):
        known.index_after_import(news)
        assert look_up(vendor, Card("Umbrella"), Kind.CUSTOMER) == []
    known.index_customers(**deferred[0])
    with cast.scope("ada"):
        assert look_up(vendor, Card("Umbrella"), Kind.CUSTOMER) == [rows[1].pk]
    with cast.scope("eve"):
        assert look_up(vendor, Card("Umbrella"), Kind.CUSTOMER) == []


def test_a_deal_of_a_sister_company_is_a_conflict_once_the_family_is_declared(cast):
    story = RegistrationStory(cast)
    with cast.scope("ada"):
        mother = customer(cast, "Tailspin Holding AG", domains=("tailspin.de",))
        one, other = customer(cast, "Wingtip Toys GmbH", domains=("wingtip.de",)), customer(cast, "Litware Nord GmbH")
    registration = story.registers("bo", "Wingtip Toys", customer_domain="wingtip.de")
    story.decides(registration, Move.APPROVE)
    with cast.scope("ada"):
        assert Handling.objects.get(registration=registration).account == one
        stranger = deal(cast, "Litware renewal", account=other)
        assert conflicts.find_conflicts(stranger, at=registration.submitted_at) == []
        for child in (one, other):
            declare_parent(account=child, parent=mother, actor=cast.actor("ada"))
        [found] = conflicts.find_conflicts(stranger, at=registration.submitted_at)
        assert found.reasons == ["Litware Nord GmbH and Wingtip Toys GmbH belong to one group"]
        assert "parent" in CustomerAccount.objects.get(pk=other.pk).edited_fields
    second = story.registers("cy", "Litware Nord")
    with cast.scope("ada"):
        assert [one.name for one in newest_verdict(second).competitors] == ["DR-2026-00001", "Litware renewal"]
        assert DealConflict.objects.count() == 1


def test_people_are_asked_once_and_what_they_say_decides(cast):
    story, ada = RegistrationStory(cast), cast.browser("ada")
    page = "/workspace/northwind/deals/same-customer/"
    assert "No pair waits for an answer" in ada.get(page).content.decode()
    first = story.registers("bo", "Bay.Motoren Werke VZO", customer_country="France")
    second = story.registers("cy", "BMW", customer_country="Spain", customer_domain="")
    with cast.scope("ada"):
        question = CustomerQuestion.objects.get()
        assert newest_verdict(second).outcome == "person"
        assert (question.left["name"], question.right["name"]) == ("BMW", "Bay.Motoren Werke VZO")
    asked = ada.get(page).content.decode()
    assert "Registration of Fabrikam" in asked
    assert "initials" in asked
    home = cast.browser("olga").get("/workspace/northwind/").content.decode()
    assert "1 pair of records may mean one customer." in home
    assert "pair of records" not in cast.browser("di").get("/workspace/northwind/").content.decode()
    assert cast.browser("di").post(f"{page}{question.pk}/", {"answer": "same"}).status_code in (403, 404)
    ada.post(f"{page}{question.pk}/", {"answer": "perhaps"})
    told = ada.post(f"{page}{question.pk}/", {"answer": "same"}, follow=True).content.decode()
    assert "No pair waits for an answer" in told
    again = ada.post(f"{page}{question.pk}/", {"answer": "different"}, follow=True).content.decode()
    assert "Somebody else answered this meanwhile" in again
    with cast.scope("ada"):
        assert [pair.answer for pair in LabelledPair.objects.all()] == ["same"]
        verdict = newest_verdict(second)
        assert (verdict.outcome, verdict.due_at) == ("queue", newest_verdict(first).due_at)
        assert verdict.competitors[0].reasons == ("a person said that they are the same",)


def test_a_customer_taken_in_under_another_name_is_asked_about(cast):
    with cast.scope("ada"):
        customer(cast, "Bay.Motoren Werke VZO", country="France")
        customer(cast, "BMW", country="Spain")
    deliver_all(cast)
    with cast.scope("ada"):
        assert CustomerQuestion.objects.get().left["name"].startswith("Bay")
    done = cast.browser("ada").post(
        f"/workspace/northwind/customers/{_bmw(cast)}/family/",
        {"relation": "child", "other": "Bay.Motoren Werke VZO"}, follow=True,
    )  # fmt: skip
    assert "belongs to" in done.content.decode()
    loop = cast.browser("ada").post(
        f"/workspace/northwind/customers/{_bmw(cast)}/family/", {"relation": "parent", "other": "Bay.Motoren Werke VZO"}
    )
    assert loop.status_code == 422
    assert 'value="Bay.Motoren Werke VZO"' in loop.content.decode()


def _bmw(cast):
    with cast.scope("ada"):
        return CustomerAccount.objects.get(name="BMW").pk
