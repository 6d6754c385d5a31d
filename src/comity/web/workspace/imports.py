"""Import: upload an export, look at its first rows, run it, and take back the rows it could not take."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID

from asgiref.sync import sync_to_async
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from comity.connectors import corrections, exporting, files, own_mappings, uploads
from comity.connectors.models import ImportRun, Reject, RunState
from comity.connectors.services import close_orphans
from comity.identity.models import Person
from comity.identity.roles import Permission
from comity.kernel.errors import DomainError, Invalid
from comity.platform.tenancy import tenant
from comity.programs.calendars import today_in
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import attempt, tell
from comity.web.workspace.import_loading import import_crumbs, load_import
from comity.web.workspace.import_tables import (
    PreviewedFile,
    previewed_files,
    progress_of,
    results_of,
    steps_of,
    title_of,
)

RUNS_A_PAGE: Final = 25
REJECTS_A_PAGE: Final = 50
ROWS_SHOWN: Final = 8


@require_GET
@workspace(Permission.IMPORT_DATA)
def imports(request: WorkspaceRequest) -> HttpResponse:
    """What was imported when, by whom, with what result."""
    close_orphans(program=request.program, at=request.received_at)
    runs = uploads.imports_visible_to(request.actor, request.program)
    page = Paginator(runs, RUNS_A_PAGE).get_page(request.GET.get("page"))
    _name_people(page.object_list)
    context = {"page_title": _("Import"), "breadcrumbs": [(_("Import"), "")], "page": page}
    return render(request, "workspace/imports.html", context)


@require_http_methods(["GET", "POST"])
@workspace(Permission.IMPORT_DATA)
def import_new(request: WorkspaceRequest) -> HttpResponse:
    """Choose the files and how to read them."""
    corrects = _corrected(request)
    problem = ""
    if request.method == "POST":
        try:
            record = uploads.receive_export(
                program=request.program,
                actor=request.actor,
                uploads=request.FILES.getlist("files"),
                mapping=request.POST.get("mapping", ""),
                own_mapping=_own_mapping(request),
                corrects=corrects,
                outlined=True,
            )
        except Invalid as refusal:
            problem = refusal.message
        else:
            return redirect("workspace:import_run", program=request.program.slug, run=record.pk)
    context = {
        "page_title": _("New import"),
        "breadcrumbs": [*import_crumbs(request), (_("New"), "")],
        "mappings": _mapping_choices(request),
        **_kept(request),
        "chosen": request.POST.get("mapping", ""),
        "corrects": corrects,
        "problem": problem,
    }
    return render(request, "workspace/import_new.html", context, status=422 if problem else 200)


def _kept(request: WorkspaceRequest) -> dict[str, Any]:
    """The programme's own mappings, and which of them cannot be read any more."""
    kept = list(own_mappings.kept_mappings_visible_to(request.actor, request.program))
    readable = uploads.readable_mappings({one.name: one.text for one in kept})
    return {"kept": kept, "unreadable": {one.pk for one in kept if one.name not in readable}}


@require_GET
@workspace(Permission.IMPORT_DATA)
def import_run(request: WorkspaceRequest, run: UUID) -> HttpResponse:
    """One import: the preview before it starts, how far it is, what came of it."""
    record = load_import(request, run)
    if record.state == RunState.RUNNING:
        close_orphans(program=request.program, at=request.received_at)
        record.refresh_from_db()
    _name_people([record])
    title = title_of(record)
    context: dict[str, Any] = {
        "page_title": title,
        "breadcrumbs": [*import_crumbs(request), (title, "")],
        "run": record,
    }
    if record.state == RunState.DRAFT:
        return render(request, "workspace/import_preview.html", {**context, **_preview(request, record)})
    if record.state in (RunState.WAITING, RunState.RUNNING):
        context |= {"percent": progress_of(record), "steps": steps_of(record)}
        return render(request, "workspace/import_progress.html", context)
    return render(request, "workspace/import_result.html", {**context, **_result(request, record)})


@require_POST
@workspace(Permission.IMPORT_DATA)
def import_mapping(request: WorkspaceRequest, run: UUID) -> HttpResponse:
    """Read the uploaded files another way."""
    record = load_import(request, run)
    attempt(
        request,
        lambda: uploads.choose_mapping(
            record=record,
            actor=request.actor,
            mapping=request.POST.get("mapping", ""),
            own_mapping=_own_mapping(request),
        ),
        _("This is how the files are read now."),
    )
    return redirect("workspace:import_run", program=request.program.slug, run=run)


@require_POST
@workspace(Permission.IMPORT_DATA)
def import_start(request: WorkspaceRequest, run: UUID) -> HttpResponse:
    """Start it, or only try it."""
    record = load_import(request, run)
    is_trial = "trial" in request.POST
    attempt(
        request,
        lambda: uploads.start_import(
            record=record, actor=request.actor, strict="strict" in request.POST, dry_run=is_trial
        ),
        _("The trial has begun. Nothing will be changed.") if is_trial else _("The import has begun."),
    )
    return redirect("workspace:import_run", program=request.program.slug, run=run)


@require_POST
@workspace(Permission.IMPORT_DATA)
def import_again(request: WorkspaceRequest, run: UUID) -> HttpResponse:
    """The same files once more, from the preview on."""
    record = load_import(request, run)
    drafts: list[ImportRun] = []
    done = attempt(
        request,
        lambda: drafts.append(uploads.import_again(record=record, actor=request.actor)),
        _("The same files once more: look at them, then start."),
    )
    return redirect("workspace:import_run", program=request.program.slug, run=drafts[0].pk if done else run)


@require_POST
@workspace(Permission.IMPORT_DATA)
def import_discard(request: WorkspaceRequest, run: UUID) -> HttpResponse:
    """Forget an upload that was not imported."""
    uploads.discard_draft(record=load_import(request, run), actor=request.actor)
    tell(request, _("The upload was discarded; nothing was imported."))
    return redirect("workspace:imports", program=request.program.slug)


@require_GET
@workspace(Permission.IMPORT_DATA)
def import_rejects(request: WorkspaceRequest, run: UUID) -> StreamingHttpResponse:
    """The bad rows of one file, in its own columns with the reason, to be corrected and imported again."""
    record = load_import(request, run)
    names = [name for name, _count in exporting.files_with_rejects(record)]
    name, vendor_id, person_id = request.GET.get("file", ""), record.vendor_id, request.actor.person_id
    if name not in names:
        raise Http404("No such file.")

    @sync_to_async
    def part(after: int) -> tuple[str, int | None]:
        with tenant(organization_id=vendor_id, person_id=person_id, door="export"):
            return exporting.part_of_rejects(record, name, after)

    async def body() -> AsyncIterator[bytes]:
        yield (exporting.MARK + exporting.head_of_rejects(record, name)).encode()
        after: int | None = 0
        while after is not None:
            text, after = await part(after)
            yield text.encode()

    response = StreamingHttpResponse(body(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["Cache-Control"] = "private, no-store"
    return response


def _corrected(request: WorkspaceRequest) -> ImportRun | None:
    """The import whose rejects come back, if the address names one."""
    named = request.POST.get("corrects") or request.GET.get("corrects")
    if not named:
        return None
    try:
        return load_import(request, UUID(named))
    except ValueError:
        raise Http404("No such import.") from None


def _own_mapping(request: WorkspaceRequest) -> uploads.OwnMapping | None:
    """The mapping file of somebody's own, if there is one; not more of it than a mapping may have."""
    upload = request.FILES.get("own_mapping")
    if upload is None:
        return None
    return uploads.OwnMapping(upload.name or "mapping.toml", upload.file.read(uploads.LONGEST_MAPPING + 1))  # type: ignore[union-attr]


def _mapping_choices(request: WorkspaceRequest) -> list[tuple[str, str]]:
    kept = own_mappings.kept_mappings_visible_to(request.actor, request.program).values_list("name", "title")
    shipped = [(name, files.load_mapping(name).mapping.title) for name in files.shipped_mappings()]
    return [*kept, *shipped]


def _name_people(runs: Any) -> None:
    """Give each run a title, and the name of who started it."""
    ids = {run.started_by_id for run in runs if run.started_by_id}
    names = dict(Person.objects.filter(pk__in=ids).values_list("pk", "name"))
    for run in runs:
        run.title = title_of(run)
        run.started_by = names.get(run.started_by_id, "") or (_("command line") if not run.started_by_id else "")


def _preview(request: WorkspaceRequest, record: ImportRun) -> dict[str, Any]:
    """The first rows as they will be read; or why they cannot be."""
    problem, shown, ignored, missing = "", list[PreviewedFile](), list[str](), list[str]()
    try:
        found = files.preview(
            uploads.mapping_of(record),
            uploads.paths_of(record),
            rows=ROWS_SHOWN,
            today=today_in(request.program, request.received_at),
            beside=uploads.paths_beside(record),
        )
        shown, ignored, missing = previewed_files(found), found.ignored, found.missing
    except DomainError as refusal:
        problem = refusal.message
    return {
        "problem": problem,
        "files": shown,
        "ignored": ignored,
        "missing": missing if not record.corrects_id else [],
        "mappings": _mapping_choices(request),
    }


def _result(request: WorkspaceRequest, record: ImportRun) -> dict[str, Any]:
    first = uploads.corrected_by(record)
    downloads = exporting.files_with_rejects(record)
    rejects = Reject.objects.filter(vendor_id=record.vendor_id, run=record).order_by("file", "line")
    return {
        **results_of(record),
        "page": Paginator(rejects, REJECTS_A_PAGE).get_page(request.GET.get("page")),
        "downloads": downloads,
        "can_correct": any(exporting.header_of(record, name).columns for name, _count in downloads),
        "corrects": first,
        "corrections": corrections.corrections_of(record).exclude(state=RunState.DRAFT),
        "right": corrections.corrected_so_far(record)[0],
        "again": f"{reverse('workspace:import_new', args=[request.program.slug])}?corrects={record.pk}",
    }


urlpatterns: list[URLPattern] = [
    path("imports/", imports, name="imports"),
    path("imports/new/", import_new, name="import_new"),
    path("imports/<uuid:run>/", import_run, name="import_run"),
    path("imports/<uuid:run>/mapping/", import_mapping, name="import_mapping"),
    path("imports/<uuid:run>/start/", import_start, name="import_start"),
    path("imports/<uuid:run>/again/", import_again, name="import_again"),
    path("imports/<uuid:run>/discard/", import_discard, name="import_discard"),
    path("imports/<uuid:run>/rejects/", import_rejects, name="import_rejects"),
]
