"""What becomes of leads: by partner and by source, over a period."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from comity.identity.roles import Permission
from comity.leads.figures import yield_by_partner, yield_by_source
from comity.programs.calendars import today_in
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.workspace.leads import trail

YEAR = timedelta(days=365)


@require_GET
@workspace(Permission.VIEW_DEALS)
def lead_figures(request: WorkspaceRequest) -> HttpResponse:
    """Both tables; the last year unless the address names days."""
    today = today_in(request.program, request.received_at)
    last, wrong_last = _day(request.GET.get("to", ""), today)
    first, wrong_first = _day(request.GET.get("from", ""), last - YEAR)
    problem = wrong_first or wrong_last
    if first > last:
        problem = _("The first day lies after the last one; no lead can come in between.")
    by_partner = yield_by_partner(request.actor, request.program, first, last)
    by_source = yield_by_source(request.actor, request.program, first, last)
    context = {
        "page_title": _("What becomes of leads"),
        "breadcrumbs": [*trail(request), (_("What becomes of them"), "")],
        "first": first,
        "last": last,
        "problem": problem,
        "sections": [
            {"key": "partner", "title": _("By partner"), "head": _("Partner"), "counted": _("Offered"),
             "rows": by_partner},
            {"key": "source", "title": _("By source"), "head": _("Source"), "counted": _("Taken in"),
             "rows": by_source},
        ],
    }  # fmt: skip
    return render(request, "workspace/lead_figures.html", context)


def _day(text: str, default: date) -> tuple[date, str]:
    if not text:
        return default, ""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return default, _("“%(day)s” is not a day; write it like 2026-03-31.") % {"day": text[:40]}
    if not 1900 <= found.year <= 9998:
        return default, _("“%(day)s” is not a day; write it like 2026-03-31.") % {"day": text[:40]}
    return found, ""


urlpatterns: list[URLPattern] = [path("deals/leads/figures/", lead_figures, name="lead_figures")]
