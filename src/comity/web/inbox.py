"""The inbox: what a person was told, by every vendor, the same page in the workspace and in the portal."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from comity.identity.roles import Permission
from comity.notices.kinds import KINDS
from comity.notices.queries import notice_visible_to, notices_visible_to, senders_of
from comity.notices.services import mark_read, mark_unread
from comity.web.both_sides import DoorRequest, address, guard
from comity.web.doors import portal, workspace
from comity.web.form_answers import tell
from comity.web.inbox_tabs import tabs_of

PAGE_SIZE: Final = 50
ICONS: Final = {
    "task_assigned": "check",
    "partners_handed_over": "handshake",
    "import_finished": "upload",
    "deal_conflict": "triangle-alert",
    "message": "mail",
}


def inbox(request: DoorRequest) -> HttpResponse:
    """What happened, the newest first; unread alone, or of one kind or sender, by the address."""
    person_id = request.actor.person_id
    senders = senders_of(person_id)
    rows = notices_visible_to(person_id)
    unread, kind = request.GET.get("show") == "unread", request.GET.get("kind", "")
    sender = next((key for key, _name in senders if str(key) == request.GET.get("from")), None)
    if unread:
        rows = rows.filter(read_at__isnull=True)
    if kind in KINDS:
        rows = rows.filter(kind=kind)
    if sender:
        rows = rows.filter(vendor_id=sender)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "tabs": tabs_of(request, "notices") if request.door == "portal" else [],
        "page_title": _("Notifications"),
        "breadcrumbs": [(_("Notifications"), "")],
        "base": f"{request.door}/base.html",
        "page": page,
        "lines": [_line(request, notice) for notice in page],
        "filters": _filters(request, senders, unread, kind, sender),
        "several": len(senders) > 1,
        "filtered": unread or bool(sender) or kind in KINDS,
        "all_read": address(request, "notices_read"),
        "here": request.get_full_path(),
    }
    return render(request, "inbox.html", context)


def notice(request: DoorRequest, notice: UUID) -> HttpResponseRedirect:
    """Follow a notice to what it is about; it is read then."""
    found = notice_visible_to(request.actor.person_id, notice)
    mark_read(person_id=found.person_id, notice_ids=[found.pk], at=request.received_at)
    return HttpResponseRedirect(found.path or address(request, "notices"))


def notice_mark(request: DoorRequest, notice: UUID) -> HttpResponse:
    """Mark one as read, or as unread again."""
    found = notice_visible_to(request.actor.person_id, notice)
    if "unread" in request.POST:
        mark_unread(notice=found)
    else:
        mark_read(person_id=found.person_id, notice_ids=[found.pk], at=request.received_at)
    return _back(request)


def notices_read(request: DoorRequest) -> HttpResponse:
    """Mark everything as read."""
    if mark_read(person_id=request.actor.person_id, notice_ids=None, at=request.received_at):
        tell(request, _("Everything is read."))
    return _back(request)


def _line(request: DoorRequest, found: Any) -> dict[str, Any]:
    return {
        "notice": found,
        "kind": KINDS[found.kind].label if found.kind in KINDS else "",
        "icon": ICONS.get(found.kind, "bell"),
        "href": address(request, "notice", found.pk),
        "mark": address(request, "notice_mark", found.pk),
    }


def _filters(
    request: DoorRequest, senders: list[tuple[UUID, str]], unread: bool, kind: str, sender: UUID | None
) -> list[dict[str, Any]]:
    """Chips: all, unread, the one kind that is asked for, and the vendors where there are several."""
    chips = [
        {"label": _("All"), "href": "?", "current": not unread and not sender and kind not in KINDS},
        {"label": _("Unread"), "href": "?show=unread", "current": unread},
    ]
    if kind in KINDS:
        chips.append({"label": KINDS[kind].label, "href": f"?{urlencode({'kind': kind})}", "current": True})
    if len(senders) > 1:
        chips += [{"label": name, "href": f"?from={key}", "current": key == sender} for key, name in senders]
    return chips


def _back(request: DoorRequest) -> HttpResponse:
    wanted = request.POST.get("next", "")
    here = address(request, "notices")
    is_ours = wanted.startswith(here) and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return redirect(wanted if is_ours else here)


def _pages(door: Any, permission: Permission) -> list[URLPattern]:
    behind = guard(door, permission)
    return [
        path("notices/", behind(inbox, require_GET), name="notices"),
        path("notices/read/", behind(notices_read, require_POST), name="notices_read"),
        path("notices/<uuid:notice>/", behind(notice, require_GET), name="notice"),
        path("notices/<uuid:notice>/mark/", behind(notice_mark, require_POST), name="notice_mark"),
    ]


workspace_urls: Final = _pages(workspace, Permission.VIEW_PARTNERS)
portal_urls: Final = _pages(portal, Permission.PORTAL_COMPANY)
