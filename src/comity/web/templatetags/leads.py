"""Leads in templates: states in words, with their tone; ages and clocks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template

from comity.leads.states import OfferState, Source, State
from comity.web.lead_words import OFFER_TONES, OFFERS, REASONS, SOURCES, STATES, TONES, age_told, offer_clock

register = template.Library()


@register.filter
def lead_state(state: str) -> str:
    """A lead's state in words."""
    return str(STATES[State(state)]) if state else ""


@register.filter
def lead_tone(state: str) -> str:
    """Its tone."""
    return TONES[State(state)] if state else ""


@register.filter
def offer_state(state: str) -> str:
    """An offer's state in words."""
    return str(OFFERS[OfferState(state)])


@register.filter
def offer_tone(state: str) -> str:
    """Its tone."""
    return OFFER_TONES.get(OfferState(state), "neutral")


@register.filter
def lead_source(source: str) -> str:
    """Where the vendor met the prospect."""
    return str(SOURCES[Source(source)]) if source in Source else source


@register.filter
def lead_reason(reason: str) -> str:
    """A reason from the list, in words."""
    return str(REASONS.get(reason, reason))


@register.simple_tag
def age(since: datetime, now: datetime) -> str:
    """For how long."""
    return age_told(since, now)


@register.simple_tag
def clock_of(offer: Any, now: datetime, zone: str) -> dict[str, str]:
    """The clock of an offer."""
    return offer_clock(offer, now, zone)
