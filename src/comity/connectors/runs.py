"""One import from the first byte to the last row: in one transaction, with every bad row listed, nothing half done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from comity.connectors import files
from comity.connectors.files.targets import TARGETS, Kind
from comity.connectors.models import ImportRun, RunState
from comity.deals import importing as deals
from comity.deals.events import OpportunitiesImported
from comity.kernel.words import Figure, words
from comity.platform.outbox import announce
from comity.platform.staging import Written, copy_rows, create_staging, run
from comity.platform.tenancy import tenant
from comity.programs import importing as programs
from comity.programs.importing import ImportTarget

TYPES: Final = {
    Kind.DATE: "date", Kind.INSTANT: "timestamptz", Kind.MONEY: "numeric", Kind.NUMBER: "numeric",
    Kind.PERCENT: "numeric", Kind.COUNT: "int", Kind.WORDS: "text[]", Kind.LIST: "text[]", Kind.DOMAINS: "text[]",
}  # fmt: skip
"""How a kind of field is staged; whatever is not here is text."""

SETTINGS: Final = {
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "synchronous_commit": "on",
    "work_mem": "128MB",
    "temp_buffers": "64MB",
    # The words of names are sorted into their index in portions as large as this, instead of by page.
    "gin_pending_list_limit": "64MB",
    # The planner knows nothing of rows that this transaction wrote, expects one, and would compare each with each.
    "enable_nestloop": "off",
}
"""For the transaction of an import."""

Bad = dict[tuple[int, int], tuple[str, str, str]]
"""File and line to column, value and reason."""


@dataclass
class Outcome:
    """What an import did, or would do.

    Attributes:
        files: a line a file: name, rows read, accepted, rejected, set aside.
        written: target to how many were created and updated.
        rejected: how many rows were not taken.
        changed: how many deals were created or changed.
        kept: what people set since and the export says otherwise.
        notes: what the export says twice and differently, or names in vain.
    """

    files: list[dict[str, Any]] = field(default_factory=list)
    written: dict[str, Written] = field(default_factory=dict)
    rejected: int = 0
    changed: int = 0
    kept: list[dict[str, str]] = field(default_factory=list)
    notes: list[dict[str, str]] = field(default_factory=list)
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


@dataclass(frozen=True)
class Watching:
    """Whom to tell while it runs: bytes read of all, rejects as they are found, and what is done now."""

    progress: Callable[[int, int], None]
    rejects: Callable[[Iterable[files.Reject]], None]
    step: Callable[[str], None]


def load(record: ImportRun, export: files.Export, *, today: date, watching: Watching) -> Outcome:
    """Read the export and write it, as one transaction; the run is marked as done in it. Rejects are handed on, to be
    kept outside of it.

    Of a dry run nothing stays; nor does anything of a strict run if any row is bad.
    """
    try:
        with tenant(organization_id=record.vendor_id, person_id=record.started_by_id, door="import"):
            _prepare(record.vendor_id)
            reading = files.Reading(export, today=today, time_zone=record.program.time_zone, progress=watching.progress)
            target, summed = _stage(reading, record, watching)
            outcome = Outcome(kept=target.kept, notes=target.notes)
            watching.step("checking")
            _write_references(target, reading, outcome)
            _reject_strangers(target, reading, bool(summed), watching)
            _count(reading, outcome)
            if record.strict and outcome.rejected:
                raise NothingImported(outcome)
            watching.step("writing")
            _write_deals(target, outcome, reading.export.mapping.deals.amount_known, summed)
            if record.dry_run:
                raise NothingImported(outcome)
            _finish(record, target, outcome, today)
    except NothingImported as end:
        return end.outcome
    return outcome


def _prepare(vendor_id: UUID) -> None:
    """One import of a vendor at a time, since programs share customers and products."""
    for name, value in SETTINGS.items():
        run(f"SET LOCAL {name} = '{value}'")
    run("SELECT pg_advisory_xact_lock(hashtextextended(%(key)s, 0))", {"key": f"import {vendor_id}"})
    for name, target in TARGETS.items():
        columns = {item.name: TYPES.get(item.kind, "text") for item in target}
        create_staging(f"import_{name}", {"file": "int", "line": "bigint", **columns})
    run("CREATE TEMPORARY TABLE import_held (deal text) ON COMMIT DROP")


def _stage(reading: files.Reading, record: ImportRun, watching: Watching) -> tuple[ImportTarget, frozenset[str]]:
    """Copy everything into the staged tables; returns what the export speaks of, and which fields add up."""
    fed: dict[str, set[str]] = defaultdict(set)
    summed: set[str] = set()
    for batch in reading.batches():
        if isinstance(batch, files.RejectBatch):
            watching.rejects(batch.rejects)
            continue
        fed[batch.target].update(batch.columns)
        if batch.target == "opportunity":
            summed.update(batch.summed)
        copy_rows(f"import_{batch.target}", ["file", "line", *batch.columns], batch.rows)
    for name in TARGETS:
        run(f"ANALYZE import_{name}")
    currency = reading.export.mapping.mapping.currency or record.program.currency
    frozen = {name: frozenset(columns) for name, columns in fed.items()}
    return ImportTarget(record.program, record.pk, frozen, currency), frozenset(summed)


def _write_references(target: ImportTarget, reading: files.Reading, outcome: Outcome) -> None:
    """What deals refer to, in the order in which one refers to the other."""
    fed = target.fed
    if "manager" in fed:
        outcome.written["manager"] = programs.import_managers(target)
    elif _names_managers(reading.export):
        for name in ("partner", "opportunity"):
            if target.says(name, "manager"):
                programs.add_named_managers(target, f"import_{name}")
    programs.know_managers(target)
    if "partner" in fed:
        outcome.written["partner"] = programs.import_partners(target)
    programs.know_partners(target)
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


def _names_managers(export: files.Export) -> bool:
    """Whether whoever is named on partners and deals is a manager: not where a list tells who is one, and is only
    not part of this export (a corrected file, say)."""
    return all(source.optional for source in export.mapping.source if source.manager is not None)


def _reject_strangers(target: ImportTarget, reading: files.Reading, summed: bool, watching: Watching) -> None:
    """Hold back each deal that names somebody unknown or stands twice, and list all its lines."""
    bad: Bad = {}
    held: dict[str, str] = {}
    for one in chain(deals.repeated_deals(summed), deals.strangers(target)):
        bad.setdefault((one.file, one.line), (one.column, one.value, one.reason))
        held.setdefault(one.deal, f"held back because line {one.line} of the same deal is bad")
        _refuse_too_many(len(bad), reading)
    for file, line, name, value in programs.unknown_quota_owners(target):
        bad.setdefault((file, line), (name, value, f"is no {name} of this export or known before"))
    _refuse_too_many(len(bad), reading)
    if bad or reading.held:
        for batch in reading.gather(deals=held, lines=bad):
            watching.rejects(batch.rejects)
            _refuse_too_many(0, reading)
        deals.hold_back([*reading.held, *(deal for deal in held if deal not in reading.held)])


def _refuse_too_many(found: int, reading: files.Reading) -> None:
    rejected = found + sum(one.rejected for one in reading.counts.values())
    if rejected > reading.most_rejects:
        raise files.TooManyRejects(
            words(
                "More than %(most_rejects)s rows are bad, with those of the deals that they hold back; "
                "nothing was imported. See the first of them, and check that the mapping fits and that "
                "no file is missing.",
                most_rejects=Figure(reading.most_rejects),
            ),
            rejected=rejected,
            read=sum(one.read for one in reading.counts.values()),
        )


def _count(reading: files.Reading, outcome: Outcome) -> None:
    outcome.files = [
        {"name": one.name, "read": one.read, "accepted": one.accepted, "rejected": one.rejected, "aside": one.set_aside}
        for one in reading.counts.values()
    ]
    outcome.rejected = sum(one.rejected for one in reading.counts.values())


def _write_deals(target: ImportTarget, outcome: Outcome, amounts_known: str, summed: frozenset[str]) -> None:
    """Deals with lines and partners; or lines and partners of deals that are known from before; and the managers'
    history and quotas."""
    if target.fed.keys() & deals.OF_DEALS.keys():
        outcome.written["opportunity"] = deals.import_opportunities(target, summed)
        deals.know_owners(target)
        if "opportunity_line" in target.fed or target.says("opportunity", "family"):
            deals.import_lines(target)
        if "opportunity_partner" in target.fed:
            deals.import_deal_partners(target)
        outcome.changed = deals.conclude(target, amounts_known=amounts_known)
    if "assignment" in target.fed:
        deals.add_known_assignments(target)
        programs.import_assignments(target)
    if "quota" in target.fed:
        outcome.written["quota"] = programs.import_quotas(target)


def _finish(record: ImportRun, target: ImportTarget, outcome: Outcome, today: date) -> None:
    """The news, the day up to which the data speak, and that this run is done: with the data, or not at all."""
    if "opportunity" in target.fed:
        _move_data_as_of(target, today)
    if outcome.changed:
        outcome.event_id = announce(OpportunitiesImported(run_id=record.pk, program_id=record.program_id))
    connection.cursor().execute("SET LOCAL enable_nestloop = on")
    ImportRun.objects.filter(vendor_id=record.vendor_id, pk=record.pk).update(
        state=RunState.DONE, counts=outcome.as_json(), kept_edits=outcome.kept, notes=outcome.notes,
        finished_at=timezone.now(),
    )  # fmt: skip


def _move_data_as_of(target: ImportTarget, today: date) -> None:
    """The data now speak up to their newest fact; an older export does not turn the date back."""
    newest = deals.newest_fact(target)
    if newest is not None and newest <= today:
        run(
            """UPDATE programs_program SET data_as_of = %(newest)s
            WHERE vendor_id = %(vendor)s AND id = %(program)s AND (data_as_of IS NULL OR data_as_of < %(newest)s)""",
            {**target.values, "newest": newest},
        )
