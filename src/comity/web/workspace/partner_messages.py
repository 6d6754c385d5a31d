"""The conversation with a partner, as a tab of its page."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET, require_http_methods

from comity.identity.roles import Permission
from comity.platform.downloads import download
from comity.timeline.conversation.queries import content_of
from comity.web.conversation import Place, conversation
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.workspace.partner_frame import address, frame, load


@require_http_methods(["GET", "POST"])
@workspace(Permission.VIEW_PARTNERS)
def partner_messages(request: WorkspaceRequest, partnership: UUID) -> HttpResponse:
    """What we and they wrote."""
    found = load(request, partnership)
    place = Place(
        template="workspace/partner_messages.html",
        here=address(request, found, "partner_messages"),
        context=frame(request, found, "partner_messages"),
    )
    return conversation(request, found, place, may_write=request.actor.can(Permission.LOG_CONTACTS))


@require_GET
@workspace(Permission.VIEW_PARTNERS)
def partner_message_file(request: WorkspaceRequest, partnership: UUID, message_file: UUID) -> StreamingHttpResponse:
    """A file that came with a message."""
    return download(content_of(request.actor, load(request, partnership), message_file))


_OF = "partners/<uuid:partnership>/messages"
urlpatterns: list[URLPattern] = [
    path(f"{_OF}/", partner_messages, name="partner_messages"),
    path(f"{_OF}/files/<uuid:message_file>/", partner_message_file, name="partner_message_file"),
]
