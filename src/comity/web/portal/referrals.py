"""A partner's referrals: its form, its link, and what became of them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from comity.identity.roles import Permission
from comity.leads.queries import link_of_partnership, referrals_visible_to
from comity.leads.referrals import TooManyReferrals, end_link, refer_lead, share_link
from comity.web.cursors import page_by, page_of_list
from comity.web.doors import PortalRequest, portal
from comity.web.form_answers import accepts, attempt, tell
from comity.web.lead_forms import ReferralForm
from comity.web.lead_words import REFERRALS
from comity.web.portal.registrations import tabs


@require_GET
@portal(Permission.PORTAL_DEALS)
def referrals(request: PortalRequest) -> HttpResponse:
    """The link, and whom one referred."""
    link = link_of_partnership(request.actor, request.partnership)
    path_of = reverse("refer", args=[link.token]) if link else ""
    found = referrals_visible_to(request.actor, request.partnership)
    rows, around = page_of_list(request, found, page_by("referred_at"))
    context = {
        "page_title": _("Referrals"),
        "breadcrumbs": [*_trail(request)[:1], (_("Referrals"), "")],
        "tabs": tabs(request, "referrals"),
        "link": link,
        "address": f"{settings.BASE_URL.rstrip('/')}{path_of}",
        "rows": [{"referral": row, "told": REFERRALS[row.state][0], "tone": REFERRALS[row.state][1]} for row in rows],
        **around,
    }
    return render(request, "portal/referrals.html", context)


@require_http_methods(["GET", "POST"])
@portal(Permission.PORTAL_DEALS)
def referral_new(request: PortalRequest) -> HttpResponse:
    """Refer somebody who agreed to it."""
    form = ReferralForm(request.POST or None)

    def save() -> None:
        refer_lead(
            partnership=request.partnership, actor=request.actor, draft=form.draft(),
            agreed=form.cleaned_data["agreed"], at=request.received_at,
        )  # fmt: skip

    try:
        saved = request.method == "POST" and accepts(form, save)
    except TooManyReferrals as error:
        form.add_error(None, error.message)
        saved = False
    if saved:
        told = _("%(vendor)s calls them. What becomes of it stands here.") % {"vendor": request.program.vendor_name}
        tell(request, told, draft="referral")
        return redirect("portal:referrals", partnership=request.partnership.pk)
    context: dict[str, Any] = {
        "page_title": _("Refer somebody"),
        "breadcrumbs": [*_trail(request), (_("Refer somebody"), "")],
        "form": form,
        "back": reverse("portal:referrals", args=[request.partnership.pk]),
    }
    return render(request, "portal/referral_form.html", context, status=422 if form.errors else 200)


@require_POST
@portal(Permission.PORTAL_DEALS)
def referral_link(request: PortalRequest) -> HttpResponse:
    """Make a link, which ends the one before; or end it."""
    order: dict[str, Any] = {"partnership": request.partnership, "actor": request.actor, "at": request.received_at}
    if "end" in request.POST:
        attempt(request, lambda: end_link(**order), _("The link works no more."))
    else:
        attempt(request, lambda: share_link(**order), _("Your link is ready to be shared."))
    return redirect("portal:referrals", partnership=request.partnership.pk)


def _trail(request: PortalRequest) -> list[tuple[str, str]]:
    key = request.partnership.pk
    return [
        (_("Deals"), reverse("portal:deals", args=[key])),
        (_("Referrals"), reverse("portal:referrals", args=[key])),
    ]


urlpatterns: list[URLPattern] = [
    path("deals/referrals/", referrals, name="referrals"),
    path("deals/referrals/new/", referral_new, name="referral_new"),
    path("deals/referrals/link/", referral_link, name="referral_link"),
]
