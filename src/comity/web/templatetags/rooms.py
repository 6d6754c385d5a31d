"""Co-sell rooms in templates: values in words, with their tone."""

from __future__ import annotations

from typing import Any

from django import template

from comity.web.room_words import WORDS, word

register = template.Library()


@register.filter
def in_words(value: str, sort: str) -> str:
    """A state, role, field or kind in words."""
    return word(value, sort)


@register.filter
def tone_of(value: str, sort: str) -> str:
    """Its tone."""
    return next((tone for key, (_told, tone) in WORDS[sort].items() if key == value), "neutral")


@register.filter
def at_key(values: Any, key: Any) -> Any:
    """What stands under a key, or nothing."""
    return values.get(key)
