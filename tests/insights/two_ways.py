"""The same question answered from the sums and deal by deal."""

from __future__ import annotations

from datetime import date
from typing import Any

from comity.insights.catalogue import METRICS
from comity.insights.engine import Row, answer
from comity.insights.metric import Dimension
from comity.insights.question import ask


def unlike(program: Any, by: Dimension | None, **asked: date | None) -> list[tuple[Row | None, Row | None]]:
    """What the two ways say otherwise, over all metrics: (from sums, deal by deal); empty when they agree."""
    question = ask(program, by=by, **asked)
    short, long = (
        {(row.metric, row.dimension, row.key): row for row in answer(question, METRICS.values(), from_sums=from_sums)}
        for from_sums in (True, False)
    )
    return [(short.get(key), long.get(key)) for key in short.keys() | long.keys() if short.get(key) != long.get(key)]
