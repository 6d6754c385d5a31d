"""Attribution of one deal: who has which part of it, under every model, and why; and the touches that wait."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from comity.attribution.handlers import recompute_deal, reverse_credit
from comity.attribution.models import Touch
from comity.attribution.queries import Explanation, explain, touches_visible_to, waiting_touches
from comity.attribution.states import Basis, Cause, Model, StepKind, TouchKind, TouchState
from comity.attribution.touches import confirm_touches, record_touch, refuse_touch
from comity.deals.models import Opportunity
from comity.deals.paging import tally
from comity.deals.queries import opportunities_visible_to
from comity.deals.states import DealStatus
from comity.identity.roles import Permission
from comity.kernel.errors import NotFound
from comity.kernel.words import words as say
from comity.programs.calendars import today_in
from comity.web import touch_words as words
from comity.web.cursors import page_by, page_of_list
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, attempt, tell
from comity.web.workspace.deals import tabs
from comity.web.workspace.touch_forms import ReasonForm, TouchForm


@require_GET
@workspace(Permission.VIEW_DEALS)
def deal_attribution(request: WorkspaceRequest, deal: UUID) -> HttpResponse:
    """Who has which part of the deal, and why."""
    return _page(request, _load(request, deal))


@require_http_methods(["GET", "POST"])
@workspace(Permission.CONFIRM_TOUCHES)
def deal_touch_new(request: WorkspaceRequest, deal: UUID) -> HttpResponse:
    """Record what a partner did for the deal."""
    found = _load(request, deal)
    form = TouchForm(request.POST or None, request=request, deal=found, initial={"happened_at": request.received_at})

    def save() -> None:
        record_touch(program=request.program, actor=request.actor, draft=form.draft(), at=request.received_at)

    if request.method == "POST" and accepts(form, save):
        tell(request, _("The touch is recorded, and counts."))
        return redirect(_address(request, found))
    context = {
        "form": form,
        "page_title": _("Record a touch"),
        "breadcrumbs": [*_trail(request, found), (_("Record a touch"), "")],
        "back": _address(request, found),
    }
    return render(request, "workspace/deal_touch.html", context, status=422 if form.is_bound else 200)


@require_POST
@workspace(Permission.REVERSE_CREDIT)
def deal_credit_reverse(request: WorkspaceRequest, deal: UUID) -> HttpResponse:
    """Work the frozen credit out anew, with a reason."""
    found = _load(request, deal)
    form = ReasonForm(request.POST, auto_id="reverse_%s")
    order: dict[str, Any] = {"opportunity": found, "actor": request.actor, "at": request.received_at}
    if accepts(form, lambda: reverse_credit(**order, reason=form.cleaned_data["reason"])):
        tell(request, _("The credit is worked out anew; both steps are kept."))
        return redirect(_address(request, found))
    return _page(request, found, reverse_form=form)


@require_POST
@workspace(Permission.REVERSE_CREDIT)
def deal_credit_recompute(request: WorkspaceRequest, deal: UUID) -> HttpResponse:
    """Bring the credit of this deal up to date now; frozen shares stay."""
    found = _load(request, deal)
    order: dict[str, Any] = {"opportunity": found, "actor": request.actor, "at": request.received_at}
    attempt(request, lambda: recompute_deal(**order), _("The credit is up to date; the step is kept below."))
    return redirect(_address(request, found))


@require_GET
@workspace(Permission.VIEW_DEALS)
def touches(request: WorkspaceRequest) -> HttpResponse:
    """What partners reported and nobody has confirmed yet."""
    return _queue(request)


@require_POST
@workspace(Permission.CONFIRM_TOUCHES)
def touch_confirm(request: WorkspaceRequest, touch: UUID) -> HttpResponse:
    """Say that it happened: one click."""
    found = _touch(request, touch)

    def confirm() -> None:
        confirm_touches(program=request.program, actor=request.actor, touch_ids=[found.pk], at=request.received_at)

    attempt(request, confirm, _("Confirmed: the touch counts now."))
    return redirect(_back(request, found))


@require_POST
@workspace(Permission.CONFIRM_TOUCHES)
def touch_refuse(request: WorkspaceRequest, touch: UUID) -> HttpResponse:
    """Say that it did not happen like this, and why."""
    found = _touch(request, touch)
    form = ReasonForm(request.POST, auto_id=f"{found.pk}_%s")
    order: dict[str, Any] = {"touch": found, "actor": request.actor, "at": request.received_at}
    if accepts(form, lambda: refuse_touch(**order, reason=form.cleaned_data["reason"])):
        tell(request, _("Refused; the partner reads why."))
        return redirect(_back(request, found))
    if request.POST.get("from") == "deal" and found.opportunity_id:
        return _page(request, _load(request, found.opportunity_id), refusals={found.pk: form})
    return _queue(request, {found.pk: form})


def _page(
    request: WorkspaceRequest,
    found: Opportunity,
    *,
    reverse_form: ReasonForm | None = None,
    refusals: dict[UUID, ReasonForm] | None = None,
) -> HttpResponse:
    told = explain(request.actor, found, today=today_in(request.program, request.received_at))
    context = {
        "deal": found,
        "page_title": _("Attribution of %(name)s") % {"name": found.name},
        "breadcrumbs": [*_trail(request, found), (_("Attribution"), "")],
        "told": told,
        "is_won": found.status == DealStatus.WON,
        "roles": _roles(told),
        "models": _models(told),
        "difference": _difference(told),
        "touches": [_line(touch, told.counted, refusals or {}) for touch in reversed(told.touches)],
        "steps": [_step(step) for step in told.steps],
        "reverse_form": reverse_form or ReasonForm(auto_id="reverse_%s"),
        "reverse_open": reverse_form is not None,
        "may_confirm": request.actor.can(Permission.CONFIRM_TOUCHES),
        "may_reverse": request.actor.can(Permission.REVERSE_CREDIT),
    }
    return render(request, "workspace/deal_attribution.html", context, status=422 if reverse_form or refusals else 200)


def _roles(told: Explanation) -> list[dict[str, Any]]:
    """The default view: roles, and the declared split."""
    rows = []
    for line in told.lines:
        named = [words.ROLES[line.part.role]] if line.part.role else []
        named += [words.ROLES["fulfilled"]] if line.part.fulfilled else []
        rows.append(
            {
                "partnership": line.partnership,
                "roles": named,
                "basis": words.BASES[Basis(line.part.basis)],
                "declared": line.by_model.get(Model.DECLARED_SPLIT),
            }
        )
    return rows


def _models(told: Explanation) -> list[dict[str, Any]]:
    """One row a model, one cell a partner."""
    return [
        {"label": words.MODELS[model], "cells": [(line.partnership.name, line.by_model[model]) for line in told.lines]}
        for model in told.speaking
    ]


def _difference(told: Explanation) -> dict[str, Any] | None:
    """For whom the choice of the model matters most: names and shares for the sentence."""
    found = told.disagreement
    if found is None:
        return None
    return {
        "partner": told.name_of(found.partner),
        "low": float(found.lowest[1]),
        "low_model": words.MODELS[found.lowest[0]],
        "high": float(found.highest[1]),
        "high_model": words.MODELS[found.highest[0]],
    }


def _line(touch: Touch, counted: frozenset[UUID], refusals: dict[UUID, ReasonForm]) -> dict[str, Any]:
    state = TouchState(touch.state)
    return {
        "touch": touch,
        "kind": words.KINDS[TouchKind(touch.kind)],
        "state": words.STATES[state],
        "tone": words.TONES[state],
        "counts": touch.pk in counted,
        "waits": state is TouchState.WAITING,
        "form": refusals.get(touch.pk) or ReasonForm(auto_id=f"{touch.pk}_%s"),
        "open": touch.pk in refusals,
    }


def _step(step: Any) -> dict[str, Any]:
    return {"step": step, "kind": words.STEPS[StepKind(step.kind)], "cause": words.CAUSES[Cause(step.cause)]}


def _queue(request: WorkspaceRequest, refusals: dict[UUID, ReasonForm] | None = None) -> HttpResponse:
    found = waiting_touches(request.actor, request.program)
    if refusals:  # what was refused is shown with what was typed, whichever page it stands on
        found = found.filter(pk__in=refusals)
    rows, around = page_of_list(request, found, page_by("happened_at", descending=False))
    context = {
        "page_title": _("Touches to confirm"),
        "breadcrumbs": [(_("Deals"), reverse("workspace:deals", args=[request.program.slug])), (_("Touches"), "")],
        "tabs": tabs(request, "touches"),
        "rows": [_line(touch, frozenset(), refusals or {}) for touch in rows],
        "count": tally(found),
        **around,
        "may_confirm": request.actor.can(Permission.CONFIRM_TOUCHES),
    }
    return render(request, "workspace/touches.html", context, status=422 if refusals else 200)


def _load(request: WorkspaceRequest, deal_id: UUID) -> Opportunity:
    rows = opportunities_visible_to(request.actor, request.program).select_related("stage", "account", "program")
    found = rows.filter(pk=deal_id).first()
    if found is None:
        raise NotFound(say("There is no such deal in this program."))
    return found


def _touch(request: WorkspaceRequest, touch_id: UUID) -> Touch:
    found = touches_visible_to(request.actor, request.program).filter(pk=touch_id).first()
    if found is None:
        raise NotFound(say("There is no such touch in this program."))
    return found


def _back(request: WorkspaceRequest, touch: Touch) -> str:
    """Where the button was: the deal's page or the queue."""
    if request.POST.get("from") == "deal" and touch.opportunity is not None:
        return _address(request, touch.opportunity)
    return reverse("workspace:touches", args=[request.program.slug])


def _address(request: WorkspaceRequest, found: Opportunity) -> str:
    return reverse("workspace:deal_attribution", args=[request.program.slug, found.pk])


def _trail(request: WorkspaceRequest, found: Opportunity) -> list[tuple[str, str]]:
    slug = request.program.slug
    return [
        (_("Deals"), reverse("workspace:deals", args=[slug])),
        (found.name, reverse("workspace:deal", args=[slug, found.pk])),
    ]


urlpatterns: list[URLPattern] = [
    path("deals/touches/", touches, name="touches"),
    path("deals/touches/<uuid:touch>/confirm/", touch_confirm, name="touch_confirm"),
    path("deals/touches/<uuid:touch>/refuse/", touch_refuse, name="touch_refuse"),
    path("deals/<uuid:deal>/attribution/", deal_attribution, name="deal_attribution"),
    path("deals/<uuid:deal>/touches/new/", deal_touch_new, name="deal_touch_new"),
    path("deals/<uuid:deal>/credit/recompute/", deal_credit_recompute, name="deal_credit_recompute"),
    path("deals/<uuid:deal>/credit/reverse/", deal_credit_reverse, name="deal_credit_reverse"),
]
