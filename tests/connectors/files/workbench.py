"""Small exports for tests: write a few lines, read them through a mapping, see what comes out."""

import os
from collections.abc import Mapping as Table_
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from comity.connectors.files import Mapping, Reading, Reject, RowBatch, open_export, parse_mapping

REPOSITORY = Path(__file__).parents[3]

DEALS = """
[mapping]
name = "deals"
title = "Deals"

[formats]
dates = ["YYYY-MM-DD"]
null_words = ["NULL"]

[[stage]]
name = "Open"
kind = "open"
[[stage]]
name = "Won"
kind = "won"
[[stage]]
name = "Lost"
kind = "lost"

[[source]]
file = "deals.csv"
[source.opportunity]
external_id = "id"
name = "name"
stage = "stage"
opened_on = "opened"
closed_on = "closed"
amount = "amount"
"""
HEADER = "id,name,stage,opened,closed,amount"

ORDERS = """
[mapping]
name = "orders"
title = "Orders"

[[stage]]
name = "Won"
kind = "won"

[[source]]
file = "orders.csv"
[source.opportunity]
external_id = "order"
stage = { constant = "Won" }
closed_on = "day"
amount = { column = "amount", sum = true }
[source.opportunity_line]
opportunity = "order"
amount = "amount"

[[source]]
file = "roles.csv"
optional = true
[source.opportunity_partner]
opportunity = "order"
partner = "partner"
role = "role"
"""


def real_data() -> Path:
    """The folder of real input; a test that needs it fails without it."""
    default = REPOSITORY / ".." / "shared" / "data"
    folder = Path(os.environ.get("COMITY_TEST_DATA", default)).resolve()
    assert folder.is_dir(), f"Real input is missing: {folder}; set COMITY_TEST_DATA."
    return folder


@dataclass
class Outcome:
    """Everything that came out of one reading."""

    reading: Reading
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)

    def of(self, target: str) -> list[dict[str, Any]]:
        """Rows of a target, by column, those of held-back deals left out, without file and line."""
        return [{k: v for k, v in row.items() if k not in ("file", "line")} for row in self.rows.get(target, [])]

    def told(self) -> list[tuple[int, str, str, str]]:
        """Line, column, value and reason of each reject."""
        return [(reject.line, reject.column, reject.value, reject.reason) for reject in self.rejects]


def read(mapping: Mapping | str, path: Path | Table_[str, Path], **options: Any) -> Outcome:
    """Read an export to its end, held-back deals taken out as a receiver does."""
    from comity.connectors.files import TARGETS

    parsed = parse_mapping(mapping, name="test.toml") if isinstance(mapping, str) else mapping
    beside = options.pop("beside", None)
    reading = Reading(open_export(parsed, path, beside=beside), **options)
    outcome = Outcome(reading)
    for batch in reading.batches():
        if isinstance(batch, RowBatch):
            columns = ("file", "line", *batch.columns)
            outcome.rows.setdefault(batch.target, []).extend(dict(zip(columns, row, strict=True)) for row in batch.rows)
        else:
            outcome.rejects.extend(batch.rejects)
    for batch in reading.gather():
        outcome.rejects.extend(batch.rejects)
    for target, rows in outcome.rows.items():
        deal = TARGETS[target].deal
        if deal:
            outcome.rows[target] = [row for row in rows if row[deal] not in reading.held]
    return outcome


def write(folder: Path, name: str, content: str | bytes) -> Path:
    """A file with exactly this content."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def deals(folder: Path, *lines: str, end: str = "\n") -> Path:
    """`deals.csv` with these lines."""
    return write(folder, "deals.csv", end.join([HEADER, *lines, ""]))


TODAY = date(2026, 7, 1)
