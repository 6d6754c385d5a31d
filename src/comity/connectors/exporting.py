"""The rejects of a run as files: in the original columns with the reason, to be corrected and imported again."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.db.models import Count

from comity.connectors import files
from comity.connectors.models import ImportRun, Reject

PART: Final = 500
MARK: Final = "\ufeff"
"""The byte-order mark by which spreadsheets recognise UTF-8."""


def files_with_rejects(record: ImportRun) -> list[tuple[str, int]]:
    """Names of the files that have rejects, with how many; under the vendor's tenant."""
    rejects = Reject.objects.filter(vendor_id=record.vendor_id, run=record)
    return list(rejects.values_list("file").annotate(rows=Count("pk")).order_by("file"))


def header_of(record: ImportRun, name: str) -> files.FileHeader:
    """The columns and the delimiter of one file of a run."""
    kept = record.headers.get(name)
    if kept is None:
        return files.FileHeader((), ",")
    return files.FileHeader(tuple(kept["columns"]), kept["delimiter"])


def head_of_rejects(record: ImportRun, name: str) -> str:
    """The first line of a file of rejects."""
    stream = io.StringIO(newline="")
    files.RejectsFile(stream, header=header_of(record, name))
    return stream.getvalue()


def part_of_rejects(record: ImportRun, name: str, after: int) -> tuple[str, int | None]:
    """Lines of a file of rejects behind a line of the original, as corrected where a person did so, and the line after
    which to go on; None at the end."""
    rows = list(
        Reject.objects.filter(vendor_id=record.vendor_id, run=record, file=name, line__gt=after).order_by("line")[:PART]
    )
    stream = io.StringIO(newline="")
    writer = files.RejectsFile(stream, header=header_of(record, name), with_header=False)
    for row in rows:
        writer.write(files.Reject(0, row.line, row.column, row.value, row.reason, tuple(row.corrected or row.raw)))
    return stream.getvalue(), rows[-1].line if len(rows) == PART else None


def text_of_rejects(record: ImportRun, name: str) -> Iterator[str]:
    """A whole file of rejects, part by part."""
    yield head_of_rejects(record, name)
    after: int | None = 0
    while after is not None:
        text, after = part_of_rejects(record, name, after)
        yield text


def write_rejects_of(record: ImportRun, folder: Path) -> list[str]:
    """Write the rejects into a folder, one file a file of the export; returns their names."""
    names = [name for name, _ in files_with_rejects(record)]
    for name in names:
        with (folder / Path(name).name).open("w", encoding="utf-8", newline="") as stream:
            stream.write(MARK)
            stream.writelines(text_of_rejects(record, name))
    return names
