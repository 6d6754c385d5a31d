"""Co-sell rooms from the partner's side: those it is asked into, and one with its plan and messages."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from django.views.decorators.http import require_GET, require_POST

from comity.cosell import planning, rooms, sharing, writing
from comity.cosell.models import Circle, Member
from comity.cosell.queries import (
    circles_visible_to,
    content_of,
    member_visible_to,
    members_visible_to,
    plans_of,
    steps_visible_to,
)
from comity.cosell.states import MemberState, StepMove
from comity.deals.paging import slice_of
from comity.deals.states import DealStatus
from comity.identity.roles import Permission
from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.platform.downloads import download
from comity.programs.calendars import today_in
from comity.web.cursors import page_by, page_of_list
from comity.web.doors import PortalRequest, portal
from comity.web.form_answers import accepts, attempt, tell
from comity.web.portal.registrations import tabs
from comity.web.room_forms import ProposalForm, RoomMessageForm, StepForm, TextForm, circle_choices
from comity.web.room_page import STEP_ACTIONS, messages_shown, picked, plan_shown
from comity.web.room_words import word
from comity.web.streaming import stream_csv

NEWEST: Final = page_by("invited_at")
EXPORT_PART: Final = 500
EXPORT_HEADER: Final = (
    noop("Deal"), noop("Customer"), noop("Our state"), noop("Our role"), noop("Our share"), noop("Currency"),
    noop("Amount"), noop("Stage"), noop("Expected close"), noop("Room"), noop("Invited at"),
)  # fmt: skip


@require_GET
@portal(Permission.PORTAL_DEALS)
def our_rooms(request: PortalRequest) -> HttpResponse:
    """By pages, the newest first; on each what waits for an answer, then where we work, then what is over."""
    rows, around = page_of_list(request, members_visible_to(request.actor, request.partnership), NEWEST)
    order = {MemberState.INVITED: 0, MemberState.JOINED: 1}
    shown = sorted(rows, key=lambda row: (order.get(MemberState(row.state), 2), not row.room_is_open))
    today = today_in(request.program, request.received_at)
    plans = plans_of([row.room_id for row in shown], request.partnership.vendor_id, today)
    context = {
        "page_title": _("Co-sell"),
        "breadcrumbs": [*_trail(request)[:1], (_("Co-sell"), "")],
        "tabs": tabs(request, "our_rooms"),
        "lines": [{"member": row, "plan": plans.get(row.room_id)} for row in shown],
        **around,
    }
    return render(request, "portal/rooms.html", context)


@require_GET
@portal(Permission.PORTAL_DEALS)
def our_rooms_export(request: PortalRequest) -> StreamingHttpResponse:
    """Our rooms as CSV: what the list shows, hidden fields left empty."""

    def part(mark: str) -> tuple[list[tuple[object, ...]], str | None]:
        found = members_visible_to(request.actor, request.partnership)
        shown = slice_of(found, NEWEST, after=mark, size=EXPORT_PART)
        return [_exported(row) for row in shown.rows], shown.next

    return stream_csv(
        organization_id=request.actor.organization_id, person_id=request.actor.person_id, filename="co-sell.csv",
        header=[_(name) for name in EXPORT_HEADER], part=part,
    )  # fmt: skip


@require_GET
@portal(Permission.PORTAL_DEALS)
def our_room(request: PortalRequest, room_member: UUID) -> HttpResponse:
    """One room, as far as it is ours to read."""
    return _page(request, member_visible_to(request.actor, room_member, request.partnership), {})


@require_GET
@portal(Permission.PORTAL_DEALS)
def our_room_file(request: PortalRequest, room_member: UUID, room_file: UUID) -> StreamingHttpResponse:
    """A file of a circle of ours."""
    found = member_visible_to(request.actor, room_member, request.partnership)
    return download(
        content_of(
            request.actor, vendor_id=found.vendor_id, room_id=found.room_id, file_id=room_file,
            own=request.partnership,
        )
    )  # fmt: skip


@require_POST
@portal(Permission.PORTAL_DEALS)
def our_room_act(request: PortalRequest, room_member: UUID, action: str) -> HttpResponse:
    """Join, decline, write, plan, propose a share, leave."""
    found = member_visible_to(request.actor, room_member, request.partnership)
    order: dict[str, Any] = {"member": found, "partnership": request.partnership, "actor": request.actor}
    typed = _forms_answered(request, found, order)
    if action in typed:
        form, save, done = typed[action]
        if not accepts(form, save):
            return _page(request, found, {action: form})
        tell(request, done, draft=f"room-{action}-{found.pk}")
    else:
        buttons = _buttons(request, found, order)
        if action not in buttons:
            raise NotFound(words("There is no such step."))
        attempt(request, *buttons[action])
    return redirect("portal:our_room", partnership=request.partnership.pk, room_member=found.pk)


def _forms_answered(
    request: PortalRequest, found: Member, order: dict[str, Any]
) -> dict[str, tuple[Any, Callable[[], object], str]]:
    at, circles = request.received_at, _circles(request, found)
    write, plan = _message_form(request, circles, request.POST), _step_form(request, circles, request.POST)
    share, leave = ProposalForm(request.POST), TextForm(request.POST, auto_id="leave_%s")
    decline = TextForm(request.POST, auto_id="decline_%s")
    return {
        "write": (write, lambda: writing.write_as_partner(
            **order, circle=picked(circles, write.cleaned_data["circle"]), text=write.cleaned_data["text"],
            files=request.FILES.getlist("files"), at=at,
        ), _("Sent.")),
        "plan": (plan, lambda: planning.plan_step_as_partner(
            **order, circle=picked(circles, plan.cleaned_data["circle"]), draft=plan.draft(),
        ), _("The step is in the plan.")),
        "propose": (share, lambda: sharing.propose_share(**order, **share.cleaned_data, at=at),
                    _("Proposed. You hear when it is answered.")),
        "decline": (decline, lambda: rooms.answer_invitation(
            **order, joins=False, reason=decline.cleaned_data["text"], at=at), _("Declined.")),
        "leave": (leave, lambda: rooms.leave_room(**order, reason=leave.cleaned_data["text"], at=at),
                  _("You have left the room.")),
    }  # fmt: skip


def _buttons(
    request: PortalRequest, found: Member, order: dict[str, Any]
) -> dict[str, tuple[Callable[[], object], str]]:
    def move(kind: StepMove) -> object:
        known = steps_visible_to(request.actor, vendor_id=found.vendor_id, room_id=found.room_id)
        step = picked(list(known), request.POST.get("step", ""))
        text = request.POST.get("text", "")
        return planning.move_step_as_partner(step=step, **order, move=kind, at=request.received_at, text=text)

    return {
        "join": (lambda: rooms.answer_invitation(**order, joins=True, at=request.received_at),
                 _("You are in. Say hello, and look at the plan.")),
        **{STEP_ACTIONS[kind]: (partial(move, kind), _("Noted.")) for kind in StepMove},
    }  # fmt: skip


def _page(request: PortalRequest, found: Member, bound: dict[str, Any]) -> HttpResponse:
    joined = found.state == MemberState.JOINED
    place = {"vendor_id": found.vendor_id, "room_id": found.room_id}
    circles = _circles(request, found) if joined else []
    shown: dict[str, Any] = {
        "write": _message_form(request, circles), "plan": _step_form(request, circles), "propose": ProposalForm(),
        "leave": TextForm(auto_id="leave_%s"), "decline": TextForm(auto_id="decline_%s"),
    } | bound  # fmt: skip
    context = {
        "member": found,
        "page_title": found.title,
        "breadcrumbs": [*_trail(request), (found.title, "")],
        "joined": joined,
        "asked": found.state == MemberState.INVITED and found.room_is_open,
        "may": joined and found.room_is_open,
        "may_propose": joined and found.room_is_open and found.status != DealStatus.WON,
        "circles": circles,
        "forms": shown,
        "here": reverse("portal:our_room", args=[request.partnership.pk, found.pk]),
        **(plan_shown(request, place) | messages_shown(request, place) if joined else {}),
    }
    return render(request, "portal/room.html", context, status=422 if bound else 200)


def _circles(request: PortalRequest, found: Member) -> list[Circle]:
    return list(circles_visible_to(request.actor, vendor_id=found.vendor_id, room_id=found.room_id))


def _readers(request: PortalRequest, circles: list[Circle]) -> list[tuple[str, str]]:
    """Its own circle is the vendor's name; one of several says who is in it."""
    vendor = request.program.vendor_name
    return [(str(one.pk), vendor) if one.partnership_id else circle_choices([one], vendor)[0] for one in circles]


def _message_form(request: PortalRequest, circles: list[Circle], post: Any = None) -> RoomMessageForm:
    return RoomMessageForm(post, circles=_readers(request, circles), auto_id="write_%s")


def _step_form(request: PortalRequest, circles: list[Circle], post: Any = None) -> StepForm:
    """Owners are oneself, one's own company and the vendor; other partners plan for themselves."""
    own, vendor = request.partnership, request.program.vendor_name
    owners = [(f"{own.pk}:{request.actor.person_id}", request.actor.name), (f"{own.pk}:", own.name), (":", vendor)]
    return StepForm(post, circles=_readers(request, circles), owners=owners, auto_id="plan_%s")


def _exported(row: Member) -> tuple[object, ...]:
    return (
        row.title, row.customer_name, word(row.state, "member"), word(row.role, "role"), row.share, row.currency,
        row.amount, row.stage_name, row.expected_close_on,
        word("open" if row.room_is_open else "closed", "room"), row.invited_at,
    )  # fmt: skip


def _trail(request: PortalRequest) -> list[tuple[str, str]]:
    key = request.partnership.pk
    return [(_("Deals"), reverse("portal:deals", args=[key])), (_("Co-sell"), reverse("portal:our_rooms", args=[key]))]


urlpatterns: list[URLPattern] = [
    path("deals/rooms/", our_rooms, name="our_rooms"),
    path("deals/rooms/export.csv", our_rooms_export, name="our_rooms_export"),
    path("deals/rooms/<uuid:room_member>/", our_room, name="our_room"),
    path("deals/rooms/<uuid:room_member>/files/<uuid:room_file>/", our_room_file, name="our_room_file"),
    path("deals/rooms/<uuid:room_member>/<str:action>/", our_room_act, name="our_room_act"),
]
