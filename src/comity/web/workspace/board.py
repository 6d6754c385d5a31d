"""The deals of a program as a board: a column a stage; a deal is moved by dragging, by keyboard or by a plain form."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from comity.deals.models import Opportunity, Stage
from comity.deals.queries import board_of, more_of_column, opportunities_visible_to, stages_visible_to
from comity.deals.services import moved_version, take_back_move
from comity.deals.states import DealStatus
from comity.identity.roles import Permission
from comity.insights.question import today_of
from comity.kernel.errors import Conflict, Invalid, NotFound
from comity.kernel.words import words
from comity.programs.calendars import today_in
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts
from comity.web.workspace.deal_filters import Asked, chips, choices, read_filters
from comity.web.workspace.deal_forms import MoveForm
from comity.web.workspace.deal_moving import move
from comity.web.workspace.deal_views import views_of
from comity.web.workspace.deals import tabs, with_partners

#: The stages are the columns, so that they are no filter here.
_NOT_HERE: Final = ("status", "stage", "sort")


@require_GET
@workspace(Permission.VIEW_DEALS)
def board(request: WorkspaceRequest) -> HttpResponse:
    """Every stage with its newest deals; with `column` and `after`, the next cards of one."""
    asked = _asked(request.GET)
    if "column" in request.GET:
        return _more(request, asked)
    return _page(request, asked, moved=_deal(request, request.GET.get("moved", "")))


@require_POST
@workspace(Permission.EDIT_DEALS)
def board_move(request: WorkspaceRequest) -> HttpResponse:
    """Move the chosen deal into a stage, on a day, or take its last move back; the board is shown again."""
    asked = _asked(QueryDict(request.POST.get("query", "")))
    found = _deal(request, request.POST.get("deal", ""))
    if found is None:
        return _page(request, asked, problem=_("Choose a deal first, then the stage it moves to."))
    if "undo" in request.POST:
        return _take_back(request, asked, found)
    today = today_in(request.program, request.received_at)
    given = request.POST.copy()
    if not given.get("on"):
        given["on"] = today.isoformat()
    form = MoveForm(given, request=request, deal=found)
    if accepts(form, lambda: move(request, found, form.cleaned_data)):
        return redirect(_address(request, asked, moved=str(found.pk)))
    said = " ".join(str(message) for messages in form.errors.values() for message in messages)
    return _page(request, asked, problem=_("%(deal)s was not moved. %(why)s") % {"deal": found.name, "why": said})


def _take_back(request: WorkspaceRequest, asked: Asked, found: Opportunity) -> HttpResponse:
    try:
        version = request.POST.get("version", "")
        take_back_move(opportunity=found, actor=request.actor, moved=version, at=request.received_at)
    except (Invalid, Conflict) as error:
        return _page(request, asked, problem=error.message)
    return redirect(_address(request, asked))


def _page(
    request: WorkspaceRequest, asked: Asked, *, moved: Opportunity | None = None, problem: str = ""
) -> HttpResponse:
    as_of = today_of(request.program)
    columns = board_of(request.actor, request.program, asked.wanted, as_of=as_of)
    with_partners(deal for column in columns for deal in column.cards.rows)
    offered = choices(request)
    context = {
        "page_title": _("Deals"),
        "breadcrumbs": [(_("Deals"), reverse("workspace:deals", args=[request.program.slug])), (_("Board"), "")],
        "tabs": tabs(request, "deals"),
        "board": True,
        "columns": [(column, _column_links(request, asked, column.stage, column.cards.next)) for column in columns],
        "has_deals": any(column.count.rows for column in columns),
        "asked": asked,
        "offered": offered,
        "chips": chips(request, asked, offered),
        "problems": list(dict.fromkeys(asked.problems.values())),
        "as_of": as_of,
        "today": today_in(request.program, request.received_at),
        "can_edit": request.actor.can(Permission.EDIT_DEALS),
        "moved": moved,
        "moved_version": moved_version(moved) if moved else "",
        "moved_to_lost": moved is not None and moved.status == DealStatus.LOST,
        "problem": problem,
        "list_address": _list_address(request, asked),
        **views_of(request, asked),
    }
    return render(request, "workspace/board.html", context, status=422 if problem else 200)


def _more(request: WorkspaceRequest, asked: Asked) -> HttpResponse:
    stage = _stage(request, request.GET["column"])
    cards = more_of_column(
        request.actor, request.program, asked.wanted,
        stage=stage, after=request.GET.get("after", ""), as_of=today_of(request.program),
    )  # fmt: skip
    with_partners(cards.rows)
    context = {
        "cards": cards.rows,
        "links": _column_links(request, asked, stage, cards.next),
        "can_edit": request.actor.can(Permission.EDIT_DEALS),
        "stage": stage,
    }
    return render(request, "workspace/board_cards.html", context)


def _asked(given: QueryDict) -> Asked:
    rest = given.copy()
    for name in _NOT_HERE:
        rest.pop(name, None)
    return read_filters(rest)


def _column_links(request: WorkspaceRequest, asked: Asked, stage: Stage, following: str | None) -> dict[str, Any]:
    """Where the rest of a column is: the next cards, and the list of all of it."""
    more = urlencode({"column": str(stage.pk), "after": following}) if following else ""
    return {
        "all": _list_address(request, asked, stage=str(stage.pk)),
        "more": f"{_address(request, asked)}{'&' if asked.query() else '?'}{more}" if more else "",
    }


def _address(request: WorkspaceRequest, asked: Asked, **added: str) -> str:
    query = "&".join(part for part in (asked.query(), urlencode(added)) if part)
    address = reverse("workspace:deals_board", args=[request.program.slug])
    return f"{address}?{query}" if query else address


def _list_address(request: WorkspaceRequest, asked: Asked, **changed: str) -> str:
    query = asked.query(**changed)
    address = reverse("workspace:deals", args=[request.program.slug])
    return f"{address}?{query}" if query else address


def _deal(request: WorkspaceRequest, key: str) -> Opportunity | None:
    try:
        rows = opportunities_visible_to(request.actor, request.program).filter(pk=UUID(key))
    except ValueError:
        return None
    return rows.select_related("program", "stage").first()


def _stage(request: WorkspaceRequest, key: str) -> Stage:
    try:
        found = stages_visible_to(request.actor, request.program).filter(pk=UUID(key)).first()
    except ValueError:
        raise Http404("No such stage.") from None
    if found is None:
        raise NotFound(words("There is no such stage in this program."))
    return found


urlpatterns: list[URLPattern] = [
    path("deals/board/", board, name="deals_board"),
    path("deals/board/move/", board_move, name="deals_board_move"),
]
