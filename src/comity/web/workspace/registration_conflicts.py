"""Conflicts: deals of ours on customers that are promised to a partner, who was first, and who leads."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from django.views.decorators.http import require_GET, require_POST

from comity.deals.models import DealConflict
from comity.deals.paging import slice_of
from comity.deals.registration.conflicts import conflicts_visible_to, resolve_conflict
from comity.identity.roles import Permission
from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.programs.calendars import today_in
from comity.web.cursors import page_by, page_of_list
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, tell
from comity.web.streaming import stream_csv
from comity.web.workspace.deals import tabs
from comity.web.workspace.registration_forms import RESOLVED, ResolutionForm

NEWEST: Final = page_by("found_at")
EXPORT_PART: Final = 1_000
EXPORT_HEADER: Final = (
    noop("Our deal"), noop("Customer"), noop("Partner"), noop("Reference"), noop("Registered customer"),
    noop("Who was first"), noop("Reasons"), noop("Found at"), noop("Resolution"), noop("Share"), noop("In words"),
    noop("Resolved at"),
)  # fmt: skip


@require_GET
@workspace(Permission.VIEW_DEALS)
def conflicts(request: WorkspaceRequest) -> HttpResponse:
    """The list by pages: unresolved ones, with `show` resolved ones or all."""
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


@require_GET
@workspace(Permission.VIEW_DEALS)
def conflicts_export(request: WorkspaceRequest) -> StreamingHttpResponse:
    """The conflicts of the list, all pages of it, as CSV."""
    show = request.GET.get("show", "")

    def part(mark: str) -> tuple[list[tuple[object, ...]], str | None]:
        shown = slice_of(_wanted(request, show), NEWEST, after=mark, size=EXPORT_PART)
        return [_exported(row) for row in shown.rows], shown.next

    return stream_csv(
        organization_id=request.actor.organization_id, person_id=request.actor.person_id,
        filename=f"conflicts-{request.program.slug}-{today_in(request.program, request.received_at)}.csv",
        header=[_(name) for name in EXPORT_HEADER], part=part,
    )  # fmt: skip


def _wanted(request: WorkspaceRequest, show: str) -> QuerySet[DealConflict]:
    found = conflicts_visible_to(request.actor, request.program)
    if show == "all":
        return found
    return found.exclude(resolution="") if show == "resolved" else found.filter(resolution="")


def _exported(row: DealConflict) -> tuple[object, ...]:
    deal, claim = row.opportunity, row.registration
    return (
        deal.name, deal.account.name if deal.account else "", claim.partnership.name, claim.reference,
        claim.customer_name, row.first, "; ".join(row.reasons), row.found_at, row.resolution, row.share,
        row.resolution_text, row.resolved_at,
    )  # fmt: skip


def _page(request: WorkspaceRequest, bound: dict[UUID, ResolutionForm] | None = None) -> HttpResponse:
    given, show = bound or {}, request.GET.get("show", "")
    found = _wanted(request, show)
    if given:  # what was refused is shown with what was typed, whichever page it stands on
        found = conflicts_visible_to(request.actor, request.program).filter(pk__in=given)
    shown, around = page_of_list(request, found, NEWEST, show=show)
    rows = [
        {
            "conflict": one,
            "form": given.get(one.pk) or ResolutionForm(auto_id=f"{one.pk}_%s"),
            "open": one.pk in given,
            "resolution": RESOLVED.get(one.resolution, ""),
        }
        for one in shown
    ]
    export = reverse("workspace:conflicts_export", args=[request.program.slug])
    context = {
        "page_title": _("Conflicts"),
        "breadcrumbs": [(_("Deals"), reverse("workspace:deals", args=[request.program.slug])), (_("Conflicts"), "")],
        "tabs": tabs(request, "conflicts"),
        "rows": rows,
        "show": show,
        "shows": [("", _("Open")), ("resolved", _("Resolved")), ("all", _("All"))],
        "any": bool(rows) or conflicts_visible_to(request.actor, request.program).exists(),
        "export": f"{export}?{urlencode({'show': show})}",
        **around,
        "may_decide": request.actor.can(Permission.DECIDE_REGISTRATIONS),
    }
    return render(request, "workspace/conflicts.html", context, status=422 if given else 200)


urlpatterns: list[URLPattern] = [
    path("deals/conflicts/", conflicts, name="conflicts"),
    path("deals/conflicts/export.csv", conflicts_export, name="conflicts_export"),
    path("deals/conflicts/<uuid:conflict>/", conflict_resolve, name="conflict_resolve"),
]
