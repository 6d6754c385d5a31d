"""Rejects as files: one a source file, in its own columns with the reason, to be corrected and imported again."""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from comity.connectors.files.export import Export
from comity.connectors.files.rejects import FileHeader, RejectBatch, RejectsFile


def open_rejects(path: Path) -> IO[str]:
    """Open a file for `RejectsFile`: UTF-8 with the mark that spreadsheets need to recognise it."""
    return path.open("w", encoding="utf-8-sig", newline="")


def write_rejects(folder: Path, export: Export, batches: Iterable[RejectBatch]) -> dict[str, Path]:
    """Write rejects into a folder, one file a source file and of its name; only for files that have any."""
    with ExitStack() as streams:
        files: dict[int, RejectsFile] = {}
        paths: dict[str, Path] = {}
        for reject in (reject for batch in batches for reject in batch.rejects):
            if reject.file not in files:
                source = export.sources[reject.file - 1].file
                paths[source.name] = folder / Path(source.name).name
                stream = streams.enter_context(open_rejects(paths[source.name]))
                files[reject.file] = RejectsFile(stream, header=FileHeader(source.data_header, source.delimiter))
            files[reject.file].write(reject)
    return paths
