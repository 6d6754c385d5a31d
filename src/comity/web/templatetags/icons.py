"""Where the icons are."""

from __future__ import annotations

from functools import cache

from django import template
from django.templatetags.static import static

register = template.Library()


@register.simple_tag
@cache
def icon_sheet() -> str:
    """The address of the file of all icons. A long list shows hundreds: it is worked out once."""
    return static("comity/icons.svg")
