"""Exchange rates: how far they reach, and the upload of a newer table."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from comity.identity.roles import Permission
from comity.kernel.errors import Invalid
from comity.ledger.queries import currencies_covered
from comity.ledger.reading import MAX_BYTES
from comity.ledger.services import RatesResult, load_rates
from comity.programs.calendars import today_in
from comity.web.doors import WorkspaceRequest, workspace

SHOWN_BAD_LINES: Final = 100


@require_http_methods(["GET", "POST"])
@workspace(Permission.MANAGE_PROGRAM)
def rates(request: WorkspaceRequest) -> HttpResponse:
    """Show the rates and take in a table of the European Central Bank."""
    result: RatesResult | None = None
    problem = ""
    if request.method == "POST":
        upload = request.FILES.get("file")
        if upload is None:
            problem = _("Choose the file first: the CSV, or the zip around it.")
        elif (upload.size or 0) > MAX_BYTES:
            problem = _("This file is far larger than a table of exchange rates.")
        else:
            try:
                result = load_rates(source=upload, today=today_in(request.program, request.received_at))
            except Invalid as error:
                problem = error.message
    covered = currencies_covered()
    context: dict[str, Any] = {
        "page_title": _("Exchange rates"),
        "breadcrumbs": [(_("Exchange rates"), "")],
        "covered": covered,
        "newest": max((row.last_on for row in covered), default=None),
        "result": result,
        "bad_lines": result.bad_lines[:SHOWN_BAD_LINES] if result else [],
        "problem": problem,
    }
    return render(request, "workspace/rates.html", context, status=422 if problem else 200)


urlpatterns: list[URLPattern] = [path("rates/", rates, name="rates")]
