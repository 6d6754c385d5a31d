"""Rows that an import could not take, set right where they are shown, and imported again through the same mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from comity.connectors.exporting import MARK, files_with_rejects, header_of, text_of_rejects
from comity.connectors.models import ImportRun, Reject, RunState
from comity.connectors.uploads import ImportStarted, receive_export, start_import
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.words import words

LONGEST_CELL: Final = 2_000
"""Characters of a cell that may be typed; what is longer is corrected in the file."""
UNDER_WAY: Final = (RunState.WAITING, RunState.RUNNING)


class NothingToCorrect(Conflict):
    """The import has no rows that could come in again: it took them all, or nothing of it was kept."""

    code, title = "nothing_to_correct", words("There is nothing to correct here")


def rejects_of(record: ImportRun, file: str) -> QuerySet[Reject]:
    """The rows of one file that were not taken, in the file's order, the faulty before those that they hold back."""
    return Reject.objects.filter(vendor_id=record.vendor_id, run=record, file=file).order_by("line", "id")


def at_fault(rejects: QuerySet[Reject]) -> QuerySet[Reject]:
    """Those that are bad themselves; the others wait for a bad row of the same deal."""
    return rejects.filter(is_held=False)


def corrections_of(record: ImportRun) -> QuerySet[ImportRun]:
    """The imports that brought rows of this one back, oldest first."""
    return ImportRun.objects.filter(
        vendor_id=record.vendor_id, program_id=record.program_id, corrects_id=record.pk
    ).order_by("created_at", "id")


def corrected_so_far(record: ImportRun) -> tuple[int, int]:
    """How many rows a person has set right, and how many were not taken at all."""
    found = Reject.objects.filter(vendor_id=record.vendor_id, run=record).aggregate(
        right=Count("pk", filter=Q(corrected__isnull=False)), all=Count("pk")
    )
    return found["right"], found["all"]


@transaction.atomic
def correct_rows(*, record: ImportRun, actor: Actor, rows: Mapping[UUID, Sequence[str]]) -> int:
    """Keep what a person typed for rows that were not taken; a row typed as it stood is as it was. How many differ.

    Nothing is imported yet. Raises NotAllowed, NothingToCorrect, Invalid.
    """
    actor.require(Permission.IMPORT_DATA)
    _may_come_again(record)
    changed = []
    found = Reject.objects.select_for_update().filter(vendor_id=record.vendor_id, run=record, pk__in=rows)
    for reject in found:
        cells = [str(cell) for cell in rows[reject.pk]]
        _check(reject, cells, len(header_of(record, reject.file).columns))
        corrected = None if cells == _padded(reject.raw, len(cells)) else cells
        if corrected != reject.corrected:
            reject.corrected = corrected
            changed.append(reject)
    Reject.objects.bulk_update(changed, ["corrected"], batch_size=500)
    return len(changed)


def _check(reject: Reject, cells: list[str], width: int) -> None:
    if reject.is_cut:
        raise _too_long(reject)
    if len(cells) != width:
        raise Invalid(words("Line %(line)s needs %(width)s cells.", line=reject.line, width=width))
    if any("\0" in cell or len(cell) > max(LONGEST_CELL, *map(len, reject.raw or [""])) for cell in cells):
        raise Invalid(
            words(
                "A cell of line %(line)s has more than %(most)s characters; correct it in the file.",
                line=reject.line,
                most=LONGEST_CELL,
            )
        )


def _too_long(reject: Reject) -> Invalid:
    return Invalid(words("Line %(line)s is too long to be corrected here; correct it in the file.", line=reject.line))


def _padded(cells: Sequence[str], width: int) -> list[str]:
    return [*cells[:width], *[""] * (width - len(cells))]


@transaction.atomic
def import_corrected(*, record: ImportRun, actor: Actor) -> ImportRun:
    """Import every row that was not taken again, as corrected, through the same mapping, and begin at once.

    Rows that nobody set right go along: those of a deal come in together or not at all, and what is still bad is
    listed again. A row that was too long to be kept whole comes in by its file only: here its cells are cut. The same
    rows twice change nothing. Raises NotAllowed, NothingToCorrect, ImportStarted, Invalid.
    """
    actor.require(Permission.IMPORT_DATA)
    locked = ImportRun.objects.select_for_update(of=("self",)).get(vendor_id=record.vendor_id, pk=record.pk)
    _may_come_again(locked)
    if corrections_of(locked).filter(state__in=UNDER_WAY).exists():
        raise ImportStarted(words("These rows are being imported already; see how far it is."))
    uploads = [_CorrectedFile(locked, name) for name, _count in files_with_rejects(locked)]
    if not uploads:
        raise NothingToCorrect(words("This import took every row."))
    cut = Reject.objects.filter(vendor_id=locked.vendor_id, run=locked, is_cut=True).order_by("file", "line").first()
    if cut is not None:
        raise _too_long(cut)
    draft = receive_export(program=locked.program, actor=actor, uploads=uploads, corrects=locked)
    return start_import(record=draft, actor=actor)


def _may_come_again(record: ImportRun) -> None:
    """Rows of a trial, or of an import that kept nothing, come in with all the others, not by themselves."""
    if record.state != RunState.DONE or record.dry_run:
        raise NothingToCorrect(words("Nothing of this import was kept, so its rows cannot come in by themselves."))


class _CorrectedFile:
    """The rows of one file that come back, as an upload: in its own columns, corrected where a person did so."""

    def __init__(self, record: ImportRun, file: str) -> None:
        self._record, self._file = record, file
        self.name: str | None = file

    def chunks(self) -> Iterator[bytes]:
        """The text, piece by piece."""
        yield MARK.encode()
        for text in text_of_rejects(self._record, self._file):
            yield text.encode()
