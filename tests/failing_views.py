"""Pages that write and then end in every way a page can end; an address table for the tests."""

from __future__ import annotations

import os
from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import include, path

from comity.identity.roles import Permission
from comity.kernel.errors import Conflict
from comity.platform.answering import keep_writes
from comity.platform.tenancy import current_organization_id
from comity.programs.models import Program
from comity.project.urls import urlpatterns as ours
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.streaming import stream_csv


def _write(request: WorkspaceRequest) -> None:
    Program.objects.filter(pk=request.program.pk).update(name="Written")


@workspace(Permission.VIEW_PARTNERS)
def ends(request: WorkspaceRequest, how: str) -> HttpResponse:
    """Write, then end as the address says."""
    _write(request)
    match how:
        case "ok":
            return HttpResponse("done")
        case "redirect":
            return HttpResponse(status=302, headers={"Location": "/"})
        case "missing":
            raise Http404("gone")
        case "refused":
            raise PermissionDenied
        case "conflict":
            raise Conflict("Somebody was faster.")
        case "broken":
            raise ZeroDivisionError
        case "broken query":
            connection.cursor().execute("SELECT 1 / 0")
        case "broken template":
            return TemplateResponse(request, "there/is/none.html")
        case "kept":
            return keep_writes(HttpResponse(status=422))
    return HttpResponse(status=int(how))


@workspace(Permission.VIEW_PARTNERS)
def export(request: WorkspaceRequest) -> StreamingHttpResponse:
    """All names of programs that can be seen, in three parts."""

    def part(mark: str) -> tuple[Sequence[Sequence[object]], str | None]:
        number = int(mark or 0)
        names = [(number, name) for name in Program.objects.values_list("name", flat=True)]
        if number == 2 and request.GET.get("fails"):
            raise ZeroDivisionError
        return names, str(number + 1) if number < 2 else None

    person_id, organization_id = request.actor.person_id, current_organization_id()
    return stream_csv(
        organization_id=organization_id, person_id=person_id, filename="x.csv", header=["part", "name"], part=part
    )


def where(request: WorkspaceRequest) -> JsonResponse:
    """What the transaction of a page without a door sees."""
    return JsonResponse({"programs": Program.objects.count(), "process": os.getpid()})


urlpatterns = [
    path("workspace/<slug:program>/ends/<str:how>", ends),
    path("workspace/<slug:program>/export.csv", export),
    path("where", where),
    path("", include(ours)),
]
