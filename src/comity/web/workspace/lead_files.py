"""Files of leads: uploaded, taken in by a worker, rejects to download."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from comity.identity.roles import Permission
from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.leads.files import COLUMNS, MOST_BYTES, rejects_of, upload_leads
from comity.leads.queries import files_visible_to
from comity.leads.states import Source
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, tell
from comity.web.lead_words import SOURCES
from comity.web.streaming import as_csv
from comity.web.workspace.leads import trail

SHOWN = 20


class FileForm(forms.Form):
    """A file, and where its leads come from if it does not say."""

    file = forms.FileField(
        label=gettext_lazy("File"), error_messages={"required": gettext_lazy("Choose a CSV file first.")}
    )
    source = forms.ChoiceField(
        label=gettext_lazy("Source of rows that name none"),
        choices=[(one.value, word) for one, word in SOURCES.items()],
    )


@require_http_methods(["GET", "POST"])
@workspace(Permission.MANAGE_LEADS)
def lead_files(request: WorkspaceRequest) -> HttpResponse:
    """Upload a file, and what became of earlier ones."""
    form = FileForm(request.POST or None, request.FILES or None, initial={"source": Source.EVENT.value})

    def save() -> None:
        given: Any = form.cleaned_data
        upload_leads(
            program=request.program, actor=request.actor, name=given["file"].name,
            content=given["file"].read(MOST_BYTES + 1), source=given["source"], at=request.received_at,
        )  # fmt: skip

    if request.method == "POST" and accepts(form, save):
        tell(request, _("The file is read; its leads are taken in now."))
        return redirect("workspace:lead_files", program=request.program.slug)
    context = {
        "page_title": _("Import leads"),
        "breadcrumbs": [*trail(request), (_("Import"), "")],
        "form": form,
        "columns": ", ".join(names[0] for names in COLUMNS.values()),
        "files": files_visible_to(request.actor, request.program)[:SHOWN],
    }
    return render(request, "workspace/lead_files.html", context, status=422 if form.errors else 200)


@require_GET
@workspace(Permission.MANAGE_LEADS)
def lead_rejects(request: WorkspaceRequest, leads_file: UUID) -> HttpResponse:
    """The rows that were not taken, with line and reason, to be mended and sent again."""
    found = files_visible_to(request.actor, request.program).filter(pk=leads_file).first()
    if found is None:
        raise NotFound(words("There is no such file here."))
    response = HttpResponse("\ufeff" + as_csv(rejects_of(found)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="rejects-{found.pk}.csv"'
    return response


urlpatterns: list[URLPattern] = [
    path("deals/leads/files/", lead_files, name="lead_files"),
    path("deals/leads/files/<uuid:leads_file>/rejects.csv", lead_rejects, name="lead_rejects"),
]
