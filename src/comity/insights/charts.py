"""Charts as Vega-Lite specifications, drawn alike on pages, in documents and in letters. Colours come from the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from comity.insights.cohorts import Cohort
from comity.insights.engine import Row
from comity.insights.metric import CALENDAR_DIMENSIONS, Metric, Unit
from comity.insights.pareto import Point

BARS: Final = 15
"""So many of the largest slices are drawn; the table beside the chart has all."""
CURVE_POINTS: Final = 120
STEEP: Final = 20
"""The first points of a Pareto curve are all drawn: there it bends."""
BAR_HEIGHT: Final = 24
LINE_HEIGHT: Final = 240
FORMATS: Final = {Unit.MONEY: ",.2~f", Unit.RATIO: ".1%", Unit.COUNT: ",d", Unit.DAYS: ",.1~f", Unit.HOURS: ",.1~f"}
AXIS_FORMATS: Final = FORMATS | {Unit.MONEY: "~s", Unit.RATIO: ".0%"}


def breakdown_chart(metric: Metric, slices: Sequence[Row]) -> dict[str, Any] | None:
    """Slices of a metric: a line over time, else bars by size; null without a figure to draw.

    Figures become floating point here, and only here: a drawing needs no more digits than a screen has.
    """
    drawn = [row for row in slices if row.value is not None]
    if not drawn:
        return None
    over_time = drawn[0].dimension in CALENDAR_DIMENSIONS
    if not over_time:
        drawn = sorted(drawn, key=lambda row: row.value or 0, reverse=True)[:BARS]
    values = [{"slice": row.label, "value": float(row.value or 0)} for row in drawn]
    title = f"{metric.title}, {drawn[0].currency}" if drawn[0].currency else metric.title
    return _line(values, title, metric.unit) if over_time else _bars(values, title, metric.unit)


def pareto_chart(points: Sequence[Point], *, partners: str, revenue: str) -> dict[str, Any] | None:
    """The Pareto curve, thinned to what a screen can show; `partners` and `revenue` name its axes."""
    import altair as alt

    if not points:
        return None
    step = max(1, len(points) // CURVE_POINTS)
    drawn = [*points[:STEEP], *points[STEEP::step], points[-1]]
    values = [{"partners": 0.0, "revenue": 0.0}]
    values += [{"partners": float(point.of_partners), "revenue": float(point.of_revenue)} for point in drawn]
    axis: dict[str, Any] = {"format": ".0%", "tickCount": 5}
    chart = (
        alt.Chart(_data(values))
        .mark_line()
        .encode(
            x=alt.X("partners:Q", title=partners, axis=alt.Axis(**axis), scale=alt.Scale(domain=[0, 1])),
            y=alt.Y("revenue:Q", title=revenue, axis=alt.Axis(**axis), scale=alt.Scale(domain=[0, 1])),
            tooltip=[
                alt.Tooltip("partners:Q", title=partners, format=".1%"),
                alt.Tooltip("revenue:Q", title=revenue, format=".1%"),
            ],
        )
        .properties(width="container", height=LINE_HEIGHT)
    )
    return _plain(chart)


def cohort_chart(cohorts: Sequence[Cohort], *, within_days: int, title: str) -> dict[str, Any] | None:
    """The share of each cohort that won a first deal within so many days; cohorts too young are left out."""
    values = [
        {"slice": cohort.period.label, "value": float(reached.share)}
        for cohort in cohorts
        for reached in cohort.reached
        if reached.within_days == within_days and reached.share is not None
    ]
    return _line(values, title, Unit.RATIO) if values else None


def _line(values: list[dict[str, Any]], title: str, unit: Unit) -> dict[str, Any]:
    import altair as alt

    chart = (
        alt.Chart(_data(values))
        .mark_line(point=True)
        .encode(
            x=alt.X("slice:O", title=None, sort=None, axis=alt.Axis(labelAngle=0, labelOverlap=True)),
            y=alt.Y("value:Q", title=title, axis=_axis(unit)),
            tooltip=[alt.Tooltip("slice:O", title=" "), alt.Tooltip("value:Q", title=title, format=FORMATS[unit])],
        )
        .properties(width="container", height=LINE_HEIGHT)
    )
    return _plain(chart)


def _bars(values: list[dict[str, Any]], title: str, unit: Unit) -> dict[str, Any]:
    import altair as alt

    chart = (
        alt.Chart(_data(values))
        .mark_bar()
        .encode(
            y=alt.Y("slice:N", title=None, sort=None, axis=alt.Axis(labelLimit=220)),
            x=alt.X("value:Q", title=title, axis=_axis(unit)),
            tooltip=[alt.Tooltip("slice:N", title=" "), alt.Tooltip("value:Q", title=title, format=FORMATS[unit])],
        )
        .properties(width="container", height=BAR_HEIGHT * len(values))
    )
    return _plain(chart)


def _axis(unit: Unit) -> Any:
    """An axis of figures; counts have no ticks between whole numbers."""
    import altair as alt

    whole: dict[str, Any] = {"tickMinStep": 1} if unit is Unit.COUNT else {}
    return alt.Axis(format=AXIS_FORMATS[unit], tickCount=4, **whole)


def _data(values: list[dict[str, Any]]) -> Any:
    import altair as alt

    make: Any = alt.Data  # untyped
    return make(values=values)


def _plain(chart: Any) -> dict[str, Any]:
    """The specification without the library's own look."""
    specification: dict[str, Any] = chart.to_dict()
    specification.pop("config", None)
    return specification
