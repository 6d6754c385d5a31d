"""A figure beside that of the period before and of the year before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from comity.insights.engine import Answers, Row, answer, quotient
from comity.insights.metric import Metric
from comity.insights.question import Question
from comity.kernel.periods import Period


@dataclass(frozen=True)
class Comparison:
    """A metric's total, and those it is compared with; null where there is no such period."""

    metric: Metric
    now: Row
    before: Row | None = None
    year_before: Row | None = None

    @property
    def change(self) -> Decimal | None:
        """Relative change on the period before (0.12 is 12 % more)."""
        return relative_change(self.now.value, self.before.value if self.before else None)

    @property
    def change_on_year(self) -> Decimal | None:
        """Relative change on the year before."""
        return relative_change(self.now.value, self.year_before.value if self.year_before else None)


def compare(question: Question, metrics: Iterable[Metric], period: Period | None) -> list[Comparison]:
    """The totals of a question about a period, with those before it. Without a period there is nothing before.

    A period that the as-of date cuts is compared with the same stretch of the others: like with like.
    """
    asked = list(metrics)
    answers: Answers = {}
    now = _totals(question, asked, answers)
    if period is None:
        return [Comparison(metric, now[metric.name]) for metric in asked]
    before = _totals(_shifted(question, period, period.previous()), asked, answers)
    if period.previous() == period.year_before():  # of a year it is the same
        return [Comparison(metric, now[metric.name], before[metric.name]) for metric in asked]
    year_before = _totals(_shifted(question, period, period.year_before()), asked, answers)
    return [Comparison(metric, now[metric.name], before[metric.name], year_before[metric.name]) for metric in asked]


def _shifted(question: Question, period: Period, other: Period) -> Question:
    return question.during(other, same_stretch(period, other, question.as_of))


def same_stretch(period: Period, other: Period, as_of: date) -> date:
    """The as-of date as far into the other period as it is into this one; its end once this one is over."""
    if as_of >= period.ends_on:
        return other.ends_on
    return min(other.starts_on + (as_of - period.starts_on), other.ends_on)


def _totals(question: Question, metrics: list[Metric], answers: Answers) -> dict[str, Row]:
    rows = answer(question.sliced(None), metrics, asked_before=answers)
    return {row.metric: row for row in rows if row.key is None}


def relative_change(now: Decimal | None, then: Decimal | None) -> Decimal | None:
    """0.12 is 12 % more; null where either is unknown, or there was nothing."""
    return None if now is None or then is None else quotient(now - then, abs(then))
