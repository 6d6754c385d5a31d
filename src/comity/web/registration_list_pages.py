"""Lists of registrations, the same pages for a partner in the portal and for operations in the workspace: uploaded,
columns chosen, drafts made, complete ones submitted."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
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
from comity.web.both_sides import DoorRequest, address, guard, partnership_of
from comity.web.doors import portal, workspace
from comity.web.form_answers import attempt, tell
from comity.web.registration_lists import chosen_fields, context_of, rejects_of, sample, told, upload_of

ROOT: Final = "deals/registrations/lists/"
get_or_post = require_http_methods(["GET", "POST"])


def registration_lists(request: DoorRequest) -> HttpResponse:
    """Upload a list; the earlier ones."""
    problem, partnership = "", partnership_of(request)
    if request.method == "POST":
        try:
            record = receive_list(
                program=request.program, actor=request.actor, upload=upload_of(request), at=request.received_at,
                partnership=partnership,
            )  # fmt: skip
        except Invalid as refused:
            problem = refused.message
        else:
            return _to_list(request, record)
    context = {
        "page_title": _("Register from a list"),
        "breadcrumbs": [*_trail(request), (_("Register from a list"), "")],
        "lists": lists_visible_to(request.actor, request.program, partnership)[:20],
        "problem": problem,
        "frame": f"{request.door}/base.html",
        "links": _links(request),
    }
    return render(request, "partials/registration_lists.html", context, status=422 if problem else 200)


def registration_list_sample(request: DoorRequest) -> HttpResponse:
    """An empty list to fill in."""
    return sample(with_partner=partnership_of(request) is None)


def registration_list(request: DoorRequest, listed: UUID) -> HttpResponse:
    """One list: what its columns mean and what is wrong with its rows; after that, what became of them."""
    record, partnership = _load(request, listed), partnership_of(request)
    if request.method == "POST":
        fields = chosen_fields(request, record)
        attempt(
            request,
            lambda: choose_columns(record=record, actor=request.actor, fields=fields, partnership=partnership),
            _("The list is read anew."),
        )
        return _to_list(request, record)
    rows = []
    if not record.is_done:
        rows = look_at(record=record, actor=request.actor, at=request.received_at, partnership=partnership)
    lists = (_("Register from a list"), address(request, "registration_lists"))
    context: dict[str, Any] = {
        **context_of(record, rows, with_partner=partnership is None),
        "page_title": record.name,
        "breadcrumbs": [*_trail(request), lists, (record.name, "")],
        "frame": f"{request.door}/base.html",
        "links": _links(request, record),
    }
    return render(request, "partials/registration_list.html", context)


def registration_list_make(request: DoorRequest, listed: UUID) -> HttpResponse:
    """Make the drafts."""
    record, partnership = _load(request, listed), partnership_of(request)
    attempt(
        request,
        lambda: make_drafts(record=record, actor=request.actor, at=request.received_at, partnership=partnership),
        _("The drafts are made."),
    )
    return _to_list(request, record)


def registration_list_rejects(request: DoorRequest, listed: UUID) -> HttpResponse:
    """The rows that were not taken, with the reasons."""
    return rejects_of(_load(request, listed))


def registration_submit_all(request: DoorRequest) -> HttpResponse:
    """Submit every complete draft of the partner, as many as an hour allows."""
    sent = submit_complete(actor=request.actor, at=request.received_at, partnership=partnership_of(request))
    tell(request, told(sent))
    return redirect(address(request, "registrations"))


def registration_list_submit(request: DoorRequest, listed: UUID) -> HttpResponse:
    """Submit every complete draft of the list for its partners, as many as an hour allows each."""
    record = _load(request, listed)
    sent = submit_complete(actor=request.actor, at=request.received_at, record=record)
    tell(request, told(sent))
    return _to_list(request, record)


def _to_list(request: DoorRequest, record: RegistrationList) -> HttpResponse:
    return redirect(address(request, "registration_list", record.pk))


def _links(request: DoorRequest, record: RegistrationList | None = None) -> dict[str, str]:
    links = {
        "lists": address(request, "registration_lists"),
        "list_sample": address(request, "registration_list_sample"),
        "registrations": address(request, "registrations"),
    }
    if record is not None:
        links |= {name: address(request, f"registration_{name}", record.pk) for name in OF_A_LIST}
    if request.door == "portal":
        return links | {"submit_all": address(request, "registration_submit_all")}
    links["older"] = address(request, "legacy_batches")
    return links | ({"submit_all": address(request, "registration_list_submit", record.pk)} if record else {})


OF_A_LIST: Final = ("list", "list_make", "list_rejects")


def _load(request: DoorRequest, listed: UUID) -> RegistrationList:
    return list_visible_to(request.actor, request.program, listed, partnership_of(request))


def _trail(request: DoorRequest) -> list[tuple[str, str]]:
    return [(_("Deals"), address(request, "deals")), (_("Registrations"), address(request, "registrations"))]


def _pages(door: Any, permission: Permission) -> list[URLPattern]:
    behind = guard(door, permission)
    return [
        path(ROOT, behind(registration_lists, get_or_post), name="registration_lists"),
        path(f"{ROOT}sample/", behind(registration_list_sample, require_GET), name="registration_list_sample"),
        path(f"{ROOT}<uuid:listed>/", behind(registration_list, get_or_post), name="registration_list"),
        path(f"{ROOT}<uuid:listed>/make/", behind(registration_list_make, require_POST), name="registration_list_make"),
        path(
            f"{ROOT}<uuid:listed>/rejects/",
            behind(registration_list_rejects, require_GET),
            name="registration_list_rejects",
        ),
    ]


portal_urls: Final = [
    *_pages(portal, Permission.PORTAL_DEALS),
    path(
        "deals/registrations/submit-all/",
        guard(portal, Permission.PORTAL_DEALS)(registration_submit_all, require_POST),
        name="registration_submit_all",
    ),
]
workspace_urls: Final = [
    *_pages(workspace, Permission.IMPORT_DATA),
    path(
        f"{ROOT}<uuid:listed>/submit/",
        guard(workspace, Permission.IMPORT_DATA)(registration_list_submit, require_POST),
        name="registration_list_submit",
    ),
]
