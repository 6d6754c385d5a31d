"""Amounts, days and choices as people write them in a list or a letter; None where it may mean two things."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from comity.deals.intake.labels import plain
from comity.kernel.currencies import MINOR_UNITS

_SIGNS: Final = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "euro": "EUR", "euros": "EUR", "dollar": "USD"}
_TIMES: Final = {
    "k": 1_000, "tsd": 1_000, "thousand": 1_000, "tausend": 1_000,
    "m": 1_000_000, "mio": 1_000_000, "mn": 1_000_000, "million": 1_000_000, "millionen": 1_000_000,
}  # fmt: skip
_PIECES: Final = re.compile(r"([^\W\d_]+|[€$£¥])|(\d[\d.,'’\s\u00a0\u202f]*)|(.)", re.DOTALL)
_NAMES: Final = (
    "january januar jan; february februar feb; march maerz mar; april apr; may mai; june juni jun; july juli jul; "
    "august aug; september sep sept; october oktober oct okt; november nov; december dezember dec dez"
)
_MONTHS: Final = {name: number for number, names in enumerate(_NAMES.split(";"), 1) for name in names.split()}
_CHOICES: Final = {
    "kind": {
        "new": "new; new customer; new business; neu; neukunde; neugeschäft",
        "expansion": "expansion; extension; upsell; erweiterung; ausbau",
        "renewal": "renewal; verlängerung; erneuerung",
        "teaming": "teaming; gemeinsam",
    },
    "rfp": {
        "none": "none; no; no tender; nein; keine; keine ausschreibung",
        "expected": "expected; one is expected; planned; erwartet; geplant",
        "invited": "invited; we are invited; we are invited to one; eingeladen",
        "public_tender": "public tender; public; a public tender is out; öffentlich; öffentliche ausschreibung",
    },
    "source": {
        "prospecting": "prospecting; we approached them; cold call; akquise; kaltakquise",
        "existing_customer": "existing customer; a customer of ours; bestandskunde",
        "inbound": "inbound; they approached us; anfrage",
        "event": "event; an event; messe; veranstaltung",
        "referral": "referral; a referral; empfehlung",
        "other": "other; something else; sonstiges; andere",
    },
}
CHOICES: Final = {
    name: {plain(word): value for value, words in values.items() for word in words.split(";")}
    for name, values in _CHOICES.items()
}


def read_choice(name: str, text: str) -> str | None:
    """The value of a choice ("Neukunde" is "new"); None where it is none of them."""
    return CHOICES[name].get(plain(text))


def read_amount(text: str) -> tuple[Decimal, str] | None:
    """An amount and its currency ("" where none is named): "20,000 EUR", "€ 20.000,50", "20k", "1,5 Mio. EUR"."""
    number, currency, times = None, "", 1
    for word, digits, other in _PIECES.findall(text.strip()[:100]):
        if digits and number is None:
            number = digits
        elif word and word.upper() in MINOR_UNITS and not currency:
            currency = word.upper()
        elif word and word.casefold() in _SIGNS and not currency:
            currency = _SIGNS[word.casefold()]
        elif word and word.casefold() in _TIMES and times == 1:
            times = _TIMES[word.casefold()]
        elif word or digits or other not in " \t\u00a0\u202f.,-–~":
            return None
    amount = _number(number) if number is not None else None
    if amount is None or ("-" in text.split(number or " ")[0]):
        return None
    return amount * times, currency


def _number(text: str) -> Decimal | None:
    """ "20,000", "20.000" and "20 000" are twenty thousand; "20,50" and "20.5" have a decimal part."""
    bare = re.sub(r"[\s'’\u00a0\u202f]", "", text).rstrip(".,")
    marks = [char for char in bare if char in ".,"]
    if len(set(marks)) == 2:
        if bare.count(marks[-1]) > 1:
            return None
        bare = bare.replace(marks[0], "").replace(marks[-1], ".")
    elif len(marks) > 1 or (marks and len(bare.split(marks[0])[1]) == 3 and not bare.startswith("0")):
        if any(len(part) != 3 for part in re.split(r"[.,]", bare)[1:]):
            return None
        bare = bare.replace(marks[0], "")
    elif marks:
        bare = bare.replace(",", ".")
    try:
        return Decimal(bare)
    except InvalidOperation:
        return None


def read_day(text: str) -> date | None:
    """A day: 2027-03-31, 31.03.2027, 31 March 2027, March 31, 2027; a quarter or month means its last day.

    None where it is none, or where day and month could be either (03/04/2027).
    """
    bare = plain(text.replace("ä", "ae"))
    parts = [part for part in bare.split() if part not in ("end", "of", "ende", "the", "by", "bis", "in", "am", "on")]
    parts = [re.sub(r"^(\d{1,2})(st|nd|rd|th)$", r"\1", part) for part in parts]
    if len(parts) == 2 and re.fullmatch(r"q[1-4]", parts[0]) and re.fullmatch(r"\d{4}", parts[1]):
        return _last(int(parts[1]), 3 * int(parts[0][1]))
    if len(parts) == 2 and parts[0] in _MONTHS and re.fullmatch(r"\d{4}", parts[1]):
        return _last(int(parts[1]), _MONTHS[parts[0]])
    if len(parts) != 3:
        return None
    named = next((place for place in (0, 1) if parts[place] in _MONTHS), None)
    if named is not None:
        return _day(parts[2], str(_MONTHS[parts[named]]), parts[1 - named])
    if not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
        return None
    if len(parts[0]) == 4:
        return _day(*parts)
    first, second = int(parts[0]), int(parts[1])
    if "/" in text and first <= 12 and second <= 12 and first != second:
        return None
    if "/" in text and second > 12:
        return _day(parts[2], parts[0], parts[1])
    return _day(parts[2], parts[1], parts[0])


def _last(year: int, month: int) -> date | None:
    return date(year, month, monthrange(year, month)[1]) if 1900 <= year <= 9998 else None


def _day(year: str, month: str, day: str) -> date | None:
    if not re.fullmatch(r"\d{4}", year) or not re.fullmatch(r"\d{1,2}", month) or not re.fullmatch(r"\d{1,2}", day):
        return None
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found if 1900 <= found.year <= 9998 else None
