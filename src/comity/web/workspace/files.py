"""Downloads of the vendor's stored files; what a file is for decides who may have it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.http import Http404, StreamingHttpResponse
from django.urls import path

from comity.identity.roles import Permission
from comity.platform.downloads import download
from comity.platform.models import StoredFile
from comity.timeline.services import FILE_PURPOSE
from comity.web.doors import WorkspaceRequest, workspace

READERS: Final = {"import": Permission.IMPORT_DATA, FILE_PURPOSE: Permission.VIEW_PARTNERS}
"""Purpose of a file to the permission that reading it takes. A purpose that is not here is not downloaded."""


@workspace(Permission.VIEW_PARTNERS)
def file(request: WorkspaceRequest, file_id: UUID) -> StreamingHttpResponse:
    """Send one file."""
    stored = StoredFile.objects.filter(vendor_id=request.actor.organization_id, pk=file_id).first()
    if stored is None or stored.purpose not in READERS:
        raise Http404("No such file.")
    request.actor.require(READERS[stored.purpose])
    return download(stored)


urlpatterns = [path("files/<uuid:file_id>", file, name="file")]
