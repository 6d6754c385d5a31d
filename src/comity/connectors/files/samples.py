"""The first rows of files as they stand, before any mapping: for guessing one, and for showing what a column holds."""

from collections.abc import Mapping as Table_
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from comity.connectors.files.errors import FileRefused
from comity.connectors.files.lines import Broken, Records, inspect_file

ENCODINGS: Final = ("utf-8", "cp1252", "iso-8859-1")
DELIMITERS: Final = (",", ";", "\t", "|")
ROWS_LOOKED_AT: Final = 1_000
LONGEST_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Sample:
    """A file's name, its headings, and its first rows, each as long as the headings."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def values(self, column: str, most: int) -> tuple[str, ...]:
        """The first different texts of a column that are not empty."""
        if column not in self.columns:
            return ()
        at = self.columns.index(column)
        found = dict.fromkeys(row[at].strip() for row in self.rows if row[at].strip())
        return tuple(islice(found, most))

    def column_called(self, heading: str) -> str:
        """The heading as this file writes it, whatever the case; "" where it has none such."""
        wanted = _folded(heading)
        return next((column for column in self.columns if _folded(column) == wanted), "")


def read_samples(files: Table_[str, Path]) -> list[Sample]:
    """A sample of each file that can be read as text, in the order of their names."""
    found = (_sample(name, path) for name, path in sorted(files.items()))
    return [sample for sample in found if sample is not None]


def _sample(name: str, path: Path) -> Sample | None:
    try:
        text = inspect_file(path, name=name, encodings=ENCODINGS)
    except FileRefused:
        return None
    headers = []
    for delimiter in DELIMITERS:
        first = next(iter(Records(text, delimiter=delimiter)), None)
        if first is not None and not isinstance(first, Broken):
            headers.append((tuple(cell.strip() for cell in first[1]), delimiter))
    if not headers:
        return None
    columns, delimiter = max(headers, key=lambda one: len(one[0]))
    records = islice(Records(text, delimiter=delimiter), 1, ROWS_LOOKED_AT + 1)
    rows = (record[1] for record in records if not isinstance(record, Broken))
    whole = tuple(tuple(row) for row in rows if len(row) == len(columns))
    return Sample(name, tuple(column for column in columns), whole)


def _folded(heading: str) -> str:
    return " ".join(heading.split()).casefold()
