"""Attribution of the programme: revenue by partner under each model; and what lost deals say of the market."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from comity.attribution.programme import ProgrammeAttribution, market_says, programme_attribution
from comity.attribution.states import Model
from comity.identity.roles import Permission
from comity.web import touch_words as words
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.spreadsheets import answer_with
from comity.web.streaming import as_csv
from comity.web.workspace.metric_periods import Days, offered_periods, read_days

SHOWN: Final = 200
LINES: Final = 20


@require_GET
@workspace(Permission.VIEW_METRICS)
def attribution(request: WorkspaceRequest) -> HttpResponse:
    """Totals by role, each deal once; partners by role and by model; whose rank depends on the model."""
    days = read_days(request.program, request.GET)
    found = programme_attribution(request.actor, request.program, days.period)
    context = {
        "page_title": _("Attribution"),
        "breadcrumbs": [(_("Metrics"), _address(request, "metrics")), (_("Attribution"), "")],
        "found": found,
        "totals": [(words.ROLES[total.role], total) for total in found.totals],
        "models": [words.MODELS[model] for model in found.models],
        "partners": [(one, [one.by_model[model] for model in found.models]) for one in found.partners[:SHOWN]],
        "moved": [_moved(one) for one in found.most_moved],
        "exports": [
            (kind, f"{_address(request, 'attribution_export', kind)}?{days.query()}") for kind in ("csv", "xlsx")
        ],
        **frame(request, days, "attribution"),
    }
    return render(request, "workspace/attribution.html", context)


@require_GET
@workspace(Permission.VIEW_METRICS)
def attribution_export(request: WorkspaceRequest, form: str) -> HttpResponse:
    """The partners with every model, as CSV or as a spreadsheet."""
    days = read_days(request.program, request.GET)
    found = programme_attribution(request.actor, request.program, days.period)
    header, rows = _sheet(found, request.program.currency)
    name = f"attribution-{request.program.slug}"
    if form == "xlsx":
        return answer_with(f"{name}.xlsx", _("Attribution"), header, rows)
    response = HttpResponse("\ufeff" + as_csv([header, *rows]), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


@require_GET
@workspace(Permission.VIEW_DEALS)
def market(request: WorkspaceRequest) -> HttpResponse:
    """Why deals are lost, and to whom."""
    days = read_days(request.program, request.GET)
    reason, competitor = request.GET.get("reason", "")[:2_000], request.GET.get("competitor", "")[:200]
    told = market_says(request.actor, request.program, days.period, reason=reason, competitor=competitor)
    unknown = _("not recorded")
    parts = (
        ("reason", _("Reason for the loss"), told.reasons, unknown),
        ("competitor", _("Lost to"), told.competitors, unknown),
        ("", _("Product family"), told.families, unknown),
        ("", _("Region of the partner"), told.regions, _("no partner, or no region")),
        ("", _("Partner"), told.partners, _("no partner: a direct deal")),
    )
    context = {
        "page_title": _("What the market tells us"),
        "breadcrumbs": [(_("Metrics"), _address(request, "metrics")), (_("What the market tells us"), "")],
        "told": told,
        "parts": [
            {
                "title": title,
                "lines": [
                    (line, line.label or missing, days.query(**{key: line.label}) if key and line.label else "")
                    for line in lines[:LINES]
                ],
                "more": max(0, len(lines) - LINES),
            }
            for key, title, lines, missing in parts
        ],
        "limits": [text for text in (reason, competitor) if text],
        "all_of_them": f"?{days.query()}",
        **frame(request, days, "market"),
    }
    return render(request, "workspace/market.html", context)


def frame(request: WorkspaceRequest, days: Days, current: str) -> dict[str, Any]:
    """The tabs beside each other under Metrics, and the periods on offer."""
    pages = (("metrics", _("Catalogue")), ("attribution", _("Attribution")), ("market", _("Lost deals")))
    return {
        "tabs": [
            {"label": label, "url": f"{_address(request, name)}?{days.query()}", "current": name == current}
            for name, label in pages
        ],
        "days": days,
        "offered": [
            (label, Days(request.program, period, None).query(), period == days.period)
            for label, period in offered_periods(request.program)
        ],
    }


def _moved(one: Any) -> dict[str, Any]:
    """The best and the worst place of a partner."""
    best, worst = (pick(one.ranks, key=lambda model: (one.ranks[model], model)) for pick in (min, max))
    return {
        "partner": one,
        "best": one.ranks[best],
        "best_model": words.MODELS[best],
        "worst": one.ranks[worst],
        "worst_model": words.MODELS[worst],
    }


def _sheet(found: ProgrammeAttribution, currency: str) -> tuple[list[str], list[list[object]]]:
    header = [
        _("Partner"),
        _("Deals"),
        _("Currency"),
        *(str(words.ROLES[role]) for role in ("sourced", "influenced", "fulfilled")),
    ]
    header += [str(words.MODELS[model]) for model in Model]
    rows: list[list[object]] = [
        [one.name, one.deals, currency, *one.by_role.values(), *one.by_model.values()] for one in found.partners
    ]
    return header, rows


def _address(request: WorkspaceRequest, name: str, *more: str) -> str:
    return reverse(f"workspace:{name}", args=[request.program.slug, *more])


urlpatterns: list[URLPattern] = [
    path("metrics/attribution/", attribution, name="attribution"),
    path("metrics/attribution/export.<slug:form>", attribution_export, name="attribution_export"),
    path("metrics/lost-deals/", market, name="market"),
]
