"""Routing: each rule's reasons, and what no order of partners changes."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from comity.leads.clauses import Goes, Place, Preference, Routing, RoutingRule
from comity.leads.rules import Candidate, LeadFacts, route

LEAD = LeadFacts(country="DE", families=frozenset({"Analytics"}), language="de", source="website")


def partner(number: int, name: str, **said) -> Candidate:
    values = {"types": frozenset({"reseller"}), "countries": frozenset({"DE"}), "tier": "Gold", "tier_rank": 2, **said}
    return Candidate(id=UUID(int=number), name=name, **values)


def why(found, name: str) -> list[str]:
    """The codes that stand against a partner in the rule asked last."""
    fit = next(fit for fit in found.asked[-1].fits if fit.name == name)
    return [reason.code for reason in fit.reasons if not reason.holds]


def test_each_reason_against_a_partner():
    rule = RoutingRule(
        name="All", partner_types=("reseller",), tiers=("Gold",), place=Place.SAME_COUNTRY, countries=("DE", "AT")
    )
    partners = [
        partner(1, "fits"),
        partner(2, "paused", active=False),
        partner(3, "refers", types=frozenset({"referral"})),
        partner(4, "full", capacity=2, open_leads=2),
        partner(5, "silver", tier="Silver"),
        partner(6, "french", countries=frozenset({"FR"})),
        partner(7, "mute", languages=frozenset({"en"})),
        partner(8, "else", families=frozenset({"Automation"})),
        partner(9, "unwilling", takes_leads=False),
        partner(10, "declined", asked_before="declined"),
    ]
    found = route(LEAD, partners, Routing(rules=(rule,)))
    assert (found.chosen, found.others, found.rule) == (UUID(int=1), (), "All")
    assert {one.name: why(found, one.name) for one in partners} == {
        "fits": [], "paused": ["active"], "refers": ["sells", "type"], "full": ["capacity"], "silver": ["tier"],
        "french": ["country"], "mute": ["language"], "else": ["family"], "unwilling": ["takes_leads"],
        "declined": ["before_declined"],
    }  # fmt: skip
    assert route(LEAD, partners[1:], Routing(rules=(rule,))).held == "nobody_left"
    assert route(LEAD, partners[1:9], Routing(rules=(rule,))).held == "nobody_fits"


def test_rules_are_asked_in_order_and_prefer_as_they_say():
    partners = [
        partner(1, "Busy", open_leads=7, tier_rank=1, answered=20, converted=10),
        partner(2, "Free", open_leads=0, tier_rank=3),
        partner(3, "Unlucky", open_leads=1, tier_rank=2, answered=20, converted=0),
    ]
    names = {one.id: one.name for one in partners}
    chosen = {
        preference: names[route(LEAD, partners, Routing(rules=(RoutingRule(name="x", preference=preference),))).chosen]
        for preference in Preference
    }
    assert chosen == {"capacity": "Free", "conversion": "Busy", "tier": "Busy", "fewest": "Free"}
    rules = (
        RoutingRule(name="French", countries=("FR",)),
        RoutingRule(name="Other tier", tiers=("Diamond",)),
        RoutingRule(name="Events", sources=("event",), goes=Goes.TO_A_PERSON),
        RoutingRule(name="Rest"),
    )
    found = route(LEAD, partners, Routing(rules=rules))
    assert (found.rule, [(one.rule, one.is_about) for one in found.asked]) == (
        "Rest", [("French", False), ("Other tier", True), ("Events", False), ("Rest", True)]
    )  # fmt: skip
    held = route(replace(LEAD, source="event"), partners, Routing(rules=rules))
    assert (held.chosen, held.held) == (None, "rules_say_person")
    first = route(replace(LEAD, referrer=UUID(int=3)), partners, Routing(rules=rules, referrer_first=True))
    assert (first.chosen, first.rule) == (UUID(int=3), "referrer")
    mine = route(replace(LEAD, protected_for=UUID(int=9)), partners, Routing(rules=rules))
    assert (mine.chosen, mine.held) == (None, "may_be_known")


@st.composite
def partners(draw):
    return [
        partner(
            number,
            draw(st.sampled_from("ABC")),
            tier_rank=draw(st.integers(1, 3)),
            open_leads=draw(st.integers(0, 4)),
            capacity=draw(st.sampled_from([None, 0, 3])),
            answered=draw(st.integers(0, 3)),
            converted=0,
            asked_before=draw(st.sampled_from(["", "", "declined", "ran_out"])),
            active=draw(st.booleans()),
        )
        for number in range(draw(st.integers(0, 6)))
    ]


@settings(max_examples=60, deadline=None)
@given(partners(), st.sampled_from(list(Preference)), st.randoms())
def test_the_order_of_partners_changes_nothing_and_who_declined_is_never_chosen(found, preference, random):
    routing = Routing(rules=(RoutingRule(name="x", preference=preference),), open_leads=3)
    once = route(LEAD, found, routing)
    shuffled = list(found)
    random.shuffle(shuffled)
    assert route(LEAD, shuffled, routing) == once
    by_id = {one.id: one for one in found}
    for key in [once.chosen, *once.others]:
        if key is not None:
            one = by_id[key]
            assert one.active
            assert not one.asked_before
            assert one.open_leads < (3 if one.capacity is None else one.capacity)
    assert (once.chosen is None) == bool(once.held)
