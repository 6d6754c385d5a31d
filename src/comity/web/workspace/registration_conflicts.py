"""Conflicts: deals of ours on customers that are promised to a partner, who was first, and who leads."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from comity.deals.registration.conflicts import conflicts_visible_to, resolve_conflict
from comity.identity.roles import Permission
from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, tell
from comity.web.workspace.deals import tabs
from comity.web.workspace.registration_forms import RESOLVED, ResolutionForm

SHOWN = 100


@require_GET
@workspace(Permission.VIEW_DEALS)
def conflicts(request: WorkspaceRequest) -> HttpResponse:
    """The list, unresolved ones first."""
    return _page(request)


@require_POST
@workspace(Permission.DECIDE_REGISTRATIONS)
def conflict_resolve(request: WorkspaceRequest, conflict: UUID) -> HttpResponse:
    """Write down who leads, and why."""
    found = conflicts_visible_to(request.actor, request.program).filter(pk=conflict).first()
    if found is None:
        raise NotFound(words("There is no such conflict."))
    form = ResolutionForm(request.POST, auto_id=f"{found.pk}_%s")
    order: dict[str, Any] = {"conflict": found, "actor": request.actor, "at": request.received_at}
    if accepts(form, lambda: resolve_conflict(**order, **form.cleaned_data)):
        tell(request, _("The conflict is resolved."))
        return redirect("workspace:conflicts", program=request.program.slug)
    return _page(request, {found.pk: form})


def _page(request: WorkspaceRequest, bound: dict[UUID, ResolutionForm] | None = None) -> HttpResponse:
    given = bound or {}
    rows = [
        {
            "conflict": one,
            "form": given.get(one.pk) or ResolutionForm(auto_id=f"{one.pk}_%s"),
            "open": one.pk in given,
            "resolution": RESOLVED.get(one.resolution, ""),
        }
        for one in conflicts_visible_to(request.actor, request.program)[:SHOWN]
    ]
    context = {
        "page_title": _("Conflicts"),
        "breadcrumbs": [(_("Deals"), reverse("workspace:deals", args=[request.program.slug])), (_("Conflicts"), "")],
        "tabs": tabs(request, "conflicts"),
        "rows": rows,
        "may_decide": request.actor.can(Permission.DECIDE_REGISTRATIONS),
    }
    return render(request, "workspace/conflicts.html", context, status=422 if given else 200)


urlpatterns: list[URLPattern] = [
    path("deals/conflicts/", conflicts, name="conflicts"),
    path("deals/conflicts/<uuid:conflict>/", conflict_resolve, name="conflict_resolve"),
]
