"""The queue in use: the clear ones at once, stand-ins, handing over, the deal behind it, and how decisions go."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.utils import timezone

from cast import NOW
from comity.deals.models import Handling, Opportunity, OpportunityPartner, Registration, StandIn
from comity.deals.registration import letters
from comity.deals.registration.bulk import decide_together
from comity.deals.registration.figures import decisions_by_month
from comity.deals.registration.handing_over import hand_over_protection
from comity.deals.registration.protection import deals_offered, link_opportunity
from comity.deals.registration.queries import registrations_visible_to, steps_of
from comity.deals.registration.second_look import confirm_with_deal
from comity.deals.registration.stand_ins import AwayAlready, name_stand_in, who_stands_in
from comity.deals.registration.updates import Progress, shared_deal_of, tell_progress
from comity.deals.states.registrations import Move, State
from comity.identity.actors import Actor
from comity.identity.roles import Role
from comity.kernel.errors import Invalid, NotAllowed
from comity.notices.services import readers
from comity.platform.models import Delivery
from comity.platform.outbox import deliver
from comity.programs.models import Manager
from deal_story import customer, deal, stages
from registration_story import RegistrationStory

QUEUE = "/workspace/northwind/deals/registrations/"


@pytest.fixture
def story(cast) -> RegistrationStory:
    return RegistrationStory(cast)


def news(cast):
    """Deliver it, and the letters that it makes; (to, subject) of these."""
    for _round in ("the news", "the letters"):
        with cast.scope("ada"):
            waiting = list(Delivery.objects.filter(state="pending").order_by("pk").values_list("pk", flat=True))
        for key in waiting:
            deliver(organization_id=cast.northwind.pk, delivery_id=key)
    found = [(one.to[0], one.subject) for one in mail.outbox]
    mail.outbox.clear()
    return found


def test_the_clear_ones_are_decided_at_once_and_the_rest_is_left(cast, story):
    story.rules(second_registrant="refuse")
    first = story.registers("bo", "Acme GmbH", customer_domain="acme.de")
    second = story.registers("cy", "ACME Gesellschaft mbH", customer_domain="acme.de", at=NOW + timedelta(hours=3))
    other = story.registers("bo", "Initech Ltd", at=NOW + timedelta(hours=4))
    ada, chosen = cast.browser("ada"), [str(one.pk) for one in (first, second, other)]
    page = ada.get(QUEUE).content.decode()
    assert page.count('name="chosen"') == 3
    told = ada.post(f"{QUEUE}decide/reject/", {"chosen": chosen}, follow=True).content.decode()
    assert "1 registration is decided." in told
    assert "DR-2026-00001, DR-2026-00003" in told
    assert "Choose up to 100" in ada.post(f"{QUEUE}decide/approve/", {"chosen": "x"}, follow=True).content.decode()
    assert ada.post(f"{QUEUE}decide/revoke/", {"chosen": chosen}).status_code == 404
    assert cast.browser("di").post(f"{QUEUE}decide/approve/", {"chosen": chosen}).status_code in (403, 404)
    with cast.scope("ada"), pytest.raises(NotAllowed):
        decide_together(program=cast.program, ids=[first.pk], actor=cast.actor("di"), move=Move.APPROVE, at=NOW)
    with cast.scope("ada"):
        done = decide_together(
            program=cast.program, ids=[first.pk, second.pk], actor=cast.actor("ada"), move=Move.APPROVE,
            at=NOW + timedelta(hours=5),
        )  # fmt: skip
        assert (done.decided, done.left) == (1, ("DR-2026-00002",))
        states = {one.reference[-1]: (one.state, one.reason) for one in Registration.objects.all()}
    assert states == {
        "1": ("approved", "first_and_complete"), "2": ("rejected", "registered_before"), "3": ("submitted", ""),
    }  # fmt: skip
    with cast.scope("ada"):
        [month] = decisions_by_month(cast.actor("ada"), cast.program, NOW.date())
        assert (month.submitted, month.decided, month.appeals) == (3, 2, 0)
        assert month.month == NOW.date().replace(day=1)
        assert decisions_by_month(cast.actor("bo"), cast.program, NOW.date()) == []


def test_a_stand_in_gets_the_letters_and_the_list(cast, story):
    today = timezone.now().date()
    with cast.scope("ada"):
        manager = Manager.objects.create(
            vendor_id=cast.northwind.pk, program=cast.program, name="Ada", person=cast.people["ada"]
        )
        cast.of_fabrikam.manager = manager
        cast.of_fabrikam.save()
    page = "/workspace/northwind/deals/stand-ins/"
    ada = cast.browser("ada")
    assert "Nobody is away" in ada.get(page).content.decode()
    days = {"from_on": today.isoformat(), "to_on": (today + timedelta(days=5)).isoformat()}
    people = {"person": str(cast.people["ada"].pk), "stand_in": str(cast.people["olga"].pk)}
    wrong = ada.post(page, {**days, **people, "to_on": "1900-01-01"})
    assert wrong.status_code == 422
    assert "1900" in wrong.content.decode()
    assert "Take back" in ada.post(page, {**days, **people}, follow=True).content.decode()
    assert "Somebody stands in on some of these days already" in ada.post(page, {**days, **people}).content.decode()
    story.registers("bo", "Acme GmbH")
    assert [to for to, subject in news(cast) if "Acme" in subject] == ["olga@northwind.example"]
    with cast.scope("ada"), pytest.raises(NotAllowed):
        name_stand_in(actor=cast.actor("ada"), person_id=cast.people["olga"].pk, stand_in_id=cast.people["ada"].pk,
                      from_on=today, to_on=today, today=today)  # fmt: skip
    with cast.scope("olga"):
        ids = {"person_id": cast.people["ada"].pk, "stand_in_id": cast.people["di"].pk}
        with pytest.raises(Invalid):
            name_stand_in(actor=cast.actor("olga"), **ids, from_on=today, to_on=today, today=today)
        with pytest.raises(AwayAlready):
            name_stand_in(actor=cast.actor("olga"), **{**ids, "stand_in_id": cast.people["root"].pk}, from_on=today,
                          to_on=today, today=today)  # fmt: skip
        found = StandIn.objects.get()
        assert who_stands_in(cast.northwind.pk, cast.people["ada"].pk, today + timedelta(days=6)) is None
    ada.post(f"{page}{found.pk}/")
    with cast.scope("ada"):
        assert letters._managers(Registration.objects.select_related("program").get()) == readers(cast.people["ada"].pk)


def test_a_protection_goes_to_another_partner_with_its_deal(cast, story):
    with cast.scope("ada"):
        stages(cast)
        account = customer(cast, "Acme GmbH", domains=("acme.de",))
        ours = deal(cast, "Acme cloud", account=account, opened_on=date(2025, 3, 1), at=NOW - timedelta(days=300))
    first = story.registers("bo", "Acme", customer_domain="acme.de")
    with cast.scope("ada"):
        assert deals_offered(first) == [ours]
    ada = cast.browser("ada")
    page = ada.get(f"{QUEUE}{first.pk}/").content.decode()
    assert "Acme cloud (" in page
    ada.post(f"{QUEUE}{first.pk}/decide/approve/", {"reason": "first_and_complete", "deal": str(ours.pk)})
    with cast.scope("bo"):
        first.refresh_from_db()
        assert (first.state, first.deal_id) == (State.APPROVED, ours.pk)
        assert shared_deal_of(first).stage_name
        with pytest.raises(Invalid):
            tell_progress(registration=first, partnership=cast.of_fabrikam, actor=cast.actor("bo"),
                          progress=Progress(" ", date(1900, 1, 1)), at=NOW)  # fmt: skip
    later = timezone.now().date() + timedelta(days=90)
    told = cast.browser("bo").post(
        f"/portal/{cast.of_fabrikam.pk}/deals/registrations/{first.pk}/tell/",
        {"note": "The pilot runs.", "expected_close_on": later.isoformat()}, follow=True,
    ).content.decode()  # fmt: skip
    assert "The pilot runs." in told
    assert "Acme cloud" in told
    assert "The pilot runs." in ada.get(f"{QUEUE}{first.pk}/").content.decode()
    second = story.registers("cy", "Acme AG", customer_domain="acme.de", value=Decimal(1))
    story.decides(second, Move.QUEUE)
    wrong = ada.post(f"{QUEUE}{first.pk}/hand-over/", {"to": str(cast.of_fabrikam.pk), "text": "Because."})
    assert wrong.status_code == 422
    assert "Because." in wrong.content.decode()
    with cast.scope("ada"):
        first.refresh_from_db()
        made = hand_over_protection(registration=first, to=cast.of_contoso, actor=cast.actor("ada"),
                                    text="They have the engineers on site.", at=NOW + timedelta(days=9))  # fmt: skip
        first.refresh_from_db()
        assert (first.state, first.reason, made.state) == ("revoked", "handed_over", "approved")
        assert (made.protected_until, made.contact_name, made.value) == (first.protected_until, "", None)
        assert Handling.objects.get(registration=second).queued_behind == made
        assert Handling.objects.get(opportunity=ours).registration == made
        assert Opportunity.objects.get(pk=ours.pk) == ours
        roles = OpportunityPartner.objects.filter(opportunity=ours).values_list("partnership__name", "role")
        assert sorted(roles) == [("Contoso", "influenced"), ("Fabrikam", "sourced")]
        assert [step.move for step in steps_of(made)] == ["approve", "submit"]
        with pytest.raises(Exception, match="has its deal already"):
            link_opportunity(registration=made, actor=cast.actor("ada"), at=NOW)
    told = {to for to, subject in news(cast) if made.reference in subject}
    assert "cy@contoso.example" in told


def test_an_administrator_of_a_partner_sees_its_own_registrations(cast, story):
    story.registers("cy", "Acme GmbH")
    own = story.registers("bo", "Hooli")
    head = Actor(cast.people["bo"].pk, cast.fabrikam.pk, Role.ADMINISTRATOR, "Bo")
    with cast.scope("bo"):
        assert list(registrations_visible_to(head)) == [own]
        assert list(registrations_visible_to(head, cast.program)) == []


def test_the_deal_chosen_against_the_rules_is_linked_once_somebody_else_confirms(cast, story):
    words = {"reason": "agreed_with_sales", "text": "They won the pilot."}
    with cast.scope("ada"):
        account = customer(cast, "Acme GmbH", domains=("acme.de",))
        ours = deal(cast, "Acme cloud", account=account, opened_on=date(2025, 3, 1), at=NOW - timedelta(days=300))
    story.registers("bo", "Acme GmbH", customer_domain="acme.de")
    second = story.registers("cy", "ACME Gesellschaft mbH", customer_domain="acme.de")
    story.decides(second, Move.APPROVE, deal=str(ours.pk), **words)
    ada, olga = (cast.browser(who) for who in ("ada", "olga"))
    address = f"/workspace/northwind/deals/registrations/{second.pk}/"
    assert "Its deal: Acme cloud." in ada.get(address).content.decode()
    assert "somebody other than who asked" in ada.post(f"{address}confirm/", follow=True).content.decode()
    assert "Confirmed." in olga.post(f"{address}confirm/", follow=True).content.decode()
    with cast.scope("ada"):
        kept = Handling.objects.get(registration=second)
        assert (kept.opportunity, kept.override_move, kept.override_deal) == (ours, "", "")
        assert set(ours.partners.values_list("partnership__name", "role")) == {("Contoso", "sourced")}
    # A new one is opened by whoever confirms; one that was taken meanwhile leaves it without, and says so.
    story.registers("bo", "Litware")
    third, fourth = (story.registers("cy", "Litware"), story.registers("bo", "Acme", customer_domain="acme.de"))
    story.decides(third, Move.APPROVE, deal="new", **words)
    story.decides(fourth, Move.APPROVE, deal=str(ours.pk), **words)
    with cast.scope("olga"):
        assert confirm_with_deal(registration=third, actor=cast.actor("olga"), at=NOW)
        assert Handling.objects.get(registration=third).opportunity.name.startswith("Litware")
    told = olga.post(f"{QUEUE}{fourth.pk}/confirm/", follow=True).content.decode()
    assert "closed or taken meanwhile" in told
    with cast.scope("ada"):
        assert Registration.objects.get(pk=fourth.pk).state == "approved"
