"""`./comity import`: what it did, in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from django.utils import timezone

from comity.connectors import files
from comity.connectors.models import ImportRun, Reject
from comity.connectors.runs import Outcome
from comity.connectors.services import begin_run, close_orphans, execute_run
from comity.kernel.errors import DomainError
from comity.platform.tenancy import tenant
from comity.programs.operator import ProgramNotFound, find_or_create_program, find_or_create_vendor, find_program

Report = Callable[[str], None]
REJECTS_SHOWN = 10


def import_from_command_line(
    *, path: Path, mapping: str, vendor: str, program: str, dry_run: bool, strict: bool, report: Report
) -> int:
    """Import and tell. Status 0; 1 when nothing was imported because rows are bad; 2 when it was refused outright."""
    try:
        chosen = files.load_mapping(mapping)
        export = files.open_export(chosen, path)  # refuse what can be refused before a vendor is made
        if dry_run and not _is_there(vendor, program):
            return _rehearse(export, report)
        vendor_id = find_or_create_vendor(vendor)
        target = find_or_create_program(
            vendor_id,
            program,
            currency=chosen.mapping.currency or "USD",
            time_zone=chosen.mapping.time_zone,
            fiscal_year_starts=chosen.mapping.fiscal_year_starts_month,
        )
        with tenant(organization_id=vendor_id, door="command"):
            close_orphans(program=target, at=timezone.now())
            own = "" if mapping in files.shipped_mappings() else Path(mapping).read_text(encoding="utf-8")
            record = begin_run(
                program=target,
                mapping=chosen,
                mapping_text=own,
                source_name=path.absolute().name,
                strict=strict,
                dry_run=dry_run,
            )
        outcome = execute_run(record=record, mapping=chosen, path=path, report=report)
    except DomainError as refusal:
        report(str(refusal))
        return 2
    for line in told(record, outcome, dry_run=dry_run):
        report(line)
    return 1 if strict and outcome.rejected else 0


def _is_there(vendor: str, program: str) -> bool:
    try:
        find_program(program, vendor=vendor)
    except ProgramNotFound:
        return False
    return True


def _rehearse(export: files.Export, report: Report) -> int:
    """A dry run into a program that does not exist: it is not made for that, so the rows are only read."""
    reading = files.Reading(export, today=timezone.now().date())
    shown = 0
    for batch in reading.batches():
        if isinstance(batch, files.RejectBatch):
            for bad in batch.rejects[: max(0, REJECTS_SHOWN - shown)]:
                name = export.sources[bad.file - 1].file.name
                report(f"{name}, line {bad.line}: {bad.column} {bad.value!r} {bad.reason}")
                shown += 1
    for one in reading.counts.values():
        report(f"{one.name}: {one.read:,} rows, {one.accepted:,} good, {one.rejected:,} bad")
    report("dry run: the program does not exist yet, so the rows were only read; nothing was changed")
    return 0


def told(record: ImportRun, outcome: Outcome, *, dry_run: bool) -> list[str]:
    """The result, a line a fact."""
    lines = []
    if record.ignored_files:
        lines.append(f"ignored, since the mapping does not name them: {', '.join(record.ignored_files)}")
    for one in outcome.files:
        aside = f", {one['aside']:,} not for this import" if one["aside"] else ""
        lines.append(f"{one['name']}: {one['read']:,} rows, {one['accepted']:,} good, {one['rejected']:,} bad{aside}")
    would = "would be " if dry_run else ""
    for name, done in outcome.written.items():
        label = name.replace("_", " ")
        lines.append(f"{label}: {done.created:,} {would}created, {done.updated:,} {would}updated")
    lines += _first(
        [f"kept as a person set it: {one['record']}, {one['field']} (the file says {one['offered']})"
         for one in outcome.kept]
    )  # fmt: skip
    lines += _first([f"{one['record']}, {one['field']} “{one['value']}”: {one['why']}" for one in outcome.notes])
    if outcome.rejected:
        lines += _bad_rows(record, outcome)
    if record.problem:
        lines.append(record.problem)
    lines.append("dry run: nothing was changed" if dry_run else f"{outcome.changed:,} deals changed")
    return lines


def _first(lines: list[str]) -> list[str]:
    more = len(lines) - REJECTS_SHOWN
    return [*lines[:REJECTS_SHOWN], *([f"… and {more:,} more like this (Import page)"] if more > 0 else [])]


def _bad_rows(record: ImportRun, outcome: Outcome) -> list[str]:
    with tenant(organization_id=record.vendor_id, door="command"):
        shown = list(
            Reject.objects.filter(vendor_id=record.vendor_id, run=record).order_by("file", "line")[:REJECTS_SHOWN]
        )
    lines = [f"{one.file}, line {one.line}: {one.column} {one.value!r} {one.reason}" for one in shown]
    if outcome.rejected > len(shown):
        lines.append(f"… and {outcome.rejected - len(shown):,} more bad rows, kept with the run (Import page, CSV)")
    return lines
