"""Before an import: the first rows as they will be read, and which mapping an export is likely for."""

from collections.abc import Iterable
from collections.abc import Mapping as Table_
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from comity.connectors.files.cells import folded
from comity.connectors.files.export import headings_of, listed_files, open_export
from comity.connectors.files.mapping import Formats, Mapping, Source, load_mapping, shipped_mappings
from comity.connectors.files.reading import Reading
from comity.connectors.files.rejects import Reject

_ANY_TEXT: Final = Formats(encodings=("utf-8", "cp1252", "iso-8859-1"))
_LIKELY: Final = 0.5


@dataclass(frozen=True, slots=True)
class PreviewTable:
    """The first rows of one file for one target."""

    file: str
    target: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class PreviewFile:
    """A file that will be read, and its columns."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would begin with. `ignored` and `missing` are names of files; `files` tells a reject's number."""

    tables: list[PreviewTable]
    rejects: list[Reject]
    files: dict[int, PreviewFile]
    ignored: list[str]
    missing: list[str]


@dataclass(frozen=True, slots=True)
class Guess:
    """A shipped mapping, and the share (0 to 1) of its columns found in the files given."""

    name: str
    title: str
    score: float


def preview(
    mapping: Mapping,
    path: Path | Table_[str, Path],
    *,
    rows: int = 20,
    today: date | None = None,
    beside: Table_[str, Path] | None = None,
) -> Preview:
    """Read the first rows of every file. Raises ImportRefused, FileRefused, MappingInvalid."""
    export = open_export(mapping, path, beside=beside)
    tables: list[PreviewTable] = []
    rejects: list[Reject] = []
    for source, batches, bad in Reading(export, today=today).first_rows(rows):
        rejects.extend(bad)
        for batch in batches:
            shown = [row[2:] for row in batch.rows]
            tables.append(PreviewTable(source.file.name, batch.target, batch.columns, shown))
    files = {one.number: PreviewFile(one.file.name, one.file.data_header) for one in export.sources}
    return Preview(tables, rejects, files, export.ignored, export.missing)


def guess_mapping(path: Path | Table_[str, Path], own: Iterable[Mapping] = ()) -> list[Guess]:
    """The mappings that fit the headings found, best first, one's own before those shipped; empty where none does."""
    files = [file for file in listed_files(path).values() if file.is_file()]
    headers = [header for header in (headings_of(file, _ANY_TEXT) for file in files) if header]
    guesses = []
    shipped = (load_mapping(name) for name in shipped_mappings())
    for mapping in (*own, *shipped):
        shares = [max(_share(source, header) for source in mapping.source) for header in headers]
        likely = [share for share in shares if share >= _LIKELY]
        if likely:
            guesses.append(Guess(mapping.name, mapping.mapping.title, round(sum(likely) / len(headers), 3)))
    return sorted(guesses, key=lambda guess: -guess.score)


def _share(source: Source, header: frozenset[str]) -> float:
    wanted = source.columns_read()
    if any(must and folded(heading) not in header for heading, must in wanted.items()):
        return 0.0
    return sum(folded(heading) in header for heading in wanted) / len(wanted)
