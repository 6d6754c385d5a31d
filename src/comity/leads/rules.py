"""Routing is arithmetic: a lead, the partners and the rules in; one partner, the others in order, and every reason out.

Reasons are codes with values; `wording.py` says them in the reader's language.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from comity.leads.clauses import Goes, Place, Preference, Routing, RoutingRule

SELLING_TYPES: Final = frozenset({"reseller", "distributor", "agency", "implementation", "oem", "strategic_alliance"})
"""Partners of these types take leads; one that only refers, or only integrates, does not."""
LAST: Final = 10**6


@dataclass(frozen=True)
class LeadFacts:
    """What the rules look at."""

    country: str
    """ISO code, or the folded name of one that is not known; "" where nobody said."""
    families: frozenset[str] = frozenset()
    language: str = ""
    source: str = ""
    referrer: UUID | None = None
    protected_for: UUID | None = None
    """The partnership that holds an approved registration of this customer."""


@dataclass(frozen=True)
class Candidate:
    """A partner that may get the lead."""

    id: UUID
    name: str
    active: bool = True
    types: frozenset[str] = frozenset()
    tier: str = ""
    tier_rank: int = LAST
    """1 is the highest."""
    region: str = ""
    countries: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    takes_leads: bool = True
    capacity: int | None = None
    """Declared; None: the rules' own number holds."""
    open_leads: int = 0
    answered: int = 0
    """Leads it accepted in the last two years."""
    converted: int = 0
    asked_before: str = ""
    """How an earlier offer of this lead ended: declined, returned, ran_out, taken_back."""


@dataclass(frozen=True)
class Reason:
    """Why a partner fits or does not: a code, and the values of its sentence."""

    code: str
    holds: bool
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Fit:
    """How one partner does under one rule."""

    candidate: UUID
    name: str
    fits: bool
    reasons: tuple[Reason, ...]
    place: int = 0
    """1 for the partner that comes first among those that fit; 0 for those that do not."""


@dataclass(frozen=True)
class Asked:
    """One rule that was asked: whether it is about the lead, and how the partners did."""

    rule: str
    is_about: bool
    reasons: tuple[Reason, ...] = ()
    fits: tuple[Fit, ...] = ()


@dataclass(frozen=True)
class Route:
    """Where a lead goes: to `chosen`, or to a person for the reason `held`."""

    chosen: UUID | None
    others: tuple[UUID, ...]
    rule: str
    held: str
    asked: tuple[Asked, ...]


def route(lead: LeadFacts, candidates: Sequence[Candidate], routing: Routing) -> Route:
    """Ask the rules in order. Judging twice gives the same answer, in whatever order the candidates come."""
    known = sorted(candidates, key=lambda one: (one.name, str(one.id)))
    asked: list[Asked] = []
    if first := _goes_first(lead, known, routing):
        asked.append(first)
        if chosen := [fit.candidate for fit in first.fits if fit.fits]:
            return Route(chosen[0], (), first.rule, "", tuple(asked))
        if lead.protected_for is not None:
            return Route(None, (), first.rule, "may_be_known", tuple(asked))
    for rule in routing.rules:
        about = _about(lead, rule)
        is_about = all(reason.holds for reason in about)
        if not is_about or rule.goes is Goes.TO_A_PERSON:
            asked.append(Asked(rule.name, is_about, about))
            if is_about:
                return Route(None, (), rule.name, "rules_say_person", tuple(asked))
            continue
        fits = _in_order(known, [_fit(lead, one, rule, routing) for one in known], rule, routing)
        asked.append(Asked(rule.name, True, about, tuple(fits)))
        if order := [fit.candidate for fit in fits if fit.fits]:
            return Route(order[0], tuple(order[1:]), rule.name, "", tuple(asked))
    tried = any(one.asked_before for one in known)
    return Route(None, (), "", "nobody_left" if tried else "nobody_fits", tuple(asked))


def free_places(one: Candidate, routing: Routing) -> int:
    """How many more leads the partner takes now; below zero when it has too many."""
    return (routing.open_leads if one.capacity is None else one.capacity) - one.open_leads


def past_conversion(one: Candidate) -> Fraction:
    """Converted over accepted, drawn towards one in four as long as there is little to go by (four leads' worth)."""
    return Fraction(one.converted + 1, one.answered + 4)


def _goes_first(lead: LeadFacts, known: Sequence[Candidate], routing: Routing) -> Asked | None:
    """Who goes before every rule: the holder of the protection, then, if the rules say so, who referred the lead."""
    wanted, name = (lead.protected_for, "protected") if lead.protected_for else (lead.referrer, "referrer")
    if wanted is None or (name == "referrer" and not routing.referrer_first):
        return None
    one = next((candidate for candidate in known if candidate.id == wanted), None)
    reasons = (Reason(name, True),)
    if one is None:
        return Asked(name, True, reasons)
    basics = _basics(one, routing)
    fits = all(reason.holds for reason in basics)
    return Asked(name, True, reasons, (Fit(one.id, one.name, fits, (*reasons, *basics), 1 if fits else 0),))


def _about(lead: LeadFacts, rule: RoutingRule) -> tuple[Reason, ...]:
    """Whether the rule is about this lead: each of its conditions."""
    found = []
    if rule.countries:
        found.append(Reason("lead_country", lead.country in rule.countries, {"country": lead.country}))
    if rule.families:
        found.append(
            Reason("lead_family", bool(lead.families & set(rule.families)), {"families": sorted(lead.families)})
        )
    if rule.lead_languages:
        found.append(Reason("lead_language", lead.language in rule.lead_languages, {"language": lead.language}))
    if rule.sources:
        found.append(Reason("lead_source", lead.source in rule.sources, {"source": lead.source}))
    return tuple(found)


def _basics(one: Candidate, routing: Routing) -> tuple[Reason, ...]:
    """What every partner must fulfil, whatever the rule."""
    free = free_places(one, routing)
    most = routing.open_leads if one.capacity is None else one.capacity
    found = [
        Reason("active", one.active),
        Reason("sells", bool(one.types & SELLING_TYPES), {"types": sorted(one.types)}),
        Reason("capacity", free > 0, {"open": one.open_leads, "most": most}),
    ]
    if not one.takes_leads:
        found.append(Reason("takes_leads", False))
    if one.asked_before:
        found.append(Reason(f"before_{one.asked_before}", False))
    return tuple(found)


def _fit(lead: LeadFacts, one: Candidate, rule: RoutingRule, routing: Routing) -> Fit:
    found = list(_basics(one, routing))
    if rule.partner_types:
        found.append(Reason("type", bool(one.types & set(rule.partner_types)), {"types": sorted(one.types)}))
    if rule.tiers:
        found.append(Reason("tier", one.tier in rule.tiers, {"tier": one.tier}))
    if rule.place is Place.SAME_COUNTRY:
        near = bool(lead.country) and lead.country in one.countries
        found.append(Reason("country", near, {"country": lead.country, "countries": sorted(one.countries)}))
    elif rule.place is Place.REGIONS:
        found.append(Reason("region", one.region in rule.regions, {"region": one.region}))
    if rule.speaks_language and lead.language and one.languages:
        found.append(Reason("language", lead.language in one.languages, {"language": lead.language}))
    if rule.sells_family and lead.families and one.families:
        missing = sorted(lead.families - one.families)
        found.append(Reason("family", not missing, {"families": sorted(lead.families), "missing": missing}))
    return Fit(one.id, one.name, all(reason.holds for reason in found), tuple(found))


def _in_order(known: Sequence[Candidate], fits: Iterable[Fit], rule: RoutingRule, routing: Routing) -> list[Fit]:
    """Those that fit, the first one first, each with what decided; then the rest by name."""
    by_id = {one.id: one for one in known}
    pairs = [(fit, by_id[fit.candidate]) for fit in fits]
    fitting = sorted((pair for pair in pairs if pair[0].fits), key=lambda pair: _rank(pair[1], rule, routing))
    found = [
        Fit(fit.candidate, fit.name, True, (*fit.reasons, _why_here(one, rule, routing)), place)
        for place, (fit, one) in enumerate(fitting, start=1)
    ]
    return found + [fit for fit, _one in pairs if not fit.fits]


def _rank(one: Candidate, rule: RoutingRule, routing: Routing) -> tuple[Any, ...]:
    """The smaller comes first; between equals the tier, then who has fewer leads, then the name."""
    keys: dict[Preference, Decimal | Fraction | int] = {
        Preference.CAPACITY: -free_places(one, routing),
        Preference.CONVERSION: -past_conversion(one),
        Preference.TIER: one.tier_rank,
        Preference.FEWEST: one.open_leads,
    }
    return keys[rule.preference], one.tier_rank, one.open_leads, one.name, str(one.id)


def _why_here(one: Candidate, rule: RoutingRule, routing: Routing) -> Reason:
    values: dict[Preference, dict[str, Any]] = {
        Preference.CAPACITY: {"free": free_places(one, routing)},
        Preference.CONVERSION: {"converted": one.converted, "accepted": one.answered},
        Preference.TIER: {"tier": one.tier},
        Preference.FEWEST: {"open": one.open_leads},
    }
    return Reason(f"by_{rule.preference.value}", True, values[rule.preference])
