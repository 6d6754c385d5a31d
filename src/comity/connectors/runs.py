"""One import from the first byte to the last row: in one transaction, with every bad row listed, nothing half done."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db import connection

from comity.connectors import files
from comity.connectors.files.targets import TARGETS, Kind
from comity.connectors.models import ImportRun
from comity.deals import importing as deals
from comity.deals.events import OpportunitiesImported
from comity.platform.outbox import announce
from comity.platform.staging import Written, copy_rows, create_staging, rows_of, run
from comity.platform.tenancy import tenant
from comity.programs import importing as programs
from comity.programs.importing import ImportTarget

TYPES: Final = {
    Kind.DATE: "date", Kind.INSTANT: "timestamptz", Kind.MONEY: "numeric", Kind.NUMBER: "numeric",
    Kind.PERCENT: "numeric", Kind.COUNT: "int", Kind.WORDS: "text[]", Kind.LIST: "text[]", Kind.DOMAINS: "text[]",
}  # fmt: skip
"""How a kind of field is staged; whatever is not here is text."""

Progress = Callable[[int, int], None]
"""Takes the bytes read and the bytes in all."""


@dataclass
class Outcome:
    """What an import did, or would do.

    Attributes:
        counts: target to created and updated; files to rows read, accepted, rejected, set aside.
        rejected: how many rows were not taken.
        changed: how many deals were created or changed.
    """

    files: list[dict[str, Any]] = field(default_factory=list)
    written: dict[str, Written] = field(default_factory=dict)
    rejected: int = 0
    changed: int = 0
    kept: list[dict[str, str]] = field(default_factory=list)
    event_id: UUID | None = None

    def as_json(self) -> dict[str, Any]:
        """The counts as the run keeps them."""
        written = {name: {"created": done.created, "updated": done.updated} for name, done in self.written.items()}
        return {"files": self.files, "written": written, "rejected": self.rejected, "deals_changed": self.changed}


class NothingImported(Exception):
    """Leaves the transaction without its writes; the outcome is what would have been."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


RejectSink = Callable[[Iterable[files.Reject]], None]


def load(
    record: ImportRun,
    export: files.Export,
    *,
    keep: bool,
    strict: bool,
    today: date,
    progress: Progress,
    rejects: RejectSink,
) -> Outcome:
    """Read the export and write it, as one transaction. Rejects are handed to `rejects`, which keeps them outside of it.

    With `keep` false nothing stays; with `strict` nothing stays if any row is bad.
    """
    program = record.program
    try:
        with tenant(organization_id=record.vendor_id, person_id=record.started_by_id, door="import"):
            _prepare(program.pk)
            reading = files.Reading(export, today=today, time_zone=program.time_zone, progress=progress)
            target, summed = _stage(reading, record, rejects)
            outcome = _write(target, reading, summed, rejects)
            if not keep or (strict and outcome.rejected):
                raise NothingImported(outcome)
            _move_data_as_of(target, today)
            if outcome.changed:
                outcome.event_id = announce(OpportunitiesImported(run_id=record.pk, program_id=program.pk))
    except NothingImported as end:
        return end.outcome
    return outcome


def _prepare(program_id: UUID) -> None:
    """One import of a program at a time; no limit on how long a statement of it may take."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SET LOCAL work_mem = '128MB'")
        cursor.execute("SET LOCAL synchronous_commit = on")
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"import {program_id}"])
    for name, target in TARGETS.items():
        columns = {item.name: TYPES.get(item.kind, "text") for item in target}
        create_staging(f"import_{name}", {"file": "int", "line": "bigint", **columns})
    run("CREATE TEMPORARY TABLE import_held (deal text PRIMARY KEY) ON COMMIT DROP")


def _stage(reading: files.Reading, record: ImportRun, rejects: RejectSink) -> tuple[ImportTarget, frozenset[str]]:
    """Copy everything into the staged tables; returns what the export speaks of, and which fields add up."""
    fed: dict[str, set[str]] = defaultdict(set)
    summed: set[str] = set()
    for batch in reading.batches():
        if isinstance(batch, files.RejectBatch):
            rejects(batch.rejects)
            continue
        fed[batch.target].update(batch.columns)
        if batch.target == "opportunity":
            summed.update(batch.summed)
        copy_rows(f"import_{batch.target}", ["file", "line", *batch.columns], batch.rows)
    for name in fed:
        run(f"ANALYZE import_{name}")
    copy_rows("import_held", ["deal"], ((deal,) for deal in reading.held))
    currency = reading.export.mapping.mapping.currency or record.program.currency
    frozen = {name: frozenset(columns) for name, columns in fed.items()}
    return ImportTarget(record.program, record.pk, frozen, currency), frozenset(summed)


def _write(target: ImportTarget, reading: files.Reading, summed: frozenset[str], rejects: RejectSink) -> Outcome:
    """Everything in the order in which one refers to the other."""
    outcome = Outcome()
    fed = target.fed
    if "manager" in fed:
        outcome.written["manager"] = programs.import_managers(target)
    else:
        for name in ("partner", "opportunity"):
            if target.says(name, "manager"):
                programs.add_named_managers(target, f"import_{name}")
    if "partner" in fed:
        outcome.written["partner"] = programs.import_partners(target)
    if "account" in fed:
        outcome.written["account"] = deals.import_accounts(target)
    if "product" in fed:
        outcome.written["product"] = deals.import_products(target)
    if "opportunity" in fed:
        declared = [
            (stage.name, stage.kind, None if stage.probability is None else stage.probability / 100)
            for stage in reading.export.mapping.stages
        ]
        deals.import_stages(target, declared)
    _reject_strangers(target, reading, bool(summed), rejects)
    _write_deals(target, outcome, reading.export.mapping.deals.amount_known, summed)
    if "assignment" in fed:
        programs.import_assignments(target)
    if "quota" in fed:
        outcome.written["quota"] = programs.import_quotas(target)
    outcome.kept = target.kept
    outcome.files = [
        {"name": one.name, "read": one.read, "accepted": one.accepted, "rejected": one.rejected, "aside": one.set_aside}
        for one in reading.counts.values()
    ]
    outcome.rejected = sum(one.rejected for one in reading.counts.values())
    return outcome


def _reject_strangers(target: ImportTarget, reading: files.Reading, summed: bool, rejects: RejectSink) -> None:
    """Hold back each deal that names somebody unknown, and list all its lines."""
    lines: dict[tuple[int, int], tuple[str, str, str]] = {}
    held: dict[str, str] = {}
    for one in (*deals.repeated_deals(target, summed), *deals.strangers(target)):
        if one.column == "external_id":  # the first row of a repeated deal is good
            lines.setdefault((one.file, one.line), (one.column, one.value, one.reason))
            continue
        lines.setdefault((one.file, one.line), (one.column, one.value, one.reason))
        if one.deal is not None:
            held.setdefault(one.deal, f"held back because line {one.line} of the same deal is bad")
    for name, place in (("quota", "manager"), ("quota", "partner")):
        for file, line, value in programs_unknown(target, name, place):
            lines.setdefault((file, line), (place, value, f"is no {place} of this export or known before"))
    _drop_repeated(lines)
    new = [(deal,) for deal in held if deal not in reading.held]
    copy_rows("import_held", ["deal"], new)
    if lines or reading.held:
        for batch in reading.gather(deals=held, lines=lines):
            rejects(batch.rejects)


def programs_unknown(target: ImportTarget, name: str, place: str) -> list[tuple[int, int, str]]:
    """Quotas of managers or partners that nobody knows."""
    if not target.says(name, place):
        return []
    table = {"manager": "programs_manager", "partner": "programs_partnership"}[place]
    found = rows_of(
        f"""SELECT s.file, s.line, s.{place} FROM import_{name} s WHERE s.{place} IS NOT NULL
        AND NOT EXISTS (SELECT FROM {table} k WHERE k.vendor_id = %(vendor)s AND k.program_id = %(program)s
                        AND (k.external_id = s.{place} OR k.name = s.{place})) LIMIT 100001""",  # noqa: S608
        target.values,
    )
    return [(file, line, value) for file, line, value in found]


def _drop_repeated(lines: dict[tuple[int, int], tuple[str, str, str]]) -> None:
    """Take the second rows of repeated deals out of the staged tables; their first rows stay."""
    again = [place for place, (column, _, _) in lines.items() if column == "external_id"]
    if not again:
        return
    create_staging("import_repeated", {"file": "int", "line": "bigint"})
    copy_rows("import_repeated", ["file", "line"], again)
    for name in ("opportunity", "opportunity_line", "opportunity_partner", "assignment"):
        run(f"DELETE FROM import_{name} s USING import_repeated r WHERE s.file = r.file AND s.line = r.line")


def _write_deals(target: ImportTarget, outcome: Outcome, amounts_known: str, summed: frozenset[str]) -> None:
    """Deals with lines and partners; or lines and partners of deals that are known from before."""
    if "opportunity" not in target.fed:
        return
    outcome.written["opportunity"] = deals.import_opportunities(target, summed)
    if "opportunity_line" in target.fed or target.says("opportunity", "family"):
        deals.import_lines(target)
    if "opportunity_partner" in target.fed:
        deals.import_deal_partners(target)
    outcome.changed = deals.conclude(target, amounts_known=amounts_known)


def _move_data_as_of(target: ImportTarget, today: date) -> None:
    """The data now speak up to their newest fact; an older export does not turn the date back."""
    if "opportunity" not in target.fed:
        return
    newest = deals.newest_fact(target)
    if isinstance(newest, date) and newest <= today:
        run(
            """UPDATE programs_program SET data_as_of = %(newest)s
            WHERE vendor_id = %(vendor)s AND id = %(program)s AND (data_as_of IS NULL OR data_as_of < %(newest)s)""",
            {**target.values, "newest": newest},
        )


class Paced:
    """Passes progress on at most once in a while."""

    def __init__(self, tell: Progress, seconds: float = 1.0) -> None:
        self._tell, self._seconds, self._last = tell, seconds, 0.0

    def __call__(self, done: int, total: int) -> None:
        """Tell, unless that was done a moment ago."""
        now = time.monotonic()
        if now - self._last >= self._seconds or done >= total:
            self._last = now
            self._tell(done, total)
