"""Running the hand-written proofs beside the engine."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from django.db import connection

PROOFS: Final = Path(__file__).parent / "proofs"
COMMON: Final = "deals_as_of"
TOLERANCE: Final = Fraction(1, 10**9)
COMPARED: Final = ("numerator", "denominator", "rows", "rows_without_amount")


def proof_names() -> list[str]:
    """The metrics that have a proof."""
    return sorted(file.stem for file in PROOFS.glob("*.sql") if file.stem != COMMON)


def proved(
    name: str, program: Any, *, from_on: date | None, to_on: date | None, as_of: date
) -> dict[Any, dict[str, Any]]:
    """Place (dimension, key) -> what the proof says, from the deals themselves."""
    sql = (PROOFS / f"{COMMON}.sql").read_text() + (PROOFS / f"{name}.sql").read_text()
    parameters = {
        "vendor": program.vendor_id,
        "program": program.pk,
        "from_on": from_on or date.min,
        "to_on": min(to_on or date.max, as_of),
        "asked_to_on": to_on or date.max,
        "as_of": as_of,
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")  # written to be read, not to be fast
        cursor.execute(sql, parameters)
        columns = [column.name for column in cursor.description]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return {(row["dimension"], row["key"]): row for row in rows}


def contradictions(name: str, program: Any, *, from_on: date | None, to_on: date | None, as_of: date) -> list[str]:
    """Where engine and proof differ, over the total and its variants."""
    from comity.insights.engine import evaluate

    said = {
        (row.dimension, row.key): row for row in evaluate(program, [name], from_on=from_on, to_on=to_on, as_of=as_of)
    }
    found = proved(name, program, from_on=from_on, to_on=to_on, as_of=as_of)
    wrong = [] if said.keys() == found.keys() else [f"{name}: rows {list(said)} against {list(found)}"]
    for place in said.keys() & found.keys():
        row, truth = said[place], found[place]
        wrong += [
            f"{name}{place}.{part}: engine {getattr(row, part)}, proof {truth[part]}"
            for part in COMPARED
            if getattr(row, part) != truth[part]
        ]
        if not close(row.value, truth["value"]):
            wrong.append(f"{name}{place}: engine {row.value}, proof {truth['value']}")
    return wrong


def close(one: Decimal | None, other: Any) -> bool:
    """Equal to nine digits: quotients never end, and PostgreSQL stops earlier than we do."""
    if one is None or other is None:
        return one is None and other is None
    first, second = Fraction(one), Fraction(str(other))
    return abs(first - second) <= TOLERANCE * max(abs(first), abs(second))
