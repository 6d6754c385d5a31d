"""One lead in the workspace: where it stands, why it went where it went, and what is decided about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from comity.identity.roles import Permission
from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.leads.conversion import convert_to_opportunity
from comity.leads.decisions import disqualify_lead, merge_lead, offer_to, reopen_lead, route_lead, take_back_lead
from comity.leads.matching import Found, findings_of
from comity.leads.models import Lead
from comity.leads.queries import lead_visible_to, leads_visible_to, newest_route, offers_of, steps_of
from comity.leads.routing import preview
from comity.leads.rules import Route
from comity.leads.states import IN_HAND, MACHINE, Channel, Move, State
from comity.leads.wording import HELD, language_name, reason_told, rule_name
from comity.programs.models import Partnership
from comity.programs.queries import partnership_visible_to, partnerships_visible_to
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, attempt, tell
from comity.web.lead_forms import NoteForm, ReasonForm
from comity.web.lead_words import CHANNELS, STATES, step_told
from comity.web.workspace.leads import trail

SHOWN_FITS: Final = 12
OFFERED_PARTNERS: Final = 500
BANDS: Final = {
    "same": gettext_lazy("the same"),
    "family": gettext_lazy("of one family"),
    "ask": gettext_lazy("perhaps the same"),
}


class OfferForm(forms.Form):
    """To which partner."""

    partnership = forms.ChoiceField(label=gettext_lazy("Partner"))

    def __init__(self, *args: Any, partners: list[Partnership], **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["partnership"]
        field.choices = [("", _("Choose")), *((str(one.pk), one.name) for one in partners)]


@require_GET
@workspace(Permission.VIEW_DEALS)
def lead(request: WorkspaceRequest, lead: UUID) -> HttpResponse:
    """The lead with its route explained."""
    return _page(request, lead_visible_to(request.actor, lead, request.program))


@require_POST
@workspace(Permission.MANAGE_LEADS)
def lead_act(request: WorkspaceRequest, lead: UUID, action: str) -> HttpResponse:
    """Offer, set aside, merge, take back, take up again, or make a deal of it."""
    found = lead_visible_to(request.actor, lead, request.program)
    order: dict[str, Any] = {"lead": found, "actor": request.actor, "at": request.received_at}
    here = redirect("workspace:lead", program=request.program.slug, lead=found.pk)
    if action == "disqualify":
        form = ReasonForm(request.POST, move=Move.DISQUALIFY)
        if accepts(form, lambda: disqualify_lead(**order, **form.cleaned_data)):
            tell(request, _("%(lead)s is set aside.") % {"lead": found})
            return here
        return _page(request, found, reasons=form)
    steps: dict[str, tuple[Callable[[], object], str]] = {
        "route": (lambda: route_lead(**order), _("The rules were asked again.")),
        "offer": (lambda: _offer(request, order), _("The lead is offered.")),
        "merge": (lambda: _merge(request, order), _("Merged; the other lead goes on.")),
        "take-back": (lambda: take_back_lead(**order, text=request.POST.get("text", "")), _("The lead is taken back.")),
        "reopen": (lambda: reopen_lead(**order), _("The lead is taken up again.")),
        "convert": (lambda: convert_to_opportunity(**order), _("The deal is in the pipeline.")),
    }
    if action not in steps:
        raise NotFound(words("There is no such step."))
    attempt(request, *steps[action])
    return here


def _offer(request: WorkspaceRequest, order: dict[str, Any]) -> object:
    chosen = partnership_visible_to(request.actor, _uuid(request.POST.get("partnership", "")), request.program)
    return offer_to(**order, partnership=chosen)


def _merge(request: WorkspaceRequest, order: dict[str, Any]) -> object:
    return merge_lead(
        **order, into=lead_visible_to(request.actor, _uuid(request.POST.get("into", "")), request.program)
    )


def _page(request: WorkspaceRequest, found: Lead, reasons: ReasonForm | None = None) -> HttpResponse:
    state = State(found.state)
    may = request.actor.can(Permission.MANAGE_LEADS)
    moves = set(MACHINE.moves_from(state)) if may else set()
    kept = newest_route(found)
    waits = Move.OFFER in moves
    shown = preview(lead=found, at=request.received_at) if waits else (kept[1] if kept else None)
    offers = list(offers_of(found))
    context = {
        "lead": found,
        "page_title": f"{found.reference} · {found.customer_name}",
        "breadcrumbs": [*trail(request), (found.reference, "")],
        "headline": _headline(found),
        "channel": CHANNELS[Channel(found.channel)],
        "lead_language": language_name(found.language) if found.language else "",
        "findings": [_finding(request, one) for one in findings_of(found)],
        "route": route_told(shown) if shown else None,
        "is_preview": waits,
        "version": kept[0].version if kept and not waits else None,
        "offers": offers,
        "steps": [step_told(step) for step in steps_of(found)],
        "now": request.received_at,
        "may": {
            "route": waits and state is not State.RECEIVED,
            "offer": waits,
            "disqualify": Move.DISQUALIFY in moves,
            "merge": Move.MERGE in moves,
            "take_back": Move.PASS_ON in moves or Move.RECALL in moves,
            "reopen": Move.REOPEN in moves,
            "convert": Move.CONVERT in moves and request.actor.can(Permission.EDIT_DEALS),
        },
        "is_in_hand": state in IN_HAND,
        "reasons": reasons or ReasonForm(move=Move.DISQUALIFY),
        "offer_form": OfferForm(partners=_partners(request, offers)) if waits else None,
        "note_form": NoteForm(auto_id="note_%s"),
    }
    return render(request, "workspace/lead.html", context, status=422 if reasons is not None else 200)


def _headline(found: Lead) -> str:
    """Where the lead stands, in one sentence."""
    state, partner = State(found.state), found.holder.name if found.holder else ""
    if state is State.HELD:
        return str(HELD.get(found.held_for, STATES[state]))
    told = {
        State.OFFERED: _("%(partner)s is asked."),
        State.ACCEPTED: _("%(partner)s has taken it."),
        State.WORKING: _("%(partner)s is working on it."),
        State.QUALIFIED: _("%(partner)s has qualified it."),
        State.RETURNED: _("It came back; somebody decides what becomes of it."),
        State.CONVERTED: _("It became a deal.") if found.opportunity_id else _("%(partner)s registered it."),
    }.get(state)
    return told % {"partner": partner} if told else str(STATES[state])


def route_told(route: Route) -> dict[str, Any]:
    """The rules as they were asked, each with its partners and why."""
    asked = []
    for one in route.asked:
        fits = [
            {
                "name": fit.name, "fits": fit.fits, "place": fit.place, "id": fit.candidate,
                "why": ", ".join(reason_told(reason) for reason in fit.reasons if reason.holds == fit.fits),
            }
            for fit in one.fits
        ]  # fmt: skip
        fitting = [fit for fit in fits if fit["fits"]]
        others = [fit for fit in fits if not fit["fits"]]
        asked.append(
            {
                "name": rule_name(one.rule), "is_about": one.is_about, "decided": one.rule == route.rule,
                "why": ", ".join(reason_told(reason) for reason in one.reasons),
                "fits": fitting[:SHOWN_FITS], "others": others[:SHOWN_FITS],
                "more": max(0, len(fitting) - SHOWN_FITS) + max(0, len(others) - SHOWN_FITS),
            }
        )  # fmt: skip
    chosen = next((fit.name for one in route.asked for fit in one.fits if fit.candidate == route.chosen), "")
    return {"asked": asked, "chosen": chosen, "held": HELD.get(route.held, ""), "rule": rule_name(route.rule)}


def _finding(request: WorkspaceRequest, one: Found) -> dict[str, Any]:
    pages = {"lead": "lead", "registration": "registration", "customer": "customer"}
    kinds = {
        "lead": _("Lead"),
        "registration": _("Registration of %(partner)s") % {"partner": one.partnership},
        "customer": _("Customer of ours"),
    }
    name = one.name
    if one.kind == "lead":
        row = leads_visible_to(request.actor, request.program).filter(pk=one.id).first()
        name = f"{row.reference} · {row.customer_name}" if row else one.name
    return {
        "kind": kinds[one.kind], "is_lead": one.kind == "lead", "id": one.id, "name": name, "band": BANDS[one.band],
        "reasons": "; ".join(one.reasons),
        "url": reverse(f"workspace:{pages[one.kind]}", args=[request.program.slug, one.id]),
    }  # fmt: skip


def _partners(request: WorkspaceRequest, offers: list[Any]) -> list[Partnership]:
    """Whom one may ask: active partners but for those that said no to this lead."""
    refused = [offer.partnership_id for offer in offers if offer.state in ("declined", "returned")]
    rows = partnerships_visible_to(request.actor, request.program).filter(status="active").exclude(pk__in=refused)
    return list(rows[:OFFERED_PARTNERS])


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(words("There is no such record here.")) from None


urlpatterns: list[URLPattern] = [
    path("deals/leads/<uuid:lead>/", lead, name="lead"),
    path("deals/leads/<uuid:lead>/<str:action>/", lead_act, name="lead_act"),
]
