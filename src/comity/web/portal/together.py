"""What the two sides share besides deals: the conversation, and the vendor's notes and tasks that we may read."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from comity.identity.roles import Permission
from comity.platform.downloads import download
from comity.programs.calendars import today_in
from comity.timeline.conversation.queries import content_of
from comity.timeline.queries import entries_visible_to, tasks_visible_to
from comity.web.conversation import Place, conversation
from comity.web.doors import PortalRequest, portal
from comity.web.inbox_tabs import tabs_of

PAGE_SIZE: Final = 40


@require_http_methods(["GET", "POST"])
@portal(Permission.PORTAL_COMPANY)
def messages(request: PortalRequest) -> HttpResponse:
    """What they and we wrote."""
    context = {
        "page_title": _("Messages"),
        "breadcrumbs": [(_("Messages"), "")],
        "tabs": tabs_of(request, "messages"),
    }
    here = reverse("portal:messages", args=[request.partnership.pk])
    place = Place("portal/messages.html", here, context)
    return conversation(request, request.partnership, place, may_write=True)


@require_GET
@portal(Permission.PORTAL_COMPANY)
def message_file(request: PortalRequest, message_file: UUID) -> StreamingHttpResponse:
    """A file that came with a message."""
    return download(content_of(request.actor, request.partnership, message_file))


@require_GET
@portal(Permission.PORTAL_COMPANY)
def shared(request: PortalRequest) -> HttpResponse:
    """Calls, meetings, notes and tasks that the vendor shares with us."""
    own = {"partner_id": request.actor.organization_id, "shared_with_partner": True}
    entries = entries_visible_to(request.actor, request.partnership).filter(**own)
    context = {
        "page_title": _("Notes"),
        "breadcrumbs": [(_("Notes"), "")],
        "tabs": tabs_of(request, "shared"),
        "page": Paginator(entries, PAGE_SIZE).get_page(request.GET.get("page")),
        "tasks": tasks_visible_to(request.actor, partnership=request.partnership, is_open=True).filter(**own),
        "today": today_in(request.program, request.received_at),
    }
    return render(request, "portal/shared.html", context)


urlpatterns: list[URLPattern] = [
    path("messages/", messages, name="messages"),
    path("messages/files/<uuid:message_file>/", message_file, name="message_file"),
    path("shared/", shared, name="shared"),
]
