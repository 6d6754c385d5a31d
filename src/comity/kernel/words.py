"""Sentences that remember what they are made of: English as they stand, another language where somebody reads them.

A rule or a service says `words("The deal moved on %(day)s.", day=day)`. What comes out is an ordinary English text: it
is stored, compared and sent to machines as such. Shown to a person (`str()`, a template), it asks the speaker that
`platform.languages` puts in place, which knows the reader's language and writes days and figures as that one does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from html import escape
from typing import Any

type Value = str | int | Decimal | date | Figure | tuple[Value, ...]
"""What may fill a place: a tuple becomes a list parted by commas."""
type Speaker = Callable[[Words], str]


@dataclass(frozen=True)
class Figure:
    """A number with so many digits after the point, grouped by thousands."""

    value: Decimal | int
    places: int = 0

    def __str__(self) -> str:
        """In English: 1,234.50."""
        return f"{self.value:,.{self.places}f}"


class Words(str):
    """An English text with its making: the template, what fills it, and for counted things the plural and the count.

    The characters are the English ones. `str()`, formatting and templates give it in the reader's language.
    """

    __slots__ = ("number", "plural", "template", "values")
    template: str
    plural: str
    number: int
    values: Mapping[str, Value]

    def __new__(cls, template: str, values: Mapping[str, Value], plural: str = "", number: int = 1) -> Words:
        """Fill the template in English. Raises KeyError for a place without a value."""
        chosen = plural if plural and number != 1 else template
        filled = chosen % {name: _english(value) for name, value in values.items()} if values else chosen
        made = super().__new__(cls, filled)
        made.template, made.plural, made.number, made.values = template, plural, number, values
        return made

    def __getnewargs__(self) -> tuple[Any, ...]:
        """For copies and pickles."""
        return self.template, dict(self.values), self.plural, self.number

    def __str__(self) -> str:
        """In the reader's language."""
        return _speakers[-1](self)

    def __format__(self, specification: str) -> str:
        """In the reader's language."""
        return format(str(self), specification)

    def __html__(self) -> str:
        """In the reader's language, safe on a page."""
        return escape(str(self))


def words(template: str, /, **values: Value) -> Words:
    """A sentence; its places are written `%(name)s`, and with values a percent sign is `%%`."""
    return Words(template, values)


def template(text: str, /) -> str:
    """A text whose places are filled elsewhere; marked, so that it is found and translated."""
    return text


def counted(singular: str, plural: str, count: int, /, **values: Value) -> Words:
    """A sentence about a number of things: `counted("%(count)s day", "%(count)s days", days)`."""
    return Words(singular, {"count": count, **values}, plural, count)


def coded(code: str, /) -> Words:
    """A stored word as a person reads it: `in_review` is "in review"."""
    return Words(code.replace("_", " "), {})


def let_speak(speaker: Speaker) -> None:
    """Put in place who says words in the reader's language; without one they are English."""
    _speakers.append(speaker)


def _in_english(text: Words) -> str:
    return str.__str__(text)


_speakers: list[Speaker] = [_in_english]


def _english(value: Value) -> str:
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, tuple):
        return ", ".join(_english(one) for one in value)
    if isinstance(value, datetime):
        return f"{value:%-d %B %Y, %H:%M %Z}"
    return f"{value:%-d %B %Y}" if isinstance(value, date) else str(value)
