"""Cohorts: partnerships by the quarter they started in, and how soon they won a first deal."""

from __future__ import annotations

from typing import Any, Final

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from comity.identity.roles import Permission
from comity.insights.charts import cohort_chart
from comity.insights.cohorts import WITHIN_DAYS, Cohort, Start, cohorts_of
from comity.insights.question import today_of
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.streaming import as_csv

DRAWN_DAYS: Final = 180
HEADER: Final = ("cohort", "partner", "started", "first won deal", "days")


@require_GET
@workspace(Permission.VIEW_METRICS)
def cohorts(request: WorkspaceRequest) -> HttpResponse:
    """The table of cohorts and its drawing; with `cohort` (and `within`) the partners behind one figure."""
    as_of = today_of(request.program)
    found = cohorts_of(request.program, as_of)
    chosen, within = _chosen(request, found)
    address = reverse("workspace:cohorts", args=[request.program.slug])
    title = _("Won a first deal within %(days)s days, by quarter of the start") % {"days": DRAWN_DAYS}
    context: dict[str, Any] = {
        "page_title": _("Cohorts"),
        "breadcrumbs": [(_("Metrics"), reverse("workspace:metrics", args=[request.program.slug])), (_("Cohorts"), "")],
        "cohorts": found[::-1],
        "within_days": WITHIN_DAYS,
        "as_of": as_of,
        "chart": cohort_chart(found, within_days=DRAWN_DAYS, title=_("Share of the cohort")),
        "chart_title": title,
        "chosen": chosen,
        "within": within,
        "starts": _behind(chosen, within) if chosen else [],
        "address": address,
        "export": reverse("workspace:cohorts_export", args=[request.program.slug]),
    }
    return render(request, "workspace/cohorts.html", context)


@require_GET
@workspace(Permission.VIEW_METRICS)
def cohorts_export(request: WorkspaceRequest) -> HttpResponse:
    """Every partnership of the cohorts with its first won deal, as CSV."""
    rows = [
        (cohort.period.label, start.name, start.started_on, start.first_won_on, start.days)
        for cohort in cohorts_of(request.program, today_of(request.program))
        for start in cohort.starts
    ]
    answer = HttpResponse("\ufeff" + as_csv([HEADER, *rows]), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="cohorts-{request.program.slug}.csv"'
    return answer


def _chosen(request: WorkspaceRequest, found: list[Cohort]) -> tuple[Cohort | None, int | None]:
    label, within = request.GET.get("cohort", ""), request.GET.get("within", "")
    if not label:
        return None, None
    chosen = next((cohort for cohort in found if cohort.period.label == label), None)
    if chosen is None or (within and within not in {str(days) for days in WITHIN_DAYS}):
        raise Http404("No such cohort.")
    return chosen, int(within) if within else None


def _behind(cohort: Cohort, within: int | None) -> list[Start]:
    return [start for start in cohort.starts if within is None or (start.days is not None and start.days <= within)]


urlpatterns: list[URLPattern] = [
    path("metrics/cohorts/", cohorts, name="cohorts"),
    path("metrics/cohorts.csv", cohorts_export, name="cohorts_export"),
]
