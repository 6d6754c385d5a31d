"""Lists of registrations that operations bring in for partners: uploaded, columns chosen, drafts made, submitted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from comity.deals.intake.lists import (
    choose_columns,
    list_visible_to,
    lists_visible_to,
    look_at,
    make_drafts,
    receive_list,
    submit_complete,
)
from comity.deals.models import RegistrationList
from comity.identity.roles import Permission
from comity.kernel.errors import Invalid
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import attempt, tell
from comity.web.registration_lists import chosen_fields, context_of, rejects_of, sample, told, upload_of


@require_http_methods(["GET", "POST"])
@workspace(Permission.IMPORT_DATA)
def registration_lists(request: WorkspaceRequest) -> HttpResponse:
    """Upload a list; the earlier ones."""
    problem = ""
    if request.method == "POST":
        try:
            record = receive_list(
                program=request.program, actor=request.actor, upload=upload_of(request), at=request.received_at,
            )  # fmt: skip
        except Invalid as refused:
            problem = refused.message
        else:
            return redirect("workspace:registration_list", request.program.slug, record.pk)
    context = {
        "page_title": _("Register from a list"),
        "breadcrumbs": [*_trail(request), (_("Register from a list"), "")],
        "lists": lists_visible_to(request.actor, request.program)[:20],
        "problem": problem,
        "frame": "workspace/base.html",
        "links": _links(request),
    }
    return render(request, "partials/registration_lists.html", context, status=422 if problem else 200)


@require_GET
@workspace(Permission.IMPORT_DATA)
def registration_list_sample(request: WorkspaceRequest) -> HttpResponse:
    """An empty list to fill in."""
    return sample(with_partner=True)


@require_http_methods(["GET", "POST"])
@workspace(Permission.IMPORT_DATA)
def registration_list(request: WorkspaceRequest, listed: UUID) -> HttpResponse:
    """One list: what its columns mean and what is wrong with its rows; after that, what became of them."""
    record = _load(request, listed)
    if request.method == "POST":
        attempt(
            request,
            lambda: choose_columns(record=record, actor=request.actor, fields=chosen_fields(request, record)),
            _("The list is read anew."),
        )
        return redirect("workspace:registration_list", request.program.slug, record.pk)
    rows = []
    if not record.is_done:
        rows = look_at(record=record, actor=request.actor, at=request.received_at)
    context: dict[str, Any] = {
        **context_of(record, rows, with_partner=True),
        "page_title": record.name,
        "breadcrumbs": [
            *_trail(request),
            (_("Register from a list"), reverse("workspace:registration_lists", args=[request.program.slug])),
            (record.name, ""),
        ],
        "frame": "workspace/base.html",
        "links": _links(request, record),
    }  # fmt: skip
    return render(request, "partials/registration_list.html", context)


@require_POST
@workspace(Permission.IMPORT_DATA)
def registration_list_make(request: WorkspaceRequest, listed: UUID) -> HttpResponse:
    """Make the drafts."""
    record = _load(request, listed)
    attempt(
        request,
        lambda: make_drafts(record=record, actor=request.actor, at=request.received_at),
        _("The drafts are made."),
    )
    return redirect("workspace:registration_list", request.program.slug, record.pk)


@require_GET
@workspace(Permission.IMPORT_DATA)
def registration_list_rejects(request: WorkspaceRequest, listed: UUID) -> HttpResponse:
    """The rows that were not taken, with the reasons."""
    return rejects_of(_load(request, listed))


@require_POST
@workspace(Permission.IMPORT_DATA)
def registration_list_submit(request: WorkspaceRequest, listed: UUID) -> HttpResponse:
    """Submit every complete draft of the list for its partners, as many as an hour allows each."""
    record = _load(request, listed)
    sent = submit_complete(actor=request.actor, at=request.received_at, record=record)
    tell(request, told(sent))
    return redirect("workspace:registration_list", request.program.slug, record.pk)


def _links(request: WorkspaceRequest, record: RegistrationList | None = None) -> dict[str, str]:
    slug = request.program.slug
    links = {name: reverse(f"workspace:registration_{name}", args=[slug]) for name in ("lists", "list_sample")}
    links["older"] = reverse("workspace:legacy_batches", args=[slug])
    links["registrations"] = reverse("workspace:registrations", args=[slug])
    if record is not None:
        links["submit_all"] = reverse("workspace:registration_list_submit", args=[slug, record.pk])
    return links | _own("workspace", slug, record)


def _own(door: str, place: str, record: RegistrationList | None) -> dict[str, str]:
    if record is None:
        return {}
    names = ("list", "list_make", "list_rejects")
    return {name: reverse(f"{door}:registration_{name}", args=[place, record.pk]) for name in names}


def _load(request: WorkspaceRequest, listed: UUID) -> RegistrationList:
    return list_visible_to(request.actor, request.program, listed)


def _trail(request: WorkspaceRequest) -> list[tuple[str, str]]:
    return [
        (_("Deals"), reverse("workspace:deals", args=[request.program.slug])),
        (_("Registrations"), reverse("workspace:registrations", args=[request.program.slug])),
    ]


ROOT = "deals/registrations/lists/"
urlpatterns: list[URLPattern] = [
    path(ROOT, registration_lists, name="registration_lists"),
    path(f"{ROOT}sample/", registration_list_sample, name="registration_list_sample"),
    path(f"{ROOT}<uuid:listed>/", registration_list, name="registration_list"),
    path(f"{ROOT}<uuid:listed>/make/", registration_list_make, name="registration_list_make"),
    path(f"{ROOT}<uuid:listed>/rejects/", registration_list_rejects, name="registration_list_rejects"),
    path(f"{ROOT}<uuid:listed>/submit/", registration_list_submit, name="registration_list_submit"),
]
