"""What every page's shell needs: where one is, where one can go, whose data and of when.

Everything that asks the database is a function that asks once, when a template first wants it: an error page inside a
broken transaction asks nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from comity.identity.models import Membership, Organization
from comity.identity.roles import Permission
from comity.notices.queries import unread_of
from comity.web.brand import brand_of
from comity.web.places import Place, partnerships_of, programs_of

LAST_PROGRAM: Final = "last_program"
"""Session key: the slug of the program in which the person last opened a page."""

# What stands in the navigation: the page, its name and icon, and what one must be allowed to do. Pages that do not
# exist (yet) are left out.
WORKSPACE: Final = (
    ("home", noop("Home"), "house", Permission.VIEW_PARTNERS),
    ("partners", noop("Partners"), "handshake", Permission.VIEW_PARTNERS),
    ("deals", noop("Deals"), "briefcase", Permission.VIEW_DEALS),
    ("metrics", noop("Metrics"), "chart-line", Permission.VIEW_METRICS),
    ("team", noop("Team"), "users", Permission.VIEW_TEAM),
)
WORKSPACE_FOOT: Final = (
    ("imports", noop("Import"), "upload", Permission.IMPORT_DATA),
    ("program_settings", noop("Settings"), "settings", Permission.MANAGE_PROGRAM),
)
PORTAL: Final = (
    ("home", noop("Home"), "house", Permission.PORTAL_COMPANY),
    ("deals", noop("Deals"), "briefcase", Permission.PORTAL_DEALS),
    ("notices", noop("Inbox"), "inbox", Permission.PORTAL_COMPANY),
    ("performance", noop("Performance"), "chart-line", Permission.PORTAL_PERFORMANCE),
    ("company", noop("Company"), "building-2", Permission.PORTAL_COMPANY),
)
# Pages that belong to another entry than their address says.
BELONGS_TO: Final = {
    "messages": "notices",
    "shared": "notices",
    "customers": "deals",
    "customer": "deals",
    "rates": "program_settings",
}


def shell(request: HttpRequest) -> dict[str, Any]:
    """Values for the base templates. Views add their own; this only reads what the door found."""
    person = getattr(request, "user", None)
    values: dict[str, Any] = {
        "program": getattr(request, "program", None),
        "actor": getattr(request, "actor", None),
        "person": person if person is not None and person.is_authenticated else None,
    }
    door = getattr(request, "door", "")
    if door == "workspace":
        values |= _workspace(request)
    elif door == "portal":
        values |= _portal(request)
    return values


def _workspace(request: Any) -> dict[str, Any]:
    slug = request.program.slug
    if request.session.get(LAST_PROGRAM) != slug:
        request.session[LAST_PROGRAM] = slug
    own = _own_membership(request)
    return {
        "organization": own.organization if own else None,
        "navigation": _asked_once(lambda: _entries(request, "workspace", slug, WORKSPACE)),
        "navigation_foot": _asked_once(lambda: _entries(request, "workspace", slug, WORKSPACE_FOOT)),
        "programs": _asked_once(lambda: programs_of(own, current=slug) if own else []),
        "organizations": _asked_once(lambda: _organizations(request, own)),
        "data_as_of": request.program.data_as_of,
        **brand_of(request.program, "workspace", slug),
        **_inbox(request, "workspace", slug),
    }


def _portal(request: Any) -> dict[str, Any]:
    key = str(request.partnership.pk)
    own = _own_membership(request)
    return {
        "organization": own.organization if own else None,
        "partnership": request.partnership,
        "vendor_name": request.program.vendor_name,
        "navigation": _asked_once(lambda: _entries(request, "portal", key, PORTAL)),
        "partnerships": _asked_once(lambda: _partnerships(request, own, key)),
        "data_as_of": request.program.data_as_of,
        **brand_of(request.program, "portal", key),
        **_inbox(request, "portal", key),
    }


def _inbox(request: Any, door: str, place: str) -> dict[str, Any]:
    return {
        "notices_url": reverse(f"{door}:notices", args=[place]),
        "unread_notices": _asked_once(lambda: unread_of(request.actor.person_id)),
    }


def _asked_once[Value](ask: Callable[[], Value]) -> Callable[[], Value]:
    return cache(ask)


def _own_membership(request: Any) -> Membership | None:
    own = request.actor.organization_id
    return next((one for one in request.memberships if one.organization_id == own), None)


def _entries(
    request: Any, door: str, place: str, table: tuple[tuple[str, str, str, Permission], ...]
) -> list[dict[str, Any]]:
    match = request.resolver_match
    page = str(match.url_name or "") if match else ""
    head = BELONGS_TO.get(page, BELONGS_TO.get(page.split("_")[0], ""))
    found = []
    for name, label, icon, permission in table:
        if not request.actor.can(permission):
            continue
        try:
            url = reverse(f"{door}:{name}", args=[place])
        except NoReverseMatch:
            continue
        inside = request.path.startswith("/".join(url.split("/")[:4]) + "/") if name != "home" else request.path == url
        current = name == head or (inside and not head)
        found.append({"label": _(label), "url": url, "icon": icon, "current": current})
    return found


def _organizations(request: Any, own: Membership | None) -> list[dict[str, Any]]:
    """The person's other companies, where there are several."""
    places: dict[Any, Organization] = {one.organization_id: one.organization for one in request.memberships}
    if len(places) < 2 or own is None:
        return []
    return [
        {"name": place.name, "url": reverse("enter", args=[key]), "current": key == own.organization_id}
        for key, place in places.items()
    ]


def _partnerships(request: Any, own: Membership | None, key: str) -> list[Place | dict[str, Any]]:
    found: list[Place | dict[str, Any]] = [*partnerships_of(own, current=key)] if own else []
    if len({one.organization_id for one in request.memberships}) > 1:
        found.append({"vendor_name": _("Everywhere you work"), "url": reverse("places"), "current": False})
    return found
