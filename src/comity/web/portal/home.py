"""The partner's home: how are we doing, what is waiting for us, what is next."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from comity.deals.models import Registration
from comity.deals.queries import Won, performance_of, shared_deals_visible_to, won_in
from comity.deals.registration.queries import registrations_of_partnership
from comity.deals.states import DealStatus
from comity.deals.states.registrations import PROTECTED
from comity.identity.roles import Permission
from comity.kernel.periods import Period
from comity.programs.calendars import calendar_of, today_in
from comity.programs.models import Program
from comity.web.doors import PortalRequest, portal
from comity.web.portal.waiting import waiting_for

SHOWN_DEALS: Final = 5
QUARTERS: Final = 8
ENDING: Final = timedelta(days=30)


@require_GET
@portal(Permission.PORTAL_COMPANY)
def home(request: PortalRequest) -> HttpResponse:
    """Three questions, each answered with what is really known."""
    context: dict[str, Any] = {
        "page_title": _("Home"),
        "breadcrumbs": [(_("Home"), "")],
        "waiting": waiting_for(request),
        "sees_deals": request.actor.can(Permission.PORTAL_DEALS),
    }
    rows = shared_deals_visible_to(request.actor, request.partnership)
    if request.actor.can(Permission.PORTAL_PERFORMANCE):
        context |= _doing(request, rows)
    if context["sees_deals"]:
        largest = rows.filter(status=DealStatus.OPEN).order_by(F("amount").desc(nulls_last=True), "-id")
        context |= {"open_deals": largest[:SHOWN_DEALS], "protected": _protected(request)}
    return render(request, "portal/home.html", context)


def as_of(request: PortalRequest) -> date:
    """What "today" means for the figures: the program's newest data, else today."""
    return request.program.data_as_of or today_in(request.program, request.received_at)


def main_currency(won: Won, own: str) -> str:
    """The currency a figure is told in: the program's, unless every amount is in another."""
    return own if own in won.amounts or not won.amounts else max(won.amounts, key=lambda code: won.amounts[code])


def change(now: Won, before: Won, currency: str) -> Decimal | None:
    """The relative change of the amount in one currency; None where there is nothing to compare with."""
    former, latter = before.amounts.get(currency), now.amounts.get(currency)
    return (latter - former) / former if former and latter is not None else None


def _doing(request: PortalRequest, rows: Any) -> dict[str, Any]:
    """The year so far against the same days of the year before."""
    calendar, until = calendar_of(request.program), as_of(request)
    year = calendar.year_of(until)
    so_far = Period(year.starts_on, until)
    now, before = won_in(rows, so_far), won_in(rows, so_far.year_before())
    currency = main_currency(now, request.program.currency)
    others = {code: amount for code, amount in now.amounts.items() if code != currency}
    return {
        "sees_numbers": True,
        "year": year,
        "until": until,
        "now": now,
        "before": before,
        "currency": currency,
        "won_amount": now.amounts.get(currency, None if now.deals else Decimal(0)),
        "change": change(now, before, currency),
        "other_currencies": sorted(others.items()),
        "open_count": rows.filter(status=DealStatus.OPEN).count(),
        "trend": _trend(rows, request.program, until),
    }


def _trend(rows: Any, program: Program, until: date) -> dict[str, Any]:
    """What was won in each of the last eight quarters, in the program's currency, as a line and in words."""
    calendar = calendar_of(program)
    last = calendar.quarter_of(until)
    first = last
    for _step in range(QUARTERS - 1):
        first = first.previous()
    found = performance_of(rows, calendar, period=Period(first.starts_on, last.ends_on))
    amounts = [quarter.won.get(program.currency, Decimal(0)) for quarter in found.quarters]
    return {"points": line_of(amounts), "first": first.label, "last": last.label}


def line_of(amounts: list[Decimal]) -> str:
    """Amounts as the points of a c-sparkline, 120 by 28; "" where there is nothing to draw."""
    most = max(amounts, default=Decimal(0))
    if len(amounts) < 2 or most <= 0:
        return ""
    step = 116 / (len(amounts) - 1)
    return " ".join(
        f"{2 + step * place:.1f},{26 - 24 * float(amount / most):.1f}" for place, amount in enumerate(amounts)
    )


def _protected(request: PortalRequest) -> list[Registration]:
    """Approved registrations whose protection ends within a month: more time can be asked for while it lasts."""
    today = today_in(request.program, request.received_at)
    rows = registrations_of_partnership(request.actor, request.partnership).filter(
        state__in=[state.value for state in PROTECTED],
        protected_until__range=(today, today + ENDING),
    )
    return list(rows.order_by("protected_until", "id")[:SHOWN_DEALS])


urlpatterns: list[URLPattern] = [path("", home, name="home")]
