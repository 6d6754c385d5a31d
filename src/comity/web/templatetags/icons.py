"""Where the icons are."""

from __future__ import annotations

from functools import cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
@cache
def icon_sheet() -> str:
    """The address of the file of all icons. A long list shows hundreds: it is worked out once."""
    return static("comity/icons.svg")


@register.simple_tag
def icon(name: str) -> SafeString:
    """A silent icon, as c-icon has it, with white space around it as words have. Components are full of them."""
    return format_html("\n{}\n", drawn(name))


def drawn(name: str) -> SafeString:
    """The icon alone."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', icon_sheet(), name)
