"""The files of an export, matched with the sources of a mapping; everything that can be refused at once is.

Opening reads each file once for its encoding, its header and the lookups that it needs; rows are read later.
"""

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Table_
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from comity.connectors.files.cells import Columns, folded
from comity.connectors.files.errors import FileRefused, ImportRefused
from comity.connectors.files.lines import Broken, Records, TextFile, inspect_file
from comity.connectors.files.mapping import Formats, Lookup, Mapping, Source
from comity.connectors.files.rejects import REASON_HEADINGS
from comity.kernel.words import words

_DELIMITERS: Final = (",", ";", "\t", "|")
LONGEST_SHOWN: Final = 32_000
_WILD: Final = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file of the export that a source or a lookup reads.

    `is_rejects`: it is a file of rejects on its way back; its last column, the reason, is not data.
    """

    text: TextFile
    delimiter: str
    header: tuple[str, ...]
    columns: Columns
    is_rejects: bool

    @property
    def name(self) -> str:
        """The file's name, as a person knows it."""
        return self.text.name

    @property
    def data_header(self) -> tuple[str, ...]:
        """The headings without the reason of a file of rejects."""
        return self.header[:-1] if self.is_rejects else self.header

    def records(self) -> Records:
        """Its records, from the start, the header included."""
        return Records(self.text, delimiter=self.delimiter)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that feeds targets; `number` counts them from 1 and is part of every row."""

    number: int
    source: Source
    file: OpenFile


@dataclass(slots=True)
class Export:
    """A folder, or some files, seen through a mapping.

    Attributes:
        sources: the files to read, in the order of the mapping.
        ignored: names that the mapping does not know; they are not read.
        missing: files that the mapping names and does not call optional, and that are not here.
    """

    mapping: Mapping
    sources: list[SourceFile] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    lookup_files: dict[str, OpenFile] = field(default_factory=dict)

    @property
    def bytes_in_all(self) -> int:
        """Size of all files that will be read."""
        return sum(source.file.text.size for source in self.sources)


def open_export(
    mapping: Mapping, path: Path | Table_[str, Path], *, beside: Path | Table_[str, Path] | None = None
) -> Export:
    """Match files with the sources of a mapping.

    Args:
        mapping: what to look for.
        path: a file, a folder, or the files themselves by the name each had where it came from.
        beside: a further folder (or files by name) in which lookups (not sources) may find their files, such as
            that of the export which a corrected file of rejects belongs to. Those of a single file lie in its own.

    Raises: ImportRefused, FileRefused.
    """
    files = listed_files(path)
    export = Export(mapping)
    used: set[str] = set()
    for source in mapping.source:
        names = _matching(source.file, files)
        used.update(names)
        if not names and not source.optional:
            export.missing.append(source.title)
        for name in names:
            opened = _open(files[name], name, mapping.formats, source.columns_read())
            export.sources.append(SourceFile(len(export.sources) + 1, source, opened))
    if not export.sources:
        raise ImportRefused(_nothing_named(mapping, files, path))
    nearby = {**(listed_files(beside) if beside else {}), **_neighbours(path), **files}
    for name, lookup in _needed_lookups(mapping, export.sources):
        export.lookup_files[name] = _open_lookup(mapping, name, lookup, nearby)
        used.update(_matching(lookup.file, files))
    export.ignored = sorted(files.keys() - used)
    return export


def listed_files(path: Path | Table_[str, Path]) -> dict[str, Path]:
    """Everything in a folder by its name, or the one file. Raises ImportRefused when there is nothing."""
    if not isinstance(path, Path):
        return dict(path)
    if path.is_dir():
        return {entry.name: entry for entry in sorted(path.iterdir())}
    if path.is_file():
        return {path.name: path}
    raise ImportRefused(words("There is no file or folder %(path)s; check the path.", path=str(path)))


def _neighbours(path: Path | Table_[str, Path]) -> dict[str, Path]:
    return listed_files(path.parent) if isinstance(path, Path) and path.is_file() else {}


def _matching(patterns: Iterable[str], files: Table_[str, Path]) -> list[str]:
    """Names of the regular files that one of the patterns fits, whatever their case. Raises ImportRefused."""
    found: list[str] = []
    for pattern in patterns:
        names = [n for n in files if fnmatchcase(n.casefold(), pattern.casefold()) and files[n].is_file()]
        if len(names) > 1 and not _WILD & set(pattern):
            raise ImportRefused(
                words(
                    "%(listed)s are both called %(pattern)s; take one of them away.",
                    listed=" and ".join(names),
                    pattern=pattern,
                )
            )
        found.extend(name for name in names if name not in found)
    return found


def _nothing_named(mapping: Mapping, files: Table_[str, Path], path: Path | Table_[str, Path]) -> str:
    wanted = ", ".join(source.title for source in mapping.source)
    if not files:
        return words(
            "%(path)s is an empty folder; the mapping “%(mapping)s” reads %(wanted)s.",
            path=str(path),
            mapping=mapping.name,
            wanted=wanted,
        )
    shown = ", ".join(sorted(files)[:5]) + (", …" if len(files) > 5 else "")
    return words(
        "The mapping “%(mapping)s” names none of %(shown)s; it reads %(wanted)s. Choose another mapping, or rename.",
        mapping=mapping.name,
        shown=shown,
        wanted=wanted,
    )


def _needed_lookups(mapping: Mapping, sources: list[SourceFile]) -> Iterator[tuple[str, Lookup]]:
    """The lookups that these sources ask, and those that these ask, in the order of the mapping."""
    needed = {name for source in sources for name in source.source.lookups_used()}
    for name in reversed(mapping.lookup):
        if name in needed:
            needed.update(mapping.lookup[name].value.lookups_used())
    return ((name, lookup) for name, lookup in mapping.lookup.items() if name in needed)


def _open_lookup(mapping: Mapping, name: str, lookup: Lookup, nearby: Table_[str, Path]) -> OpenFile:
    found = _matching(lookup.file, nearby)
    if not found:
        wanted = " or ".join(lookup.file)
        raise ImportRefused(
            words(
                "The mapping “%(mapping)s” looks values up in %(wanted)s (%(name)s), which is not here; "
                "put it beside the other files.",
                mapping=mapping.name,
                wanted=wanted,
                name=name,
            )
        )
    return _open(nearby[found[0]], found[0], mapping.formats, dict.fromkeys(lookup.columns_read(), True))


def _open(path: Path, name: str, formats: Formats, wanted: Table_[str, bool]) -> OpenFile:
    """Inspect a file and find the wanted columns (heading -> whether it must be there). Raises FileRefused."""
    text = inspect_file(path, name=name, encodings=formats.encodings)
    headings = {folded(heading): heading for heading in wanted}
    delimiters = _DELIMITERS if formats.delimiter == "auto" else (formats.delimiter,)
    found = [(_header(text, delimiter), delimiter) for delimiter in delimiters]
    header, delimiter = max(found, key=lambda one: len(headings.keys() & set(map(folded, one[0]))))
    if not header:
        raise FileRefused(
            words("%(name)s does not begin with a line of column names; export it again.", name=name), file=name, line=1
        )
    positions: dict[str, int] = {}
    for position, heading in enumerate(map(folded, header)):
        if heading in positions and heading in headings:
            raise FileRefused(
                words(
                    "%(name)s has the column “%(headings)s” twice; rename or remove one of them.",
                    name=name,
                    headings=headings[heading],
                ),
                file=name,
                line=1,
            )
        positions.setdefault(heading, position)
    _check_headings(name, header, positions, {heading for heading, must in wanted.items() if must})
    last = folded(header[-1])
    return OpenFile(text, delimiter, header, Columns(positions), last in REASON_HEADINGS and last not in headings)


def _check_headings(name: str, header: tuple[str, ...], positions: Table_[str, int], wanted: set[str]) -> None:
    lacking = sorted(heading for heading in wanted if folded(heading) not in positions)
    if lacking:
        columns, they = ("column", "it") if len(lacking) == 1 else ("columns", "them")
        shown = ", ".join(heading.strip()[:40] for heading in header[:12]) + (", …" if len(header) > 12 else "")
        raise FileRefused(
            words(
                "%(name)s lacks the %(columns)s %(listed)s; it has %(shown)s. Export %(they)s too, or "
                "correct the mapping.",
                name=name,
                columns=columns,
                listed=tuple(lacking),
                shown=shown,
                they=they,
            ),
            file=name,
            line=1,
        )


def _header(text: TextFile, delimiter: str) -> tuple[str, ...]:
    """The first record read with this delimiter; nothing where it cannot be read so."""
    first = next(iter(Records(text, delimiter=delimiter)), None)
    return () if first is None or isinstance(first, Broken) else tuple(first[1])


def headings_of(path: Path, formats: Formats) -> frozenset[str]:
    """The folded headings of a file, whatever its delimiter; none where it cannot be read. For guessing."""
    try:
        text = inspect_file(path, name=path.name, encodings=formats.encodings)
        headers: list[tuple[str, ...]] = [_header(text, delimiter) for delimiter in _DELIMITERS]
    except FileRefused:
        return frozenset()
    return frozenset(folded(heading) for heading in max(headers, key=len))


def csv_cells(text: str, delimiter: str) -> tuple[str, ...]:
    """The cells of a broken line, as far as they can be told apart, none longer than a spreadsheet shows."""
    return tuple(cell[:LONGEST_SHOWN] for cell in text.replace('"', "").split(delimiter))
