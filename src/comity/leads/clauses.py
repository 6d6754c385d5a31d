"""The rules by which leads are routed, as structured clauses. What is left empty does not limit anything."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from comity.deals.registration.clock import DAY_HOURS

Word = Annotated[str, Field(max_length=200)]


class Place(StrEnum):
    """How near a partner has to be."""

    ANYWHERE = "anywhere"
    SAME_COUNTRY = "same_country"
    REGIONS = "regions"


class Preference(StrEnum):
    """Which of the partners that fit comes first."""

    CAPACITY = "capacity"
    CONVERSION = "conversion"
    TIER = "tier"
    FEWEST = "fewest"


class Goes(StrEnum):
    """What a rule does with the leads it is about."""

    TO_PARTNERS = "to_partners"
    TO_A_PERSON = "to_a_person"


class RoutingRule(BaseModel):
    """One rule: which leads it is about, which partners may have them, and who of those comes first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=120)]
    goes: Goes = Goes.TO_PARTNERS
    countries: tuple[Word, ...] = ()
    sources: tuple[Word, ...] = ()
    families: tuple[Word, ...] = ()
    lead_languages: tuple[Word, ...] = ()
    partner_types: tuple[Word, ...] = ()
    tiers: tuple[Word, ...] = ()
    place: Place = Place.ANYWHERE
    regions: tuple[Word, ...] = ()
    """The partners' regions, where `place` asks for them."""
    speaks_language: bool = True
    """The partner declared the lead's language, where both are known."""
    sells_family: bool = True
    """The partner declared the lead's product families, where both are known."""
    preference: Preference = Preference.CAPACITY


class Routing(BaseModel):
    """One version of a program's routing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: tuple[RoutingRule, ...] = ()
    """Asked in this order; the first one that is about the lead and finds a partner decides."""
    offer_hours: int = Field(default=DAY_HOURS, ge=1, le=30 * DAY_HOURS)
    """Business hours a partner has to answer; a business day has eight."""
    holidays: tuple[date, ...] = ()
    open_leads: int = Field(default=10, ge=1, le=10_000)
    """The most that a partner works on at once, unless it declared a number of its own."""
    referrer_first: bool = False
    """A lead that a partner referred is offered to that partner first, if it sells."""
    consent: Annotated[str, Field(max_length=1_000)] = (
        "I agree that my details are used to answer this enquiry and passed on to a partner who can help."
    )
    """What a prospect agrees to on the public page; kept with each lead as it was read."""


DEFAULTS: Final = Routing(
    rules=(
        RoutingRule(name="Same country", place=Place.SAME_COUNTRY, preference=Preference.TIER),
        RoutingRule(name="Anybody who sells", preference=Preference.CAPACITY),
    )
)


def as_stored(routing: Routing) -> dict[str, Any]:
    """Plain JSON."""
    return routing.model_dump(mode="json")
