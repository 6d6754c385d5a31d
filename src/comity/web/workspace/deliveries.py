"""News that could not be handled: what, why, and a button to try again."""

from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from comity.identity.roles import Permission
from comity.platform.models import Delivery, DeliveryState
from comity.platform.outbox import MAX_ATTEMPTS, replay
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import attempt
from comity.web.workspace.settings_tabs import settings_frame


@require_GET
@workspace(Permission.REPLAY_DELIVERIES)
def deliveries(request: WorkspaceRequest) -> HttpResponse:
    """The dead-letter list; with ?state=pending what still waits."""
    state = DeliveryState.PENDING if request.GET.get("state") == DeliveryState.PENDING else DeliveryState.DEAD
    own = Delivery.objects.filter(vendor_id=request.actor.organization_id)
    found = own.filter(state=state).select_related("event").order_by("-created_at", "-id")
    context = {
        **settings_frame(request, "deliveries"),
        "page": Paginator(found, 50).get_page(request.GET.get("page")),
        "state": state,
        "shows_dead": state == DeliveryState.DEAD,
        "shows_waiting": state == DeliveryState.PENDING,
        "waiting": own.filter(state=DeliveryState.PENDING).count(),
        "dead": own.filter(state=DeliveryState.DEAD).count(),
        "most": MAX_ATTEMPTS,
    }
    return render(request, "workspace/deliveries.html", context)


@require_POST
@workspace(Permission.REPLAY_DELIVERIES)
def delivery_replay(request: WorkspaceRequest, delivery: UUID) -> HttpResponse:
    """Take one up again."""
    found = get_object_or_404(Delivery, vendor_id=request.actor.organization_id, pk=delivery)
    attempt(request, lambda: replay(delivery=found), _("It is tried again now; if it fails, it comes back here."))
    return redirect("workspace:deliveries", program=request.program.slug)


urlpatterns: list[URLPattern] = [
    path("settings/deliveries/", deliveries, name="deliveries"),
    path("settings/deliveries/<uuid:delivery>/replay/", delivery_replay, name="delivery_replay"),
]
