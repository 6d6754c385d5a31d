"""One registration in the workspace: the verdict with its evidence, and every decision about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from comity.deals.models import Opportunity, Registration
from comity.deals.registration.appeals import answer_appeal
from comity.deals.registration.attachments import content_for_vendor, file_of, files_of
from comity.deals.registration.decisions import (
    GRANTS,
    Decision,
    decide_registration,
    drop_override,
    newest_verdict,
    revoke_registration,
)
from comity.deals.registration.engagement import clauses_of
from comity.deals.registration.evidence import Competitor, Outcome, RecordKind, Verdict
from comity.deals.registration.handing_over import hand_over_protection
from comity.deals.registration.protection import deals_offered, decide_extension, link_opportunity
from comity.deals.registration.queries import next_to_decide, registration_visible_to, steps_of
from comity.deals.registration.recording import handling_of, rules_of
from comity.deals.registration.second_look import NEW, confirm_with_deal
from comity.deals.registration.updates import updates_of
from comity.deals.states.registrations import MACHINE, PROTECTED, UNDECIDED, Move, State
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, NotFound
from comity.kernel.words import words
from comity.leads.queries import lead_of_registration
from comity.platform.downloads import download
from comity.platform.languages import said
from comity.programs.models import Partnership
from comity.programs.queries import partnerships_visible_to
from comity.programs.states import Status
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, attempt, tell
from comity.web.registration_words import ICONS, MOVES, TONES, clock_told, reason_told, step_told
from comity.web.templatetags.figures import spoken
from comity.web.workspace.registration_forms import AnswerForm, DecisionForm, HandOverForm, deal_choices

KEYS: Final = {
    Move.APPROVE: "a",
    Move.RETURN: "t",
    Move.REJECT: "r",
    Move.QUEUE: "q",
    Move.APPROVE_WITH_CONDITIONS: "c",
}
LABELS: Final = {
    Move.APPROVE: gettext_lazy("Approve"),
    Move.APPROVE_WITH_CONDITIONS: gettext_lazy("Approve with conditions"),
    Move.QUEUE: gettext_lazy("Queue"),
    Move.REJECT: gettext_lazy("Reject"),
    Move.RETURN: gettext_lazy("Return"),
    Move.REVOKE: gettext_lazy("Revoke"),
}
OFFERED: Final = tuple(LABELS)
APPROVABLE: Final = (*UNDECIDED, State.QUEUED, *PROTECTED)
"""States in which a deal may be chosen."""


@require_GET
@workspace(Permission.VIEW_DEALS)
def registration(request: WorkspaceRequest, registration: UUID) -> HttpResponse:
    """The verdict page."""
    return _page(request, _load(request, registration))


@require_POST
@workspace(Permission.DECIDE_REGISTRATIONS)
def registration_decide(request: WorkspaceRequest, registration: UUID, move: str) -> HttpResponse:
    """Approve, return, reject, queue or revoke; then the next of the queue opens."""
    found = _load(request, registration)
    if move not in set(OFFERED):
        raise NotFound(words("There is no such decision."))
    chosen = Move(move)
    form = DecisionForm(request.POST, move=chosen, deals=deals_offered(found) if chosen in GRANTS else ())
    if not accepts(form, lambda: _decide(request, found, chosen, form.cleaned_data)):
        return _page(request, found, forms={move: form})
    now = _load(request, registration)
    if handling_of(now).override_move:
        messages.info(request, _("The rules say otherwise: it is approved once somebody else has confirmed it."))
        return redirect(_address(request, found))
    tell(request, f"{found.reference}: {MOVES[chosen]}.")
    following = next_to_decide(request.actor, request.program, found) if chosen is not Move.REVOKE else None
    return redirect(_address(request, following or found))


@transaction.atomic
def _decide(request: WorkspaceRequest, found: Registration, move: Move, given: dict[str, Any]) -> None:
    order: dict[str, Any] = {"registration": found, "actor": request.actor, "at": request.received_at}
    if move is Move.REVOKE:
        revoke_registration(**order, reason=given["reason"], text=given["text"])
        return
    said = {name: given.get(name, "") for name in ("reason", "text", "conditions", "deal")}
    decided = decide_registration(**order, decision=Decision(move, **said))
    if given.get("deal") and State(decided.state) in PROTECTED:
        _link(request, decided, given["deal"])


def _link(request: WorkspaceRequest, found: Registration, which: str) -> object:
    """Link the deal that was chosen, or open a new one."""
    known = next((deal for deal in deals_offered(found) if str(deal.pk) == which), None)
    if which not in ("", NEW) and known is None:
        raise Conflict(words("That deal is closed or taken meanwhile; choose another one."))
    return link_opportunity(registration=found, actor=request.actor, at=request.received_at, opportunity=known)


def _confirm(request: WorkspaceRequest, found: Registration) -> None:
    """The second look; the deal that was chosen with the decision is linked now."""
    if not confirm_with_deal(registration=found, actor=request.actor, at=request.received_at):
        messages.warning(request, _("The deal that was chosen is closed or taken meanwhile; choose another one."))


@require_POST
@workspace(Permission.DECIDE_REGISTRATIONS)
def registration_hand_over(request: WorkspaceRequest, registration: UUID) -> HttpResponse:
    """End a protection and give it to another partner."""
    found = _load(request, registration)
    form = HandOverForm(request.POST, among=_partners(request))
    made: list[Registration] = []

    def save() -> None:
        given = form.cleaned_data
        order: dict[str, Any] = {"actor": request.actor, "at": request.received_at}
        made.append(hand_over_protection(registration=found, to=given["to"], text=given["text"], **order))

    if accepts(form, save):
        tell(request, _("The protection is handed over."))
        return redirect(_address(request, made[0]))
    return _page(request, found, forms={"hand_over": form})


def _partners(request: WorkspaceRequest) -> QuerySet[Partnership]:
    """Active partners of the program."""
    rows = partnerships_visible_to(request.actor).filter(program=request.program, status=Status.ACTIVE)
    return rows.order_by("sort_name")


@require_POST
@workspace(Permission.DECIDE_REGISTRATIONS)
def registration_act(request: WorkspaceRequest, registration: UUID, action: str) -> HttpResponse:
    """The second look at an override, an appeal's answer, an extension, the deal in the pipeline."""
    found = _load(request, registration)
    actor, at = request.actor, request.received_at
    form = AnswerForm(request.POST)
    form.is_valid()
    answer = form.cleaned_data.get("answer", "")
    granted = action.endswith("grant")
    appeal, extension = found.appeals.filter(state="open").first(), found.extensions.filter(state="asked").first()
    steps: dict[str, tuple[Callable[[], object], str]] = {
        "confirm": (lambda: _confirm(request, found), _("Confirmed.")),
        "drop": (lambda: drop_override(registration=found, actor=actor), _("Not confirmed; nothing changes.")),
        "deal": (lambda: _link(request, found, request.POST.get("deal", "")), _("The deal is in the pipeline.")),
    }
    if appeal is not None:
        act = _appealed(appeal, actor, granted, answer, at)
        steps |= {f"appeal-{word}": (act, _("The appeal is answered.")) for word in ("grant", "dismiss")}
    if extension is not None:
        act = _extended(extension, actor, granted, answer, at)
        steps |= {f"extension-{word}": (act, _("The extension is decided.")) for word in ("grant", "refuse")}
    if action not in steps:
        raise NotFound(words("There is no such step now."))
    act, done = steps[action]
    attempt(request, act, done)
    return redirect(_address(request, found))


@require_GET
@workspace(Permission.VIEW_DEALS)
def registration_file(request: WorkspaceRequest, registration: UUID, attachment: UUID) -> StreamingHttpResponse:
    """Send a file that the partner put beside it."""
    return download(content_for_vendor(file_of(_load(request, registration), attachment), request.actor))


def _appealed(appeal: Any, actor: Any, granted: bool, answer: str, at: Any) -> Callable[[], object]:
    return lambda: answer_appeal(appeal=appeal, actor=actor, granted=granted, answer=answer, at=at)


def _extended(extension: Any, actor: Any, granted: bool, answer: str, at: Any) -> Callable[[], object]:
    return lambda: decide_extension(extension=extension, actor=actor, granted=granted, answer=answer, at=at)


def _page(request: WorkspaceRequest, found: Registration, forms: dict[str, forms.Form] | None = None) -> HttpResponse:
    verdict, handling = newest_verdict(found), handling_of(found)
    may = request.actor.can(Permission.DECIDE_REGISTRATIONS)
    state = State(found.state)
    moves = [move for move in OFFERED if MACHINE.allows(state, move)] if may else []
    deals = deals_offered(found) if may and handling.opportunity_id is None and state in APPROVABLE else []
    context = {
        "registration": found,
        "handling": handling,
        "page_title": f"{found.reference} · {found.customer_name}",
        "breadcrumbs": [*_trail(request), (found.reference, "")],
        "verdict": verdict,
        "headline": _headline(found, verdict.sentence),
        "is_undecided": state in UNDECIDED,
        "findings": [
            {"icon": ICONS[one.effect], "tone": TONES[one.effect], "text": said(one.sentence), "records": one.records}
            for one in sorted(verdict.findings, key=lambda one: one.effect == "holds")
        ],
        "files": files_of(found),
        "competitors": [_competitor(request, found, one) for one in verdict.competitors],
        "clock": clock_told(
            found.due_at, request.received_at, request.program.time_zone, clauses_of(rules_of(found)).holidays
        ),
        "decisions": [_decision(move, forms or {}, verdict, deals) for move in moves if not handling.override_move],
        "offered": deal_choices(deals),
        "updates": updates_of(found),
        "hand_over": _hand_over(request, forms or {}) if may and state in PROTECTED else None,
        "override": _override(request, handling) if handling.override_move else None,
        "appeals": found.appeals.order_by("-filed_at"),
        "extensions": found.extensions.order_by("-asked_at"),
        "answer_form": AnswerForm(),
        "steps": [step_told(step) for step in steps_of(found)],
        "may_decide": may,
        "may_link": may and state in PROTECTED and handling.opportunity_id is None,
        "conflicts": found.conflicts.select_related("opportunity"),
        "following": next_to_decide(request.actor, request.program, found),
        "lead": lead_of_registration(request.actor, found.pk),
    }
    return render(request, "workspace/registration.html", context, status=422 if forms else 200)


def _hand_over(request: WorkspaceRequest, bound: dict[str, forms.Form]) -> forms.Form:
    return bound.get("hand_over") or HandOverForm(among=_partners(request))


def _decision(move: Move, bound: dict[str, forms.Form], verdict: Verdict, deals: list[Opportunity]) -> dict[str, Any]:
    form = bound.get(move.value)
    return {
        "move": move.value,
        "label": LABELS[move],
        "key": KEYS.get(move, ""),
        "form": form or DecisionForm(move=move, deals=deals),
        "open": form is not None,
        # What the rules approve is approved by one key; everything else opens its form first.
        "at_once": move is Move.APPROVE and verdict.outcome is Outcome.APPROVE,
        "destructive": move in (Move.REJECT, Move.REVOKE),
        "primary": move is Move.APPROVE,
    }


def _override(request: WorkspaceRequest, handling: Any) -> dict[str, Any]:
    own = handling.override_by_id == request.actor.person_id
    return {
        "label": LABELS[Move(handling.override_move)],
        "reason": handling.override_reason,
        "deal": _chosen_deal(request, handling.override_deal),
        "own": own,
        "may_confirm": not own and request.actor.can(Permission.DECIDE_REGISTRATIONS),
    }


def _chosen_deal(request: WorkspaceRequest, wanted: str) -> str:
    """The deal that is linked once the decision is confirmed, in words; "" where none was chosen."""
    if wanted in ("", NEW):
        return _("a new one") if wanted else ""
    known = Opportunity.objects.filter(vendor_id=request.actor.organization_id, pk=wanted).first()
    return known.name if known is not None else ""


def _competitor(request: WorkspaceRequest, found: Registration, one: Competitor) -> dict[str, Any]:
    pages = {
        RecordKind.REGISTRATION: "registration",
        RecordKind.OWN_REGISTRATION: "registration",
        RecordKind.OPPORTUNITY: "deal",
        RecordKind.CUSTOMER: "customer",
    }
    words = {
        RecordKind.REGISTRATION: _("Registration of %(owner)s") % {"owner": one.owner},
        RecordKind.OWN_REGISTRATION: _("Their own registration"),
        RecordKind.OPPORTUNITY: _("Our deal"),
        RecordKind.CUSTOMER: _("Customer of ours"),
    }
    return {
        "kind": words[one.kind],
        "name": one.name,
        "url": reverse(f"workspace:{pages[one.kind]}", args=[request.program.slug, UUID(one.id)]),
        "customer": one.customer,
        "differs": one.customer != found.customer_name,
        "state": one.state,
        "since": _spoken_since(one.since),
        "reasons": [said(reason) for reason in one.reasons],
        "band": one.band,
    }


def _spoken_since(since: str) -> str:
    """A record's day, or its instant in the reader's time zone, as the page writes them everywhere."""
    if "T" not in since:
        return date_format(date.fromisoformat(since), "DATE_FORMAT") if since else ""
    return date_format(localtime(datetime.fromisoformat(since)), "DATETIME_FORMAT")


def _headline(found: Registration, sentence: str) -> str:
    """What the rules say as long as nothing is decided; then what was decided."""
    if State(found.state) in UNDECIDED or not found.reason:
        return said(sentence)
    return f"{spoken(found.state)}: {reason_told(found.reason)}"


def _load(request: WorkspaceRequest, registration_id: UUID) -> Registration:
    return registration_visible_to(request.actor, registration_id, request.program)


def _address(request: WorkspaceRequest, found: Registration) -> str:
    return reverse("workspace:registration", args=[request.program.slug, found.pk])


def _trail(request: WorkspaceRequest) -> list[tuple[str, str]]:
    slug = request.program.slug
    return [
        (_("Deals"), reverse("workspace:deals", args=[slug])),
        (_("Registrations"), reverse("workspace:registrations", args=[slug])),
    ]


urlpatterns: list[URLPattern] = [
    path("deals/registrations/<uuid:registration>/", registration, name="registration"),
    path(
        "deals/registrations/<uuid:registration>/files/<uuid:attachment>/", registration_file, name="registration_file"
    ),
    path("deals/registrations/<uuid:registration>/decide/<str:move>/", registration_decide, name="registration_decide"),
    path("deals/registrations/<uuid:registration>/hand-over/", registration_hand_over, name="registration_hand_over"),
    path("deals/registrations/<uuid:registration>/<str:action>/", registration_act, name="registration_act"),
]
