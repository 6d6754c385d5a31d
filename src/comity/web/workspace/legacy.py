"""The cut-over: registrations of an older system, uploaded by one person, signed off by another."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from comity.deals.intake.legacy import (
    batch_visible_to,
    batches_visible_to,
    check_batch,
    discard_batch,
    sign_off,
    upload_batch,
)
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import attempt
from comity.web.registration_lists import older_sample, upload_of

SHOWN = 100


@require_http_methods(["GET", "POST"])
@workspace(Permission.IMPORT_DATA)
def legacy_batches(request: WorkspaceRequest) -> HttpResponse:
    """Upload what the older system knew; the batches."""
    problem = ""
    if request.method == "POST":
        try:
            batch = upload_batch(
                program=request.program, actor=request.actor, upload=upload_of(request), at=request.received_at
            )
        except (Invalid, Conflict) as refused:
            problem = refused.message
        else:
            return redirect("workspace:legacy_batch", request.program.slug, batch.pk)
    batches = list(batches_visible_to(request.actor, request.program))
    context = {
        "page_title": _("Bring over registrations"),
        "breadcrumbs": [*_trail(request), (_("Bring over"), "")],
        "batches": batches,
        "closed": any(one.signed_off_at for one in batches),
        "problem": problem,
    }
    return render(request, "workspace/legacy_batches.html", context, status=422 if problem else 200)


@require_GET
@workspace(Permission.IMPORT_DATA)
def legacy_sample(request: WorkspaceRequest) -> HttpResponse:
    """An empty list to fill in."""
    return older_sample()


@require_GET
@workspace(Permission.IMPORT_DATA)
def legacy_batch(request: WorkspaceRequest, batch: UUID) -> HttpResponse:
    """One batch: its rows by their dates, what is wrong with them, who uploaded it and who signed it off."""
    found = batch_visible_to(request.actor, request.program, batch)
    rows = [] if found.signed_off_at else check_batch(batch=found, actor=request.actor, at=request.received_at)
    bad = [row for row in rows if row.wrong]
    context = {
        "page_title": found.name,
        "breadcrumbs": [
            *_trail(request),
            (_("Bring over"), reverse("workspace:legacy_batches", args=[request.program.slug])),
            (found.name, ""),
        ],
        "batch": found,
        "rows": (bad or rows)[:SHOWN],
        "count": len(rows),
        "bad_count": len(bad),
        "own": found.uploaded_by_id == request.actor.person_id,
    }
    return render(request, "workspace/legacy_batch.html", context)


@require_POST
@workspace(Permission.MANAGE_PROGRAM)
def legacy_sign_off(request: WorkspaceRequest, batch: UUID) -> HttpResponse:
    """Sign a batch off: its registrations come in, and nothing more comes before them."""
    found = batch_visible_to(request.actor, request.program, batch)
    attempt(
        request,
        lambda: sign_off(batch=found, actor=request.actor, at=request.received_at),
        _("The registrations are brought over."),
    )
    return redirect("workspace:legacy_batch", request.program.slug, found.pk)


@require_POST
@workspace(Permission.IMPORT_DATA)
def legacy_discard(request: WorkspaceRequest, batch: UUID) -> HttpResponse:
    """Throw a batch away that was not signed off."""
    found = batch_visible_to(request.actor, request.program, batch)
    if attempt(request, lambda: discard_batch(batch=found, actor=request.actor), _("The batch is gone.")):
        return redirect("workspace:legacy_batches", request.program.slug)
    return redirect("workspace:legacy_batch", request.program.slug, found.pk)


def _trail(request: WorkspaceRequest) -> list[tuple[str, str]]:
    slug = request.program.slug
    return [
        (_("Deals"), reverse("workspace:deals", args=[slug])),
        (_("Registrations"), reverse("workspace:registrations", args=[slug])),
    ]


ROOT = "deals/registrations/older/"
urlpatterns: list[URLPattern] = [
    path(ROOT, legacy_batches, name="legacy_batches"),
    path(f"{ROOT}sample/", legacy_sample, name="legacy_sample"),
    path(f"{ROOT}<uuid:batch>/", legacy_batch, name="legacy_batch"),
    path(f"{ROOT}<uuid:batch>/sign-off/", legacy_sign_off, name="legacy_sign_off"),
    path(f"{ROOT}<uuid:batch>/discard/", legacy_discard, name="legacy_discard"),
]
