"""A partner's leads: what is offered with its clock, what it works on, and which leads it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from comity.deals.registration.queries import families_offered
from comity.identity.roles import Permission
from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.leads.answering import accept_lead, decline_lead, return_lead, work_on_lead
from comity.leads.conversion import convert_to_registration
from comity.leads.models import LeadOffer
from comity.leads.queries import offer_visible_to, offers_visible_to, wishes_of
from comity.leads.states import LIVE, MACHINE, Move, OfferState, State
from comity.leads.wishes import WishesDraft, declare_wishes
from comity.leads.wording import country_name, language_name
from comity.web.cursors import page_by, page_of_list
from comity.web.doors import PortalRequest, portal
from comity.web.form_answers import accepts, attempt, tell
from comity.web.lead_forms import ReasonForm
from comity.web.portal.registrations import tabs
from comity.web.typed import ListField


class WishesForm(forms.Form):
    """Which leads to send."""

    takes_leads = forms.BooleanField(label=gettext_lazy("We take leads at present"), required=False)
    capacity = forms.IntegerField(
        label=gettext_lazy("At once at most"), required=False, min_value=0, max_value=10_000,
        help_text=gettext_lazy("Leads that you work on; empty: as many as the programme gives."),
    )  # fmt: skip
    countries = ListField(
        label=gettext_lazy("Countries"), required=False, help_text=gettext_lazy("Beside your own; parted by commas.")
    )
    languages = ListField(
        label=gettext_lazy("Languages"), required=False, help_text=gettext_lazy("Codes parted by commas, like de, en.")
    )
    families = forms.MultipleChoiceField(
        label=gettext_lazy("Products"), required=False, widget=forms.CheckboxSelectMultiple
    )


@require_GET
@portal(Permission.PORTAL_DEALS)
def leads(request: PortalRequest) -> HttpResponse:
    """By pages, the newest first; on each what waits for an answer, then what one works on, then what is over."""
    found = offers_visible_to(request.actor, request.partnership)
    rows, around = page_of_list(request, found, page_by("offered_at"))
    order = {OfferState.OFFERED: 0, OfferState.ACCEPTED: 1}
    shown = sorted(rows, key=lambda row: order.get(OfferState(row.state), 2))
    context = {
        "page_title": _("Leads"),
        "breadcrumbs": [*_trail(request)[:1], (_("Leads"), "")],
        "tabs": tabs(request, "leads"),
        "rows": shown,
        **around,
        "now": request.received_at,
    }
    return render(request, "portal/leads.html", context)


@require_GET
@portal(Permission.PORTAL_DEALS)
def lead(request: PortalRequest, offer: UUID) -> HttpResponse:
    """One lead, as far as it is theirs."""
    return _page(request, offer_visible_to(request.actor, offer, request.partnership))


@require_POST
@portal(Permission.PORTAL_DEALS)
def lead_act(request: PortalRequest, offer: UUID, action: str) -> HttpResponse:
    """Take it, decline it, say how far it is, give it back, or register a deal of it."""
    found = offer_visible_to(request.actor, offer, request.partnership)
    order: dict[str, Any] = {
        "offer": found, "partnership": request.partnership, "actor": request.actor, "at": request.received_at,
    }  # fmt: skip
    here = redirect("portal:lead", partnership=request.partnership.pk, offer=found.pk)
    if action in ("decline", "return"):
        verb, move = (decline_lead, Move.PASS_ON) if action == "decline" else (return_lead, Move.RETURN)
        form = ReasonForm(request.POST, move=move, auto_id=f"{action}_%s")
        if accepts(form, lambda: verb(**order, **form.cleaned_data)):
            tell(request, _("%(lead)s is not yours any more.") % {"lead": found.reference})
            return redirect("portal:leads", partnership=request.partnership.pk)
        return _page(request, found, {action: form})
    steps: dict[str, tuple[Callable[[], object], str]] = {
        "accept": (lambda: accept_lead(**order), _("It is yours. Below stands whom to call.")),
        "start": (lambda: work_on_lead(**order, move=Move.START), _("Noted: you work on it.")),
        "qualify": (lambda: work_on_lead(**order, move=Move.QUALIFY), _("Noted: it is qualified.")),
        "register": (lambda: convert_to_registration(**order), _("The registration is begun; complete and send it.")),
    }
    if action not in steps:
        raise NotFound(words("There is no such step."))
    if attempt(request, *steps[action]) and action == "register":
        made = offer_visible_to(request.actor, offer, request.partnership).registration_id
        return redirect("portal:registration_edit", partnership=request.partnership.pk, registration=made)
    return here


@require_http_methods(["GET", "POST"])
@portal(Permission.PORTAL_DEALS)
def lead_wishes(request: PortalRequest) -> HttpResponse:
    """Which leads we take, and how many."""
    kept = wishes_of(request.partnership)
    offered = families_offered(request.partnership, request.actor)
    initial: dict[str, Any] = {"takes_leads": True}
    if kept is not None:
        initial = {
            "takes_leads": kept.takes_leads, "capacity": kept.capacity, "languages": kept.languages,
            "countries": [country_name(code) for code in kept.countries], "families": kept.families,
        }  # fmt: skip
    form = WishesForm(request.POST or None, initial=initial)
    field: Any = form.fields["families"]
    field.choices = [(name, name) for name in offered]

    def save() -> None:
        given = {**form.cleaned_data, "families": tuple(form.cleaned_data["families"])}
        declare_wishes(partnership=request.partnership, actor=request.actor, draft=WishesDraft(**given))

    if request.method == "POST" and accepts(form, save):
        tell(request, _("Noted. Leads come by it from now on."))
        return redirect("portal:leads", partnership=request.partnership.pk)
    context = {
        "page_title": _("Which leads we take"),
        "breadcrumbs": [*_trail(request), (_("Which leads we take"), "")],
        "form": form,
        "back": reverse("portal:leads", args=[request.partnership.pk]),
    }
    return render(request, "portal/lead_wishes.html", context, status=422 if form.errors else 200)


def _page(request: PortalRequest, found: LeadOffer, bound: dict[str, ReasonForm] | None = None) -> HttpResponse:
    state = OfferState(found.state)
    moves = MACHINE.moves_from(State(found.progress)) if state is OfferState.ACCEPTED and found.progress else ()
    waits = state is OfferState.OFFERED and found.due_at > request.received_at
    forms_shown = {
        "decline": ReasonForm(move=Move.PASS_ON, auto_id="decline_%s"),
        "return": ReasonForm(move=Move.RETURN, auto_id="return_%s"),
    } | (bound or {})
    context = {
        "offer": found,
        "page_title": found.reference,
        "breadcrumbs": [*_trail(request), (found.reference, "")],
        "heading": found.customer_name or found.reference,
        "is_live": state in LIVE,
        "lead_language": language_name(found.language) if found.language else "",
        "may": {
            "answer": waits,
            "start": Move.START in moves and found.progress != State.CONVERTED,
            "qualify": Move.QUALIFY in moves,
            "convert": Move.CONVERT in moves,
            "give_back": Move.RETURN in moves,
        },
        "forms": forms_shown,
        "now": request.received_at,
    }
    return render(request, "portal/lead.html", context, status=422 if bound else 200)


def _trail(request: PortalRequest) -> list[tuple[str, str]]:
    key = request.partnership.pk
    return [(_("Deals"), reverse("portal:deals", args=[key])), (_("Leads"), reverse("portal:leads", args=[key]))]


urlpatterns: list[URLPattern] = [
    path("deals/leads/", leads, name="leads"),
    path("deals/leads/wishes/", lead_wishes, name="lead_wishes"),
    path("deals/leads/<uuid:offer>/", lead, name="lead"),
    path("deals/leads/<uuid:offer>/<str:action>/", lead_act, name="lead_act"),
]
