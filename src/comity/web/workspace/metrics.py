"""Metrics in the workspace: the catalogue, and a page a metric with its definition, breakdown and rows behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from comity.identity.roles import Permission
from comity.insights.behind import KIND_OF, Behind, Kind, revenues_behind, rows_behind
from comity.insights.catalogue import GROUPS, METRICS, metric_named
from comity.insights.charts import breakdown_chart, pareto_chart
from comity.insights.comparison import Comparison, compare
from comity.insights.engine import Row, answer
from comity.insights.metric import CALENDAR_DIMENSIONS, OVERLAPPING_DIMENSIONS, Dimension, Metric, Over
from comity.insights.pareto import at_tenths, pareto_curve
from comity.insights.question import Question
from comity.insights.report import FIELDS, as_object
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.streaming import stream_csv
from comity.web.templatetags.figures import spoken
from comity.web.workspace.attribution import frame
from comity.web.workspace.metric_periods import Days, offered_periods, read_days

PAGE_SIZE: Final = 50
SLICES_SHOWN: Final = 200
EXPORT_PART: Final = 5_000
USUAL_DIMENSION: Final = {
    Over.CLOSED_DEALS: Dimension.QUARTER,
    Over.OPEN_DEALS: Dimension.REGION,
    Over.PARTNERSHIPS: Dimension.REGION,
    Over.BOOKS: Dimension.MANAGER,
    Over.QUOTAS: Dimension.MANAGER,
    Over.REGISTRATIONS: Dimension.QUARTER,
    Over.LEAD_OFFERS: Dimension.QUARTER,
}
COLUMNS: Final[dict[Kind, tuple[tuple[str, str], ...]]] = {
    Kind.DEALS: (
        ("deal", "name"), ("customer", "account"), ("status", "status"), ("opened", "opened_on"),
        ("closed", "closed_on"), ("role", "role"), ("manager", "manager"), ("currency", ""), ("amount", "amount"),
    ),
    Kind.PARTNERSHIPS: (
        ("partner", "name"), ("manager", "manager"), ("last activity", "last_activity_on"),
        ("last won", "last_won_on"), ("deals", "deals"), ("currency", ""), ("amount", "amount"),
    ),
    Kind.REGISTRATIONS: (
        ("registration", "reference"), ("customer", "customer"), ("partner", "partner"), ("state", "state"),
        ("submitted", "submitted_on"), ("decided", "decided_on"), ("hours", "hours"), ("against it", "against"),
    ),
    Kind.LEADS: (
        ("lead", "reference"), ("customer", "customer"), ("partner", "partner"), ("offered", "offered_on"),
        ("answer", "answer"), ("answered", "answered_on"), ("hours", "hours"), ("given back", "returned_on"),
        ("converted", "converted_on"),
    ),
}  # fmt: skip
"""Of the rows behind a figure in CSV: heading and attribute; the currency is the program's."""


@require_GET
@workspace(Permission.VIEW_METRICS)
def metrics(request: WorkspaceRequest) -> HttpResponse:
    """Every metric of the catalogue for one period, beside the period before and the year before."""
    days = read_days(request.program, request.GET)
    question = days.question()
    compared = {one.metric.name: one for one in compare(question, METRICS.values(), days.period)}
    groups = [
        {"title": title, "tiles": [_tile(request, days, question, compared[metric.name]) for metric in members]}
        for title, members in GROUPS.items()
    ]
    context = {
        "page_title": _("Metrics"),
        "breadcrumbs": [(_("Metrics"), "")],
        "groups": groups,
        "tabs": frame(request, days, "metrics")["tabs"],
        "cohorts_address": reverse("workspace:cohorts", args=[request.program.slug]),
        **_days_context(days, question),
    }
    return render(request, "workspace/metrics.html", context)


@require_GET
@workspace(Permission.VIEW_METRICS)
def metric(request: WorkspaceRequest, name: str) -> HttpResponse:
    """One metric: what it means, its value, its slices, and the rows behind it."""
    asked, days, by, key = _asked(request, name)
    question = days.question(by)
    found = answer(question, [asked])
    slices = _ordered([row for row in found if by is not None and row.dimension == by])
    (compared,) = compare(question, [asked], days.period)
    number = _page_number(request)
    behind = _behind(question, asked, key, (number - 1) * PAGE_SIZE, PAGE_SIZE)
    context = {
        "page_title": asked.title,
        "breadcrumbs": [(_("Metrics"), f"{_address(request)}?{days.query()}"), (asked.title, "")],
        "metric": asked,
        "tile": _tile(request, days, question, compared),
        "variants": [row for row in found[1:] if row.dimension != by or by is None],
        "by": by,
        "dimensions": _dimension_links(request, asked, days, by),
        **_breakdown(request, asked, days, by, slices),
        **_pareto(asked, question),
        "key": key,
        "key_label": next((row.label for row in slices if row.key == key), key),
        "behind": behind,
        "page": Paginator(range(behind.total), PAGE_SIZE).get_page(number),
        "without_key": _link(request, asked, days, by, None),
        "figures_csv": _export_link(request, "metric_figures", asked, days, by, None),
        "rows_csv": _export_link(request, "metric_rows", asked, days, by, key),
        **_days_context(days, question),
    }
    return render(request, "workspace/metric.html", context)


@require_GET
@workspace(Permission.VIEW_METRICS)
def metric_figures(request: WorkspaceRequest, name: str) -> StreamingHttpResponse:
    """The total, its variants and the slices of a metric page, as CSV with all digits."""
    asked, days, by, _key = _asked(request, name)
    return stream_csv(
        organization_id=request.actor.organization_id,
        person_id=request.actor.person_id,
        filename=f"{asked.name}-{request.program.slug}.csv",
        header=(*FIELDS, "reason"),
        part=lambda _mark: (_cells(answer(days.question(by), [asked])), None),
    )


@require_GET
@workspace(Permission.VIEW_METRICS)
def metric_rows(request: WorkspaceRequest, name: str) -> StreamingHttpResponse:
    """All rows behind the figure of a metric page, as CSV."""
    asked, days, by, key = _asked(request, name)
    question = days.question(by)
    columns = COLUMNS[KIND_OF[asked.over]]
    _behind(question, asked, key, 0, 1)  # a slice that does not exist is told before the stream begins

    def part(mark: str) -> tuple[list[tuple[object, ...]], str | None]:
        start = int(mark or 0)
        behind = _behind(question, asked, key, start, EXPORT_PART)
        following = start + EXPORT_PART
        return _lines(question, behind, columns), str(following) if following < behind.total else None

    return stream_csv(
        organization_id=request.actor.organization_id,
        person_id=request.actor.person_id,
        filename=f"{asked.name}-rows-{request.program.slug}.csv",
        header=tuple(heading for heading, _name in columns),
        part=part,
    )


def _asked(request: WorkspaceRequest, name: str) -> tuple[Metric, Days, Dimension | None, str | None]:
    """Metric, days, dimension and slice of the address. Raises UnknownMetric, Http404."""
    asked = metric_named(name)
    given = request.GET.get("by", "")
    by = USUAL_DIMENSION.get(asked.over)
    if given:
        try:
            by = Dimension(given)
        except ValueError:
            raise Http404("No such dimension.") from None
    if by not in asked.dimensions:
        by = None
    key = request.GET.get("key") if by is not None else None
    return asked, read_days(request.program, request.GET), by, key


def _behind(question: Question, asked: Metric, key: str | None, offset: int, limit: int) -> Behind:
    try:
        return rows_behind(question, asked, key=key, offset=offset, limit=limit)
    except LookupError:
        raise Http404("No such slice.") from None


def _breakdown(
    request: WorkspaceRequest, asked: Metric, days: Days, by: Dimension | None, slices: Sequence[Row]
) -> dict[str, Any]:
    """The slices as a table and as a drawing."""
    return {
        "slices": [(row, _link(request, asked, days, by, row.key)) for row in slices[:SLICES_SHOWN]],
        "slice_count": len(slices),
        "may_overlap": by in OVERLAPPING_DIMENSIONS and asked.over in (Over.CLOSED_DEALS, Over.OPEN_DEALS),
        "types_overlap": by is Dimension.TYPE and asked.over in (Over.REGISTRATIONS, Over.LEAD_OFFERS),
        "chart": breakdown_chart(asked, slices),
    }


def _pareto(asked: Metric, question: Question) -> dict[str, Any]:
    """The curve of a metric over revenues: its drawing, and its points at each tenth of the partners."""
    if asked.over is not Over.REVENUES:
        return {}
    points = pareto_curve(revenues_behind(question, asked))
    chart = pareto_chart(points, partners=_("Active partnerships, the largest first"), revenue=_("Revenue together"))
    return {"pareto": at_tenths(points), "pareto_chart": chart}


def _page_number(request: WorkspaceRequest) -> int:
    text = request.GET.get("page", "1")
    return min(max(int(text), 1), 100_000) if text.isascii() and text.isdigit() else 1


def _ordered(slices: list[Row]) -> list[Row]:
    """Periods in their order, everything else by size, what has no figure last."""
    if slices and slices[0].dimension in CALENDAR_DIMENSIONS:
        return slices
    return sorted(slices, key=lambda row: (row.value is None, -(row.value or 0), row.label))


def _tile(request: WorkspaceRequest, days: Days, question: Question, one: Comparison) -> dict[str, Any]:
    """What a c-metric shows of a comparison."""
    address = f"{_address(request, one.metric.name)}?{days.query()}"
    lacks_all = one.now.value is None and one.now.rows_without_amount == one.now.rows
    return {
        "metric": one.metric,
        "row": one.now,
        "period": days.note(one.metric),
        "as_of": question.as_of,
        "change": one.change,
        "change_on_year": one.change_on_year,
        "missing": one.now.rows_without_amount or None,
        "reason": "" if lacks_all and one.now.rows else one.now.reason or "",
        "rows": f"{address}#rows",
        "definition": f"{address}#definition",
    }


def _days_context(days: Days, question: Question) -> dict[str, Any]:
    offered = [
        (label, Days(days.program, period, days.as_of).query(), period == days.period)
        for label, period in offered_periods(days.program)
    ]
    return {
        "days": days,
        "as_of": question.as_of,
        "offered": offered,
        "is_custom": not any(current for *_rest, current in offered),
    }


def _dimension_links(
    request: WorkspaceRequest, asked: Metric, days: Days, by: Dimension | None
) -> list[tuple[str, str, bool]]:
    return [
        (_spoken(dimension), _link(request, asked, days, dimension, None), dimension is by)
        for dimension in Dimension
        if dimension in asked.dimensions
    ]


def _spoken(dimension: Dimension) -> str:
    return _("Product family") if dimension is Dimension.FAMILY else spoken(dimension.value)


def _address(request: WorkspaceRequest, name: str = "") -> str:
    slug = request.program.slug
    return reverse("workspace:metric", args=[slug, name]) if name else reverse("workspace:metrics", args=[slug])


def _link(request: WorkspaceRequest, asked: Metric, days: Days, by: Dimension | None, key: str | None) -> str:
    return f"{_address(request, asked.name)}?{_slice_query(days, by, key)}{'' if key is None else '#rows'}"


def _export_link(
    request: WorkspaceRequest, export: str, asked: Metric, days: Days, by: Dimension | None, key: str | None
) -> str:
    return f"{reverse(f'workspace:{export}', args=[request.program.slug, asked.name])}?{_slice_query(days, by, key)}"


def _slice_query(days: Days, by: Dimension | None, key: str | None) -> str:
    chosen = {} if by is None else {"by": by.value}
    return days.query(**chosen, **({} if key is None else {"key": key}))


def _cells(rows: Sequence[Row]) -> list[list[object]]:
    found = [as_object(row) for row in rows]
    return [[one.get(name) for name in (*FIELDS, "reason")] for one in found]


def _lines(question: Question, behind: Behind, columns: Sequence[tuple[str, str]]) -> list[tuple[object, ...]]:
    return [tuple(_cell(question, line, name) for _heading, name in columns) for line in behind.lines]


def _cell(question: Question, line: object, name: str) -> object:
    if not name:
        return question.program.currency
    found = getattr(line, name)
    return " ".join(found) if isinstance(found, tuple) else found


urlpatterns: list[URLPattern] = [
    path("metrics/", metrics, name="metrics"),
    path("metrics/<slug:name>/", metric, name="metric"),
    path("metrics/<slug:name>/figures.csv", metric_figures, name="metric_figures"),
    path("metrics/<slug:name>/rows.csv", metric_rows, name="metric_rows"),
]
