"""Judging, as values: every rule, its masked sentence, and what must not change anything."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from comity.deals.registration.clauses import (
    DEFAULTS,
    Clauses,
    Disclosure,
    ExistingCustomer,
    SecondRegistrant,
    internal_sentences,
    sentences,
)
from comity.deals.registration.clock import add_business_hours, business_hours_between
from comity.deals.registration.evidence import (
    Band,
    Claim,
    Evidence,
    KnownCustomer,
    Match,
    Outcome,
    PartnerFacts,
    Rival,
    VendorDeal,
)
from comity.deals.registration.masking import mask, stored, verdict_of
from comity.deals.registration.rules import judge
from comity.deals.states.registrations import RegistrationKind, RfpStatus, State

AT = datetime(2026, 3, 5, 10, 0, tzinfo=UTC)
BERLIN = "Europe/Berlin"
SAME, FAMILY = Match(Band.SAME, ("same domain acme.de",)), Match(Band.FAMILY, ("a subsidiary",))
PARTNER = PartnerFacts(True, frozenset({"reseller"}), "Gold", "EMEA", 3)
CLAIM = Claim(
    UUID(int=1), RegistrationKind.NEW, frozenset({"Cloud"}), Decimal(40_000), "EUR", RfpStatus.NONE, False, AT, 10
)
CONTOSO = Rival(
    UUID(int=2), "DR-2026-00041", "Contoso Secretlane", False, "Acme Secretname AG", State.IN_REVIEW, 7,
    datetime(2026, 2, 3, 4, 5, tzinfo=UTC), frozenset({"Cloud"}), False, SAME,
)  # fmt: skip
OURS = VendorDeal(UUID(int=3), "Secretdeal", "Acme Secretname AG", frozenset(), date(2026, 1, 9), False, SAME)
KNOWN = KnownCustomer(UUID(int=4), "Acme Secretname AG", frozenset({"Cloud"}), date(2024, 7, 8), SAME)


def judged(claim: Claim = CLAIM, clauses: Clauses = DEFAULTS, **evidence):
    return judge(claim, Evidence(**{"partner": PARTNER, **evidence}), clauses, version=1, at=AT, zone=BERLIN)


def test_a_clear_case_is_approved_and_says_why():
    verdict = judged()
    assert verdict.outcome is Outcome.APPROVE
    assert [one.sentence for one in verdict.findings] == [
        "The partner may register deals.",
        "There is no public tender.",
        "No other partner registered this customer before.",
        "We are not working on a deal with this customer ourselves.",
        "It is not a customer of ours yet.",
    ]
    # Thursday 11:00 in Berlin and 16 business hours: Monday 11:00; three days: Tuesday.
    assert verdict.due_at == datetime(2026, 3, 9, 10, 0, tzinfo=UTC)
    assert verdict.escalates_at == datetime(2026, 3, 10, 10, 0, tzinfo=UTC)


CASES = {
    "queued behind the first": ({"rivals": (CONTOSO,)}, {}, {}, "queue", "Contoso Secretlane registered it first"),
    "refused as the second": ({"rivals": (CONTOSO,)}, {"second_registrant": SecondRegistrant.REFUSE}, {}, "reject", ""),
    "half the discount": (
        {"rivals": (CONTOSO,)}, {"second_registrant": "half_discount"}, {}, "approve_with_conditions", "",
    ),
    "a letter brings it to a person": ({"rivals": (CONTOSO,)}, {}, {"has_letter": True}, "person", "letter names"),
    "later ones do not stand before": ({"rivals": (replace(CONTOSO, order=11),)}, {}, {}, "approve", ""),
    "unless they are protected": (
        {"rivals": (replace(CONTOSO, order=11, state=State.APPROVED),)}, {}, {}, "queue", "",
    ),
    "ended ones do not either": ({"rivals": (replace(CONTOSO, state=State.EXPIRED),)}, {}, {}, "approve", ""),
    "another product": ({"rivals": (replace(CONTOSO, families=frozenset({"Box"})),)}, {}, {}, "approve", ""),
    "unless products do not matter": (
        {"rivals": (replace(CONTOSO, families=frozenset({"Box"})),)}, {"same_family_only": False}, {}, "queue", "",
    ),
    "a subsidiary": ({"rivals": (replace(CONTOSO, match=FAMILY),)}, {}, {}, "queue", ""),
    "a subsidiary out of scope": (
        {"rivals": (replace(CONTOSO, match=FAMILY),)}, {"conflict_scope": "customer"}, {}, "approve", "",
    ),
    "perhaps the same": ({"rivals": (replace(CONTOSO, match=Match(Band.ASK)),)}, {}, {}, "person", "not certain"),
    "one's own again": ({"rivals": (replace(CONTOSO, own=True),)}, {}, {}, "reject", "registered this customer"),
    "we work on it": ({"deals": (OURS,)}, {}, {}, "reject", "We are working on it ourselves: Secretdeal."),
    "we worked on it long ago": ({"deals": (replace(OURS, last_activity_on=date(2025, 1, 1)),)}, {}, {}, "approve", ""),
    "we work on it together": ({"deals": (replace(OURS, own=True),)}, {}, {}, "approve", ""),
    "a customer of ours": ({"customers": (KNOWN,)}, {}, {}, "reject", "is a customer of ours already"),
    "an expansion": ({"customers": (KNOWN,)}, {}, {"kind": RegistrationKind.EXPANSION}, "approve", ""),
    "a customer, asked": (
        {"customers": (KNOWN,)}, {"existing_customer": ExistingCustomer.ASK}, {}, "person", "",
    ),
    "a public tender": ({}, {}, {"rfp": RfpStatus.PUBLIC_TENDER}, "reject", "public tender"),
    "too small": ({}, {"minimum_value": 50_000}, {}, "reject", "below EUR 50,000"),
    "unknown value": ({}, {"minimum_value": 50_000}, {"value": None}, "person", "not known"),
    "a product that is not covered": ({}, {"families": ("Box",)}, {}, "reject", "Cloud cannot be registered"),
    "another tier": ({}, {"tiers": ("Platinum",)}, {}, "reject", "Only partners of tier Platinum"),
    "a paused partner": ({"partner": replace(PARTNER, active=False)}, {}, {}, "reject", "not active"),
    "too many of a referral partner": (
        {"partner": replace(PARTNER, types=frozenset({"referral"}), open_registrations=25)}, {}, {}, "reject", "25",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_rule(case):
    evidence, clauses, claim, outcome, words = CASES[case]
    verdict = judged(replace(CLAIM, **claim), Clauses(**clauses), **evidence)
    assert verdict.outcome == outcome
    assert words in verdict.sentence
    assert verdict_of(json.loads(json.dumps(stored(verdict)))) == verdict


def test_the_bands_decide_what_goes_without_a_person():
    careful = Clauses(approve_automatically=True, approve_up_to=Decimal(30_000), refuse_automatically=True)
    small = replace(CLAIM, value=Decimal(20_000))
    asked = {"rivals": (replace(CONTOSO, match=Match(Band.ASK)),)}
    assert [
        judged(small, careful).automatic, judged(CLAIM, careful).automatic, judged(small).automatic,
        judged(CLAIM, careful, rivals=(CONTOSO,)).automatic, judged(CLAIM, careful, **asked).automatic,
    ] == [True, False, False, True, False]  # fmt: skip


MATCHES = some.sampled_from([SAME, FAMILY, Match(Band.ASK), Match(Band.DIFFERENT)])
STATES = some.sampled_from([state for state in State if state is not State.DRAFT])
FAMILIES = some.frozensets(some.sampled_from(["Cloud", "Box"]))


def test_a_renewal_is_first_of_all_for_who_sold_last():
    renewal = replace(CLAIM, kind=RegistrationKind.RENEWAL)
    theirs = replace(KNOWN, incumbents=("Contoso Secretlane",))
    refused = judged(renewal, customers=(theirs,))
    assert refused.outcome is Outcome.REJECT
    assert refused.sentence == "Contoso Secretlane sold to Acme Secretname AG last; a renewal is theirs first."
    told = mask(refused, Disclosure.OF_WHICH_KIND, decided=Outcome.REJECT)
    assert told.sentence == "Another partner sold to this customer last; a renewal is theirs first."
    assert judged(replace(renewal, has_letter=True), customers=(theirs,)).outcome is Outcome.PERSON
    assert judged(renewal, Clauses(incumbent_renews=False), customers=(theirs,)).outcome is Outcome.APPROVE
    mine = replace(KNOWN, own=True)
    assert judged(renewal, customers=(mine,), rivals=(CONTOSO,)).outcome is Outcome.APPROVE
    promised = replace(CONTOSO, state=State.APPROVED)
    assert judged(renewal, customers=(mine,), rivals=(promised,)).outcome is Outcome.QUEUE
    assert judged(CLAIM, customers=(mine,), rivals=(CONTOSO,)).outcome is Outcome.REJECT


@some.composite
def rivals(draw):
    number = draw(some.integers(100, 10_000))
    return replace(
        CONTOSO, id=UUID(int=number), order=draw(some.integers(1, 20)), state=draw(STATES), match=draw(MATCHES),
        families=draw(FAMILIES), own=draw(some.booleans()), reference=f"DR-2026-{number:05d}",
    )  # fmt: skip


EVIDENCE = some.builds(
    Evidence,
    partner=some.just(PARTNER),
    rivals=some.lists(rivals(), max_size=4, unique_by=lambda one: one.id).map(tuple),
    deals=some.lists(some.builds(replace, some.just(OURS), match=MATCHES, own=some.booleans()), max_size=1).map(tuple),
    customers=some.lists(some.builds(replace, some.just(KNOWN), match=MATCHES), max_size=1).map(tuple),
)
RULES = some.builds(
    Clauses,
    second_registrant=some.sampled_from(SecondRegistrant),
    existing_customer=some.sampled_from(ExistingCustomer),
    disclosure=some.sampled_from(Disclosure),
    same_family_only=some.booleans(),
    conflict_scope=some.sampled_from(["customer", "family"]),
)


@given(EVIDENCE, RULES, some.booleans())
def test_judging_twice_and_in_any_order_is_the_same(evidence, clauses, letter):
    claim = replace(CLAIM, has_letter=letter)
    first = judge(claim, evidence, clauses, version=1, at=AT, zone=BERLIN)
    for order in list(permutations(evidence.rivals))[:6]:
        assert judge(claim, replace(evidence, rivals=order), clauses, version=1, at=AT, zone=BERLIN) == first


@given(EVIDENCE, RULES, some.lists(rivals(), max_size=3))
def test_what_is_unrelated_changes_nothing(evidence, clauses, others):
    strangers = tuple(replace(one, match=Match(Band.DIFFERENT)) for one in others)
    more = replace(evidence, rivals=(*strangers, *evidence.rivals))
    first = judge(CLAIM, evidence, clauses, version=1, at=AT, zone=BERLIN)
    assert judge(CLAIM, more, clauses, version=1, at=AT, zone=BERLIN) == first


SECRETS = ("Secret", "Contoso", "2026-02-03", "2026-01-09", "2024-07-08")


@given(EVIDENCE, RULES, some.sampled_from([None, *Outcome]))
def test_masking_reveals_no_name_value_or_date(evidence, clauses, decided):
    verdict = judge(CLAIM, evidence, clauses, version=1, at=AT, zone=BERLIN)
    text = json.dumps(stored(mask(verdict, clauses.disclosure, decided=decided)))
    assert [secret for secret in SECRETS if secret in text] == []
    foreign = [one.reference for one in evidence.rivals if not one.own]
    assert [reference for reference in foreign if reference in text] == []


@given(EVIDENCE, RULES)
def test_before_the_decision_the_partner_reads_the_same_whoever_else_is_there(evidence, clauses):
    """Registering to find out who holds a customer finds out nothing."""
    mine = replace(evidence, rivals=tuple(one for one in evidence.rivals if one.own), deals=(), customers=())
    seen = [
        mask(judge(CLAIM, one, clauses, version=1, at=AT, zone=BERLIN), clauses.disclosure, decided=None)
        for one in (evidence, mine)
    ]
    assert seen[0] == seen[1]


def test_disclosure_decides_how_much_is_told():
    told = {
        disclosure: mask(judged(rivals=(CONTOSO,)), disclosure, decided=Outcome.QUEUE).sentence
        for disclosure in Disclosure
    }
    assert told == {
        Disclosure.NOTHING: "It cannot be approved as it stands.",
        Disclosure.THAT_ONE_EXISTS: "Something in our records stands against it.",
        Disclosure.OF_WHICH_KIND: "Another partner registered this customer first.",
    }


def test_the_rules_read_as_sentences():
    clauses = Clauses(partner_types=("reseller", "referral"), minimum_value=5_000, approve_automatically=True,
                      approve_up_to=10_000)  # fmt: skip
    assert sentences(clauses, "EUR") == [
        "Open to partners of type reseller and referral.",
        "For all products.",
        "The expected value is at least EUR 5,000.",
        "Not after a public tender is out.",
        "Existing customers may be registered for expansion, renewal and teaming only.",
        "A deal on which we worked in the last 180 days stands against a registration.",
        "The same customer, its parent or its subsidiary, and the same product family, is a conflict.",
        "The first complete submission wins. A later one waits behind it and moves up when it ends.",
        "A renewal is first of all for the partner of the last deal won with the customer.",
        "A customer's signed letter that names a partner is looked at by a person before anything is refused.",
        "A decision comes within 2 business days, and goes to somebody higher after 3 business days.",
        "What is returned for information keeps its place if it is answered within 5 business days.",
        "An approval protects for 90 days. One extension of up to 90 days on shown activity.",
        "A partner may appeal within 14 days; somebody other than the decider looks at it.",
        "What was rejected may be registered again.",
        "At most 25 open registrations for a referral partner.",
    ]
    assert internal_sentences(clauses, "EUR")[0] == "Clear cases up to EUR 10,000 are approved automatically."


@given(some.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1), timezones=some.just(UTC)), some.integers(1, 80))  # noqa: DTZ001
def test_business_hours_add_up(at, hours):
    due = add_business_hours(at, hours, zone=BERLIN)
    assert business_hours_between(at, due, zone=BERLIN) == pytest.approx(hours)
    assert business_hours_between(due, at, zone=BERLIN) == pytest.approx(-hours)


def test_weekends_and_holidays_do_not_count():
    friday = datetime(2026, 4, 2, 14, 0, tzinfo=UTC)  # Thursday 16:00 in Berlin; Good Friday and Easter Monday follow
    holidays = (date(2026, 4, 3), date(2026, 4, 6))
    assert add_business_hours(friday, 16, zone=BERLIN, holidays=holidays) == datetime(2026, 4, 8, 14, 0, tzinfo=UTC)
    assert add_business_hours(friday - timedelta(hours=10), 8, zone=BERLIN) == datetime(2026, 4, 2, 15, 0, tzinfo=UTC)
