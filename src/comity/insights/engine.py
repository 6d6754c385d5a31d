"""Metrics answered by PostgreSQL itself, on the request's own connection and inside its tenant's transaction.

The definitions are Ibis expressions. They are compiled to SQL once and run on Django's cursor, not through an Ibis
connection: that keeps amounts exact (its results pass through pandas), and the transaction, with the policies that hang
on it, whole. All metrics over the same rows are one statement for the totals and one for the slices.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from enum import StrEnum
from functools import lru_cache
from threading import Lock
from typing import Any, Final

from django.db import connection

from comity.insights.catalogue import METRICS, metrics_named
from comity.insights.labels import label_keys
from comity.insights.metric import (
    CALENDAR_DIMENSIONS,
    PARTNERSHIP_DIMENSIONS,
    Dimension,
    Metric,
    Over,
    Unit,
    Variant,
    count_of,
)
from comity.insights.models import SumsFilled
from comity.insights.question import Question, ask
from comity.programs.models import Program

EXACT: Final = Context(prec=40)
"""Digits of a quotient; sums are exact whatever their size."""
LACKING: Final = "no amount is known"
type Figures = dict[str, Any]
"""Column of a statement -> figure; the columns of a metric begin with its name."""
type Answers = dict[tuple[str, tuple[Any, ...]], list[Figures]]
"""Statement and the values of its parameters -> what it found."""


class Way(StrEnum):
    """How the rows behind figures are had."""

    SUMS = "from sums"
    AS_OF_NOW = "from sums of what is, since nothing happened after the as-of date"
    DEAL_BY_DEAL = "from the states of deals"


@dataclass(frozen=True)
class Row:
    """One figure: the total has neither dimension nor key, a variant has a key, a slice has both."""

    metric: str
    unit: str
    currency: str | None
    dimension: str | None
    key: str | None
    label: str
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    rows: int
    rows_without_amount: int
    reason: str | None = None


def evaluate(
    program: Program,
    names: Iterable[str] = (),
    *,
    from_on: date | None = None,
    to_on: date | None = None,
    as_of: date | None = None,
    by: Dimension | str | None = None,
) -> list[Row]:
    """The rows of these metrics (all without names): total, variants, then slices in the order of their keys.

    A metric that has no such dimension answers with its total alone. Raises UnknownMetric.
    """
    return answer(ask(program, from_on=from_on, to_on=to_on, as_of=as_of, by=by), metrics_named(names))


def answer(
    question: Question, metrics: Iterable[Metric], *, from_sums: bool = True, asked_before: Answers | None = None
) -> list[Row]:
    """The same for a question already put; where it can, from the sums, unless one wants every deal looked at.

    `asked_before` is kept from question to question of one page: what does not hang on their periods is asked once.
    """
    answers: Answers = {} if asked_before is None else asked_before
    asked = tuple(metrics)
    parameters = question.parameters()
    newest = newest_in_sums(question.program) if from_sums else None
    rows: dict[str, list[Row]] = {metric.name: [] for metric in asked}
    for over in dict.fromkeys(metric.over for metric in asked):
        together = [metric for metric in asked if metric.over is over]
        (total,) = _run(over, None, together, parameters, newest, answers)
        sliced = [metric for metric in together if question.by in metric.dimensions]
        found = _run(over, question.by, sliced, parameters, newest, answers) if sliced else []
        labels = label_keys(question, {figures["key"] for figures in found}) if sliced else {}
        for metric in together:
            rows[metric.name] += _totals(question, metric, total)
            if metric in sliced:
                slices = _slices(question, metric, found, total, labels)
                rows[metric.name] += sorted(slices, key=lambda row: str(row.key))
    return [row for metric in asked for row in rows[metric.name]]


def _totals(question: Question, metric: Metric, total: Figures) -> Iterator[Row]:
    yield _row(question, metric, total, None, "Total")
    for place, variant in enumerate(metric.variants):
        yield _variant(question, metric, variant, f"{metric.name}_{place}", total)


def _slices(
    question: Question, metric: Metric, found: list[Figures], total: Figures, labels: dict[Any, tuple[str, str]]
) -> Iterator[Row]:
    of_whole = question.by in metric.whole_for
    for figures in found:
        if not figures.get(f"{metric.name}_listed"):
            continue
        if of_whole:
            columns = [f"{metric.name}_{part}" for part in ("denominator", "rows", "lacking")]
            figures = figures | {column: total[column] for column in columns}
        key, label = labels[figures["key"]]
        yield _row(question, metric, figures, key, label)


def _row(question: Question, metric: Metric, figures: Figures, key: str | None, label: str) -> Row:
    part = {name: figures[f"{metric.name}_{name}"] for name in _PARTS}
    numerator, denominator, value = _value(metric, part)
    rows, lacking = int(part["rows"] or 0), int(part["lacking"] or 0)
    reason = LACKING if rows and rows == lacking else metric.missing
    return Row(
        metric=metric.name,
        unit=metric.unit.value,
        currency=question.program.currency if metric.unit is Unit.MONEY else None,
        dimension=None if key is None else question.by,
        key=key,
        label=label,
        value=value,
        numerator=numerator,
        denominator=denominator,
        rows=rows,
        rows_without_amount=lacking,
        reason=reason if value is None else None,
    )


def _variant(question: Question, metric: Metric, variant: Variant, prefix: str, total: Figures) -> Row:
    numerator, denominator, value = _value(variant, {name: total[f"{prefix}_{name}"] for name in _VALUE_PARTS})
    rows, unit = int(total[f"{prefix}_rows"] or 0), variant.unit or metric.unit
    return Row(
        metric=metric.name,
        unit=unit.value,
        currency=question.program.currency if unit is Unit.MONEY else None,
        dimension=variant.dimension,
        key=variant.key,
        label=variant.label(rows),
        value=value,
        numerator=numerator if variant.shows_parts else None,
        denominator=denominator if variant.shows_parts else None,
        rows=rows,
        rows_without_amount=int(total[f"{metric.name}_lacking"] or 0),
        reason=(variant.missing or metric.missing) if value is None else None,
    )


def _value(one: Metric | Variant, part: Figures) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """Numerator, denominator, and what they make."""
    numerator, denominator = _decimal(part["numerator"]), _decimal(part["denominator"])
    if one.value is not None:
        return numerator, denominator, _decimal(part["value"])
    return numerator, denominator, numerator if one.denominator is None else quotient(numerator, denominator)


def quotient(numerator: Decimal | None, denominator: Decimal | None) -> Decimal | None:
    """To 40 digits; null where either is unknown or the denominator is 0."""
    if numerator is None or not denominator:
        return None
    return EXACT.divide(numerator, denominator)


def _decimal(figure: Any) -> Decimal | None:
    """Counts and sums come as whole numbers and decimals; only medians as floating point, exact to the half."""
    return None if figure is None else Decimal(str(figure))


# --- From expressions to SQL ---

_VALUE_PARTS: Final = ("numerator", "denominator", "value")
_PARTS: Final = (*_VALUE_PARTS, "rows", "lacking", "listed")
_COMPILING: Final = Lock()
"""One thread compiles while the others wait for its statement, rather than each its own."""
_NARROW: Final = (Over.PARTNERSHIPS, Over.BOOKS, Over.REGISTRATIONS, Over.LEAD_OFFERS)
"""Rows that are few enough to be counted one by one."""


def newest_in_sums(program: Program) -> date | None:
    """Up to which day anything happened to the deals in the sums; null where the program has no sums."""
    filled = SumsFilled.objects.filter(vendor_id=program.vendor_id, program_id=program.pk)
    return filled.values_list("newest_on", flat=True).first()


def way_of(over: Over, by: Dimension | None, as_of: date, newest: date | None) -> Way:
    """How rows of this kind are had. Medians need more, see `has_median`."""
    of_partners = by in PARTNERSHIP_DIMENSIONS - {Dimension.MANAGER}
    if newest is None or over in _NARROW or (over is Over.QUOTAS and by is Dimension.PARTNER):
        return Way.DEAL_BY_DEAL
    return Way.AS_OF_NOW if over is Over.OPEN_DEALS and of_partners and as_of >= newest else Way.SUMS


def has_median(by: Dimension | None) -> bool:
    """Whether cycles are kept by this dimension."""
    return by is None or by is Dimension.ROLE or by in CALENDAR_DIMENSIONS


def _run(
    over: Over,
    by: Dimension | None,
    metrics: list[Metric],
    parameters: dict[str, Any],
    newest: date | None,
    answers: Answers,
) -> list[Figures]:
    """The figures of each slice (one without any), from sums as far as they go."""
    way = way_of(over, by, parameters["as_of"], newest)
    found: dict[Any, Figures] = {}
    for statement in _statements(over, by, metrics, way):
        asked = statement, tuple(parameters[name] for name in _holes_of(statement))
        if asked not in answers:
            answers[asked] = fetch(statement, parameters)
        for figures in answers[asked]:
            found.setdefault(figures.get("key"), {}).update(figures)
    return list(found.values())


def prepare() -> None:
    """Compile what the page of all metrics asks, before anybody asks: with loading Ibis it takes seconds."""
    for over in Over:
        together = [metric for metric in METRICS.values() if metric.over is over]
        if together:
            _statements(over, None, together, way_of(over, None, date.max, date.min))


def _statements(over: Over, by: Dimension | None, metrics: list[Metric], way: Way) -> list[str]:
    """What answers these metrics."""
    short = [one for one in metrics if way is not Way.DEAL_BY_DEAL and (one.value is None or has_median(by))]
    long = [one for one in metrics if one not in short]
    with _COMPILING:
        found = [
            _statement(over, by, tuple(one.name for one in part), taken)
            for part, taken in ((short, way), (long, Way.DEAL_BY_DEAL))
            if part
        ]
        return found + [_median(by, one.name) for one in short if one.value is not None]


@lru_cache(maxsize=512)
def _holes_of(statement: str) -> tuple[str, ...]:
    """The parameters that a statement has."""
    return tuple(sorted(set(re.findall(r"%\((\w+)\)s", statement))))


def fetch(sql: str, parameters: dict[str, Any]) -> list[Figures]:
    """Run a compiled statement on the running transaction.

    A vendor's first deals are unknown to the planner's statistics: expecting one row, it would join thousands by
    comparing each with each. Sums over marts never need that kind of join.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL enable_nestloop = off; {sql}; SET LOCAL enable_nestloop = on", parameters)
        cursor.nextset()
        columns = [column.name for column in cursor.description or ()]
        found = cursor.fetchall()
    return [dict(zip(columns, row, strict=True)) for row in found]


@lru_cache(maxsize=512)
def _statement(over: Over, by: Dimension | None, names: tuple[str, ...], way: Way) -> str:
    from comity.insights import frames, summed_frames

    summed = way is not Way.DEAL_BY_DEAL
    rows = summed_frames.frame(over, by, is_now=way is Way.AS_OF_NOW) if summed else frames.frame(over, by)
    asked = [METRICS[name] for name in names]
    figures = {name: figure for metric in asked for name, figure in _sums(metric, rows, by, summed=summed)}
    return compiled(rows.aggregate(**figures) if by is None else rows.group_by("key").aggregate(**figures))


@lru_cache(maxsize=32)
def _median(by: Dimension | None, name: str) -> str:
    from comity.insights.summed_frames import median_cycle

    return compiled(median_cycle(by).rename({f"{name}_value": "median"}))


def _sums(metric: Metric, rows: Any, by: Dimension | None, *, summed: bool) -> Iterator[tuple[str, Any]]:
    """The columns of a metric: each of its parts, empty ones too, and beside the total its variants."""
    import ibis

    counted = metric.rows or count_of(metric.behind)
    parts = {
        "numerator": metric.numerator,
        "denominator": metric.denominator,
        "value": None if summed else metric.value,
        "rows": counted,
        "lacking": metric.lacking,
        "listed": metric.listed or counted,
    }
    for part, figure in parts.items():
        yield f"{metric.name}_{part}", ibis.null("int64") if figure is None else figure(rows)
    if by is None:
        for place, variant in enumerate(metric.variants):
            for part in (*_VALUE_PARTS, "rows"):
                figure = getattr(variant, part)
                yield f"{metric.name}_{place}_{part}", ibis.null("int64") if figure is None else figure(rows)


def compiled(expression: Any) -> str:
    """PostgreSQL's SQL of an Ibis expression, its holes as parameters of Django's cursor."""
    import ibis

    from comity.insights.tables import HOLE, HOLES

    sql = str(ibis.to_sql(expression, dialect="postgres", pretty=False)).replace("%", "%%")
    for name in HOLES:
        sql = sql.replace(f"{HOLE}{name}()".upper(), f"%({name})s")
    return sql
