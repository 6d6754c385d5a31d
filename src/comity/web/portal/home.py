"""The partner's home: how are we doing, what is waiting for us, what is next."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from comity.deals.queries import Won, shared_deals_visible_to, won_in
from comity.deals.states import DealStatus
from comity.identity.queries import invitations_visible_to, organization_of
from comity.identity.roles import Permission
from comity.kernel.periods import Period
from comity.programs.calendars import calendar_of, today_in
from comity.web.doors import PortalRequest, portal

SHOWN_DEALS: Final = 5


@require_GET
@portal(Permission.PORTAL_COMPANY)
def home(request: PortalRequest) -> HttpResponse:
    """Three questions, each answered with what is really known."""
    context: dict[str, Any] = {
        "page_title": _("Home"),
        "breadcrumbs": [(_("Home"), "")],
        "waiting": _waiting(request),
        "sees_deals": request.actor.can(Permission.PORTAL_DEALS),
    }
    rows = shared_deals_visible_to(request.actor, request.partnership)
    if request.actor.can(Permission.PORTAL_PERFORMANCE):
        context |= _doing(request, rows)
    if context["sees_deals"]:
        newest = rows.filter(status=DealStatus.OPEN).order_by(F("opened_on").desc(nulls_last=True), "-id")
        context["open_deals"] = newest[:SHOWN_DEALS]
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
    }


def _waiting(request: PortalRequest) -> list[dict[str, str]]:
    """What this person can settle now; only what really exists."""
    found = []
    company = reverse("portal:company", args=[request.partnership.pk])
    if request.actor.can(Permission.PORTAL_EDIT_COMPANY):
        own = organization_of(request.actor)
        missing = [
            label
            for label, value in (
                (_("website"), own.website),
                (_("country"), own.country),
                (_("description"), own.about),
            )
            if not value
        ]
        if missing:
            text = _("Your company profile lacks: %(what)s.") % {"what": ", ".join(missing)}
            found.append({"text": text, "url": company, "action": _("Complete it"), "icon": "building-2"})
    if request.actor.can(Permission.PORTAL_PEOPLE):
        letters = invitations_visible_to(request.actor).filter(
            accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=request.received_at
        )
        if count := letters.count():
            text = ngettext(
                "%(count)s colleague has not followed the invitation yet.",
                "%(count)s colleagues have not followed the invitation yet.",
                count,
            ) % {"count": count}
            found.append({"text": text, "url": f"{company}#people", "action": _("See them"), "icon": "user-plus"})
    return found


urlpatterns: list[URLPattern] = [path("", home, name="home")]
