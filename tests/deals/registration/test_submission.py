"""From draft to decision, through services: who is told what, who keeps its place, who moves up."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from cast import NOW
from comity.deals.models import CustomerAccount, EngagementRules, Handling, RegistrationVerdict, SharedVerdict
from comity.deals.registration.decisions import confirm_override, newest_verdict, revoke_registration
from comity.deals.registration.drafting import NotADraft, RegistrationDraft, discard_draft, save_draft
from comity.deals.registration.queries import decision_queue, masked_verdict_of, registrations_visible_to, steps_of
from comity.deals.registration.sides import RegistrationNotFound
from comity.deals.registration.submission import (
    TooManySubmissions,
    answer_return,
    submit_registration,
    withdraw_registration,
)
from comity.deals.states.registrations import Move, State
from comity.deals.versions_by_day import RulesInForce
from comity.kernel.errors import Invalid, NotAllowed
from comity.kernel.states import IllegalMove
from deal_story import customer, deal
from registration_story import COMPLETE, RegistrationStory


@pytest.fixture
def story(cast) -> RegistrationStory:
    return RegistrationStory(cast)


def seen_by_partner(story, who, registration) -> dict:
    with story.cast.scope(who):
        return masked_verdict_of(registration)


def test_the_second_partner_waits_is_told_why_and_moves_up(cast, story):
    first = story.registers("bo", "Acme GmbH", customer_domain="acme.de")
    second = story.registers("cy", "ACME Gesellschaft mbH", customer_domain="www.acme.de", value=Decimal(99_000),
                             at=NOW + timedelta(hours=1))  # fmt: skip
    assert (first.reference, second.reference) == ("DR-2026-00001", "DR-2026-00002")
    with cast.scope("ada"):
        verdict = newest_verdict(second)
        assert verdict.sentence == "Fabrikam registered it first: DR-2026-00001."
        assert verdict.competitors[0].reasons[:2] == (
            "names equal without legal form", "same registrable domain acme.de",
        )  # fmt: skip
        waiting = [one.reference for one in decision_queue(cast.actor("ada"), cast.program)]
        assert waiting == ["DR-2026-00001", "DR-2026-00002"]
    assert seen_by_partner(story, "cy", second)["sentence"] == "Somebody of ours is looking at it."

    story.decides(first, Move.APPROVE)
    story.decides(second, Move.QUEUE)
    told = seen_by_partner(story, "cy", second)
    assert told["outcome"] == "queue"
    assert told["sentence"] == "Another partner registered this customer first."
    assert told["changes"] == [
        "If the earlier registration is withdrawn, expires or is rejected, or with a signed letter of the customer."
    ]
    assert not [word for word in ("Fabrikam", "DR-2026-00001", "40000") if word in json.dumps(told)]
    with cast.scope("cy"):
        assert RegistrationVerdict.objects.count() == Handling.objects.count() == 0
        assert {row.partnership_id for row in SharedVerdict.objects.all()} == {cast.of_contoso.pk}
        mine = registrations_visible_to(cast.actor("cy"))
        assert [row.reference for row in mine] == ["DR-2026-00002"]

    with cast.scope("bo"):
        withdrawn = withdraw_registration(
            registration=first, partnership=cast.of_fabrikam, actor=cast.actor("bo"), at=NOW + timedelta(days=3)
        )
    assert withdrawn.state == State.WITHDRAWN
    with cast.scope("ada"):
        second.refresh_from_db()
        assert second.state == State.IN_REVIEW
        assert [(step.move, step.side) for step in steps_of(second)] == [
            ("review", "rules"), ("queue", "vendor"), ("submit", "partner"),
        ]  # fmt: skip
        assert newest_verdict(second).outcome == "approve"


def test_what_the_rules_may_decide_alone(cast, story):
    story.rules(approve_automatically=True, approve_up_to=50_000, refuse_automatically=True)
    with cast.scope("ada"):
        deal(cast, "Globex renewal", account=customer(cast, "Globex AG", domains=("globex.com",)),
             opened_on=date(2026, 2, 1))  # fmt: skip
        customer(cast, "Hooli Inc.", domains=("hooli.com",))
    clear = story.registers("bo", "Initech Ltd")
    large = story.registers("bo", "Umbrella", value=Decimal(60_000))
    ours = story.registers("cy", "Globex", customer_domain="globex.com")
    known = story.registers("cy", "Hooli", customer_domain="hooli.com")
    assert [one.state for one in (clear, large, ours, known)] == ["approved", "submitted", "rejected", "approved"]
    assert clear.protected_until == NOW.date() + timedelta(days=90)
    told = seen_by_partner(story, "cy", ours)
    assert told["sentence"] == "We are working on a deal with this customer ourselves."
    assert "Globex renewal" not in json.dumps(told)
    with cast.scope("ada"):
        assert Handling.objects.get(registration=known).account == CustomerAccount.objects.get(name="Hooli Inc.")


def test_a_return_answered_in_time_keeps_its_place(cast, story):
    first = story.registers("bo", "Acme GmbH")
    story.decides(first, Move.RETURN, text="Which department is it?")
    second = story.registers("cy", "Acme GmbH", at=NOW + timedelta(hours=2))
    with cast.scope("bo"):
        bo = cast.actor("bo")
        first.refresh_from_db()
        assert first.answer_by == NOW + timedelta(days=4, hours=8)
        draft = RegistrationDraft(**COMPLETE, customer_name="Acme GmbH", customer_country="Germany")
        save_draft(partnership=cast.of_fabrikam, actor=bo, draft=draft, at=NOW, registration=first)
        answered = answer_return(
            registration=first, partnership=cast.of_fabrikam, actor=bo, at=NOW + timedelta(days=1), text="Purchasing."
        )
    assert (answered.state, answered.submitted_at) == (State.SUBMITTED, NOW)
    with cast.scope("ada"):
        assert newest_verdict(answered).outcome == "approve"
        assert newest_verdict(second).outcome == "queue"


def test_a_return_answered_late_loses_its_place(cast, story):
    first = story.registers("bo", "Acme GmbH")
    story.decides(first, Move.RETURN, text="Which department is it?")
    story.registers("cy", "Acme GmbH", at=NOW + timedelta(hours=2))
    with cast.scope("bo"):
        answered = answer_return(
            registration=first, partnership=cast.of_fabrikam, actor=cast.actor("bo"), at=NOW + timedelta(days=9)
        )
    with cast.scope("ada"):
        assert newest_verdict(answered).sentence == "Contoso registered it first: DR-2026-00002."


def test_against_the_rules_two_people_decide(cast, story):
    story.registers("bo", "Acme GmbH")
    second = story.registers("cy", "Acme GmbH")
    with pytest.raises(Invalid) as refused:
        story.decides(second, Move.APPROVE, reason="agreed_with_sales")
    assert "text" in refused.value.fields
    asked = story.decides(second, Move.APPROVE, reason="agreed_with_sales", text="They won the pilot.")
    assert asked.state == State.SUBMITTED
    with cast.scope("ada"), pytest.raises(Exception, match="somebody other"):
        confirm_override(registration=second, actor=cast.actor("ada"), at=NOW)
    with cast.scope("olga"):
        approved = confirm_override(registration=second, actor=cast.actor("olga"), at=NOW)
        step = steps_of(approved)[0]
    assert (approved.state, step.text, step.against_verdict) == ("approved", "They won the pilot.", True)


def test_refusals_need_their_reason_and_revoking_its_cause(cast, story):
    registration = story.registers("bo", "Acme GmbH")
    with pytest.raises(Invalid) as refused:
        story.decides(registration, Move.REJECT, reason="because")
    assert refused.value.fields == {"reason": "Choose a reason from the list; the partner reads it."}
    with pytest.raises(NotAllowed):
        story.decides(registration, Move.APPROVE, who="di")
    approved = story.decides(registration, Move.APPROVE_WITH_CONDITIONS, conditions="A joint call in March.")
    assert (approved.state, approved.conditions) == ("conditionally_approved", "A joint call in March.")
    with cast.scope("ada"):
        revoked = revoke_registration(registration=registration, actor=cast.actor("ada"), reason="no_activity",
                                      text="Nobody called.", at=NOW)  # fmt: skip
    assert (revoked.state, revoked.reason_text) == ("revoked", "Nobody called.")
    with pytest.raises(IllegalMove):
        story.decides(registration, Move.REJECT)


BAD = {
    "homoglyphs": ({"customer_name": "Аcme GmbH"}, "customer_name", "mixes Cyrillic and Latin letters"),
    "a long name": ({"customer_name": "A" * 10_000}, "customer_name", "shorten the name to 300 characters"),
    "only marks": ({"customer_name": "\u200f\u200b"}, "customer_name", "no visible character"),
    "an e-mail as domain": ({"customer_domain": "erika@acme.de"}, "customer_domain", "is an e-mail address"),
    "an address as domain": ({"customer_domain": "http://192.168.1.7:80/x"}, "customer_domain", "address of a machine"),
    "a mail provider": ({"customer_domain": "gmail.com"}, "customer_domain", "belongs to a provider"),
    "nonsense as domain": ({"customer_domain": "acme"}, "customer_domain", "is not a domain"),
    "long ago": ({"expected_close_on": date(1900, 1, 1)}, "expected_close_on", "1 January 1900 lies in the past"),
    "far ahead": ({"expected_close_on": date(2090, 1, 1)}, "expected_close_on", "more than five years away"),
    "an unknown currency": ({"currency": "XYZ"}, "currency", "“XYZ” is not a currency code"),
    "less than nothing": ({"value": Decimal(-1)}, "value", "zero or more"),
    "no e-mail": ({"contact_email": "erika"}, "contact_email", "is no e-mail address"),
    "unknown product": ({"families": ("Moon",)}, "families", "no product family “Moon”"),
    "unknown kind": ({"kind": "gift"}, "kind", "Choose one of"),
}


def test_bad_input_gets_a_clear_answer(story):
    for said, name, words in BAD.values():
        with pytest.raises(Invalid) as refused:
            story.draft(
                "bo",
                **{
                    "name": said.get("customer_name", "Acme"),
                    **{k: v for k, v in said.items() if k != "customer_name"},
                },
            )
        assert words in refused.value.fields[name]
    marked = story.draft("bo", "\u202eAcme\u200f  GmbH")
    assert (marked.customer_name, marked.name_key) == ("Acme GmbH", "acme")


def test_a_draft_may_lack_everything_a_submission_nothing(cast, story):
    draft = story.draft("bo", "", customer_country="", contact_name="", use_case="", value=None, expected_close_on=None)
    with cast.scope("bo"), pytest.raises(Invalid) as refused:
        submit_registration(registration=draft, partnership=cast.of_fabrikam, actor=cast.actor("bo"), at=NOW)
    assert sorted(refused.value.fields) == [
        "contact_name", "customer_domain", "customer_name", "expected_close_on", "use_case", "value",
    ]  # fmt: skip
    with cast.scope("ada"):
        assert not registrations_visible_to(cast.actor("ada")).exists()
    with cast.scope("cy"), pytest.raises(RegistrationNotFound):
        discard_draft(registration=draft, partnership=cast.of_contoso, actor=cast.actor("cy"))
    with cast.scope("bo"):
        discard_draft(registration=draft, partnership=cast.of_fabrikam, actor=cast.actor("bo"))
    submitted = story.registers("bo", "Acme")
    with cast.scope("bo"), pytest.raises(NotADraft):
        discard_draft(registration=submitted, partnership=cast.of_fabrikam, actor=cast.actor("bo"))


def test_fishing_is_flagged_then_refused(cast, story):
    story.rules(flagged_from=3, submissions_an_hour=4)
    made = [story.registers("bo", f"Customer {word}") for word in ("Alpha", "Bravo", "Charlie", "Delta")]
    with pytest.raises(TooManySubmissions):
        story.registers("bo", "Customer Echo")
    story.registers("bo", "Customer Foxtrot", at=NOW + timedelta(hours=1))
    with cast.scope("ada"):
        flags = [Handling.objects.get(registration=one).flag for one in made]
    assert flags == ["", "", *(f"Number {number} of this partner within an hour" for number in (3, 4))]


def test_rules_are_versions_and_used_ones_stay(cast, story):
    first = story.registers("bo", "Acme")
    with pytest.raises(RulesInForce):
        story.rules(at=datetime(2000, 1, 1, tzinfo=UTC), refuse_automatically=True)
    story.rules(at=NOW + timedelta(days=10), second_registrant="refuse")
    story.rules(at=NOW + timedelta(days=10), second_registrant="half_discount", refuse_automatically=True)
    before = story.registers("cy", "Acme", at=NOW + timedelta(days=9))
    after = story.registers("cy", "Acme", at=NOW + timedelta(days=11), families=())
    with cast.scope("ada"):
        versions = EngagementRules.objects.order_by("number").values_list("number", "from_on", "to_on")
        turn = NOW.date() + timedelta(days=10)
        assert list(versions) == [(1, date(2000, 1, 1), turn), (2, turn, None)]
        assert newest_verdict(before).rules_version == 1
        assert newest_verdict(after).sentence.startswith("The partner registered this customer already")
        with pytest.raises(Exception, match="Cannot update"):
            EngagementRules.objects.filter(number=1).update(clauses={})
    assert first.reference == "DR-2026-00001"
