"""Lookups: dictionaries made of files of the same export, for joining them. Bounded by their number of keys."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from comity.connectors.files.cells import BadCell, Compiler
from comity.connectors.files.conversions import BadValue, Conventions, Remembered, converter
from comity.connectors.files.errors import ImportRefused
from comity.connectors.files.export import Export, OpenFile
from comity.connectors.files.lines import Broken
from comity.connectors.files.mapping import Lookup, Rule
from comity.connectors.files.targets import Field, Kind
from comity.kernel.words import Figure, words

MOST_KEYS: Final = 200_000
_DAY: Final = Field("day", Kind.DATE, "what the latest is told by")

type Entries = dict[str, str | None]
"""Key (several columns joined by U+001F) -> value; None where `pick = "only"` found several."""


def read_lookups(export: Export, conventions: Conventions) -> dict[str, Entries]:
    """Read every lookup that the export needs. Raises ImportRefused when one is too large."""
    lookups: dict[str, Entries] = {}
    for name, file in export.lookup_files.items():
        lookup = export.mapping.lookup[name]
        compiler = Compiler(export.mapping, conventions, file.columns, lookups)
        lookups[name] = _picked(name, lookup, _pairs(lookup, compiler, file, conventions))
    return lookups


def _pairs(
    lookup: Lookup, compiler: Compiler, file: OpenFile, conventions: Conventions
) -> Iterator[tuple[str, str, date | None]]:
    """Key, value and day of each row that has them; a bad row is told of where it is a source, not here."""
    key = compiler.text(Rule(columns=lookup.key, join="\x1f") if len(lookup.key) > 1 else Rule(column=lookup.key[0]))
    whole_key = len(lookup.key) - 1
    value = compiler.mapped_text(lookup.value)
    takes_part = compiler.test(lookup.where or {})
    position = file.columns.find(lookup.by) if lookup.by else None
    day: Any = Remembered(converter(_DAY, conventions, split=";", times=None))
    records = iter(file.records())
    next(records, None)
    for record in records:
        if isinstance(record, Broken) or len(record[1]) != len(file.header):
            continue
        row = record[1]
        try:
            if not takes_part(row):
                continue
            found_key, found = key(row), value(row)
            on = None if position is None else day[row[position].strip()]
        except (BadCell, BadValue):
            continue
        if found_key is not None and found is not None and found_key.count("\x1f") == whole_key:
            yield found_key, found, on


def _picked(name: str, lookup: Lookup, pairs: Iterator[tuple[str, str, date | None]]) -> Entries:
    entries: Entries = {}
    days: dict[str, date] = {}
    for key, value, day in pairs:
        if key not in entries:
            if len(entries) >= MOST_KEYS:
                raise ImportRefused(
                    words(
                        "The lookup “%(name)s” has more than %(most_keys)s keys in %(file)s; narrow it with "
                        "`where`, or join the files before the import.",
                        name=name,
                        most_keys=Figure(MOST_KEYS),
                        file=lookup.file[0],
                    )
                )
            entries[key] = value
            if day is not None:
                days[key] = day
            continue
        match lookup.pick:
            case "last":
                entries[key] = value
            case "latest" if day is not None and day >= days[key]:
                entries[key], days[key] = value, day
            case "only" if entries[key] != value:
                entries[key] = None
            case "all" if value not in (present := entries[key] or "").split("\x1f"):
                entries[key] = f"{present}\x1f{value}"
    return entries
