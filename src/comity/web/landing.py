"""The front door: sends each person where they work."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from comity.identity.models import Membership
from comity.identity.queries import actor_of, memberships_of
from comity.identity.roles import Permission, Role, is_vendor_role
from comity.platform.tenancy import switch_organization
from comity.web.context import LAST_PROGRAM
from comity.web.places import every_place, partnerships_of, programs_of
from comity.web.signed_in import signed_in


@require_GET
@signed_in
def landing(request: HttpRequest) -> HttpResponse:
    """One place: go there. Several: the program last used, else a choice. None: say what to do."""
    memberships = memberships_of(_person(request))
    programs, partnerships = every_place(memberships)
    last = [place for place in programs if place.key == request.session.get(LAST_PROGRAM)]
    if programs and not partnerships:
        return HttpResponseRedirect((last or programs)[0].url)
    if len(partnerships) == 1 and not programs:
        return HttpResponseRedirect(partnerships[0].url)
    return _choice(request, memberships)


@require_GET
@signed_in
def places(request: HttpRequest) -> HttpResponse:
    """Every program and partnership of the person, whichever of their companies they belong to."""
    return _choice(request, memberships_of(_person(request)))


@require_GET
@signed_in
def portal_list(request: HttpRequest) -> HttpResponse:
    """Every partnership of the person, across the vendors on this installation."""
    return _choice(request, memberships_of(_person(request)), only_portal=True)


@require_GET
@signed_in
def enter(request: HttpRequest, organization: UUID) -> HttpResponse:
    """Go to where one works in one of one's companies."""
    found = [one for one in memberships_of(_person(request)) if one.organization_id == organization]
    if not found:
        raise Http404("Not one of your organizations.")
    switch_organization(organization)
    vendor = is_vendor_role(Role(found[0].role))
    options = programs_of(found[0]) if vendor else partnerships_of(found[0])
    return HttpResponseRedirect(options[0].url if len(options) == 1 or (vendor and options) else reverse("places"))


def _choice(request: HttpRequest, memberships: list[Membership], *, only_portal: bool = False) -> HttpResponse:
    programs, partnerships = every_place(memberships)
    context: dict[str, Any] = {
        "programs": [] if only_portal else programs,
        "partnerships": partnerships,
        "memberships": memberships,
        "several_companies": len({place.organization_name for place in partnerships}) > 1,
        "new_program": None if only_portal else _new_program(memberships),
        "page_title": _("Where you work"),
    }
    return render(request, "portal/places.html", context)


def _new_program(memberships: list[Membership]) -> str | None:
    """The address at which a vendor's administrator makes the first program, if that page exists."""
    for membership in memberships:
        if actor_of(membership).can(Permission.MANAGE_PROGRAM):
            try:
                return reverse("program_new")
            except NoReverseMatch:
                return None
    return None


def _person(request: HttpRequest) -> UUID:
    return UUID(str(request.user.pk))


urlpatterns: list[URLPattern] = [
    path("", landing, name="landing"),
    path("places/", places, name="places"),
    path("places/<uuid:organization>/", enter, name="enter"),
    path("portal/", portal_list, name="portal_list"),
]
