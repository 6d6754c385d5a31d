"""The reader's language: who says words in it, which languages there are, and how to write a letter in one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.core import Locale
from babel.dates import format_date, format_datetime
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import get_language, gettext, ngettext, override
from django.utils.translation.trans_real import get_supported_language_variant, translation

from comity.kernel.words import Figure, Value, Words, let_speak

ENGLISH: Final = "en"
PLACE: Final = re.compile(r"%\((\w+)\)s")
DAY: Final = re.compile(r"\d{1,2} [A-Z][a-z]+ \d{4}")
GROUPED: Final = re.compile(r"-?\d{1,3}(?:,\d{3})*(?:\.\d+)?")
SENTENCES: Final = re.compile(r"(?<=[.!?]) (?=[A-Z“])")
FEWEST_FIXED: Final = 6
"""A text with fewer fixed characters is not told by them."""


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
    """A text of ours that was stored as English, in the active language; what is none of ours as it is.

    A sentence with places filled in is told by its template. So a verdict or a rejected row is kept once, in English,
    and yet read in any language, also in one that came later.
    """
    language = get_language() or ENGLISH
    if isinstance(text, Words) or not text or language == ENGLISH:
        return str(text)
    return _recalled(str(text), language)


@lru_cache(maxsize=4096)
def _recalled(text: str, language: str) -> str:
    known = gettext(text)
    if known != text:
        return known
    several = SENTENCES.split(text)
    if len(several) > 1:
        parts = [_recalled(one, language) for one in several]
        if all(part != one for part, one in zip(parts, several, strict=True)):
            return " ".join(parts)
    best, filled = "", {}
    for template, literals, pattern in _templates(language):
        if len(template) > len(best) and all(literal in text for literal in literals):
            match = pattern.fullmatch(text)
            if match is not None:
                best, filled = template, match.groupdict()
    if not best:
        return " ".join(_recalled(one, language) for one in several) if len(several) > 1 else text
    return gettext(best) % {name: _recalled_value(value, language) for name, value in filled.items()}


def _recalled_value(text: str, language: str) -> str:
    if DAY.fullmatch(text):
        return format_date(datetime.strptime(text, "%d %B %Y"), "long", locale=locale_of(language))  # noqa: DTZ007 - a day
    if GROUPED.fullmatch(text):
        places = len(text.partition(".")[2])
        return number_format(Decimal(text.replace(",", "")), decimal_pos=places, use_l10n=True, force_grouping=True)
    return _recalled(text, language)


@cache
def _templates(language: str) -> list[tuple[str, list[str], re.Pattern[str]]]:
    """Every text with places: itself, its fixed parts, and the pattern of what it may have become."""
    catalogue = translation(language)._catalog  # type: ignore[attr-defined]  # gettext gives no other way to its texts
    texts = {key if isinstance(key, str) else key[0] for key in catalogue.keys()}  # noqa: SIM118 - it is no dict
    found = []
    for text in texts:
        parts = PLACE.split(text)
        literals = [part.replace("%%", "%") for part in parts[::2]]
        if len(parts) > 1 and sum(len(literal.strip()) for literal in literals) >= FEWEST_FIXED:
            names = parts[1::2]
            fixed = [re.escape(literal) for literal in literals]
            seen: set[str] = set()
            pattern = fixed[0]
            for name, after in zip(names, fixed[1:], strict=True):
                pattern += (f"(?P={name})" if name in seen else f"(?P<{name}>.*)") + after
                seen.add(name)
            found.append((text, [literal for literal in literals if literal.strip()], re.compile(pattern, re.DOTALL)))
    return found


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


def name_of_language(code: str, usual: str) -> str:
    """A language's name in the reader's language; `usual` is the English one."""
    return usual if _reads_english() else locale_of().languages.get(code, usual)


def name_of_country(code: str, usual: str) -> str:
    """A country's name in the reader's language; `usual` is the English one."""
    return usual if _reads_english() else locale_of().territories.get(code, usual)


def _reads_english() -> bool:
    return (get_language() or ENGLISH).startswith(ENGLISH)


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
