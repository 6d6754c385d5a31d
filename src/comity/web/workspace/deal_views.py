"""Kept views of the deals, shared by the list and the board."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from comity.identity.roles import Permission
from comity.programs.queries import managers_of
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.workspace.deal_filters import Asked, read_filters
from comity.web.workspace.kept_views import keep_or_forget, offered_views

PAGE: Final = "deals"
_PLACES: Final = ("deals", "deals_board")


def views_of(request: WorkspaceRequest, asked: Asked) -> dict[str, Any]:
    """What the menu of views shows."""
    presets: list[tuple[str, dict[str, str]]] = [(_("All deals"), {})]
    mine = managers_of(request.program).filter(person_id=request.actor.person_id).first()
    if mine is not None:
        presets.append((_("My deals"), {"manager": str(mine.pk)}))
    presets.append((_("Sourced by partners"), {"role": "sourced"}))
    views = offered_views(request, PAGE, presets, asked.query(), _normal)
    return {
        "views": views,
        "view": next((view["name"] for view in views if view["current"]), _("View")),
        "query": asked.query(),
        "views_address": reverse("workspace:deals_views", args=[request.program.slug]),
        "can_share": request.actor.can(Permission.EDIT_PARTNERS),
    }


@require_POST
@workspace(Permission.VIEW_DEALS)
def deals_views(request: WorkspaceRequest) -> HttpResponse:
    """Keep the deals as they are shown, or forget a kept view; back to the list or the board it came from."""
    query = keep_or_forget(request, PAGE, _normal)
    place = request.POST.get("place", "")
    address = reverse(f"workspace:{place if place in _PLACES else 'deals'}", args=[request.program.slug])
    return redirect(f"{address}?{query}" if query else address)


def _normal(given: QueryDict) -> str:
    return read_filters(given).query()


urlpatterns: list[URLPattern] = [path("deals/views/", deals_views, name="deals_views")]
