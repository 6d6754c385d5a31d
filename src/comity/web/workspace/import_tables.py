"""What the pages of an import show: the first rows as they will be read, and the counts of what was done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from comity.connectors.files.preview import Preview
from comity.connectors.models import ImportRun
from comity.platform.languages import said

LONGEST_SHOWN: Final = 80

NAMES: Final = {
    "manager": gettext_lazy("Partner managers"),
    "partner": gettext_lazy("Partners"),
    "account": gettext_lazy("Customer accounts"),
    "product": gettext_lazy("Products"),
    "opportunity": gettext_lazy("Opportunities"),
    "opportunity_line": gettext_lazy("Lines of opportunities"),
    "opportunity_partner": gettext_lazy("Partners on opportunities"),
    "assignment": gettext_lazy("Who served which partner"),
    "quota": gettext_lazy("Quotas"),
}
"""What people call what a mapping feeds."""


@dataclass(frozen=True)
class PreviewedTable:
    """Rows for one kind of record: headings, and cells as they will be read, each with whether it is a figure."""

    title: str
    headings: list[tuple[str, bool]]
    rows: list[list[tuple[str, bool]]]


@dataclass(frozen=True)
class BadRow:
    """A row that will not be taken: its cells, each with whether it is the bad one."""

    line: int
    reason: str
    cells: list[tuple[str, bool]]


@dataclass
class PreviewedFile:
    """One file of the export."""

    name: str
    columns: tuple[str, ...]
    tables: list[PreviewedTable] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)


def previewed_files(found: Preview) -> list[PreviewedFile]:
    """The preview by file, ready to be shown."""
    shown = {one.name: PreviewedFile(one.name, one.columns) for one in found.files.values()}
    for table in found.tables:
        fed = [at for at in range(len(table.columns)) if any(row[at] is not None for row in table.rows)]
        figures = {at for at in fed if any(isinstance(row[at], Decimal | int) for row in table.rows)}
        shown[table.file].tables.append(
            PreviewedTable(
                str(NAMES[table.target]),
                [(said(table.columns[at].replace("_", " ")), at in figures) for at in fed],
                [[(spoken(row[at]), at in figures) for at in fed] for row in table.rows],
            )
        )
    for reject in found.rejects:
        file = found.files[reject.file]
        cells = [
            (cell[:LONGEST_SHOWN], at < len(file.columns) and file.columns[at].strip() == reject.column)
            for at, cell in enumerate(reject.cells)
        ]
        place = f"{reject.column}: " if reject.column else ""
        shown[file.name].bad.append(BadRow(reject.line, f"{place}{said(reject.reason)}", cells))
    return list(shown.values())


def spoken(value: Any) -> str:
    """A value as it was read; nothing for none."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M UTC")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:,f}"
    return str(value)[:LONGEST_SHOWN]


def results_of(record: ImportRun) -> dict[str, Any]:
    """What an import did, as the page tells it."""
    counts = record.counts or {}
    done = counts.get("written", {})
    written = [(label, done[name]["created"], done[name]["updated"]) for name, label in NAMES.items() if name in done]
    kept = [(one["record"], one["field"], one["kept"], one["offered"]) for one in record.kept_edits]
    notes = [(one["record"], one["field"], one["value"], one["why"]) for one in record.notes]
    return {
        "counted": counts.get("files", []),
        "written": written,
        "rejected": counts.get("rejected", 0),
        "changed": counts.get("deals_changed", 0),
        "kept": kept,
        "notes": notes,
        "headline": _headline(record, counts.get("deals_changed", 0), counts.get("rejected", 0)),
    }


STEPS: Final = (
    ("reading", gettext_lazy("Read the files"), 60),
    ("checking", gettext_lazy("Check what the rows refer to"), 15),
    ("writing", gettext_lazy("Write them, all or none"), 25),
)
"""What an import does in turn, and about which part of its time, in per cent, each takes."""


def progress_of(record: ImportRun) -> int | None:
    """How far the whole run is, about, from 0 to 100; None before its first step. Reading is measured by bytes; of
    the others only the beginning is known."""
    before = 0
    for name, _label, part in STEPS:
        if record.step == name:
            read = record.bytes_read / record.bytes_total if name == "reading" and record.bytes_total else 0
            return before + int(part * min(1, read))
        before += part
    return None


def steps_of(record: ImportRun) -> list[dict[str, str]]:
    """The steps, each done, current or ahead."""
    names = [name for name, _label, _part in STEPS]
    at = names.index(record.step) if record.step in names else -1
    states = ["done" if number < at else "current" if number == at else "ahead" for number in range(len(names))]
    return [{"label": str(label), "state": state} for (_name, label, _part), state in zip(STEPS, states, strict=True)]


def title_of(record: ImportRun) -> str:
    """What people call an import: its file, or its first file and how many others."""
    first, *others = record.source_name.split(", ")
    if not others:
        return first
    return ngettext("%(name)s and %(count)s other", "%(name)s and %(count)s others", len(others)) % {
        "name": first,
        "count": len(others),
    }


def _headline(record: ImportRun, changed: int, rejected: int) -> tuple[str, str]:
    """Tone and sentence."""
    if record.state != "done":
        return "bad", record.problem
    if record.dry_run:
        return "info", _("This was a trial: nothing was changed. Below is what the import would do.")
    if rejected:
        return "warn", _("The import is done. Some rows could not be taken; they are listed below.")
    if not changed and not any(done["created"] or done["updated"] for done in record.counts["written"].values()):
        return "good", _("Everything in these files was known already; nothing was changed.")
    return "good", _("The import is done; every row was taken.")
