"""A partner's registrations: the list with its clocks, the form, the verdict as far as it may be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from comity.deals.cards import name_key, registrable
from comity.deals.intake.mail.form import form_to_fill
from comity.deals.intake.mail.mailboxes import address_for
from comity.deals.models import Registration
from comity.deals.paging import order_of, slice_of
from comity.deals.registration.appeals import file_appeal
from comity.deals.registration.attachments import TAKES_FILES, attach_all, files_of
from comity.deals.registration.drafting import EDITABLE, discard_draft, register_again, save_draft
from comity.deals.registration.protection import ask_extension
from comity.deals.registration.queries import (
    REGISTRATION_ORDERS,
    families_offered,
    masked_verdict_of,
    own_duplicates,
    partner_choices,
    registrations_of_partnership,
    rules_as_read,
    steps_of,
)
from comity.deals.registration.submission import (
    TooManySubmissions,
    answer_return,
    submit_registration,
    withdraw_registration,
)
from comity.deals.registration.updates import Progress, shared_deal_of, tell_progress, updates_of
from comity.deals.states.registrations import OPEN, State
from comity.identity.roles import Permission
from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.leads.queries import offer_of_registration
from comity.platform.languages import said
from comity.web.doors import PortalRequest, portal
from comity.web.form_answers import accepts, attempt, tell
from comity.web.portal.registration_files import load, uploads_of
from comity.web.portal.registration_forms import MORE, ProgressForm, RegistrationForm, WordsForm
from comity.web.registration_words import MOVES_DONE, effects_told, reason_told, step_told
from comity.web.templatetags.figures import spoken_lazily

ACTIONS: Final = ("withdraw", "discard", "appeal", "extend", "tell")


@require_GET
@portal(Permission.PORTAL_DEALS)
def registrations(request: PortalRequest) -> HttpResponse:
    """The list: what runs, then what is over; each with its clock."""
    shown_state = request.GET.get("state", "")
    rows = registrations_of_partnership(request.actor, request.partnership)
    if shown_state == "open":
        rows = rows.filter(state__in=[state.value for state in (*OPEN, State.DRAFT)])
    elif shown_state in set(State):
        rows = rows.filter(state=shown_state)
    order = order_of("-begun", (*REGISTRATION_ORDERS,), "-begun")
    page = slice_of(rows, order, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    kept = f"&state={shown_state}" if shown_state else ""
    context = {
        "page_title": _("Registrations"),
        "breadcrumbs": [(_("Deals"), reverse("portal:deals", args=[request.partnership.pk])), (_("Registrations"), "")],
        "tabs": tabs(request, "registrations"),
        "rows": page.rows,
        "next": f"?after={page.next}{kept}" if page.next else "",
        "previous": f"?before={page.previous}{kept}" if page.previous else "",
        "state": shown_state,
        "states": [
            ("open", _("Open")),
            *((state.value, spoken_lazily(state.value)) for state in State),
        ],
        "now": request.received_at,
    }
    return render(request, "portal/registrations.html", context)


@require_http_methods(["GET", "POST"])
@portal(Permission.PORTAL_DEALS)
def registration_new(request: PortalRequest) -> HttpResponse:
    """Register a deal."""
    return _form(request, None, {"currency": request.program.currency})


@require_http_methods(["GET", "POST"])
@portal(Permission.PORTAL_DEALS)
def registration_edit(request: PortalRequest, registration: UUID) -> HttpResponse:
    """Go on with a draft, or answer a return."""
    found = load(request, registration)
    if found.state not in (State.DRAFT, State.RETURNED):
        return redirect("portal:registration", partnership=request.partnership.pk, registration=found.pk)
    return _form(request, found, {name: getattr(found, name) for name in EDITABLE})


@require_GET
@portal(Permission.PORTAL_DEALS)
def registration_check(request: PortalRequest) -> HttpResponse:
    """Which of the partner's own registrations seem to mean the customer that is being typed; nobody else's, ever."""
    name, domain = request.GET.get("customer_name", "")[:300], request.GET.get("customer_domain", "")[:253]
    typed = Registration(name_key=name_key(name) if name.strip() else "", domain_key="")
    if "." in domain and "@" not in domain:
        typed.domain_key = registrable(domain.strip().removeprefix("www."))
    own = own_duplicates(request.actor, request.partnership, typed)[:3]
    return render(request, "portal/registration_own.html", {"own": own, "partnership": request.partnership})


@require_GET
@portal(Permission.PORTAL_DEALS)
def registration(request: PortalRequest, registration: UUID) -> HttpResponse:
    """One registration: where it stands, the verdict as far as the programme discloses it, what can be done."""
    return _page(request, load(request, registration))


@require_POST
@portal(Permission.PORTAL_DEALS)
def registration_again(request: PortalRequest, registration: UUID) -> HttpResponse:
    """Begin a draft with what this one says."""
    found = load(request, registration)
    made: list[Registration] = []

    def copy() -> None:
        order: dict[str, Any] = {"partnership": request.partnership, "actor": request.actor, "at": request.received_at}
        made.append(register_again(registration=found, **order))

    done = _("A draft with what %(name)s says. Look it over, then register it.")
    if attempt(request, copy, done % {"name": found.reference or found.customer_name}):
        return redirect("portal:registration_edit", partnership=request.partnership.pk, registration=made[0].pk)
    return redirect("portal:registration", partnership=request.partnership.pk, registration=found.pk)


@require_POST
@portal(Permission.PORTAL_DEALS)
def registration_act(request: PortalRequest, registration: UUID, action: str) -> HttpResponse:
    """Withdraw, discard, appeal, or ask for more time."""
    found = load(request, registration)
    if action not in ACTIONS:
        raise NotFound(words("There is no such step."))
    form = _words(action, request.POST)
    order: dict[str, Any] = {"registration": found, "partnership": request.partnership, "actor": request.actor}
    at = request.received_at
    steps: dict[str, tuple[Callable[[], object], str]] = {
        "withdraw": (
            lambda: withdraw_registration(**order, at=at, text=form.cleaned_data["text"]),
            _("%(name)s is withdrawn."),
        ),
        "discard": (lambda: discard_draft(**order), _("The draft is gone.")),
        "appeal": (
            lambda: file_appeal(**order, at=at, grounds=form.cleaned_data["grounds"]),
            _("Your appeal is filed. Somebody other than the decider answers it."),
        ),
        "extend": (
            lambda: ask_extension(**order, at=at, activity=form.cleaned_data["activity"]),
            _("You asked for more time."),
        ),
        "tell": (
            lambda: tell_progress(**order, at=at, progress=Progress(**form.cleaned_data)),
            _("Sent. Thank you for telling."),
        ),
    }
    act, done = steps[action]
    if accepts(form, act):
        tell(request, done % {"name": found.reference or found.customer_name} if "%" in done else done)
        if action == "discard":
            return redirect("portal:registrations", partnership=request.partnership.pk)
        return redirect("portal:registration", partnership=request.partnership.pk, registration=found.pk)
    return _page(request, found, forms={action: form})


@require_GET
@portal(Permission.PORTAL_DEALS)
def registration_rules(request: PortalRequest) -> HttpResponse:
    """The rules of engagement of today, in sentences."""
    context = {
        "page_title": _("Rules of engagement"),
        "breadcrumbs": [*_trail(request), (_("Rules of engagement"), "")],
        "tabs": tabs(request, "registration_rules"),
        "sentences": rules_as_read(request.partnership, request.actor, request.received_at),
    }
    return render(request, "portal/registration_rules.html", context)


def tabs(request: PortalRequest, current: str) -> list[dict[str, Any]]:
    """The pages beside each other under Deals."""
    pages = (
        ("deals", _("Our deals")),
        ("registrations", _("Registrations")),
        ("leads", _("Leads")),
        ("our_rooms", _("Co-sell")),
        ("referrals", _("Referrals")),
        ("credit", _("Our credit")),
        ("registration_rules", _("Rules of engagement")),
    )
    return [
        {"label": label, "url": reverse(f"portal:{name}", args=[request.partnership.pk]), "current": name == current}
        for name, label in pages
    ]


def _form(request: PortalRequest, found: Registration | None, initial: dict[str, Any]) -> HttpResponse:
    offered = families_offered(request.partnership, request.actor)
    sends = "save" not in request.POST
    form = RegistrationForm(request.POST or None, families=offered, complete=sends, initial=initial)
    made: list[Registration] = []

    def save() -> None:
        order: dict[str, Any] = {"partnership": request.partnership, "actor": request.actor, "at": request.received_at}
        kept = save_draft(**order, draft=form.draft(), registration=found)
        made.append(kept)
        attach_all(uploads_of(request), **order, registration=kept)
        if sends:
            send = answer_return if kept.state == State.RETURNED else submit_registration
            made.append(send(**order, registration=kept))

    key = f"registration_{found.pk}" if found else "registration_new"
    try:
        saved = request.method == "POST" and accepts(form, save)
    except TooManySubmissions as error:
        form.add_error(None, error.message)
        saved = False
    if saved:
        last = made[-1]
        told = _("%(name)s is on its way.") % {"name": last.reference} if sends else _("The draft is saved.")
        tell(request, told, draft=key)
        return redirect("portal:registration", partnership=request.partnership.pk, registration=last.pk)
    title = str(found) if found and found.reference else _("Register a deal")
    context = {
        "form": form,
        "found": found,
        "first": [form[name] for name in form.fields if name not in MORE],
        "more": [form[name] for name in MORE],
        "more_open": any(form[name].errors for name in MORE),
        "page_title": title,
        "breadcrumbs": [*_trail(request), (title, "")],
        "draft": key,
        "vendor": request.program.vendor_name,
        **_by_mail(request, found),
    }
    return render(request, "portal/registration_form.html", context, status=422 if form.is_bound else 200)


def _by_mail(request: PortalRequest, found: Registration | None) -> dict[str, str]:
    """Where a new deal may be registered by e-mail as well, and the form for it."""
    return {
        "mail_address": "" if found else address_for(request.partnership, request.actor),
        "mail_form": form_to_fill(),
    }


def _words(action: str, data: Any = None) -> forms.Form:
    if action == "tell":
        return ProgressForm(data, auto_id="tell_%s")
    labels = {
        "withdraw": ("text", _("Why (optional)"), False),
        "discard": ("text", "", False),
        "appeal": ("grounds", _("Why should it be decided otherwise?"), True),
        "extend": ("activity", _("What did you do with the customer since?"), True),
    }
    field, label, required = labels[action]
    return WordsForm(data, field=field, label=label, required=required, prefix=None, auto_id=f"{action}_%s")


def _page(request: PortalRequest, found: Registration, forms: dict[str, Any] | None = None) -> HttpResponse:
    verdict = masked_verdict_of(found)
    offered = partner_choices(request.partnership, request.actor, found, request.received_at)
    context = {
        "registration": found,
        "page_title": found.reference or found.customer_name or _("Draft"),
        "breadcrumbs": [*_trail(request), (found.reference or _("Draft"), "")],
        "heading": found.customer_name or _("Draft"),
        "verdict": verdict,
        "sentence": _sentence(found, verdict) if verdict else "",
        "findings": effects_told(verdict["findings"]) if verdict else [],
        "steps": [step_told(step, for_partner=True) for step in steps_of(found)],
        "appeals": found.appeals.order_by("-filed_at"),
        "deal": shared_deal_of(found),
        "updates": updates_of(found),
        "extensions": found.extensions.order_by("-asked_at"),
        "files": files_of(found),
        "takes_files": found.state in TAKES_FILES,
        "own": own_duplicates(request.actor, request.partnership, found).exclude(state=State.WITHDRAWN)[:3],
        "forms": {action: (forms or {}).get(action) or _words(action) for action in ACTIONS},
        "wrong": bool(forms),
        "offered": offered,
        "lead": offer_of_registration(request.actor, found.pk),
        "now": request.received_at,
    }
    return render(request, "portal/registration.html", context, status=422 if forms else 200)


def _sentence(found: Registration, verdict: dict[str, Any]) -> str:
    """The verdict in a sentence; where a person decided for a reason of their own, that."""
    refused = any(effect != "holds" for effect, _sentence in verdict["findings"])
    if (
        found.decided_at
        and not refused
        and found.state in (State.REJECTED, State.RETURNED, State.QUEUED, State.REVOKED)
    ):
        return f"{MOVES_DONE[State(found.state)]}: {reason_told(found.reason)}."
    return said(str(verdict["sentence"]))


def _trail(request: PortalRequest) -> list[tuple[str, str]]:
    key = request.partnership.pk
    return [
        (_("Deals"), reverse("portal:deals", args=[key])),
        (_("Registrations"), reverse("portal:registrations", args=[key])),
    ]


urlpatterns: list[URLPattern] = [
    path("deals/registrations/", registrations, name="registrations"),
    path("deals/registrations/new/", registration_new, name="registration_new"),
    path("deals/registrations/check/", registration_check, name="registration_check"),
    path("deals/registrations/rules/", registration_rules, name="registration_rules"),
    path("deals/registrations/<uuid:registration>/", registration, name="registration"),
    path("deals/registrations/<uuid:registration>/edit/", registration_edit, name="registration_edit"),
    path("deals/registrations/<uuid:registration>/again/", registration_again, name="registration_again"),
    path("deals/registrations/<uuid:registration>/<str:action>/", registration_act, name="registration_act"),
]
