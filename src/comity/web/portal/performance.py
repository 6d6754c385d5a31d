"""The partner's own results, quarter by quarter: own rows only, nothing of the vendor's lens, and of
other partners no more than a band."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from comity.deals.queries import Performance, performance_of, shared_deals_visible_to
from comity.identity.roles import Permission
from comity.kernel.periods import Period
from comity.programs.calendars import calendar_of
from comity.web.doors import PortalRequest, portal
from comity.web.portal.home import as_of
from comity.web.portal.peers import standing

QUARTERS: Final = 8


@require_GET
@portal(Permission.PORTAL_PERFORMANCE)
def performance(request: PortalRequest) -> HttpResponse:
    """Two years of quarters: won, lost, win rate; and where we stand among our peers, if the programme shows that."""
    calendar, until = calendar_of(request.program), as_of(request)
    first = calendar.quarter_of(until)
    for _step in range(QUARTERS - 1):
        first = first.previous()
    shown = Period(first.starts_on, until)
    rows = shared_deals_visible_to(request.actor, request.partnership)
    found = performance_of(rows, calendar, period=shown)
    year = found.over(calendar.year_of(until))
    currency = request.program.currency
    context = {
        "page_title": _("Performance"),
        "breadcrumbs": [(_("Performance"), "")],
        "until": until,
        "year": year,
        "year_amount": year.won.get(currency, None if year.won_deals else Decimal(0)),
        "found": found,
        "quarters": [_told(quarter, currency) for quarter in reversed(found.quarters)],
        "chart": _chart(found, currency),
        "has_other_currencies": any(set(quarter.won) - {currency} for quarter in found.quarters),
        "has_deals": any(quarter.won_deals or quarter.lost_deals for quarter in found.quarters) or found.open_deals,
        "sees_deals": request.actor.can(Permission.PORTAL_DEALS),
        **standing(request),
    }
    return render(request, "portal/performance.html", context)


def _told(quarter: Any, currency: str) -> dict[str, Any]:
    return {
        "label": quarter.period.label,
        "amount": quarter.won.get(currency, None if quarter.won_deals else Decimal(0)),
        "others": sorted((code, amount) for code, amount in quarter.won.items() if code != currency),
        "won": quarter.won_deals,
        "lost": quarter.lost_deals,
        "without_amount": quarter.without_amount,
        "win_rate": quarter.win_rate,
    }


def _chart(found: Performance, currency: str) -> dict[str, Any]:
    values = [
        {"quarter": quarter.period.label, "won": float(quarter.won.get(currency, 0))} for quarter in found.quarters
    ]
    axis = {"labelAngle": 0, "labelOverlap": True}  # a phone has no room for eight quarters
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": "container",
        "height": 200,
        "data": {"values": values},
        "mark": "bar",
        "encoding": {
            "x": {"field": "quarter", "type": "nominal", "title": None, "sort": None, "axis": axis},
            "y": {"field": "won", "type": "quantitative", "title": currency},
        },
    }


urlpatterns: list[URLPattern] = [path("performance/", performance, name="performance")]
