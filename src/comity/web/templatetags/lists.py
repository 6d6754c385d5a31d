"""What stands in every row of a long list, as plain tags: the components' markup at a tenth of their cost."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from comity.web.templatetags.figures import amount

register = template.Library()


@register.simple_tag
def pill(tone: str, label: object, title: str = "") -> SafeString:
    """A state, as c-status has it."""
    return format_html('<span class="pill" data-tone="{}" title="{}">{}</span>', tone, title, label)


@register.simple_tag
def bare_money(value: object, currency: str) -> SafeString:
    """An amount without its currency, which the head of the list names, and without the minor unit; else a dash."""
    digits = amount(value, currency, 0)
    if not digits:
        return format_html('<span class="unavailable">{}</span>', "—")
    return format_html('<span class="money">{}</span>', digits)
