"""A partner's lists of registrations: uploaded, columns chosen, drafts made, complete ones submitted."""

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
from comity.web.doors import PortalRequest, portal
from comity.web.form_answers import attempt, tell
from comity.web.registration_lists import chosen_fields, context_of, rejects_of, sample, told, upload_of


@require_http_methods(["GET", "POST"])
@portal(Permission.PORTAL_DEALS)
def registration_lists(request: PortalRequest) -> HttpResponse:
    """Upload a list; the earlier ones."""
    problem = ""
    if request.method == "POST":
        try:
            record = receive_list(
                program=request.program, actor=request.actor, upload=upload_of(request), at=request.received_at,
                partnership=request.partnership,
            )  # fmt: skip
        except Invalid as refused:
            problem = refused.message
        else:
            return redirect("portal:registration_list", request.partnership.pk, record.pk)
    context = {
        "page_title": _("Register from a list"),
        "breadcrumbs": [*_trail(request), (_("Register from a list"), "")],
        "lists": lists_visible_to(request.actor, request.program, request.partnership)[:20],
        "problem": problem,
        "frame": "portal/base.html",
        "links": _links(request),
    }
    return render(request, "partials/registration_lists.html", context, status=422 if problem else 200)


@require_GET
@portal(Permission.PORTAL_DEALS)
def registration_list_sample(request: PortalRequest) -> HttpResponse:
    """An empty list to fill in."""
    return sample(with_partner=False)


@require_http_methods(["GET", "POST"])
@portal(Permission.PORTAL_DEALS)
def registration_list(request: PortalRequest, listed: UUID) -> HttpResponse:
    """One list: what its columns mean and what is wrong with its rows; after that, what became of them."""
    record = _load(request, listed)
    if request.method == "POST":
        attempt(
            request,
            lambda: choose_columns(
                record=record,
                actor=request.actor,
                fields=chosen_fields(request, record),
                partnership=request.partnership,
            ),
            _("The list is read anew."),
        )
        return redirect("portal:registration_list", request.partnership.pk, record.pk)
    rows = []
    if not record.is_done:
        rows = look_at(record=record, actor=request.actor, at=request.received_at, partnership=request.partnership)
    context: dict[str, Any] = {
        **context_of(record, rows, with_partner=False),
        "page_title": record.name,
        "breadcrumbs": [
            *_trail(request),
            (_("Register from a list"), reverse("portal:registration_lists", args=[request.partnership.pk])),
            (record.name, ""),
        ],
        "frame": "portal/base.html",
        "links": _links(request, record),
    }  # fmt: skip
    return render(request, "partials/registration_list.html", context)


@require_POST
@portal(Permission.PORTAL_DEALS)
def registration_list_make(request: PortalRequest, listed: UUID) -> HttpResponse:
    """Make the drafts."""
    record = _load(request, listed)
    attempt(
        request,
        lambda: make_drafts(
            record=record, actor=request.actor, at=request.received_at, partnership=request.partnership
        ),
        _("The drafts are made."),
    )
    return redirect("portal:registration_list", request.partnership.pk, record.pk)


@require_GET
@portal(Permission.PORTAL_DEALS)
def registration_list_rejects(request: PortalRequest, listed: UUID) -> HttpResponse:
    """The rows that were not taken, with the reasons."""
    return rejects_of(_load(request, listed))


@require_POST
@portal(Permission.PORTAL_DEALS)
def registration_submit_all(request: PortalRequest) -> HttpResponse:
    """Submit every complete draft, as many as an hour allows."""
    sent = submit_complete(actor=request.actor, at=request.received_at, partnership=request.partnership)
    tell(request, told(sent))
    return redirect("portal:registrations", request.partnership.pk)


def _links(request: PortalRequest, record: RegistrationList | None = None) -> dict[str, str]:
    links = {
        name: reverse(f"portal:registration_{name}", args=[request.partnership.pk])
        for name in ("lists", "list_sample", "submit_all")
    }
    return (
        links
        | {"registrations": reverse("portal:registrations", args=[request.partnership.pk])}
        | _own("portal", str(request.partnership.pk), record)
    )


def _own(door: str, place: str, record: RegistrationList | None) -> dict[str, str]:
    if record is None:
        return {}
    names = ("list", "list_make", "list_rejects")
    return {name: reverse(f"{door}:registration_{name}", args=[place, record.pk]) for name in names}


def _load(request: PortalRequest, listed: UUID) -> RegistrationList:
    return list_visible_to(request.actor, request.program, listed, request.partnership)


def _trail(request: PortalRequest) -> list[tuple[str, str]]:
    return [
        (_("Deals"), reverse("portal:deals", args=[request.partnership.pk])),
        (_("Registrations"), reverse("portal:registrations", args=[request.partnership.pk])),
    ]


ROOT = "deals/registrations/lists/"
urlpatterns: list[URLPattern] = [
    path(ROOT, registration_lists, name="registration_lists"),
    path(f"{ROOT}sample/", registration_list_sample, name="registration_list_sample"),
    path(f"{ROOT}<uuid:listed>/", registration_list, name="registration_list"),
    path(f"{ROOT}<uuid:listed>/make/", registration_list_make, name="registration_list_make"),
    path(f"{ROOT}<uuid:listed>/rejects/", registration_list_rejects, name="registration_list_rejects"),
    path("deals/registrations/submit-all/", registration_submit_all, name="registration_submit_all"),
]
