"""Co-sell rooms in the workspace: the list with its export, a room opened on a deal, and the checklist."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from comity.cosell.checklists import checklist_of_day, publish_checklist
from comity.cosell.models import Room
from comity.cosell.queries import (
    PlanCount,
    RoomFilter,
    checklists_visible_to,
    plans_of,
    room_of_deal,
    rooms_matching,
)
from comity.cosell.rooms import open_room
from comity.cosell.rules import Item, as_lines, items_from_lines
from comity.cosell.states import LIVE, MemberState
from comity.deals.paging import Order, slice_of
from comity.deals.queries import opportunities_visible_to
from comity.identity.roles import Permission
from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.platform.languages import said
from comity.programs.calendars import today_in
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, attempt, tell
from comity.web.room_forms import ChecklistForm
from comity.web.room_words import word
from comity.web.streaming import stream_csv
from comity.web.workspace.deals import tabs

PAGE_SIZE: Final = 50
EXPORT_PART: Final = 500
NEWEST: Final = Order("opened", "opened_at", "text", descending=True)
EXPORT_HEADER: Final = (
    noop("Deal"), noop("Customer"), noop("State"), noop("Partners"), noop("Roles"), noop("Shares"), noop("Currency"),
    noop("Amount"), noop("Stage"), noop("Expected to close on"), noop("Steps done"), noop("Steps to do"),
    noop("Steps overdue"), noop("Opened at"), noop("Closed at"),
)  # fmt: skip
NOTHING: Final = PlanCount(0, 0, 0)


@require_GET
@workspace(Permission.VIEW_DEALS)
def rooms(request: WorkspaceRequest) -> HttpResponse:
    """The rooms with who is in them and how far their plans are; filters are in the address."""
    asked = _asked(request)
    found = rooms_matching(request.actor, request.program, _filter(request, asked))
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    slug = request.program.slug
    context = {
        "page_title": _("Co-sell"),
        "breadcrumbs": [(_("Deals"), reverse("workspace:deals", args=[slug])), (_("Co-sell"), "")],
        "tabs": tabs(request, "rooms"),
        "asked": asked,
        "lines": _lines(request, list(page)),
        "page": page,
        "kept": urlencode({name: value for name, value in asked.items() if value}),
        "any": page.paginator.count or any(asked.values()),
        "may_manage": request.actor.can(Permission.MANAGE_PROGRAM),
    }
    return render(request, "workspace/rooms.html", context)


@require_GET
@workspace(Permission.VIEW_DEALS)
def rooms_export(request: WorkspaceRequest) -> StreamingHttpResponse:
    """The rooms of the list, all pages of it, as CSV."""
    wanted = _filter(request, _asked(request))

    def part(mark: str) -> tuple[list[tuple[object, ...]], str | None]:
        rows = rooms_matching(request.actor, request.program, wanted)
        shown = slice_of(rows, NEWEST, after=mark, size=EXPORT_PART)
        return [_exported(line) for line in _lines(request, list(shown.rows))], shown.next

    name = f"co-sell-{request.program.slug}-{today_in(request.program, request.received_at)}.csv"
    return stream_csv(
        organization_id=request.actor.organization_id, person_id=request.actor.person_id, filename=name,
        header=[_(name) for name in EXPORT_HEADER], part=part,
    )  # fmt: skip


@require_POST
@workspace(Permission.EDIT_DEALS)
def room_open(request: WorkspaceRequest, deal: UUID) -> HttpResponse:
    """Open the room of a deal; of a deal that has one, show it."""
    found = opportunities_visible_to(request.actor, request.program).filter(pk=deal).first()
    if found is None:
        raise NotFound(words("There is no such deal here."))
    known = room_of_deal(request.actor, found)
    made: list[Room] = [known] if known else []

    def make() -> None:
        made.append(open_room(opportunity=found, actor=request.actor, at=request.received_at))

    if made or attempt(request, make, _("The room is open. Ask the partners in who work on the deal.")):
        return redirect("workspace:room", program=request.program.slug, room=made[0].pk)
    return redirect("workspace:deal", program=request.program.slug, deal=found.pk)


@require_http_methods(["GET", "POST"])
@workspace(Permission.VIEW_DEALS)
def room_checklist(request: WorkspaceRequest) -> HttpResponse:
    """The checklist of new rooms, its versions, and a form for the next one."""
    today = today_in(request.program, request.received_at)
    held = checklist_of_day(request.program, today)
    may = request.actor.can(Permission.MANAGE_PROGRAM)
    initial = {"items": as_lines([_spoken(item) for item in held.items]), "from_on": today}
    form = ChecklistForm(request.POST or None, initial=initial)

    def save() -> None:
        given = form.cleaned_data
        publish_checklist(
            program=request.program, actor=request.actor, items=items_from_lines(given["items"]),
            from_on=given["from_on"], at=request.received_at, note=given["note"],
        )  # fmt: skip

    if request.method == "POST" and accepts(form, save):
        tell(request, _("Published. Rooms opened from that day on have it."))
        return redirect("workspace:room_checklist", program=request.program.slug)
    slug = request.program.slug
    context = {
        "page_title": _("Qualification checklist"),
        "breadcrumbs": [(_("Deals"), reverse("workspace:deals", args=[slug])),
                        (_("Co-sell"), reverse("workspace:rooms", args=[slug])), (_("Checklist"), "")],
        "form": form if may else None,
        "versions": checklists_visible_to(request.actor, request.program)[:20],
        "held": held,
    }  # fmt: skip
    return render(request, "workspace/room_checklist.html", context, status=422 if form.errors else 200)


def _spoken(item: dict[str, str]) -> Item:
    """A question as the reader's language has it, where it is one of Comity's own."""
    return Item(item["key"], said(item["label"]), said(item.get("question", "")))


def _asked(request: WorkspaceRequest) -> dict[str, str]:
    return {"state": request.GET.get("state", ""), "q": request.GET.get("q", ""), "late": request.GET.get("late", "")}


def _filter(request: WorkspaceRequest, asked: dict[str, str]) -> RoomFilter:
    late = today_in(request.program, request.received_at) if asked["late"] else None
    return RoomFilter(state=asked["state"], search=asked["q"], overdue_on=late)


def _lines(request: WorkspaceRequest, found: list[Room]) -> list[dict[str, object]]:
    """Each room with its partners and its plan."""
    today = today_in(request.program, request.received_at)
    plans = plans_of([room.pk for room in found], request.actor.organization_id, today)
    return [
        {
            "room": room,
            "members": [one for one in room.members.all() if one.state in LIVE],
            "joined": [one for one in room.members.all() if one.state == MemberState.JOINED],
            "plan": plans.get(room.pk, NOTHING),
        }
        for room in found
    ]


def _exported(line: dict[str, object]) -> tuple[object, ...]:
    room, plan, joined = line["room"], line["plan"], line["joined"]
    assert isinstance(room, Room)
    assert isinstance(plan, PlanCount)
    assert isinstance(joined, list)
    deal = room.opportunity
    return (
        deal.name, deal.account.name if deal.account else "", word(room.state, "room"),
        "; ".join(one.partnership.name for one in joined), "; ".join(word(one.role, "role") for one in joined),
        "; ".join(f"{one.share:f}" if one.share is not None else "" for one in joined), deal.currency, deal.amount,
        deal.stage.name, deal.expected_close_on, plan.done, plan.undone, plan.overdue, room.opened_at, room.closed_at,
    )  # fmt: skip


urlpatterns: list[URLPattern] = [
    path("deals/rooms/", rooms, name="rooms"),
    path("deals/rooms/export.csv", rooms_export, name="rooms_export"),
    path("deals/rooms/checklist/", room_checklist, name="room_checklist"),
    path("deals/<uuid:deal>/room/", room_open, name="room_open"),
]
