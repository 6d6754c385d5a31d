"""How an export is read: for each file what it holds, for each field the column, what words mean; kept for later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from comity.connectors import files, own_mappings, uploads
from comity.connectors.files import editing
from comity.connectors.files.outline import DATE_FORMS
from comity.connectors.models import ImportRun, RunState
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.platform.languages import said
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import tell
from comity.web.workspace.import_loading import import_crumbs, load_import
from comity.web.workspace.import_tables import NAMES, title_of

MOST_FILES: Final = 12
"""Of one form: a browser sends so many fields at most; further files are read as the mapping says."""
MARKS: Final = [(".,", "1,234.50"), (".", "1234.50"), (",.", "1.234,50"), (",", "1234,50"), (", ", "1 234,50"),
                (".'", "1'234.50"), (". ", "1 234.50")]  # fmt: skip


@dataclass(frozen=True)
class ShownField:
    """A field with the name of its input, and the choices for it."""

    key: str
    label: str
    one: editing.EditedField
    options: list[tuple[str, str]]
    words: list[tuple[str, str, str]]
    meanings: list[tuple[str, str]]
    problem: str


@dataclass(frozen=True)
class ShownFile:
    """A file with the names of its inputs."""

    key: str
    one: editing.EditedFile
    targets: list[tuple[str, str, bool]]
    tables: list[tuple[str, list[ShownField]]]


@require_http_methods(["GET", "POST"])
@workspace(Permission.IMPORT_DATA)
def import_columns(request: WorkspaceRequest, run: UUID) -> HttpResponse:
    """Which column feeds which field; saved, the first rows are shown as they are read then."""
    record = load_import(request, run)
    if record.state != RunState.DRAFT:
        return redirect("workspace:import_run", program=request.program.slug, run=run)
    samples = files.read_samples(uploads.paths_of(record))[:MOST_FILES]
    content, problem = own_mappings.content_of(record), ""
    if request.method == "POST":
        before, content = content, _with_formats(_corrected(content, samples, request.POST), request.POST)
        if "show" not in request.POST and not _newly_ticked(before, content, samples):
            problem = _save(request, record, content)
            if not problem:
                return redirect("workspace:import_run", program=request.program.slug, run=run)
    context = {
        "page_title": _("Which column feeds which field"),
        "breadcrumbs": [
            *import_crumbs(request),
            (title_of(record), reverse("workspace:import_run", args=[request.program.slug, record.pk])),
            (_("Columns"), ""),
        ],
        "run": record,
        "files": [_shown(number, one) for number, one in enumerate(editing.edited_files(content, samples))],
        "title": request.POST.get("title", content["mapping"].get("title", "")),
        "keep": "keep" in request.POST or not request.POST,
        "dates": request.POST.get("dates", ", ".join(_listed(content.get("formats", {}).get("dates", "YYYY-MM-DD")))),
        "date_forms": ", ".join(DATE_FORMS),
        "marks": MARKS,
        "mark": _mark(content.get("formats", {})),
        "problem": problem,
    }
    return render(request, "workspace/import_columns.html", context, status=422 if problem else 200)


@require_GET
@workspace(Permission.IMPORT_DATA)
def kept_mapping(request: WorkspaceRequest, kept_mapping: UUID) -> HttpResponse:
    """A mapping of the programme's own as a TOML file."""
    kept = get_object_or_404(own_mappings.kept_mappings_visible_to(request.actor, request.program), pk=kept_mapping)
    response = HttpResponse(kept.text, content_type="application/toml; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=f"{kept.name}.toml")
    return response


@require_POST
@workspace(Permission.IMPORT_DATA)
def kept_mapping_forget(request: WorkspaceRequest, kept_mapping: UUID) -> HttpResponse:
    """Offer it no longer."""
    kept = get_object_or_404(own_mappings.kept_mappings_visible_to(request.actor, request.program), pk=kept_mapping)
    own_mappings.forget_mapping(kept=kept, actor=request.actor)
    tell(request, _("%(mapping)s is not offered any more. Imports that used it keep it.") % {"mapping": kept.title})
    return redirect("workspace:import_new", program=request.program.slug)


def _save(request: WorkspaceRequest, record: ImportRun, content: dict[str, Any]) -> str:
    """Keep what was chosen; "" or why not."""
    try:
        own_mappings.correct_mapping(
            record=record,
            actor=request.actor,
            content=content,
            title=request.POST.get("title", ""),
            keep="keep" in request.POST,
            at=request.received_at,
        )
    except (Invalid, Conflict) as refusal:
        return str(refusal.message)
    tell(request, _("This is how the files are read now."))
    return ""


def _newly_ticked(before: dict[str, Any], after: dict[str, Any], samples: list[files.Sample]) -> bool:
    """Whether a table came in that has to be looked at first."""
    old, new = (
        {(one.sample.name, target) for one in editing.edited_files(content, samples) for target in one.targets}
        for content in (before, after)
    )
    return bool(new - old)


def _corrected(content: dict[str, Any], samples: list[files.Sample], posted: QueryDict) -> dict[str, Any]:
    choices = {}
    for number, one in enumerate(editing.edited_files(content, samples)):
        key = f"f{number}"
        tables = {target: _choices(f"{key}.{target}", posted) for target in posted.getlist(f"{key}.targets")}
        known = {target: fields for target, fields in tables.items() if target in NAMES}
        choices[one.sample.name] = editing.FileChoice(posted.get(f"{key}.file", one.pattern), known)
    return editing.corrected(content, samples, choices)


def _choices(key: str, posted: QueryDict) -> dict[str, editing.FieldChoice]:
    """What was chosen for the fields of one table; none where the form did not have them yet."""
    found: dict[str, editing.FieldChoice] = {}
    for field in files.TARGETS.get(key.rpartition(".")[2], ()):
        name = f"{key}.{field.name}"
        if name not in posted:
            continue
        origin, meanings, number = str(posted[name]), dict[str, str](), 0
        while (word := posted.get(f"{name}.{number}.word")) is not None:
            if posted.get(f"{name}.column") == origin:
                meanings[word] = posted.get(f"{name}.{number}", "")
            number += 1
        found[field.name] = editing.FieldChoice(origin, meanings)
    return found


def _with_formats(content: dict[str, Any], posted: QueryDict) -> dict[str, Any]:
    formats = dict(content.get("formats", {}))
    dates = [form.strip() for form in posted.get("dates", "").split(",") if form.strip()]
    if dates:
        formats["dates"] = dates
    marks = posted.get("marks", "")
    if marks in dict(MARKS):
        formats |= {"decimal": marks[:1], "thousands": marks[1:]}
    return {**content, "formats": formats}


def _mark(formats: dict[str, Any]) -> str:
    return f"{formats.get('decimal', '.')}{formats.get('thousands', '')}"


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _shown(number: int, one: editing.EditedFile) -> ShownFile:
    key = f"f{number}"
    tables = [
        (str(NAMES[table.target]), [_shown_field(f"{key}.{table.target}", one.sample, field) for field in table.fields])
        for table in one.tables
    ]
    targets = [(target, str(label), target in one.targets) for target, label in NAMES.items()]
    return ShownFile(key, one, targets, tables)


def _shown_field(key: str, sample: files.Sample, one: editing.EditedField) -> ShownField:
    options = [(editing.NOTHING, _("— nothing —"))]
    if one.origin == editing.AS_IT_IS:
        options.append((editing.AS_IT_IS, _("as the mapping says: %(rule)s") % {"rule": one.told}))
    options += [(editing.COLUMN + column, column) for column in dict.fromkeys(sample.columns) if column]
    options += [
        (editing.WORD + word, _("always: %(word)s") % {"word": said(word.replace("_", " "))})
        for word in one.field.words
    ]
    name = f"{key}.{one.field.name}"
    words = [(f"{name}.{number}", word, meaning) for number, (word, meaning) in enumerate(one.meanings)]
    meanings = [("", _("not known here")), *((word, said(word.replace("_", " "))) for word in one.field.words)]
    return ShownField(
        name, said(one.field.name.replace("_", " ")).capitalize(), one, options, words, meanings, said(one.problem)
    )


urlpatterns: list[URLPattern] = [
    path("imports/<uuid:run>/columns/", import_columns, name="import_columns"),
    path("imports/mappings/<uuid:kept_mapping>/", kept_mapping, name="kept_mapping"),
    path("imports/mappings/<uuid:kept_mapping>/forget/", kept_mapping_forget, name="kept_mapping_forget"),
]
