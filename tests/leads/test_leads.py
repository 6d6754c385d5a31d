"""A lead's way: offered by the rules, declined, passed on, accepted, worked on, converted, returned."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cast import NOW
from comity.deals.models import Opportunity, Registration
from comity.deals.registration.drafting import discard_draft
from comity.kernel.errors import Invalid, NotAllowed
from comity.leads.answering import accept_lead, decline_lead, return_lead, work_on_lead
from comity.leads.clauses import RoutingRule
from comity.leads.conversion import convert_to_opportunity, convert_to_registration
from comity.leads.decisions import (
    NotToBeAsked,
    disqualify_lead,
    merge_lead,
    offer_to,
    reopen_lead,
    route_lead,
    take_back_lead,
)
from comity.leads.models import Lead, LeadOffer, LeadRoute, LeadStep
from comity.leads.queries import (
    lead_of_deal,
    lead_of_registration,
    leads_visible_to,
    newest_route,
    offers_visible_to,
    waiting_leads,
)
from comity.leads.recording import LeadGone, LeadNotFound
from comity.leads.routing import pass_on_overdue
from comity.leads.states import Move
from comity.platform.models import Delivery
from comity.platform.outbox import deliver
from deal_story import customer, stages
from lead_story import LeadStory
from registration_story import RegistrationStory

HOUR = timedelta(hours=1)


@pytest.fixture
def story(cast):
    made = LeadStory(cast)
    made.rules(RoutingRule(name="Anybody", preference="tier"), offer_hours=8)
    return made


def steps(cast, lead):
    with cast.scope("ada"):
        rows = LeadStep.objects.filter(lead=lead).order_by("sequence")
        return [(row.move, row.side, row.partnership.name if row.partnership else "", row.reason) for row in rows]


def tell(cast):
    with cast.scope("ada"):
        waiting = list(Delivery.objects.filter(state="pending").order_by("pk").values_list("pk", flat=True))
    for key in waiting:
        deliver(organization_id=cast.northwind.pk, delivery_id=key)


def test_it_is_offered_declined_passed_on_and_comes_to_a_person(cast, story):
    lead = story.lead("Isar Werke GmbH")
    assert (lead.state, lead.holder.name, lead.reference) == ("offered", "Fabrikam", "LD-2026-00001")
    offer = story.offer("bo")
    assert offer.due_at == NOW + timedelta(hours=8)  # Monday 9 o'clock, eight business hours of a UTC day
    assert (offer.customer_name, offer.contact_name, offer.contact_email) == ("Isar Werke GmbH", "", "")
    with cast.scope("cy"):
        assert not LeadOffer.objects.exists()
        assert not Lead.objects.exists()
        assert not leads_visible_to(cast.actor("cy")).exists()
        with pytest.raises(LeadNotFound):
            accept_lead(offer=offer, partnership=cast.of_contoso, actor=cast.actor("cy"), at=NOW)

    with pytest.raises(Invalid, match="Nothing was changed"):
        story.does("bo", decline_lead, offer, reason="because")
    story.does("bo", decline_lead, offer, at=NOW + HOUR, reason="no_capacity", text="Until May")
    offer = story.offer("bo")
    assert (offer.state, offer.customer_name, offer.need, offer.customer_country) == ("declined", "", "", "")
    assert (story.now(lead).state, story.now(lead).holder.name) == ("offered", "Contoso")
    with pytest.raises(LeadGone):
        story.does("bo", accept_lead, offer)

    second = story.offer("cy")
    with cast.scope("ada"):
        assert pass_on_overdue(vendor_id=cast.northwind.pk, at=second.due_at - HOUR) == 0
        assert pass_on_overdue(vendor_id=cast.northwind.pk, at=second.due_at) == 1
        assert pass_on_overdue(vendor_id=cast.northwind.pk, at=second.due_at) == 0
        assert [one.reference for one in waiting_leads(cast.actor("ada"), cast.program)] == [lead.reference]
    with pytest.raises(LeadGone):
        story.does("cy", accept_lead, second)
    assert story.offer("cy").customer_name == ""
    assert (story.now(lead).state, story.now(lead).held_for, story.now(lead).holder) == ("held", "nobody_left", None)
    assert steps(cast, lead) == [
        ("offer", "rules", "Fabrikam", ""), ("pass_on", "partner", "Fabrikam", "no_capacity"),
        ("offer", "rules", "Contoso", ""), ("pass_on", "rules", "Contoso", "run_out"),
        ("hold", "rules", "", "nobody_left"),
    ]  # fmt: skip

    # A person asks once more whom the clock passed over, but never who declined.
    with cast.scope("ada"):
        with pytest.raises(NotToBeAsked):
            offer_to(lead=lead, partnership=cast.of_fabrikam, actor=cast.actor("ada"), at=NOW + 9 * HOUR)
        offer_to(lead=lead, partnership=cast.of_contoso, actor=cast.actor("ada"), at=NOW + 9 * HOUR)
    assert (story.offer("cy").state, story.offer("cy").customer_name) == ("offered", "Isar Werke GmbH")
    with cast.scope("ada"):
        reasons = newest_route(story.now(lead))[1].asked[0].fits
        assert {fit.name: [one.code for one in fit.reasons if not one.holds] for fit in reasons} == {
            "Contoso": ["before_ran_out"], "Fabrikam": ["before_declined"]
        }  # fmt: skip


def test_it_is_accepted_worked_on_and_becomes_a_registration(cast, story):
    with cast.scope("ada"):
        stages(cast)
    lead = story.lead("Isar Werke GmbH", families=())
    late = story.offer("bo").due_at
    with pytest.raises(LeadGone, match="run out"):
        story.does("bo", accept_lead, story.offer("bo"), at=late)
    taken = story.does("bo", accept_lead, story.offer("bo"), at=NOW + HOUR)
    again = story.does("bo", accept_lead, taken, at=NOW + HOUR)
    assert (again.state, again.contact_email, again.answered_by_name) == ("accepted", "erika@isar.de", "Bo")
    story.does("bo", work_on_lead, taken, move=Move.START, at=NOW + 2 * HOUR)
    story.does("bo", work_on_lead, taken, move=Move.QUALIFY, at=NOW + 3 * HOUR, text="Budget until June")
    made = story.does("bo", convert_to_registration, taken, at=NOW + 4 * HOUR)
    assert (made.state, made.customer_name, made.contact_email) == ("draft", "Isar Werke GmbH", "erika@isar.de")
    assert story.does("bo", convert_to_registration, taken, at=NOW + 5 * HOUR) == made
    assert (story.now(lead).state, story.now(lead).registration_id) == ("converted", made.pk)
    with cast.scope("ada"):
        assert lead_of_registration(cast.actor("ada"), made.pk) == lead
    with cast.scope("bo"):
        discard_draft(registration=made, partnership=cast.of_fabrikam, actor=cast.actor("bo"))
        assert not Registration.objects.exists()
    tell(cast)
    assert (story.now(lead).state, story.now(lead).registration_id) == ("working", None)
    assert [move for move, *_ in steps(cast, lead)] == ["offer", "accept", "start", "qualify", "convert", "start"]


def test_a_bad_one_comes_back_and_the_vendor_makes_a_deal_of_it(cast, story):
    with cast.scope("ada"):
        stages(cast)
        known = customer(cast, "Isar Werke", domains=("isar.de",), country="Germany")
    lead = story.lead("Isar-Werke GmbH", customer_domain="isar.de", value=None)
    assert story.now(lead).account_id == known.pk
    taken = story.does("bo", accept_lead, story.offer("bo"))
    with pytest.raises(Invalid, match="Nothing was changed"):
        story.does("bo", return_lead, taken, reason="other")
    story.does("bo", return_lead, taken, reason="no_budget", text="Next year")
    assert (story.offer("bo").state, story.offer("bo").contact_email) == ("returned", "")
    assert (story.now(lead).state, story.now(lead).holder) == ("returned", None)
    with cast.scope("di"), pytest.raises(NotAllowed):
        route_lead(lead=lead, actor=cast.actor("di"), at=NOW)
    with cast.scope("ada"):
        ada = cast.actor("ada")
        disqualify_lead(lead=lead, actor=ada, at=NOW, reason="no_budget")
        reopen_lead(lead=lead, actor=ada, at=NOW)
        assert story.now(lead).holder == cast.of_contoso  # not Fabrikam again
    story.does("cy", accept_lead, story.offer("cy"))
    with cast.scope("ada"):
        deal = convert_to_opportunity(lead=lead, actor=ada, at=NOW)
        assert (deal.account_id, [(one.partnership.name, one.role) for one in deal.partners.all()]) == (
            known.pk, [("Contoso", "influenced")]
        )  # fmt: skip
        assert lead_of_deal(ada, Opportunity.objects.get()) == lead
    assert story.offer("cy").progress == "converted"


def test_what_is_taken_back_goes_to_the_next(cast, story):
    lead = story.lead("Isar Werke GmbH")
    with cast.scope("ada"):
        take_back_lead(lead=lead, actor=cast.actor("ada"), at=NOW)
    assert (story.now(lead).holder.name, story.offer("bo").state) == ("Contoso", "taken_back")
    story.does("cy", accept_lead, story.offer("cy"))
    with cast.scope("ada"):
        take_back_lead(lead=lead, actor=cast.actor("ada"), at=NOW, text="They left the programme")
    assert (story.now(lead).state, story.offer("cy").contact_name) == ("held", "")


def test_the_same_prospect_twice(cast, story):
    first = story.lead("Isar Werke GmbH", external_id="web-1")
    assert story.lead("Whatever", external_id="web-1") == first
    same = story.lead("ISAR Werke Gesellschaft mbH")
    assert (same.state, same.duplicate_of_id) == ("duplicate", first.pk)
    other = story.lead("Isar Werke", contact_email="max@isar.de", contact_name="Max")
    assert (other.state, other.held_for, other.findings[0]["kind"]) == ("held", "may_be_known", "lead")
    assert "names equal without legal form" in " ".join(other.findings[0]["reasons"])
    with cast.scope("ada"):
        with pytest.raises(Invalid):
            merge_lead(lead=other, into=other, actor=cast.actor("ada"), at=NOW)
        merge_lead(lead=other, into=first, actor=cast.actor("ada"), at=NOW)
        assert story.now(other).duplicate_of_id == first.pk
        assert LeadOffer.objects.count() == LeadRoute.objects.count() == 1


def test_who_has_the_customer_protected_goes_first(cast, story):
    claims = RegistrationStory(cast)
    claims.rules(approve_automatically=True)
    claims.registers("cy", "Isar Werke GmbH", customer_domain="isar.de")
    lead = story.lead("Isar Werke", customer_domain="isar.de")
    assert (lead.state, lead.holder.name) == ("offered", "Contoso")
    story.does("cy", decline_lead, story.offer("cy"), reason="no_capacity")
    assert (story.now(lead).state, story.now(lead).held_for) == ("held", "may_be_known")
    with cast.scope("bo"):
        assert not offers_visible_to(cast.actor("bo")).exists()


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"customer_name": "\u202e "}, "customer_name"),
        ({"customer_name": "Раypal"}, "customer_name"),
        ({"customer_name": "x" * 10_000}, "customer_name"),
        ({"customer_domain": "erika@isar.de"}, "customer_domain"),
        ({"customer_domain": "10.0.0.1"}, "customer_domain"),
        ({"contact_email": "nobody"}, "contact_email"),
        ({"contact_email": "", "contact_phone": ""}, "contact_email"),
        ({"contact_phone": "call me"}, "contact_phone"),
        ({"language": "German!"}, "language"),
        ({"currency": "GOLD"}, "currency"),
        ({"families": ("Nothing we sell",)}, "families"),
        ({"source": "dream"}, "source"),
    ],
)
def test_bad_input_is_refused_with_its_field(story, said, field):
    with pytest.raises(Invalid) as refused:
        story.lead(said.pop("customer_name", "Isar Werke"), **said)
    assert list(refused.value.fields) == [field]
