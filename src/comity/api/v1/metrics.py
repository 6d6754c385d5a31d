"""Metrics: what there is, and the figures of a program, in the rows that `./comity metrics --json` writes."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from ninja import Query, Router
from pydantic import Field

from comity.api.fields import Amount, Day, Output
from comity.api.paging import StrictQuery
from comity.api.tokens import READ
from comity.api.v1.lookups import program_of
from comity.identity.roles import Permission
from comity.insights.catalogue import METRICS, UnknownMetric, metrics_named
from comity.insights.comparison import compare
from comity.insights.engine import Row, answer
from comity.insights.metric import Better, Dimension, Metric, Unit
from comity.insights.question import Question, ask
from comity.insights.report import as_object
from comity.kernel.errors import Invalid
from comity.kernel.periods import Period
from comity.programs.calendars import calendar_of
from comity.programs.models import Program

router = Router(tags=["Metrics"])


class MetricOut(Output):
    """One metric of the catalogue."""

    name: str
    title: str
    unit: Unit
    meaning: str
    basis: Annotated[str, Field(description="Of money: which amount is meant.")]
    better: Annotated[Better, Field(description="Which way the figure should move.")]
    dimensions: Annotated[list[Dimension], Field(description="By what it may be split.")]


class Metrics(Output):
    """The catalogue."""

    items: list[MetricOut]


class FigureRow(Output):
    """One figure: the total has a null key, a variant a key, a slice both its dimension and its key."""

    metric: str
    unit: Unit
    currency: str | None
    dimension: str | None
    key: str | None
    label: str
    value: Annotated[Amount | None, Field(description="Null where not available; “reason” says why.")]
    numerator: Amount | None
    denominator: Amount | None
    rows: Annotated[int, Field(description="Deals (or partnerships) behind the figure.")]
    rows_without_amount: int
    reason: Annotated[str | None, Field(description="Only where there is no value.")] = None


class Figures(Output):
    """The figures of a period (both ends included; null: all time), as known on a day."""

    from_on: Annotated[date | None, Field(serialization_alias="from")]
    to_on: Annotated[date | None, Field(serialization_alias="to")]
    as_of: date
    rows: list[FigureRow]


class ComparedRow(Output):
    """The totals of one metric in the period before and the year before, and the relative change since then."""

    metric: str
    period_before: FigureRow | None
    year_before: FigureRow | None
    change: Annotated[Amount | None, Field(description="0.12 is 12 % more than in the period before.")]
    change_on_year: Amount | None


class FiguresWithComparison(Figures):
    """The figures, and with “compare” their totals beside those of other days."""

    comparisons: list[ComparedRow] = []


class FiguresQuery(StrictQuery):
    """Which figures, of which days, split by what. Without a name: all."""

    name: Annotated[list[Annotated[str, Field(max_length=80)]], Field(max_length=100)] = []
    from_on: Annotated[Day | None, Field(alias="from", description="First day; left out: all time.")] = None
    to_on: Annotated[Day | None, Field(alias="to", description="Last day, included.")] = None
    as_of: Annotated[
        Day | None, Field(description="What today means; left out: the data-as-of date, or “to” if earlier.")
    ] = None
    by: Dimension | None = None
    compare: Annotated[
        bool, Field(description="Compare the totals with the period before and the year before; needs from and to.")
    ] = False


@router.get("/metrics", response=Metrics, auth=READ, summary="List metrics")
def list_metrics(request: Any) -> Any:
    """The catalogue: every metric with its unit, its meaning and what it may be split by. Needs “view metrics”."""
    request.actor.require(Permission.VIEW_METRICS)
    return Metrics(items=[_metric(metric) for metric in METRICS.values()])


@router.get(
    "/programs/{uuid:program_id}/metrics",
    response=FiguresWithComparison,
    auth=READ,
    by_alias=True,
    exclude_unset=True,
    summary="Evaluate metrics",
)
def evaluate_metrics(request: Any, program_id: UUID, query: Query[FiguresQuery]) -> Any:
    """The figures of a program, in full precision. Needs “view metrics”."""
    program = program_of(request.actor, program_id)
    request.actor.require(Permission.VIEW_METRICS)
    if query.from_on and query.to_on and query.from_on > query.to_on:
        raise Invalid("The period ends before it begins.", fields={"to": f"Choose {query.from_on} or later."})
    try:
        metrics = metrics_named(query.name)
    except UnknownMetric as unknown:
        raise Invalid(str(unknown), fields={"name": "There is no such metric."}) from unknown
    question = ask(program, from_on=query.from_on, to_on=query.to_on, as_of=query.as_of, by=query.by)
    figures = FiguresWithComparison(
        from_on=question.from_on,
        to_on=question.to_on,
        as_of=question.as_of,
        rows=[_figure(row) for row in answer(question, metrics)],
    )
    if query.compare:
        figures.comparisons = _comparisons(question, metrics)
    return figures


def _comparisons(question: Question, metrics: list[Metric]) -> list[ComparedRow]:
    """Raises Invalid without a period, or for one before which there are no days."""
    if question.from_on is None or question.to_on is None:
        raise Invalid("Say which period to compare.", fields={"compare": "Needs from and to."})
    try:
        found = compare(question, metrics, _period(question.program, question.from_on, question.to_on))
    except (ValueError, OverflowError):
        raise Invalid("There are no days before this period.", fields={"from": "Choose a later day."}) from None
    return [
        ComparedRow(
            metric=one.metric.name,
            period_before=_figure(one.before) if one.before else None,
            year_before=_figure(one.year_before) if one.year_before else None,
            change=one.change,
            change_on_year=one.change_on_year,
        )
        for one in found
    ]


def _period(program: Program, from_on: date, to_on: date) -> Period:
    """A month, quarter or year of the program's calendar where the days are one; else just these days."""
    calendar = calendar_of(program)
    units = (calendar.month_of(from_on), calendar.quarter_of(from_on), calendar.year_of(from_on))
    return next((unit for unit in units if (unit.starts_on, unit.ends_on) == (from_on, to_on)), Period(from_on, to_on))


def _figure(row: Row) -> FigureRow:
    return FigureRow(**as_object(row))


def _metric(metric: Metric) -> MetricOut:
    return MetricOut(
        name=metric.name,
        title=metric.title,
        unit=metric.unit,
        meaning=metric.meaning,
        basis=metric.basis,
        better=metric.better,
        dimensions=[dimension for dimension in Dimension if dimension in metric.dimensions],
    )
