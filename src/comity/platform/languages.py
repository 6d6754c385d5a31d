"""The reader's language: who says words in it, which languages there are, and how to write a letter in one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.core import Locale
from babel.dates import format_date, format_datetime
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import get_language, gettext, ngettext, override
from django.utils.translation.trans_real import get_supported_language_variant

from comity.kernel.words import Figure, Value, Words, let_speak

ENGLISH = "en"


def install() -> None:
    """Let words be said in the active language from now on."""
    let_speak(speak)


def speak(text: Words) -> str:
    """Words in the active language; English where it has none for them."""
    language = get_language() or ENGLISH
    if language == ENGLISH:
        return str.__str__(text)
    template = ngettext(text.template, text.plural, text.number) if text.plural else gettext(text.template)
    if not text.values:
        return template
    return template % {name: _spoken(value, language) for name, value in text.values.items()}


def said(text: str) -> str:
    """A text of the database or of a table in the active language, if the catalogue knows it; else as it is."""
    return str(text) if isinstance(text, Words) or not text else gettext(text)


def supported(language: str) -> str:
    """The language of the pages nearest to a code: `de-at` gives `de`; English for what there is none of."""
    try:
        return get_supported_language_variant(language)
    except LookupError:
        return ENGLISH


@contextmanager
def speaking_to(language: str, zone: str = "UTC") -> Iterator[None]:
    """Write what follows for a reader: in the language, and with the clock of the time zone."""
    try:
        clock = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        clock = ZoneInfo("UTC")
    with override(supported(language)), timezone.override(clock):
        yield


def locale_of(language: str | None = None) -> Locale:
    """The locale whose formats the active language (or the one given) uses."""
    name = supported(language or get_language() or ENGLISH)
    return Locale.parse(name, sep="-")


def _spoken(value: Value, language: str) -> str:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, tuple):
        return ", ".join(_spoken(one, language) for one in value)
    if isinstance(value, datetime):
        return format_datetime(value, "long", locale=locale_of(language))
    if isinstance(value, date):
        return format_date(value, "long", locale=locale_of(language))
    if isinstance(value, Figure):
        return number_format(value.value, decimal_pos=value.places, use_l10n=True, force_grouping=True)
    return number_format(value, use_l10n=True) if isinstance(value, Decimal) else str(value)
