"""Imports as people and commands start them: the run is on record before its first row, and its rejects with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Final
from uuid import UUID

import structlog
from django.db import IntegrityError, OperationalError, connections, transaction
from django.utils import timezone

from comity.connectors import files
from comity.connectors.models import ImportFile, ImportRun, Reject, RunState
from comity.connectors.runs import Outcome, Watching, load
from comity.connectors.telling import tell_of_end
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import DomainError
from comity.kernel.words import Figure, words
from comity.platform.outbox import deliver_pending
from comity.platform.statistics import count_grown_tables
from comity.platform.tenancy import tenant
from comity.programs.calendars import today_in
from comity.programs.models import Program

log = structlog.get_logger(__name__)
Report = Callable[[str], None]
OUTSIDE: Final = "outside"
ATTEMPTS: Final = 2
"""Somebody may write the same deal by hand at the same moment; then the import begins anew, once."""
MANY: Final = 20_000
"""From so many changed deals on what follows is done on two connections at once: figures here, credit there."""
VALUE_KEPT: Final = 2_000
"""Characters of a bad value that are kept; the whole row is kept beside it."""
ROW_KEPT: Final = 500_000
"""Characters of a bad row that are kept; of a longer one each cell is cut."""
CELL_OF_LONG_ROW: Final = 2_000


def begin_run(
    *,
    program: Program,
    mapping: files.Mapping,
    source_name: str,
    actor: Actor | None = None,
    mapping_text: str = "",
    strict: bool = False,
    dry_run: bool = False,
    state: str = RunState.RUNNING,
) -> ImportRun:
    """Put a run on record, under the vendor's scope, before anything is read. Raises NotAllowed."""
    if actor is not None:
        actor.require(Permission.IMPORT_DATA)
    return ImportRun.objects.create(
        vendor_id=program.vendor_id,
        program=program,
        mapping=mapping.name,
        mapping_text=mapping_text,
        source_name=source_name[:255],
        started_by_id=actor.person_id if actor else None,
        strict=strict,
        dry_run=dry_run,
        state=state,
    )


def execute_run(
    *,
    record: ImportRun,
    mapping: files.Mapping,
    path: Path | dict[str, Path],
    beside: Mapping[str, Path] | None = None,
    today: date | None = None,
    report: Report | None = None,
) -> Outcome:
    """Read and write one export; whatever happens, the run says so afterwards. Raises ImportRefused and its kin.

    Must be called outside any transaction: the run's progress and its rejects are kept apart from its data.
    """
    day = today or today_in(record.program, timezone.now())
    with holding(record):
        if _is_over(record):
            return Outcome()
        try:
            outcome = _attempt(record, mapping, path, beside, day, report)
        except DomainError as refusal:
            _note(record, state=RunState.REFUSED, problem=refusal.message, finished_at=timezone.now(), step="")
            tell_of_end(record)
            raise
        except BaseException as failure:
            _note(record, state=RunState.FAILED, problem=_told(failure), finished_at=timezone.now(), step="")
            tell_of_end(record)
            raise
        _conclude(record, outcome)
        if outcome.event_id is not None:
            _note(record, step="counting")
            count_grown_tables()  # what counts reads them
            _deliver(record, outcome.event_id, side_by_side=2 if outcome.changed > MANY else 1)
            count_grown_tables()  # of the figures, which pages read
            _note(record, step="")
        tell_of_end(record)
    return outcome


def _attempt(
    record: ImportRun,
    mapping: files.Mapping,
    path: Path | dict[str, Path],
    beside: Mapping[str, Path] | None,
    today: date,
    report: Report | None,
) -> Outcome:
    for attempt in range(1, ATTEMPTS + 1):
        _start_over(record)
        export = files.open_export(mapping, path, beside=beside)
        headers = {
            one.file.name: {"columns": one.file.data_header, "delimiter": one.file.delimiter} for one in export.sources
        }
        _note(record, bytes_total=export.bytes_in_all, ignored_files=export.ignored[:500], headers=headers)
        watching = Watching(
            progress=Paced(lambda done, total: _tell(record, done, total, report)),
            rejects=lambda some, export=export: _keep_rejects(record, export, some),  # type: ignore[misc]
            step=lambda step: _step(record, step, report),
        )
        try:
            return load(record, export, today=today, watching=watching)
        except (IntegrityError, OperationalError):
            if attempt == ATTEMPTS:
                raise
            log.warning("import_begins_anew", run=str(record.pk), exc_info=True)
    raise AssertionError("the last attempt returns or raises")


def _is_over(record: ImportRun) -> bool:
    """Whether somebody else ran it to its end while this process waited for its turn."""
    with tenant(organization_id=record.vendor_id, door="import", using=OUTSIDE):
        state = ImportRun.objects.using(OUTSIDE).values_list("state", flat=True).get(pk=record.pk)
    return state not in (RunState.RUNNING, RunState.WAITING)


def _told(failure: BaseException) -> str:
    if isinstance(failure, KeyboardInterrupt | SystemExit):
        return words("The import was interrupted. Nothing of it was kept; start it again.")
    log.exception("import_failed")
    kind = type(failure).__name__
    return words(
        "Something unforeseen stopped the import (%(kind)s). Nothing of it was kept; the log has the details.",
        kind=kind,
    )


def _start_over(record: ImportRun) -> None:
    """A run taken up again after a kill begins from nothing, and so do its rejects."""
    with tenant(organization_id=record.vendor_id, door="import", using=OUTSIDE):
        Reject.objects.using(OUTSIDE).filter(vendor_id=record.vendor_id, run=record).delete()
    _note(record, state=RunState.RUNNING, step="reading", bytes_read=0, problem="", finished_at=None)


def _note(record: ImportRun, **values: object) -> None:
    """Write to the run on the second connection: visible at once, and there whatever becomes of the data."""
    with tenant(organization_id=record.vendor_id, door="import", using=OUTSIDE):
        ImportRun.objects.using(OUTSIDE).filter(pk=record.pk).update(**values)
    for name, value in values.items():
        setattr(record, name, value)


def _tell(record: ImportRun, done: int, total: int, report: Report | None) -> None:
    _note(record, bytes_read=done)
    if report is not None and total:
        report(words("read %(done)s %%", done=done * 100 // total))


def _step(record: ImportRun, step: str, report: Report | None) -> None:
    _note(record, step=step)
    if report is not None:
        report(words("%(step)s …", step=step))


def _keep_rejects(record: ImportRun, export: files.Export, some: Iterable[files.Reject]) -> None:
    names = {source.number: source.file.name for source in export.sources}
    rows = [_kept(record, names[reject.file], reject) for reject in some]
    with tenant(organization_id=record.vendor_id, door="import", using=OUTSIDE):
        Reject.objects.using(OUTSIDE).bulk_create(rows, batch_size=500)


def _kept(record: ImportRun, file: str, reject: files.Reject) -> Reject:
    cells, reason = [_storable(cell) for cell in reject.cells], reject.reason
    is_cut = sum(map(len, cells)) > ROW_KEPT
    if is_cut:
        cells = [cell[:CELL_OF_LONG_ROW] for cell in cells]
        reason += words(
            "; the row is too long to be kept, so its cells are cut to %(cell_of_long_row)s characters here",
            cell_of_long_row=Figure(CELL_OF_LONG_ROW),
        )
    return Reject(
        vendor_id=record.vendor_id,
        run=record,
        file=file[:255],
        line=reject.line,
        column=_storable(reject.column)[:200],
        value=_storable(reject.value)[:VALUE_KEPT],
        reason=_storable(reason),
        raw=cells,
        is_cut=is_cut,
        is_held=reject.is_held,
    )


def _storable(text: str) -> str:
    """PostgreSQL keeps no NUL character."""
    return text.replace("\0", "\N{SYMBOL FOR NULL}")


def _conclude(record: ImportRun, outcome: Outcome) -> None:
    """A run whose data stay has said so with them; of others it is said here."""
    refused = record.strict and outcome.rejected > 0
    values: dict[str, object] = {"state": RunState.DONE, "step": ""}
    if refused:
        problem = words(
            "%(rejected)s rows are bad, so nothing was imported, as asked (strict).", rejected=Figure(outcome.rejected)
        )
        values |= {"state": RunState.REFUSED, "problem": problem}
    if refused or record.dry_run:
        values |= {"kept_edits": outcome.kept, "notes": outcome.notes, "finished_at": timezone.now()}
        values["counts"] = outcome.as_json()
    _note(record, **values)


def _deliver(record: ImportRun, event_id: UUID, *, side_by_side: int) -> None:
    """Let the marts follow at once; should that fail, the worker tries again."""
    try:
        deliver_pending(organization_id=record.vendor_id, event_id=event_id, side_by_side=side_by_side)
    except Exception:
        log.exception("marts_follow_later", run=str(record.pk))


class holding:
    """A lock of the session on a run while its process lives; the database frees it when the process dies."""

    def __init__(self, record: ImportRun) -> None:
        self._key = f"import run {record.pk}"

    def __enter__(self) -> None:
        with connections[OUTSIDE].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [self._key])

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        with connections[OUTSIDE].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [self._key])


@transaction.atomic
def close_orphans(*, program: Program, at: datetime) -> int:
    """Runs whose process died are said to have failed: had their data been committed, they would be done. Those of
    uploads wait instead, since a worker takes them up again. Returns how many."""
    closed = 0
    for record in ImportRun.objects.filter(vendor_id=program.vendor_id, program=program, state=RunState.RUNNING):
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"import run {record.pk}"])
            [free] = cursor.fetchone()
        if not free or not ImportRun.objects.filter(pk=record.pk, state=RunState.RUNNING).exists():
            continue
        if ImportFile.objects.filter(vendor_id=record.vendor_id, run=record).exists():
            values: dict[str, object] = {"state": RunState.WAITING, "step": "", "bytes_read": 0}
        else:
            problem = words("The process that ran this import ended. Nothing of it was kept; start it again.")
            values = {"state": RunState.FAILED, "step": "", "finished_at": at, "problem": problem}
        ImportRun.objects.filter(vendor_id=program.vendor_id, pk=record.pk).update(**values)
        closed += 1
    return closed


class Paced:
    """Passes progress on at most once in a while."""

    def __init__(self, tell: Callable[[int, int], None], seconds: float = 1.0) -> None:
        self._tell, self._seconds, self._last = tell, seconds, 0.0

    def __call__(self, done: int, total: int) -> None:
        """Tell, unless that was done a moment ago."""
        now = time.monotonic()
        if now - self._last >= self._seconds:
            self._last = now
            self._tell(done, total)
