"""Imports as people and commands start them: the run is on record before its first row, and its rejects with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog
from django.db import connections, transaction
from django.utils import timezone

from comity.connectors import files
from comity.connectors.models import ImportRun, Reject, RunState
from comity.connectors.runs import Outcome, Paced, load
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import DomainError
from comity.platform.outbox import deliver_pending
from comity.platform.tenancy import tenant
from comity.programs.models import Program

log = structlog.get_logger(__name__)
Report = Callable[[str], None]
OUTSIDE: Final = "outside"
VALUE_KEPT: Final = 2_000
"""Characters of a bad value that are kept; the whole row is kept beside it."""


def begin_run(
    *,
    program: Program,
    mapping: files.Mapping,
    source_name: str,
    actor: Actor | None = None,
    mapping_text: str = "",
    strict: bool = False,
    upload_id: UUID | None = None,
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
        upload_id=upload_id,
        started_by_id=actor.person_id if actor else None,
        strict=strict,
        state=state,
    )


def execute_run(
    *,
    record: ImportRun,
    mapping: files.Mapping,
    path: Path | dict[str, Path],
    keep: bool = True,
    today: date | None = None,
    report: Report | None = None,
) -> Outcome:
    """Read and write one export; whatever happens, the run says so afterwards. Raises ImportRefused and its kin.

    Must be called outside any transaction: the run's progress and its rejects are kept apart from its data.
    """
    day = today or timezone.now().astimezone(UTC).date()
    with holding(record):
        _start_over(record)
        try:
            export = files.open_export(mapping, path)
            _note(record, bytes_total=export.bytes_in_all, ignored_files=export.ignored[:500])
            outcome = load(
                record,
                export,
                keep=keep,
                strict=record.strict,
                today=day,
                progress=Paced(lambda done, total: _tell(record, done, total, report)),
                rejects=lambda some: _keep_rejects(record, export, some),
            )
        except DomainError as refusal:
            _note(record, state=RunState.REFUSED, problem=str(refusal), finished_at=timezone.now())
            raise
        except BaseException as failure:
            _note(record, state=RunState.FAILED, problem=_told(failure), finished_at=timezone.now())
            raise
        _conclude(record, outcome, keep=keep)
    if outcome.event_id is not None:
        _deliver(record, outcome.event_id)
    return outcome


def _told(failure: BaseException) -> str:
    if isinstance(failure, KeyboardInterrupt):
        return "The import was interrupted. Nothing of it was kept; start it again."
    log.exception("import_failed")
    kind = type(failure).__name__
    return f"Something unforeseen stopped the import ({kind}). Nothing of it was kept; the log has the details."


def _start_over(record: ImportRun) -> None:
    """A run taken up again after a kill begins from nothing, and so do its rejects."""
    with tenant(organization_id=record.vendor_id, door="import", using=OUTSIDE):
        Reject.objects.using(OUTSIDE).filter(vendor_id=record.vendor_id, run=record).delete()
    _note(record, state=RunState.RUNNING, bytes_read=0, problem="", finished_at=None)


def _note(record: ImportRun, **values: object) -> None:
    """Write to the run on the second connection: visible at once, and there whatever becomes of the data."""
    with tenant(organization_id=record.vendor_id, door="import", using=OUTSIDE):
        ImportRun.objects.using(OUTSIDE).filter(pk=record.pk).update(**values)
    for name, value in values.items():
        setattr(record, name, value)


def _tell(record: ImportRun, done: int, total: int, report: Report | None) -> None:
    _note(record, bytes_read=done)
    if report is not None and total:
        report(f"read {done * 100 // total} %")


def _keep_rejects(record: ImportRun, export: files.Export, some: Iterable[files.Reject]) -> None:
    names = {source.number: source.file.name for source in export.sources}
    rows = [
        Reject(
            vendor_id=record.vendor_id,
            run=record,
            file=names[reject.file][:255],
            line=reject.line,
            column=reject.column[:200],
            value=_storable(reject.value)[:VALUE_KEPT],
            reason=_storable(reject.reason),
            raw=[_storable(cell) for cell in reject.cells],
        )
        for reject in some
    ]
    with tenant(organization_id=record.vendor_id, door="import", using=OUTSIDE):
        Reject.objects.using(OUTSIDE).bulk_create(rows, batch_size=500)


def _storable(text: str) -> str:
    """PostgreSQL keeps no NUL character."""
    return text.replace("\0", "\N{SYMBOL FOR NULL}")


def _conclude(record: ImportRun, outcome: Outcome, *, keep: bool) -> None:
    refused = record.strict and outcome.rejected > 0
    problem = ""
    if refused:
        problem = f"{outcome.rejected:,} rows are bad, so nothing was imported, as asked (strict)."
    _note(
        record,
        state=RunState.REFUSED if refused else RunState.DONE,
        counts={**outcome.as_json(), "dry_run": not keep},
        kept_edits=outcome.kept,
        problem=problem,
        finished_at=timezone.now(),
    )


def _deliver(record: ImportRun, event_id: UUID) -> None:
    """Let the marts follow at once; should that fail, the worker tries again."""
    try:
        deliver_pending(organization_id=record.vendor_id, event_id=event_id)
    except Exception:
        log.exception("marts_follow_later", run=str(record.pk))


class holding:
    """A lock of the session on a run while its process lives; the database frees it when the process dies."""

    def __init__(self, record: ImportRun) -> None:
        self._key = f"import run {record.pk}"

    def __enter__(self) -> None:
        with connections[OUTSIDE].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [self._key])

    def __exit__(self, *failure: object) -> None:
        with connections[OUTSIDE].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [self._key])


@transaction.atomic
def close_orphans(*, program: Program, at: datetime) -> int:
    """Runs whose process died are said to have failed; nothing of their data is there. Returns how many."""
    closed = 0
    for record in ImportRun.objects.filter(vendor_id=program.vendor_id, program=program, state=RunState.RUNNING):
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"import run {record.pk}"])
            [free] = cursor.fetchone()
        if free:
            record.state, record.finished_at = RunState.FAILED, at
            record.problem = "The process that ran this import ended. Nothing of it was kept; start it again."
            record.save(update_fields=["state", "finished_at", "problem"])
            closed += 1
    return closed
