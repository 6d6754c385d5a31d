"""Reads the European Central Bank's table of rates: a column a currency, a line a day, in a CSV or a zip around one."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import IO, Final

from comity.kernel.currencies import MINOR_UNITS
from comity.kernel.errors import Invalid
from comity.kernel.words import words

MAX_BYTES: Final = 64 * 1024 * 1024
"""The whole history since 1999 has 2 MB."""
MAX_LINE: Final = 20_000
MAX_BAD_LINES: Final = 1_000
_NOTHING: Final = {"", "N/A", "NA", "-"}
_LARGEST: Final = Decimal(10) ** 10
_DIGITS: Final = Decimal("0.00000001")


class NotARateTable(Invalid):
    """The file is no table of exchange rates in the form of the European Central Bank."""

    code, title = "not_a_rate_table", words("This file holds no exchange rates")


@dataclass(frozen=True)
class BadLine:
    """A cell (or a whole line, without a column) that could not be read, and why."""

    line: int
    column: str
    value: str
    reason: str


@dataclass
class Reading:
    """What was found besides the rates, filled while they are read."""

    bad_lines: list[BadLine] = field(default_factory=list)
    bad_count: int = 0
    ignored_columns: list[str] = field(default_factory=list)

    def refuse(self, line: int, column: str, value: str, reason: str) -> None:
        """Note a cell; beyond the first thousand only their number is kept."""
        self.bad_count += 1
        if self.bad_count <= MAX_BAD_LINES:
            self.bad_lines.append(BadLine(line, column, value[:120], reason))


@dataclass(frozen=True)
class PublishedRate:
    """How many units of a currency one euro bought on a day."""

    on: date
    currency: str
    rate: Decimal


def read_rates(source: IO[bytes], reading: Reading, *, today: date) -> Iterator[PublishedRate]:
    """Yield the rates of a file, line by line; what cannot be read is noted in `reading`. Raises NotARateTable."""
    text = _text_of(source)
    rows = csv.reader(_bounded(text))
    try:
        header = [name.strip().lstrip("\ufeff").strip() for name in next(rows, [])]
    except csv.Error as problem:
        raise NotARateTable(words("The first line cannot be read: %(problem)s.", problem=str(problem))) from None
    if not header or header[0].casefold() != "date" or len(header) < 2:
        raise NotARateTable(words("Its first line must be the European Central Bank's: Date, USD, JPY and so on."))
    columns = _columns(header, reading)
    try:
        for cells in rows:
            yield from _rates_of(rows.line_num, cells, columns, reading, today)
    except (csv.Error, UnicodeDecodeError) as problem:
        raise NotARateTable(
            words(
                "Line %(line_num)s cannot be read: %(problem)s. Nothing was loaded.",
                line_num=rows.line_num + 1,
                problem=str(problem),
            )
        ) from None


def _columns(header: list[str], reading: Reading) -> list[tuple[int, str]]:
    named = [(at, name) for at, name in enumerate(header) if at and name]
    known = [(at, name) for at, name in named if name in MINOR_UNITS and name != "EUR"]
    reading.ignored_columns = [name[:40] for at, name in named if (at, name) not in known]
    if not known:
        raise NotARateTable(words("None of its columns is a currency of ISO 4217, such as USD."))
    return known


def _rates_of(
    line: int, cells: list[str], columns: list[tuple[int, str]], reading: Reading, today: date
) -> Iterator[PublishedRate]:
    if not any(cell.strip() for cell in cells):
        return
    on = _day(cells[0])
    if on is None:
        reading.refuse(line, "Date", cells[0], words("is not a day such as 2026-03-31 or 31 March 2026"))
        return
    if on > today:
        reading.refuse(line, "Date", cells[0], words("is still to come"))
        return
    for at, currency in columns:
        cell = cells[at].strip() if at < len(cells) else ""
        if cell.upper() in _NOTHING:
            continue
        rate = _rate(cell)
        if rate is None:
            reading.refuse(
                line, currency, cell, words("is not a rate: a number above zero, with a point before decimals")
            )
        else:
            yield PublishedRate(on, currency, rate)


def _day(text: str) -> date | None:
    for form in ("%Y-%m-%d", "%d %B %Y"):
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
    return None


def _rate(text: str) -> Decimal | None:
    if not re.fullmatch(r"[0-9]{1,10}(\.[0-9]{1,12})?", text):
        return None
    try:
        rate = Decimal(text).quantize(_DIGITS)
    except InvalidOperation:
        return None
    return rate if 0 < rate < _LARGEST else None


def _text_of(source: IO[bytes]) -> IO[str]:
    start = source.read(4)
    source.seek(0)
    if start == b"PK\x03\x04":
        source = _unzipped(source)
    return io.TextIOWrapper(source, encoding="utf-8-sig", newline="")


def _unzipped(source: IO[bytes]) -> IO[bytes]:
    try:
        archive = zipfile.ZipFile(source)
        tables = [entry for entry in archive.infolist() if entry.filename.lower().endswith(".csv")]
        if len(tables) != 1:
            raise NotARateTable(
                words("The zip file must hold one CSV file; this one holds %(count)s.", count=len(tables))
            )
        if tables[0].file_size > MAX_BYTES:
            raise NotARateTable(words("The table in the zip file is larger than 64 MB; the whole history has 2 MB."))
        return io.BytesIO(archive.open(tables[0]).read(MAX_BYTES))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as problem:
        raise NotARateTable(words("The zip file cannot be opened: %(problem)s.", problem=str(problem))) from None


def _bounded(text: IO[str]) -> Iterator[str]:
    """Lines, never longer than a table of rates could have."""
    read = 0
    while True:
        try:
            line = text.readline(MAX_LINE + 1)
        except UnicodeDecodeError:
            raise NotARateTable(
                words("The file is not text in UTF-8; is it the CSV of the European Central Bank?")
            ) from None
        if not line:
            return
        read += len(line)
        if len(line) > MAX_LINE or read > MAX_BYTES:
            raise NotARateTable(words("A line (or the file) is far larger than a table of exchange rates."))
        yield line
