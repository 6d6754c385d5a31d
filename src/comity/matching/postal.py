"""Places and telephones, made comparable: countries as ISO codes, postcodes, cities, streets, digits of a number."""

import re
from functools import cache
from typing import Final

from comity.matching.shipped import table
from comity.matching.text import collapsed, fold, words

# Too short to say anything about one company.
FEWEST_DIGITS: Final = 7
KEPT_DIGITS: Final = 8


@cache
def _countries() -> dict[str, str]:
    return {
        " ".join(words(name)): code for code, names in table("countries")["names"].items() for name in (code, *names)
    }


@cache
def country_code(text: str) -> str:
    """ISO code of a country however it is written (`Deutschland`, `U.S.`, `DE`); a folded name when it is unknown."""
    name = " ".join(words(text))
    return _countries().get(name) or _countries().get(name.removeprefix("the ")) or name


@cache
def _cities() -> dict[str, str]:
    return {
        key: " ".join(collapsed(word) for word in words(name))
        for name, others in table("countries")["cities"].items()
        for key in (" ".join(collapsed(word) for word in words(other)) for other in (name, *others))
    }


@cache
def city(text: str) -> str:
    """A city folded and under one of its names: `Köln`, `Koeln` and `Cologne` are `koln`."""
    name = " ".join(collapsed(word) for word in words(text))
    return _cities().get(name, name)


def postcode(text: str) -> str:
    """Letters and digits only, without leading zeros, which spreadsheets eat: `02451-1477` is `24511477`."""
    return re.sub(r"[\W_]", "", fold(text)).lstrip("0")


STREET_WORDS: Final = {
    "strasse": "st", "str": "st", "street": "st", "road": "rd", "avenue": "av", "ave": "av", "boulevard": "blvd",
    "drive": "dr", "lane": "ln", "square": "sq", "platz": "pl", "place": "pl", "calle": "c", "rue": "r", "via": "v",
}  # fmt: skip
GLUED_STREET: Final = re.compile(r"(?<=[a-z]{3})(?:strasse|str)$")


def street(text: str) -> str:
    """A street and number in one order: `Hauptstr. 12` and `12 Hauptstraße` are the same."""
    named = (GLUED_STREET.sub(" st", collapsed(word)) for word in words(text))
    return " ".join(sorted(STREET_WORDS.get(part, part) for word in named for part in word.split()))


def phone(text: str) -> str:
    """The last eight digits of a number, whatever country code or zero stands before; empty under seven."""
    digits = re.sub(r"\D", "", text.split("ext")[0])
    return digits[-KEPT_DIGITS:] if len(digits) >= FEWEST_DIGITS else ""


@cache
def is_place(word: str) -> bool:
    """Whether a folded word is a country's name or one of the cities known here, in any language."""
    return word in {collapsed(name) for name in _countries() if len(name) > len("usa")} or word in _cities()
