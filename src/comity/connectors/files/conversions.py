"""From the text of a cell to a value, and from a bad text to a sentence.

Each kind of field has one function that takes stripped, non-empty text. A column holds few distinct dates,
words and prices, so `Remembered` keeps what it has converted; memory stays bounded, because it forgets.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from comity.connectors.files.mapping import Formats
from comity.connectors.files.targets import Field, Kind
from comity.kernel.currencies import MINOR_UNITS
from comity.kernel.words import Figure, words

FIRST_DAY: Final = date(1970, 1, 1)
LAST_DAY: Final = date(2100, 12, 31)
LARGEST_COUNT: Final = 2**31 - 1
MOST_REMEMBERED: Final = 50_000
LONGEST_REMEMBERED: Final = 100

LIMITS: Final = {Kind.KEY: 120, Kind.NAME: 300, Kind.TEXT: 2_000}
_LONGEST_NUMBER: Final = 60
_AMOUNT_BOUND: Final = Decimal(10) ** 16
_SMALLEST: Final = Decimal("0.0001")
_TOKENS: Final = {
    "YYYY": r"(?P<year>\d{4})",
    "MM": r"(?P<month>\d{2})",
    "M": r"(?P<month>\d{1,2})",
    "DD": r"(?P<day>\d{2})",
    "D": r"(?P<day>\d{1,2})",
    "hh": r"(?P<hour>\d{2})",
    "h": r"(?P<hour>\d{1,2})",
    "mm": r"(?P<minute>\d{2})",
    "ss": r"(?P<second>\d{2})(?:[.,]\d+)?",
    "AM": r"(?P<half>[AaPp])\.?[Mm]\.?",
    "Z": r"(?P<zone>Z|[+-]\d\d:?\d\d)",
}
_PLAIN: Final = re.compile(r"(?!-[0.]*$)-?\d{1,15}(?:\.\d{1,4})?", re.ASCII)  # nearly all; no negative zero
_TOKEN: Final = re.compile("|".join(sorted(_TOKENS, key=len, reverse=True)))
_HOST: Final = re.compile(r"(?:https?://)?(?:[^@/\s]*@)?(?:www\.)?((?:[\w-]+\.)+[a-z][\w-]+)\.?(?::\d+)?(?:[/?#].*)?")


class BadValue(Exception):
    """A text that cannot be what its field asks for; the message says why, and where it helps, what to do."""

    def __init__(self, reason: str, value: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.value = value


type Convert = Callable[[str], Any]


class Remembered(dict[Any, Any]):
    """A dictionary that fills itself by converting, keeps short keys only, and starts afresh when it is full."""

    def __init__(self, convert: Convert) -> None:
        super().__init__()
        self._convert = convert

    def __missing__(self, text: Any) -> Any:
        value = self._convert(text)
        if text is None or len(text) <= LONGEST_REMEMBERED:
            if len(self) >= MOST_REMEMBERED:
                self.clear()
            self[text] = value
        return value


@dataclass(frozen=True, slots=True)
class Conventions:
    """How an export writes, and the calendar of the program that reads it.

    Attributes:
        formats: how the export writes dates, numbers and nothing.
        zone: the program's time zone; it decides which day an instant belongs to.
        today: the last day on which something can have happened; None asks nothing.
    """

    formats: Formats
    zone: ZoneInfo
    today: date | None = None


def converter(field: Field, conventions: Conventions, *, split: str, times: Decimal | None) -> Convert:
    """The function that turns stripped, non-empty text into a value of this field. It raises BadValue."""
    match field.kind:
        case Kind.KEY | Kind.TEXT:
            return _text(field.longest or LIMITS[field.kind])
        case Kind.NAME:
            return _name(field.longest)
        case Kind.DATE:
            return _date(conventions, fact=field.fact)
        case Kind.INSTANT:
            return _instant(conventions, fact=field.fact)
        case Kind.MONEY | Kind.NUMBER:
            return _bounded(_amount(conventions.formats, times), field.below)
        case Kind.PERCENT:
            return _percent(conventions.formats)
        case Kind.COUNT:
            return _bounded(_count(conventions.formats), field.below)
        case Kind.CURRENCY:
            return _currency
        case Kind.WORD:
            return _word(field)
        case Kind.WORDS:
            return _list(split, _word(field))
        case Kind.LIST:
            return _list(split, _name(field.longest))
        case Kind.DOMAINS:
            return lambda text: _domains(text, split)


def split_list(text: str, separator: str) -> list[str]:
    """The non-empty parts, each once, in order. A lookup that picks all separates with U+001F."""
    parts = text.split("\x1f" if "\x1f" in text else separator)
    return list(dict.fromkeys(part for part in (part.strip() for part in parts) if part))


def _text(limit: int) -> Convert:
    def convert(text: str) -> str:
        if len(text) > limit:
            raise BadValue(
                words("has %(count)s characters; %(limit)s are allowed", count=Figure(len(text)), limit=Figure(limit))
            )
        return text

    return convert


def _name(longest: int | None) -> Convert:
    limit = longest or LIMITS[Kind.NAME]

    def convert(text: str) -> str:
        name = " ".join(text.split())
        if len(name) > limit:
            raise BadValue(
                words("has %(count)s characters; %(limit)s are allowed", count=Figure(len(name)), limit=Figure(limit))
            )
        return name

    return convert


def _bounded(convert: Convert, below: int | None) -> Convert:
    """A number that the field can hold."""
    if below is None:
        return convert

    def bounded(text: str) -> Any:
        value = convert(text)
        if not -below < value < below:
            raise BadValue(words("is out of range: it must lie below %(below)s", below=Figure(below)))
        return value

    return bounded


def _patterns(formats: Formats) -> list[re.Pattern[str]]:
    patterns = []
    for form in formats.dates:
        pieces = re.split(f"({_TOKEN.pattern})", form)
        pattern = "".join(_TOKENS.get(piece, re.escape(piece)) for piece in pieces)
        patterns.append(re.compile(pattern, re.ASCII))
    return patterns


def _moment_reader(conventions: Conventions) -> Callable[[str], datetime]:
    """Text -> local date and time; naive where the form has no time of day."""
    patterns = _patterns(conventions.formats)
    written_in = ZoneInfo(conventions.formats.time_zone)
    forms = " or ".join(conventions.formats.dates)

    def read(text: str) -> datetime:
        for pattern in patterns:
            if found := pattern.fullmatch(text):
                try:
                    return _moment(found.groupdict(), written_in)
                except ValueError:
                    raise BadValue(words("is not a day of the calendar")) from None
        raise BadValue(words("is not a date of the form %(forms)s", forms=forms))

    return read


def _moment(parts: dict[str, str | None], written_in: ZoneInfo) -> datetime:
    year, month, day = (int(parts[name] or 0) for name in ("year", "month", "day"))
    if parts.get("hour") is None:
        return datetime(year, month, day)  # noqa: DTZ001 - a day, not an instant
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    if half := parts.get("half"):
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if half in "pP" else 0)
    zone = parts.get("zone")
    if zone is None:
        return datetime(year, month, day, hour, minute, second, tzinfo=written_in)
    return datetime.fromisoformat(
        f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{zone.replace('Z', '+00:00')}"
    )


def _date(conventions: Conventions, *, fact: bool) -> Convert:
    read = _moment_reader(conventions)

    def convert(text: str) -> date:
        moment = read(text)
        try:
            day = (moment.astimezone(conventions.zone) if moment.tzinfo else moment).date()
        except OverflowError:
            day = moment.date()
        _check_day(day, conventions.today if fact else None)
        return day

    return convert


def _instant(conventions: Conventions, *, fact: bool) -> Convert:
    read = _moment_reader(conventions)

    def convert(text: str) -> datetime:
        moment = read(text)
        _check_day(moment.date(), conventions.today if fact else None)
        return (moment if moment.tzinfo else moment.replace(tzinfo=conventions.zone)).astimezone(UTC)

    return convert


def _check_day(day: date, today: date | None) -> None:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise BadValue(
            words("lies outside %(year)s to %(year_2)s; check the year", year=FIRST_DAY.year, year_2=LAST_DAY.year)
        )
    if today is not None:
        check_not_future(day, today)


def check_not_future(day: date, today: date) -> None:
    """Refuse a fact dated later than tomorrow (a source east of us may already be there). Raises BadValue."""
    if day > today + timedelta(days=1):
        raise BadValue(words("lies in the future, but it says what has happened; check the date"))


def _number_reader(formats: Formats) -> Callable[[str], Decimal]:
    thousands = re.escape(formats.thousands) if formats.thousands else ""
    whole = rf"\d{{1,3}}(?:{thousands}\d{{3}})+|\d+" if thousands else r"\d+"
    mark = re.escape(formats.decimal)
    pattern = re.compile(rf"[+-]?(?:(?:{whole})(?:{mark}\d*)?|{mark}\d+)(?:[eE][+-]?\d{{1,2}})?", re.ASCII)

    def read(text: str) -> Decimal:
        if len(text) > _LONGEST_NUMBER or not pattern.fullmatch(text):
            raise BadValue(words("is not a number written like %(example)s", example=example))
        plain = text.replace(formats.thousands, "") if formats.thousands else text
        return Decimal(plain.replace(",", ".") if formats.decimal == "," else plain)

    example = f"1{formats.thousands}234{formats.decimal}50"
    return read


def _amount(formats: Formats, times: Decimal | None) -> Convert:
    read, rounds = _number_reader(formats), formats.excess_decimals == "round"

    def convert(text: str) -> Decimal:
        value = read(text)
        if times is not None:
            value *= times
        if not -_AMOUNT_BOUND < value < _AMOUNT_BOUND:
            raise BadValue(words("is out of range: an amount has at most 16 digits before the decimal mark"))
        exponent = value.as_tuple().exponent
        if not isinstance(exponent, int):
            raise BadValue(words("is not a number"))
        if exponent < -4:
            rounded = value.quantize(_SMALLEST, ROUND_HALF_UP)
            if rounded != value and not rounds:
                raise BadValue(
                    words('has more than 4 decimals; correct it, or set excess_decimals = "round" in the mapping')
                )
            value = rounded
        elif exponent > 0:
            value = value.quantize(Decimal(1))
        return value or abs(value)  # a negative zero is a zero

    return convert


def quick_amount(kind: Kind, formats: Formats) -> Callable[[str], Any] | None:
    """A test for cells that `Decimal` reads rightly by itself, which nearly all are; None where there is none."""
    if (
        kind not in (Kind.MONEY, Kind.NUMBER)
        or formats.decimal != "."
        or any(map(_PLAIN.fullmatch, formats.null_words))
    ):
        return None
    return _PLAIN.fullmatch


def _percent(formats: Formats) -> Convert:
    amount = _amount(formats, None)

    def convert(text: str) -> Decimal:
        value: Decimal = amount(text.removesuffix("%").rstrip())
        if not 0 <= value <= 100:
            raise BadValue(words("is not a percentage from 0 to 100"))
        return value

    return convert


def _count(formats: Formats) -> Convert:
    read = _number_reader(formats)

    def convert(text: str) -> int:
        value = read(text)
        if value < 0 or value > LARGEST_COUNT or value != value.to_integral_value():
            raise BadValue(
                words("is not a whole number from 0 to %(largest_count)s", largest_count=Figure(LARGEST_COUNT))
            )
        return int(value)

    return convert


def _currency(text: str) -> str:
    code = text.upper()
    if code not in MINOR_UNITS:
        raise BadValue(words("is not an ISO 4217 currency, such as EUR or USD"))
    return code


def _word(field: Field) -> Convert:
    known = {word.casefold(): word for word in field.words}
    known |= {word.replace("_", " "): word for word in field.words}

    def convert(text: str) -> str:
        try:
            return known[text.casefold()]
        except KeyError:
            raise BadValue(
                words(
                    "is not a known %(field)s (%(listed)s); correct it, or add it to a value map of the mapping",
                    field=field.name.replace("_", " "),
                    listed=tuple(field.words),
                ),
                text,
            ) from None

    return convert


def _list(separator: str, convert_one: Convert) -> Convert:
    return lambda text: [convert_one(part) for part in split_list(text, separator)]


def _domains(text: str, separator: str) -> list[str]:
    """Host names out of domains, web or e-mail addresses; what is none of these ("n/a") gives nothing."""
    hosts = (_HOST.fullmatch(part.lower()) for part in split_list(text, separator))
    return list(dict.fromkeys(found[1] for found in hosts if found and len(found[1]) <= 253))
