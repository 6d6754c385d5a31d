"""Metrics in print: `./comity metrics`, and the JSON and CSV that pages and the API share with it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final, TextIO

from comity.insights.catalogue import METRICS
from comity.insights.engine import Row, evaluate
from comity.insights.marts import rebuild
from comity.insights.metric import Dimension
from comity.kernel.errors import DomainError
from comity.platform.tenancy import tenant
from comity.programs.models import Program
from comity.programs.operator import find_program

FIELDS: Final = (
    "metric",
    "unit",
    "currency",
    "dimension",
    "key",
    "label",
    "value",
    "numerator",
    "denominator",
    "rows",
    "rows_without_amount",
)


class UnknownName(LookupError):
    """A metric, program or dimension that does not exist; its text is one sentence."""


def write_report(
    *,
    names: Sequence[str],
    program: str,
    vendor: str | None = None,
    start: date | None,
    end: date | None,
    as_of: date | None,
    by: str | None,
    form: str,
    to: TextIO,
    fill_first: bool = False,
) -> None:
    """Write the figures of a program, found by its slug across vendors, as a table, JSON or CSV. Raises UnknownName."""
    _check(names, by)
    try:
        found = find_program(program, vendor=vendor)
    except DomainError as failure:
        raise UnknownName(str(failure)) from None
    with tenant(organization_id=found.vendor_id, door="command"):
        asked = Program.objects.get(vendor_id=found.vendor_id, pk=found.program_id)
        if fill_first:
            rebuild(asked)
        rows = evaluate(asked, names, from_on=start, to_on=end, as_of=as_of, by=by)
    if form == "json":
        to.write(as_json(rows) + "\n")
    elif form == "csv":
        write_csv(rows, to)
    else:
        write_table(rows, to)


def _check(names: Iterable[str], by: str | None) -> None:
    unknown = [name for name in names if name not in METRICS]
    if unknown:
        raise UnknownName(f"There is no metric {', '.join(unknown)}; known are {', '.join(METRICS)}.")
    if by is not None and by not in list(Dimension):
        raise UnknownName(f"There is no dimension {by}; known are {', '.join(Dimension)}.")


def as_json(rows: Iterable[Row]) -> str:
    """A list of objects, a line each: decimals as strings with all their digits, `reason` only without a value."""
    lines = ",\n ".join(json.dumps(as_object(row), ensure_ascii=False) for row in rows)
    return f"[{lines}]"


def as_object(row: Row) -> dict[str, Any]:
    """One row as JSON has it."""
    found = {name: plain(value) if isinstance(value, Decimal) else value for name, value in asdict(row).items()}
    if row.reason is None:
        del found["reason"]
    return found


def plain(figure: Decimal) -> str:
    """All digits of a figure, without an exponent and without noughts that say nothing."""
    text = f"{figure:f}"
    return text.rstrip("0").rstrip(".") or "0" if "." in text else text


def write_csv(rows: Iterable[Row], to: TextIO) -> None:
    """The same fields as columns; an empty cell where there is none."""
    writer = csv.writer(to, lineterminator="\n")
    writer.writerow([*FIELDS, "reason"])
    for row in rows:
        found = as_object(row)
        writer.writerow(["" if found.get(name) is None else safe(str(found[name])) for name in (*FIELDS, "reason")])


def safe(text: str) -> str:
    """A cell no spreadsheet takes for a formula (names come from imported files); figures stay as they are."""
    try:
        Decimal(text)
    except ArithmeticError:
        return f"'{text}" if text[:1] in "=+-@\t\r" and text else text
    return text


def write_table(rows: Sequence[Row], to: TextIO) -> None:
    """For reading: metric or slice, value, and what stands behind it."""
    lines = [
        (_place(row), _shown(row), f"{row.rows:,}", f"{row.rows_without_amount:,}" if row.rows_without_amount else "")
        for row in rows
    ]
    heads = ("metric", "value", "rows", "without amount")
    widths = [max(len(line[column]) for line in [heads, *lines]) for column in range(len(heads))]
    for line in [heads, *lines]:
        cells = [
            line[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)),
        ]
        to.write("  ".join(cells).rstrip() + "\n")


def _place(row: Row) -> str:
    if row.dimension is None:
        return row.metric if row.key is None else f"  {row.label}"
    if row.dimension in list(Dimension):
        return f"  {row.label}"
    return f"  {row.label} ({row.dimension.replace('_', ' ')})"


def _shown(row: Row) -> str:
    if row.value is None:
        return f"not available ({row.reason})"
    if row.unit == "ratio":
        return f"{_rounded(row.value, '0.0001')}"
    if row.unit == "money":
        return f"{row.currency} {_rounded(row.value, '0.01')}"
    if row.unit in ("days", "hours"):
        return f"{_rounded(row.value, '0.01')} {row.unit}"
    return f"{row.value:,f}"


def _rounded(value: Decimal, places: str) -> str:
    return f"{value.quantize(Decimal(places), rounding=ROUND_HALF_EVEN):,f}"
