"""Rows that an import could not take: set right on the page, and imported again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from comity.connectors import corrections
from comity.connectors.exporting import files_with_rejects, header_of
from comity.connectors.models import ImportRun, Reject
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.platform.languages import said
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import attempt, tell
from comity.web.workspace.import_loading import import_crumbs, load_import
from comity.web.workspace.import_tables import title_of

ROWS_A_PAGE: Final = 10
MOST_CELLS: Final = 800
"""Of one form: a browser sends so many fields at most."""
SHORT: Final = 120
"""Characters that are typed on one line."""


@dataclass(frozen=True)
class Cell:
    """One cell to be typed: the name of its input, its column, what it holds, and what is wrong with it."""

    name: str
    column: str
    value: str
    problem: str
    is_long: bool


@dataclass(frozen=True)
class BadRow:
    """A row that was not taken: why, the cells that are to blame, and the others."""

    reject: Reject
    reason: str
    blamed: list[Cell]
    others: list[Cell]


@require_http_methods(["GET", "POST"])
@workspace(Permission.IMPORT_DATA)
def import_correct(request: WorkspaceRequest, run: UUID) -> HttpResponse:
    """The bad rows of one file, to be typed right; a second button imports them."""
    record = load_import(request, run)
    names = [name for name, _count in files_with_rejects(record) if header_of(record, name).columns]
    name = request.GET.get("file") or next(iter(names), "")
    if name not in names:
        raise Http404("No such file.")
    show_all = request.GET.get("show") == "all"
    rejects = corrections.rejects_of(record, name)
    columns = header_of(record, name).columns
    page = Paginator(
        rejects if show_all else corrections.at_fault(rejects), max(1, min(ROWS_A_PAGE, MOST_CELLS // len(columns)))
    ).get_page(request.GET.get("page"))
    problem = ""
    if request.method == "POST":
        try:
            typed = {reject.pk: _typed(request.POST, reject, len(columns)) for reject in page}
            changed = corrections.correct_rows(record=record, actor=request.actor, rows=typed)
            return _go_on(request, record, name, page, changed)
        except (Invalid, Conflict) as refusal:
            problem = refusal.message
    context = {
        **_shown(request, record, name, page, columns),
        "files": [(one, f"?{urlencode({'file': one})}", one == name) for one in names],
        "problem": problem,
    }
    return render(request, "workspace/import_correct.html", context, status=422 if problem else 200)


@require_POST
@workspace(Permission.IMPORT_DATA)
def import_corrected(request: WorkspaceRequest, run: UUID) -> HttpResponse:
    """Import the rows again as corrected so far."""
    return _import(request, load_import(request, run))


def _shown(
    request: WorkspaceRequest, record: ImportRun, name: str, page: Any, columns: tuple[str, ...]
) -> dict[str, Any]:
    rejects = corrections.rejects_of(record, name)
    right, in_all = corrections.corrected_so_far(record)
    show_all = request.GET.get("show") == "all"
    return {
        "page_title": _("Correct rows"),
        "breadcrumbs": [
            *import_crumbs(request),
            (title_of(record), _address(request, record)),
            (_("Correct rows"), ""),
        ],
        "run": record,
        "rows": [_bad_row(reject, columns, request.POST) for reject in page],
        "page": page,
        "file": name,
        "waiting": 0 if show_all else rejects.count() - corrections.at_fault(rejects).count(),
        "right": right,
        "in_all": in_all,
    }


def _go_on(request: WorkspaceRequest, record: ImportRun, name: str, page: Any, changed: int) -> HttpResponse:
    """After typing: to the import of the rows, or to the next ones."""
    if "import" in request.POST:
        return _import(request, record)
    kept = ngettext("%(count)s row is kept as you typed it.", "%(count)s rows are kept as you typed them.", changed)
    tell(request, kept % {"count": changed} + " " + _("Nothing is imported yet."))
    at = page.next_page_number() if page.has_next() else page.number
    query = request.GET.copy()
    query["file"], query["page"] = name, str(at)
    return redirect(f"{request.path}?{query.urlencode()}")


def _import(request: WorkspaceRequest, record: ImportRun) -> HttpResponse:
    begun: list[ImportRun] = []
    attempt(
        request,
        lambda: begun.append(corrections.import_corrected(record=record, actor=request.actor)),
        _("The rows are being imported again."),
    )
    return redirect("workspace:import_run", program=request.program.slug, run=begun[0].pk if begun else record.pk)


def _typed(posted: Mapping[str, Any], reject: Reject, width: int) -> list[str]:
    """The cells as typed; those that are not in the form stay. A browser writes every line's end in one way."""
    before = _cells(reject, width)
    cells = []
    for at in range(width):
        text = posted.get(f"{reject.pk}.{at}", before[at])
        cells.append(before[at] if _lines(text) == _lines(before[at]) else text)
    return cells


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _cells(reject: Reject, width: int) -> list[str]:
    cells = reject.corrected or reject.raw
    return [*cells[:width], *[""] * (width - len(cells))]


def _bad_row(reject: Reject, columns: tuple[str, ...], posted: Mapping[str, Any]) -> BadRow:
    held = _cells(reject, len(columns))
    reason = said(reject.reason)
    blamed: list[Cell] = []
    others: list[Cell] = []
    for at, column in enumerate(columns):
        is_bad = column.strip() == reject.column
        key = f"{reject.pk}.{at}"
        value = posted.get(key, held[at])
        is_long = len(value) > SHORT or "\n" in value or "\r" in value
        cell = Cell(key, column, value, reason if is_bad else "", is_long)
        (blamed if is_bad else others).append(cell)
    return BadRow(reject, reason, blamed, others)


def _address(request: WorkspaceRequest, record: ImportRun) -> str:
    return reverse("workspace:import_run", args=[request.program.slug, record.pk])


urlpatterns: list[URLPattern] = [
    path("imports/<uuid:run>/correct/", import_correct, name="import_correct"),
    path("imports/<uuid:run>/corrected/", import_corrected, name="import_corrected"),
]
