"""Several partners at once: assign, tag, export; and views of the list that are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from comity.identity.roles import Permission
from comity.kernel.errors import Invalid, NotFound
from comity.kernel.words import words
from comity.programs.calendars import today_in
from comity.programs.models import Manager, Reassignment
from comity.programs.queries import managers_of, partnerships_visible_to
from comity.programs.services import assign_many, reassignments_of, tag_partnerships, undo_reassignment
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import attempt, tell
from comity.web.spreadsheets import answer_with
from comity.web.streaming import as_csv
from comity.web.workspace.kept_views import keep_or_forget, offered_views
from comity.web.workspace.partner_list import Asked, Line, all_lines, matching, read

PAGE: Final = "partners"
MOST: Final = 10_000
"""So many partners are changed at once."""
FORMATS: Final = ("csv", "xlsx")


@require_POST
@workspace(Permission.EDIT_PARTNERS)
def partners_bulk(request: WorkspaceRequest) -> HttpResponse:
    """Do one thing with every chosen partner, or with all that the list shows."""
    asked = read(QueryDict(request.POST.get("query", "")))
    keys = _chosen(request, asked)
    what = request.POST.get("do", "")
    if what in FORMATS:
        return _export(request, asked, what, keys)
    rows = list(partnerships_visible_to(request.actor, request.program).filter(pk__in=keys)[:MOST])
    tags = request.POST.get("tag", "").split(",")
    steps: list[Reassignment] = []
    actions: dict[str, Callable[[], object]] = {
        "assign": lambda: steps.append(
            assign_many(
                program=request.program,
                partnerships=rows,
                manager=_manager(request),
                actor=request.actor,
                at=request.received_at,
            )
        ),
        "tag": lambda: tag_partnerships(partnerships=rows, actor=request.actor, add=tags),
        "untag": lambda: tag_partnerships(partnerships=rows, actor=request.actor, remove=tags),
    }
    if what not in actions:
        raise NotFound(words("There is no such action."))

    def act() -> object:
        if not rows:
            raise Invalid(_("Choose at least one partner."))
        return actions[what]()

    done = ngettext("Changed %(count)s partner.", "Changed %(count)s partners.", len(rows)) % {"count": len(rows)}
    attempt(request, act, done if what != "assign" else "")  # the list itself says who changed hands, with undo
    return redirect(_list(request, asked, assigned=str(steps[0].pk) if steps else ""))


@require_POST
@workspace(Permission.EDIT_PARTNERS)
def partners_bulk_undo(request: WorkspaceRequest, step: UUID) -> HttpResponse:
    """Give the partners of one step back to whose they were."""
    one = get_object_or_404(reassignments_of(request.actor, request.program), pk=step)
    returned: list[int] = []
    if attempt(
        request,
        lambda: returned.append(undo_reassignment(step=one, actor=request.actor, at=request.received_at)),
        _("The partners are with whom they were before."),
    ) and returned[0] < len(one.before):
        rest = len(one.before) - returned[0]
        told = ngettext("%(count)s changed hands since and stays.", "%(count)s changed hands since and stay.", rest) % {
            "count": rest
        }
        tell(request, told)
    return redirect(_list(request, read(QueryDict(request.POST.get("query", "")))))


def just_assigned(request: WorkspaceRequest) -> Reassignment | None:
    """The step that the address says was just made, while it can be taken back."""
    named = request.GET.get("assigned")
    if not named or not request.actor.can(Permission.EDIT_PARTNERS):
        return None
    return reassignments_of(request.actor, request.program).filter(pk=_key(named)).first()


@require_GET
@workspace(Permission.VIEW_PARTNERS)
def partners_export(request: WorkspaceRequest, form: str) -> HttpResponse:
    """The list as it is filtered and sorted, all pages of it."""
    if form not in FORMATS:
        raise NotFound(words("There is no such format."))
    return _export(request, read(request.GET), form, None)


@require_POST
@workspace(Permission.VIEW_PARTNERS)
def partners_views(request: WorkspaceRequest) -> HttpResponse:
    """Keep the list as it is shown, or forget a kept one."""
    return redirect(_address(request, keep_or_forget(request, PAGE, lambda given: read(given).query())))


def table_of(request: WorkspaceRequest, lines: Sequence[Line]) -> tuple[list[str], list[tuple[object, ...]]]:
    """Head and rows of an export: the columns of the list, each value in a cell of its own."""
    head = [_("Partner"), _("Status"), _("Segment"), _("Tier"), _("Manager")]
    head += [_("Next step"), _("By"), _("Last contact"), _("Tags")]
    if request.actor.can(Permission.VIEW_METRICS):
        head += [_("Revenue, 12 months"), _("Currency"), _("Data as of"), _("Health"), _("Health, main reason")]
    return head, [_cells(request, line) for line in lines]


def _cells(request: WorkspaceRequest, line: Line) -> tuple[object, ...]:
    row, figures = line.partner, line.figures
    cells: tuple[object, ...] = (
        row.name, row.status, row.segment, row.tier.name if row.tier else None,
        row.manager.name if row.manager else None, row.next_step, row.next_step_on, line.last_contact_on,
        ", ".join(line.tags),
    )  # fmt: skip
    if not request.actor.can(Permission.VIEW_METRICS):
        return cells
    return (
        *cells, figures.revenue if figures else None, request.program.currency, figures.as_of if figures else None,
        line.health.score, line.health.summary,
    )  # fmt: skip


def _export(request: WorkspaceRequest, asked: Asked, form: str, only: list[UUID] | None) -> HttpResponse:
    head, rows = table_of(request, all_lines(request, asked, only))
    name = f"partners-{request.program.slug}-{today_in(request.program, request.received_at)}.{form}"
    if form == "xlsx":
        return answer_with(name, _("Partners"), head, rows)
    response = HttpResponse("\ufeff" + as_csv([head, *rows]), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _chosen(request: WorkspaceRequest, asked: Asked) -> list[UUID]:
    """The partners ticked; with `all`, every one of the list."""
    if "all" in request.POST:
        return list(matching(request, asked).values_list("pk", flat=True))
    return [_key(text) for text in request.POST.getlist("ids")]


def _manager(request: WorkspaceRequest) -> Manager | None:
    wanted = request.POST.get("manager", "")
    if not wanted:
        return None
    found = managers_of(request.program, active_only=True).filter(pk=_key(wanted)).first()
    if found is None:
        raise Invalid(_("Choose a manager of the list."))
    return found


def _key(text: str) -> UUID:
    """The key; of what is none, one that nothing has."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _list(request: WorkspaceRequest, asked: Asked, assigned: str = "") -> str:
    return _address(request, asked.query(assigned=assigned))


def _address(request: WorkspaceRequest, query: str) -> str:
    address = reverse("workspace:partners", args=[request.program.slug])
    return f"{address}?{query}" if query else address


def view_links(request: WorkspaceRequest, asked: Asked) -> list[dict[str, Any]]:
    """Kept views, with the presets that everybody has."""
    mine = managers_of(request.program).filter(person_id=request.actor.person_id).first()
    presets: list[tuple[str, dict[str, str]]] = [(_("All partners"), {})]
    if mine is not None:
        presets.append((_("My partners"), {"manager": str(mine.pk)}))
    if request.actor.can(Permission.VIEW_METRICS):
        presets.append((_("Weakest health first"), {"sort": "health", "status": "active"}))
    presets.append((_("Next step is late"), {"step": "late", "sort": "step"}))
    return offered_views(request, PAGE, presets, asked.query(), lambda given: read(given).query())


urlpatterns: list[URLPattern] = [
    path("partners/bulk/", partners_bulk, name="partners_bulk"),
    path("partners/bulk/<uuid:step>/undo/", partners_bulk_undo, name="partners_bulk_undo"),
    path("partners/export.<slug:form>", partners_export, name="partners_export"),
    path("partners/views/", partners_views, name="partners_views"),
]
