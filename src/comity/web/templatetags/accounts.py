"""Template tags of the sign-in pages."""

from __future__ import annotations

import json

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

#: What would end a script element or start a comment in it, as in Django's own json_script.
ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


@register.simple_tag
def onload(function: str, **ids: object) -> SafeString:
    """Tell the scripts of django-allauth which function to run with which elements: data in the page, no code."""
    data = json.dumps({"ids": {name: str(value) for name, value in ids.items()}}).translate(ESCAPES)
    block = '<script data-allauth-onload="{}" type="application/json">{}</script>'
    return format_html(block, function, mark_safe(data))  # noqa: S308  escaped above
