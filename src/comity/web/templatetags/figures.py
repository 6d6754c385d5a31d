"""How figures, states and names are written on pages: one place, so that every page writes them alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import urlencode

from django import template
from django.template.context import Context
from django.utils.formats import date_format, number_format
from django.utils.functional import lazy
from django.utils.translation import gettext, ngettext

from comity.kernel.currencies import MINOR_UNITS
from comity.platform.languages import said
from comity.platform.templatetags.words import said as said_filter

register = template.Library()
register.filter("said", said_filter)

#: The tone in which a state is shown; a state not listed is neutral.
TONES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("active", "won", "approved", "done", "healthy", "completed", "succeeded", "accepted"), "good"),
    **dict.fromkeys(("onboarding", "applied", "open", "submitted", "running", "in_review", "pending"), "info"),
    **dict.fromkeys(("paused", "overdue", "partial", "returned", "over_capacity", "with_rejects"), "warn"),
    **dict.fromkeys(("lost", "rejected", "dead", "failed", "revoked", "error"), "bad"),
}
#: Marks in user agents, the narrower first: nearly all of them claim to be Safari and many to be Chrome.
BROWSERS: Final = (
    ("Firefox/", "Firefox"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS: Final = (
    *(("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows")),
    *(("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux")),
)
NARROW_SPACE: Final = "\u202f"
ACRONYMS: Final = {"oem": "OEM"}
"""Stored words that are written in capitals."""


def as_decimal(value: object) -> Decimal | None:
    """Read a figure; None, empty text and what is no number are *not available*."""
    if value is None or value == "" or isinstance(value, bool):
        return None
    try:
        figure = Decimal(str(value))
    except InvalidOperation:
        return None
    return figure if figure.is_finite() else None


def grouped(value: Decimal, places: int) -> str:
    """Write a figure with the separators of the reader's language, rounded half to even."""
    rounded = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    return number_format(rounded, decimal_pos=places, use_l10n=True, force_grouping=True).replace("-", "\u2212")


@register.simple_tag
def amount(value: object, currency: str = "", places: int | str | None = None) -> str:
    """Write an amount in digits, to the minor unit of its currency unless `places` says otherwise; "" without one."""
    figure = as_decimal(value)
    if figure is None:
        return ""
    digits = MINOR_UNITS.get(currency, 2) if places in (None, "") else int(str(places))
    return grouped(figure, digits)


@register.simple_tag
def tile_amount(value: object, currency: str = "") -> str:
    """Write an amount for a tile: from 1,000 on without the minor unit (the exact amount stands in its title)."""
    figure = as_decimal(value)
    places = 0 if figure is not None and abs(figure) >= 1000 else None
    return amount(value, currency, places)


@register.simple_tag
def figure(value: object, unit: str = "count") -> str:
    """Write a figure with its unit (count, ratio, days, hours, score, money without currency); "" when unknown."""
    number = as_decimal(value)
    if number is None:
        return ""
    if unit == "ratio":
        return f"{grouped(number * 100, 1)}{NARROW_SPACE}%"
    if unit == "days":
        places = 0 if number == number.to_integral_value() else 1
        return ngettext("%(days)s day", "%(days)s days", 1 if number == 1 else 2) % {"days": grouped(number, places)}
    if unit == "hours":
        text = grouped(number, 0 if number == number.to_integral_value() else 1)
        return ngettext("%(hours)s hour", "%(hours)s hours", 1 if number == 1 else 2) % {"hours": text}
    if unit == "score":
        return grouped(number, 1)
    if unit == "money":
        return grouped(number, 2)
    return grouped(number, next((places for places in (0, 1) if number == round(number, places)), 2))


@register.simple_tag
def change(value: object, better: str = "higher") -> dict[str, str]:
    """Describe a relative change (0.12 is 12 % more): its text, arrow and tone. `better` is higher, lower or none."""
    number = as_decimal(value)
    if number is None:
        return {}
    text = f"{grouped(abs(number) * 100, 1)}{NARROW_SPACE}%"
    if number == 0:
        return {"text": text, "icon": "minus", "tone": "", "word": gettext("unchanged")}
    rising = number > 0
    tone = "" if better not in ("higher", "lower") else ("good" if rising == (better == "higher") else "bad")
    word = gettext("up") if rising else gettext("down")
    return {"text": text, "icon": "arrow-up" if rising else "arrow-down", "tone": tone, "word": word}


@register.filter
def tone(status: object) -> str:
    """Return the tone of a state: good, info, warn, bad or neutral."""
    return TONES.get(str(status).lower().replace(" ", "_"), "neutral")


@register.filter
def spoken(code: object) -> str:
    """Turn a stored word into a readable one, in the reader's language: `in_review` becomes "In review"."""
    stored = str(code or "").replace("_", " ").strip()
    text = said(stored)
    if text == stored:
        text = said(stored[:1].lower() + stored[1:])
    return ACRONYMS.get(text) or text[:1].upper() + text[1:]


spoken_lazily = lazy(spoken, str)
"""For choices of forms, which are written down before anybody reads them."""


@register.filter
def initials(name: object) -> str:
    """Return up to two initials of a name: "Ada Lovelace" gives "AL"."""
    words = [word for word in str(name or "").replace("-", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


@register.filter
def day(value: date | datetime | str | None) -> str:
    """Write a day as "3 Mar 2026", in the reader's language."""
    if not value or isinstance(value, str):
        return str(value or "")
    return date_format(value, "DATE_FORMAT")


@register.filter
def browser(user_agent: object) -> str:
    """Name the browser and system of a user agent as people know them: "Firefox on Windows"."""
    text = str(user_agent or "")
    name = next((name for mark, name in BROWSERS if mark in text), gettext("Another program"))
    system = next((name for mark, name in SYSTEMS if mark in text), "")
    return gettext("%(name)s on %(system)s") % {"name": name, "system": system} if system else name


@register.simple_tag(takes_context=True)
def sorting(context: Context, key: str, default: str = "", first: str = "ascending") -> dict[str, str]:
    """Describe the sorting by a column: the link that changes it, its `aria-sort` and its arrow.

    The URL carries `sort=key` or `sort=-key`; a change of sorting starts again at the first page.
    """
    request = context.get("request")
    given = {} if request is None else request.GET.copy()
    current = str(given.get("sort") or default)
    state = {key: "ascending", f"-{key}": "descending"}.get(current, "")
    start = f"-{key}" if first == "descending" else key
    other = key if start.startswith("-") else f"-{key}"
    pairs = [(name, value) for name, values in dict_of_lists(given) for value in values if name not in ("sort", "page")]
    query = urlencode([*pairs, ("sort", other if current == start else start)])
    icon = {"ascending": "arrow-up", "descending": "arrow-down"}.get(state, "chevrons-up-down")
    return {"url": f"?{query}", "aria": state, "icon": icon}


def dict_of_lists(given: Any) -> list[tuple[str, list[str]]]:
    """Return the pairs of a QueryDict, or of nothing."""
    return list(given.lists()) if hasattr(given, "lists") else []
