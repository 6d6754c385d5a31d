"""The partner's own deals, as the vendor shares them."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from comity.deals.paging import order_of, slice_of, tally
from comity.deals.queries import SHARED_ORDERS, SharedFilter, shared_deals_matching, shared_deals_visible_to
from comity.deals.states import DealStatus, PartnerRole
from comity.identity.roles import Permission
from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.web.doors import PortalRequest, portal
from comity.web.portal.registrations import tabs
from comity.web.templatetags.figures import spoken_lazily

DEFAULT_ORDER = "-closed"


@require_GET
@portal(Permission.PORTAL_DEALS)
def deals(request: PortalRequest) -> HttpResponse:
    """The list: search, filter, sorting and paging stand in the address."""
    given = {name: request.GET.get(name, "").replace("\x00", "").strip() for name in ("q", "status", "role", "sort")}
    status = given["status"] if given["status"] in set(DealStatus) else ""
    role = given["role"] if given["role"] in set(PartnerRole) else ""
    wanted = SharedFilter(status=status or None, role=role or None, search=given["q"])
    order = order_of(given["sort"], SHARED_ORDERS, DEFAULT_ORDER)
    rows = shared_deals_matching(request.actor, request.partnership, wanted)
    shown = slice_of(rows, order, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    kept = {name: value for name, value in given.items() if value}
    context = {
        "page_title": _("Deals"),
        "breadcrumbs": [(_("Deals"), "")],
        "tabs": tabs(request, "deals"),
        "rows": shown.rows,
        "count": tally(rows),
        "given": given,
        "is_filtered": bool(status or role or given["q"]),
        "statuses": [(value.value, spoken_lazily(value.value)) for value in DealStatus],
        "roles": [(value.value, spoken_lazily(value.value)) for value in PartnerRole],
        "next": f"?{urlencode({**kept, 'after': shown.next})}" if shown.next else "",
        "previous": f"?{urlencode({**kept, 'before': shown.previous})}" if shown.previous else "",
    }
    return render(request, "portal/deals.html", context)


@require_GET
@portal(Permission.PORTAL_DEALS)
def deal(request: PortalRequest, deal: UUID) -> HttpResponse:
    """One deal."""
    found = shared_deals_visible_to(request.actor, request.partnership).filter(pk=deal).first()
    if found is None:
        raise NotFound(words("There is no such deal of yours."))
    trail = [(_("Deals"), reverse("portal:deals", args=[request.partnership.pk])), (found.name, "")]
    facts = [
        (_("Customer"), found.customer_name),
        (_("Your role"), ", ".join(str(spoken_lazily(role)) for role in found.roles)),
        (_("Stage"), found.stage_name),
    ]
    context = {"page_title": found.name, "breadcrumbs": trail, "deal": found, "facts": facts}
    return render(request, "portal/deal.html", context)


urlpatterns: list[URLPattern] = [
    path("deals/", deals, name="deals"),
    path("deals/<uuid:deal>/", deal, name="deal"),
]
