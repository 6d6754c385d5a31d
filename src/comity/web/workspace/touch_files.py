"""Lists of touches: uploaded and checked, looked at, taken in; rejects to download."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from comity.attribution.models import TouchFile
from comity.attribution.queries import touch_files_visible_to
from comity.attribution.states import TouchKind
from comity.attribution.touch_files import (
    COLUMNS,
    MOST_BYTES,
    discard_touches,
    kind_and_moment,
    rejects_of,
    take_touches_in,
    upload_touches,
)
from comity.identity.roles import Permission
from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.programs.models import Program
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, attempt, tell
from comity.web.streaming import as_csv
from comity.web.touch_words import KINDS

SHOWN: Final = 20


class TouchFileForm(forms.Form):
    """A list."""

    file = forms.FileField(
        label=gettext_lazy("File"), error_messages={"required": gettext_lazy("Choose a CSV file first.")}
    )


@require_http_methods(["GET", "POST"])
@workspace(Permission.CONFIRM_TOUCHES)
def touch_files(request: WorkspaceRequest) -> HttpResponse:
    """Upload a list, and what became of earlier ones."""
    form = TouchFileForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    made: list[TouchFile] = []

    def save() -> None:
        given: Any = form.cleaned_data["file"]
        content = given.read(MOST_BYTES + 1)
        made.append(
            upload_touches(
                program=request.program, actor=request.actor, name=given.name, content=content, at=request.received_at
            )
        )

    if request.method == "POST" and accepts(form, save):
        return redirect("workspace:touch_file", program=request.program.slug, touch_file=made[0].pk)
    context = {
        "page_title": _("Import touches"),
        "breadcrumbs": _trail(request, (_("Import"), "")),
        "form": form,
        "columns": ", ".join(names[0] for names in COLUMNS.values()),
        "kinds": ", ".join(kind.value for kind in TouchKind),
        "files": touch_files_visible_to(request.actor, request.program)[:SHOWN],
    }
    return render(request, "workspace/touch_files.html", context, status=422 if form.errors else 200)


@require_GET
@workspace(Permission.CONFIRM_TOUCHES)
def touch_file(request: WorkspaceRequest, touch_file: UUID) -> HttpResponse:
    """One list: what would be taken in and what would not; or what was."""
    found = _load(request, touch_file)
    here = (_("Import"), reverse("workspace:touch_files", args=[request.program.slug]))
    context = {
        "page_title": found.name,
        "breadcrumbs": _trail(request, here, (found.name, "")),
        "file": found,
        "ready": len(found.rows),
        "rows": [_row(values, request.program) for _line, values in found.rows[:SHOWN]],
        "rejects": found.rejects[:SHOWN],
        "rejected": len(found.rejects),
        "shown": SHOWN,
    }
    return render(request, "workspace/touch_file.html", context)


@require_POST
@workspace(Permission.CONFIRM_TOUCHES)
def touch_file_take(request: WorkspaceRequest, touch_file: UUID) -> HttpResponse:
    """Take its good rows in."""
    found = _load(request, touch_file)
    ready = len(found.rows)
    done = ngettext("%(count)s row is dealt with.", "%(count)s rows are dealt with.", ready) % {"count": ready}
    attempt(request, lambda: take_touches_in(file=found, actor=request.actor, at=request.received_at), done)
    return redirect("workspace:touch_file", program=request.program.slug, touch_file=found.pk)


@require_POST
@workspace(Permission.CONFIRM_TOUCHES)
def touch_file_discard(request: WorkspaceRequest, touch_file: UUID) -> HttpResponse:
    """Throw it away."""
    discard_touches(file=_load(request, touch_file), actor=request.actor)
    tell(request, _("The list is thrown away; nothing of it was taken in."))
    return redirect("workspace:touch_files", program=request.program.slug)


@require_GET
@workspace(Permission.CONFIRM_TOUCHES)
def touch_file_rejects(request: WorkspaceRequest, touch_file: UUID) -> HttpResponse:
    """The rows that are not taken, with line and reason, to be mended and sent again."""
    found = _load(request, touch_file)
    response = HttpResponse("\ufeff" + as_csv(rejects_of(found)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="rejects-{found.pk}.csv"'
    return response


def _row(values: dict[str, str], program: Program) -> tuple[dict[str, str], str, datetime | None]:
    kind, moment = kind_and_moment(values, program)
    return values, KINDS[kind], moment


def _load(request: WorkspaceRequest, file_id: UUID) -> TouchFile:
    found = touch_files_visible_to(request.actor, request.program).filter(pk=file_id).first()
    if found is None:
        raise NotFound(words("There is no such file here."))
    return found


def _trail(request: WorkspaceRequest, *more: tuple[str, str]) -> list[tuple[str, str]]:
    slug = request.program.slug
    pages = ((_("Deals"), "deals"), (_("Touches"), "touches"))
    return [*((label, reverse(f"workspace:{name}", args=[slug])) for label, name in pages), *more]


urlpatterns: list[URLPattern] = [
    path("deals/touches/files/", touch_files, name="touch_files"),
    path("deals/touches/files/<uuid:touch_file>/", touch_file, name="touch_file"),
    path("deals/touches/files/<uuid:touch_file>/take/", touch_file_take, name="touch_file_take"),
    path("deals/touches/files/<uuid:touch_file>/discard/", touch_file_discard, name="touch_file_discard"),
    path("deals/touches/files/<uuid:touch_file>/rejects.csv", touch_file_rejects, name="touch_file_rejects"),
]
