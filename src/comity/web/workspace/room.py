"""One co-sell room in the workspace: its partners, shares, plan, messages, checklist, and what each role sees."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from comity.cosell import checklists, planning, rooms, sharing, writing
from comity.cosell.models import Circle, Member, PlanStep, Room
from comity.cosell.queries import (
    answers_of,
    circles_visible_to,
    content_of,
    declarations_of,
    room_visible_to,
    seats_of,
    steps_visible_to,
)
from comity.cosell.states import LIVE, Known, MemberState, Role, RoomMove, RoomState, StepMove
from comity.deals.states import DealStatus
from comity.identity.queries import memberships_visible_to
from comity.identity.roles import VENDOR_ROLES, Permission
from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.platform.downloads import download
from comity.programs.models import Partnership
from comity.programs.queries import partnerships_visible_to
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, attempt, tell
from comity.web.room_forms import (
    CircleForm,
    InviteForm,
    KnownForm,
    RoomMessageForm,
    SeenForm,
    SharesForm,
    StepForm,
    TextForm,
    circle_choices,
)
from comity.web.room_page import STEP_ACTIONS, messages_shown, picked, plan_shown


@require_GET
@workspace(Permission.VIEW_DEALS)
def room(request: WorkspaceRequest, room: UUID) -> HttpResponse:
    """The whole room."""
    return _page(request, room_visible_to(request.actor, room, request.program), {})


@require_GET
@workspace(Permission.VIEW_DEALS)
def room_file(request: WorkspaceRequest, room: UUID, room_file: UUID) -> StreamingHttpResponse:
    """A file of the room."""
    found = room_visible_to(request.actor, room, request.program)
    return download(content_of(request.actor, vendor_id=found.vendor_id, room_id=found.pk, file_id=room_file, own=None))


@require_POST
@workspace(Permission.EDIT_DEALS)
def room_act(request: WorkspaceRequest, room: UUID, action: str) -> HttpResponse:
    """Whatever the vendor does in a room: one form or one button."""
    found = room_visible_to(request.actor, room, request.program)
    typed = _forms_answered(request, found)
    if action in typed:
        make, save, done = typed[action]
        form = make()
        if not accepts(form, lambda: save(form)):
            return _page(request, found, {_slot(request, action): form})
        tell(request, done, draft=f"room-{action}-{found.pk}")
    else:
        buttons = _buttons(request, found)
        if action not in buttons:
            raise NotFound(words("There is no such step."))
        attempt(request, *buttons[action])
    return redirect("workspace:room", program=request.program.slug, room=found.pk)


type _Answer = tuple[Callable[[], Any], Callable[[Any], object], str]


def _forms_answered(request: WorkspaceRequest, found: Room) -> dict[str, _Answer]:
    """Forms by action: how it is made, what it does, what is said then."""
    order: dict[str, Any] = {"room": found, "actor": request.actor}
    timed, post, said = {**order, "at": request.received_at}, request.POST, request.POST.get
    circles = list(circles_visible_to(request.actor, vendor_id=found.vendor_id, room_id=found.pk))

    def circle(form: forms.Form) -> Circle:
        return picked(circles, form.cleaned_data["circle"])

    return {
        "invite": (lambda: _invite_form(request, found, post), lambda form: rooms.invite_partner(
            **timed, role=Role(form.cleaned_data["role"]), welcome=form.cleaned_data["welcome"],
            partnership=form.cleaned_data["partnership"],
        ), _("Invited. Their people are told.")),
        "write": (lambda: _message_form(found, circles, post), lambda form: writing.write_message(
            **timed, circle=circle(form), text=form.cleaned_data["text"], files=request.FILES.getlist("files"),
        ), _("Sent.")),
        "plan": (lambda: _step_form(request, found, circles, post), lambda form: planning.plan_step(
            **order, circle=circle(form), draft=form.draft(),
        ), _("The step is in the plan.")),
        "shares": (lambda: SharesForm(post, members=_live(found)), lambda form: sharing.declare_shares(
            **timed, shares=form.shares(), reason=form.cleaned_data["reason"],
        ), _("Declared. Each partner reads its own share.")),
        "seen": (lambda: SeenForm(post, hidden=found.hidden), lambda form: rooms.set_room(
            **order, hidden=form.hidden(), customer_contact=form.cleaned_data["customer_contact"],
        ), _("Saved. What the partners read follows at once.")),
        "circle": (lambda: _circle_form(found, post), lambda form: rooms.open_circle(
            **timed, members=[one for one in _live(found) if str(one.pk) in form.cleaned_data["members"]],
        ), _("They hear each other from now on.")),
        "answer": (lambda: KnownForm(post, auto_id=f"{said('key', '')[:40]}_%s"),
                   lambda form: checklists.answer_question(
            **timed, key=said("key", ""), known=Known(form.cleaned_data["known"]),
            evidence=form.cleaned_data["evidence"],
        ), _("Noted.")),
        "close": (lambda: TextForm(post, auto_id="close_%s"), lambda form: rooms.move_room(
            **timed, move=RoomMove.CLOSE, reason=form.cleaned_data["text"],
        ), _("The room is closed.")),
    }  # fmt: skip


def _buttons(request: WorkspaceRequest, found: Room) -> dict[str, tuple[Callable[[], object], str]]:
    """Single buttons by action: what each does, and what is said then."""
    actor, at, said = request.actor, request.received_at, request.POST.get

    def member() -> Member:
        return picked(list(found.members.all()), said("member", ""))

    def circle() -> Circle:
        known = circles_visible_to(actor, vendor_id=found.vendor_id, room_id=found.pk)
        return picked(list(known), said("circle", ""))

    def step() -> PlanStep:
        known = steps_visible_to(actor, vendor_id=found.vendor_id, room_id=found.pk)
        return picked(list(known), said("step", ""))

    def move_on(move: StepMove) -> object:
        return planning.move_step(step=step(), actor=actor, move=move, at=at, text=said("text", ""))

    return {
        "remove": (lambda: rooms.remove_partner(member=member(), actor=actor, at=at, reason=said("text", "")),
                   _("It reads nothing of the room any more.")),
        "role": (lambda: rooms.set_role(member=member(), actor=actor, role=picked_role(said("role", ""))),
                 _("Saved. What it reads follows its role.")),
        "accept": (lambda: sharing.answer_proposal(member=member(), actor=actor, accepts=True, at=at),
                   _("Declared as proposed; the others keep their proportions.")),
        "let-go": (lambda: sharing.answer_proposal(member=member(), actor=actor, accepts=False, at=at),
                   _("The proposal is let go.")),
        "part": (lambda: rooms.close_circle(circle=circle(), actor=actor, at=at), _("They hear each other no longer.")),
        "reopen": (lambda: rooms.move_room(room=found, actor=actor, move=RoomMove.REOPEN, at=at),
                   _("The room is open again.")),
        **{STEP_ACTIONS[move]: (partial(move_on, move), _("Noted.")) for move in StepMove},
    }  # fmt: skip


def picked_role(value: str) -> Role:
    """A role by its name. Raises NotFound."""
    if value not in set(Role):
        raise NotFound(words("There is no such role."))
    return Role(value)


def _page(request: WorkspaceRequest, found: Room, bound: dict[str, Any]) -> HttpResponse:
    actor = request.actor
    may_edit, is_open = actor.can(Permission.EDIT_DEALS), found.state == RoomState.OPEN
    place = {"vendor_id": found.vendor_id, "room_id": found.pk}
    circles, members = list(circles_visible_to(actor, **place)), list(found.members.all())
    live = [one for one in members if one.state in LIVE]
    names = {str(one.partnership_id): one.partnership.name for one in members}
    shown: dict[str, Any] = {
        "invite": _invite_form(request, found), "write": _message_form(found, circles),
        "plan": _step_form(request, found, circles), "shares": SharesForm(members=live),
        "seen": SeenForm(hidden=found.hidden, initial={"customer_contact": found.customer_contact}),
        "circle": _circle_form(found), "close": TextForm(auto_id="close_%s"),
    } | bound  # fmt: skip
    context = {
        "room": found,
        "deal": found.opportunity,
        "page_title": found.opportunity.name,
        "breadcrumbs": [(_("Deals"), reverse("workspace:deals", args=[request.program.slug])),
                        (_("Co-sell"), reverse("workspace:rooms", args=[request.program.slug])),
                        (found.opportunity.name, "")],
        "members": members,
        "joined": sum(one.state == MemberState.JOINED for one in members),
        "is_won": found.opportunity.status == DealStatus.WON,
        "has_shares": any(one.share is not None for one in members),
        "circles": circles,
        "questions": _questions(found, bound),
        "declarations": [
            {"row": row, "parts": [(names.get(key, "?"), share) for key, share in row.shares.items()]}
            for row in declarations_of(found)
        ],
        "seen_fields": [shown["seen"][role.value] for role in Role],
        "forms": shown,
        "may": may_edit and is_open,
        "may_reopen": may_edit and not is_open,
        "here": reverse("workspace:room", args=[request.program.slug, found.pk]),
        "roles": list(Role),
        **plan_shown(request, place),
        **messages_shown(request, place),
    }  # fmt: skip
    return render(request, "workspace/room.html", context, status=422 if bound else 200)


def _slot(request: WorkspaceRequest, action: str) -> str:
    """Under which name the page looks for a form; the questions of the checklist each have one."""
    return f"answer:{request.POST.get('key', '')}" if action == "answer" else action


def _questions(found: Room, bound: dict[str, Any]) -> list[dict[str, Any]]:
    given = answers_of(found)
    lines = []
    for item in found.checklist.items:
        answer = given.get(item["key"])
        kept = {"known": answer.known, "evidence": answer.evidence} if answer else {}
        form = KnownForm(initial=kept, auto_id=f"{item['key']}_%s")
        lines.append({**item, "answer": answer, "form": bound.get(f"answer:{item['key']}", form)})
    return lines


def _live(found: Room) -> list[Member]:
    return [one for one in found.members.all() if one.state in LIVE]


def _invite_form(request: WorkspaceRequest, found: Room, post: Any = None) -> InviteForm:
    return InviteForm(post, partners=_offered(request, found), auto_id="invite_%s")


def _offered(request: WorkspaceRequest, found: Room) -> QuerySet[Partnership]:
    """Who may be asked in: any active partner that is not in the room."""
    inside = [one.partnership_id for one in _live(found)]
    return partnerships_visible_to(request.actor, request.program).filter(status="active").exclude(pk__in=inside)


def _message_form(found: Room, circles: list[Circle], post: Any = None) -> RoomMessageForm:
    company = found.program.vendor_name
    return RoomMessageForm(post, circles=circle_choices(circles, company), auto_id="write_%s")


def _circle_form(found: Room, post: Any = None) -> CircleForm:
    joined = [one for one in _live(found) if one.state == MemberState.JOINED]
    return CircleForm(post, members=[(str(one.pk), one.partnership.name) for one in joined], auto_id="circle_%s")


def _step_form(request: WorkspaceRequest, found: Room, circles: list[Circle], post: Any = None) -> StepForm:
    company, owners = found.program.vendor_name, owners_of_steps(request, found, circles)
    return StepForm(post, circles=circle_choices(circles, company), owners=owners, auto_id="plan_%s")


def owners_of_steps(request: WorkspaceRequest, found: Room, circles: list[Circle]) -> list[tuple[str, str]]:
    """Who may own a step in these circles: the vendor's people by name, and the partners as companies."""
    seats = {key for keys in seats_of(circles).values() for key in keys}
    own = memberships_visible_to(request.actor).filter(role__in=[role.value for role in VENDOR_ROLES])
    vendor = found.program.vendor_name
    return [
        (":", vendor),
        *((f":{one.person_id}", f"{one.person}, {vendor}") for one in own),
        *((f"{one.partnership_id}:", one.partnership.name) for one in _live(found) if one.partnership_id in seats),
    ]


urlpatterns: list[URLPattern] = [
    path("deals/rooms/<uuid:room>/", room, name="room"),
    path("deals/rooms/<uuid:room>/files/<uuid:room_file>/", room_file, name="room_file"),
    path("deals/rooms/<uuid:room>/<str:action>/", room_act, name="room_act"),
]
