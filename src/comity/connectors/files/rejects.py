"""Bad rows: kept with the reason, written as CSV for people, and read back once corrected."""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO, Final

REASON_HEADINGS: Final = ("reason", "reason (import)")
"""The extra column of a file of rejects; the second where the export has a column `reason` of its own."""

_RISKY: Final = re.compile(r"('*)[=+\-@\t\r]")
_GUARDED: Final = re.compile(r"'+[=+\-@\t\r]")
_NUMBER: Final = re.compile(r"[+-]?[\d.,' ]*\d[\d.,' ]*(?:[eE][+-]?\d+)?%?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that is not imported, and why.

    `file` counts the files of the import from 1, `line` the lines of the file from 1 (the header's line).
    `column` and `value` are empty where the row as a whole is to blame. `cells` is the row as it was read. One that
    `is_held` is good itself, and waits for a bad row of the same deal.
    """

    file: int
    line: int
    column: str
    value: str
    reason: str
    cells: tuple[str, ...]
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class RejectBatch:
    """Rows that are not imported."""

    rejects: list[Reject]


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe before it, unless it is a number."""
    risky = _RISKY.match(text)
    if risky is None or (not risky[1] and _NUMBER.fullmatch(text)):
        return text
    return "'" + text


def unguarded_cell(text: str) -> str:
    """The cell that `safe_cell` was given."""
    return text[1:] if _GUARDED.match(text) else text


def reason_heading(header: Iterable[str]) -> str:
    """What to call the extra column beside these headings."""
    taken = {heading.strip().casefold() for heading in header}
    return next(heading for heading in (*REASON_HEADINGS, "reason of the import") if heading not in taken)


@dataclass(frozen=True, slots=True)
class FileHeader:
    """The columns of a file, as it names them, and what parts them."""

    columns: tuple[str, ...]
    delimiter: str


class RejectsFile:
    """Writes the rejects of one source file: its own columns, then the reason. Excel and `Records` can read it.

    A row with too few cells is filled up; what a row has too many stands behind the reason, so that it is
    refused again unless someone corrects it.
    """

    def __init__(self, stream: IO[str], *, header: FileHeader, with_header: bool = True) -> None:
        """Begin (or go on with) a file on a text stream opened with `newline=""`; the caller chooses and closes it."""
        self._width = len(header.columns)
        self._writer = csv.writer(stream, delimiter=header.delimiter, lineterminator="\r\n")
        if with_header:
            headings = [safe_cell(heading) for heading in header.columns]
            self._writer.writerow([*headings, reason_heading(header.columns)])

    def write(self, reject: Reject) -> None:
        """Add one row."""
        cells = [safe_cell(cell) for cell in reject.cells]
        filled = cells[: self._width] + [""] * (self._width - len(cells))
        told = f"{reject.column}: {reject.reason}" if reject.column else reject.reason
        self._writer.writerow([*filled, safe_cell(told), *cells[self._width :]])
