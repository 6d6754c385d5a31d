"""What is kept in English, said in the reader's language: `{% load words %}{{ verdict.sentence|said }}`."""

from __future__ import annotations

from django import template

from comity.platform import languages

register = template.Library()


@register.filter
def said(text: object) -> str:
    """A sentence of ours in the reader's language; what is none of ours as it is."""
    return languages.said(str(text or ""))
