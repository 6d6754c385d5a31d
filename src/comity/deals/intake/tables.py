"""A list as text cells: CSV in the encodings that spreadsheets write, with whatever they part columns by."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Final

from comity.deals.intake.labels import KEY, PARTNER, field_of
from comity.kernel.errors import Invalid
from comity.kernel.words import Figure, words

MOST_ROWS: Final = 500
MOST_COLUMNS: Final = 60
LONGEST_CELL: Final = 10_000
FIELDS: Final = (
    "customer_name", "customer_domain", "customer_country", "customer_industry", "contact_name", "contact_email",
    "kind", "families", "use_case", "value", "currency", "expected_close_on", "rfp", "source", "incumbent",
    "competitors", "evidence", "notes",
)  # fmt: skip
"""What a column may mean, in the order of the form."""


class ListRefused(Invalid):
    """The list cannot be read: no heading that is known, too many rows, not a text."""

    code, title = "list_refused", words("This list cannot be read")


@dataclass(frozen=True)
class Table:
    """Headings and rows; a row knows its line in the file."""

    columns: list[str]
    rows: list[tuple[int, list[str]]]


def read_table(content: bytes, *, most_rows: int = MOST_ROWS) -> Table:
    """The cells of a CSV file. Raises ListRefused."""
    text = _text(content)
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t|", key=head.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        lines = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as problem:
        raise ListRefused(
            words("The list is not CSV (%(problem)s). Save it as CSV with quotes around texts.", problem=str(problem))
        ) from None
    return table_of(lines, most_rows=most_rows)


def table_of(lines: list[tuple[int, list[str]]], *, most_rows: int = MOST_ROWS) -> Table:
    """The first line as headings, the others as rows of as many cells. Raises ListRefused."""
    if len(lines) < 2:
        raise ListRefused(
            words("The list has no rows. Its first line names the columns; write a line below for each row.")
        )
    columns = [" ".join(cell.split())[:100] for cell in lines[0][1]]
    if len(columns) > MOST_COLUMNS:
        raise ListRefused(
            words(
                "The list has %(count)s columns; %(most_columns)s are the most.",
                count=len(columns),
                most_columns=MOST_COLUMNS,
            )
        )
    if len(lines) - 1 > most_rows:
        raise ListRefused(
            words(
                "The list has %(count)s rows; %(most_rows)s are the most. Split it.",
                count=Figure(len(lines) - 1),
                most_rows=Figure(most_rows),
            )
        )
    rows = [(line, [*row, *[""] * len(columns)][: len(columns)]) for line, row in lines[1:]]
    if any(len(cell) > LONGEST_CELL for _, row in rows for cell in row):
        raise ListRefused(
            words(
                "A cell of the list has more than %(longest_cell)s letters; shorten it.",
                longest_cell=Figure(LONGEST_CELL),
            )
        )
    return Table(columns, [(line, [cell.replace("\x00", "").strip() for cell in row]) for line, row in rows])


def guessed(columns: list[str], *, with_partner: bool) -> list[str]:
    """The field that each heading means; each field once, "" where a heading means none."""
    found: list[str] = []
    for column in columns:
        name = field_of(column)
        known = name and name not in found and (name != PARTNER or with_partner)
        found.append(name if known else "")
    return found


def cells_by_field(fields: list[str], row: list[str]) -> dict[str, str]:
    """What a row says of each field."""
    return {name: cell for name, cell in zip(fields, row, strict=True) if name and cell}


def checked_fields(columns: list[str], fields: list[str], *, with_partner: bool) -> list[str]:
    """What somebody chose for each column. Raises Invalid where it cannot be."""
    allowed = {"", KEY, *FIELDS, *([PARTNER] if with_partner else [])}
    named = [name for name in fields if name]
    if len(fields) != len(columns) or not set(fields) <= allowed:
        raise Invalid(words("Choose one of the fields for each column, or none."))
    if twice := sorted({name for name in named if named.count(name) > 1}):
        raise Invalid(words("Two columns are the %(twice)s; leave one of them out.", twice=twice[0].replace("_", " ")))
    wanted = ["customer_name", *([PARTNER] if with_partner else [])]
    if missing := [name for name in wanted if name not in named]:
        raise Invalid(words("Choose the column of the %(missing)s.", missing=missing[0].replace("_", " ")))
    return fields


def _text(content: bytes) -> str:
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            continue
    raise ListRefused(words("The list is not text in UTF-8; save it as CSV in UTF-8."))
