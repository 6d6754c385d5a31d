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
from comity.programs.operator import find_or_create_program, find_or_create_vendor

Report = Callable[[str], None]
REJECTS_SHOWN = 10


def import_from_command_line(
    *, path: Path, mapping: str, vendor: str, program: str, dry_run: bool, strict: bool, report: Report
) -> int:
    """Import and tell. Status 0; 1 when nothing was imported because rows are bad; 2 when it was refused outright."""
    try:
        chosen = files.load_mapping(mapping)
        files.open_export(chosen, path)  # refuse what can be refused before a vendor is made
        vendor_id = find_or_create_vendor(vendor)
        target = find_or_create_program(
            vendor_id, program, currency=chosen.mapping.currency or "USD", time_zone=chosen.mapping.time_zone
        )
        with tenant(organization_id=vendor_id, door="command"):
            close_orphans(program=target, at=timezone.now())
            record = begin_run(program=target, mapping=chosen, source_name=path.name, strict=strict)
        outcome = execute_run(record=record, mapping=chosen, path=path, keep=not dry_run, report=report)
    except DomainError as refusal:
        report(str(refusal))
        return 2
    for line in told(record, outcome, dry_run=dry_run):
        report(line)
    return 1 if strict and outcome.rejected else 0


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
    for kept in outcome.kept[:REJECTS_SHOWN]:
        lines.append(f"kept as a person set it: {kept['record']}, {kept['field']} (the file says {kept['offered']})")
    if outcome.rejected:
        lines += _bad_rows(record, outcome)
    if record.problem:
        lines.append(record.problem)
    lines.append("dry run: nothing was changed" if dry_run else f"{outcome.changed:,} deals changed")
    return lines


def _bad_rows(record: ImportRun, outcome: Outcome) -> list[str]:
    with tenant(organization_id=record.vendor_id, door="command"):
        shown = list(
            Reject.objects.filter(vendor_id=record.vendor_id, run=record).order_by("file", "line")[:REJECTS_SHOWN]
        )
    lines = [f"{one.file}, line {one.line}: {one.column} {one.value!r} {one.reason}" for one in shown]
    if outcome.rejected > len(shown):
        lines.append(f"… and {outcome.rejected - len(shown):,} more bad rows, kept with the run (Import page, CSV)")
    return lines
