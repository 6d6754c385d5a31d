"""Revenue for the evaluator of segments."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache
from uuid import UUID

from comity.insights.engine import compiled, fetch
from comity.insights.question import ask, twelve_months_to
from comity.programs.models import Program


def revenue_of_partnerships(program: Program, as_of: date) -> dict[UUID, Decimal | None]:
    """Partner revenue of each active partnership in the 12 months to the day; null if no amount of it is known."""
    question = ask(program, from_on=twelve_months_to(as_of), to_on=as_of, as_of=as_of)
    return {
        row["partnership_id"]: None if row["deals"] and row["deals"] == row["without_amount"] else row["amount"]
        for row in fetch(_revenues(), question.parameters())
    }


@lru_cache(maxsize=1)
def _revenues() -> str:
    from comity.insights.frames import revenues

    rows = revenues(None)
    return compiled(rows.select("partnership_id", "amount", "deals", "without_amount"))
