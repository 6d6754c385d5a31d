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
from comity.insights.engine import Row, answer
from comity.insights.metric import Better, Dimension, Metric, Unit
from comity.insights.question import Question, ask
from comity.insights.report import as_object
from comity.kernel.errors import Invalid

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


class FiguresQuery(StrictQuery):
    """Which figures, of which days, split by what. Without a name: all."""

    name: Annotated[list[Annotated[str, Field(max_length=80)]], Field(max_length=100)] = []
    from_on: Annotated[Day | None, Field(alias="from", description="First day; left out: all time.")] = None
    to_on: Annotated[Day | None, Field(alias="to", description="Last day, included.")] = None
    as_of: Annotated[
        Day | None, Field(description="What today means; left out: the data-as-of date, or “to” if earlier.")
    ] = None
    by: Dimension | None = None


@router.get("/metrics", response=Metrics, auth=READ, summary="List metrics")
def list_metrics(request: Any) -> Any:
    """The catalogue: every metric with its unit, its meaning and what it may be split by. Needs “view metrics”."""
    request.actor.require(Permission.VIEW_METRICS)
    return Metrics(items=[_metric(metric) for metric in METRICS.values()])


@router.get(
    "/programs/{uuid:program_id}/metrics",
    response=Figures,
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
    return _figures(question, answer(question, metrics))


def _figures(question: Question, rows: list[Row]) -> Figures:
    return Figures(
        from_on=question.from_on,
        to_on=question.to_on,
        as_of=question.as_of,
        rows=[FigureRow(**as_object(row)) for row in rows],
    )


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
