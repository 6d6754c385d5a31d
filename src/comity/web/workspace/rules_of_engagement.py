"""Rules of engagement: in sentences, in versions, and what another version would change before it is published."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from comity.deals.models import EngagementDraft, EngagementRules
from comity.deals.registration.clauses import Clauses, internal_sentences, sentences
from comity.deals.registration.engagement import clauses_of, rules_on
from comity.deals.registration.queries import rules_visible_to
from comity.deals.registration.rules_drafts import (
    discard_rules_draft,
    keep_rules_draft,
    publish_rules_draft,
    rules_draft_visible_to,
)
from comity.deals.registration.trials import start_trial, trials_visible_to
from comity.identity.roles import Permission
from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.programs.calendars import today_in
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, tell
from comity.web.workspace.deals import tabs
from comity.web.workspace.rules_of_engagement_forms import RulesForm, initial_of

SHOWN_TRIALS: Final = 5


@require_GET
@workspace(Permission.VIEW_DEALS)
def rules_of_engagement(request: WorkspaceRequest) -> HttpResponse:
    """Today's rules, read back as sentences; earlier and planned versions below."""
    today = today_in(request.program, request.received_at)
    return _show(request, rules_on(request.program, today))


@require_GET
@workspace(Permission.VIEW_DEALS)
def rules_of_engagement_version(request: WorkspaceRequest, version: UUID) -> HttpResponse:
    """One version."""
    found = rules_visible_to(request.actor, request.program).filter(pk=version).first()
    if found is None:
        raise NotFound(words("There is no such version of the rules."))
    return _show(request, found)


@require_http_methods(["GET", "POST"])
@workspace(Permission.MANAGE_PROGRAM)
def rules_of_engagement_new(request: WorkspaceRequest) -> HttpResponse:
    """The next version: written, kept as a draft, tried on last year's registrations, published or thrown away."""
    if request.method == "POST" and "discard" in request.POST:
        discard_rules_draft(program=request.program, actor=request.actor)
        tell(request, _("The draft is thrown away."), draft="rules")
        return redirect("workspace:rules_of_engagement", program=request.program.slug)
    today = today_in(request.program, request.received_at)
    draft = rules_draft_visible_to(request.actor, request.program)
    form = RulesForm(request.POST or None, request=request, initial=_initial(request, draft, today))
    if request.method == "POST" and form.is_valid():
        answer = _keep(request, form)
        if answer is not None:
            return answer
    tried = trials_visible_to(request.actor, request.program).first() if draft is not None else None
    context = {
        "page_title": _("New rules of engagement"),
        "breadcrumbs": [*trail(request), (_("New version"), "")],
        "form": form,
        "draft": draft,
        "tried": tried,
        "back": reverse("workspace:rules_of_engagement", args=[request.program.slug]),
    }
    return render(request, "workspace/rules_of_engagement_form.html", context, status=422 if form.errors else 200)


def _initial(request: WorkspaceRequest, draft: EngagementDraft | None, today: date) -> dict[str, Any]:
    """The draft as it was kept; else the rules of today, from today on."""
    if draft is None:
        return {**initial_of(clauses_of(rules_on(request.program, today))), "from_on": today}
    kept = Clauses.model_validate(draft.clauses)
    return {**initial_of(kept), "from_on": max(today, draft.from_on), "note": draft.note}


def _keep(request: WorkspaceRequest, form: RulesForm) -> HttpResponse | None:
    """Keep what was typed as the draft, and try or publish it; None where the form says why not."""
    clauses, given, slug = form.clauses(), form.cleaned_data, request.program.slug
    if clauses is None:
        return None
    order: dict[str, Any] = {"program": request.program, "actor": request.actor, "at": request.received_at}
    kept = accepts(
        form, lambda: keep_rules_draft(**order, clauses=clauses, from_on=given["from_on"], note=given["note"])
    )
    if kept and "try" in request.POST:
        trial = start_trial(**order)
        return redirect("workspace:rules_trial", program=slug, trial=trial.pk)
    if kept and accepts(form, lambda: publish_rules_draft(**order)):
        tell(request, _("The new rules are published."), draft="rules")
        return redirect("workspace:rules_of_engagement", program=slug)
    return None


def _show(request: WorkspaceRequest, shown: EngagementRules) -> HttpResponse:
    clauses, currency = clauses_of(shown), request.program.currency
    today = today_in(request.program, request.received_at)
    context: dict[str, Any] = {
        "page_title": _("Rules of engagement"),
        "breadcrumbs": trail(request, last=True),
        "tabs": tabs(request, "rules_of_engagement"),
        "shown": shown,
        "holds": shown.from_on <= today and (shown.to_on is None or today < shown.to_on),
        "sentences": sentences(clauses, currency),
        "internal": internal_sentences(clauses, currency),
        "versions": [
            (version, reverse("workspace:rules_of_engagement_version", args=[request.program.slug, version.pk]))
            for version in rules_visible_to(request.actor, request.program)
        ],
        "today": today,
        "may_edit": request.actor.can(Permission.MANAGE_PROGRAM),
        "draft": rules_draft_visible_to(request.actor, request.program),
        "trials": trials_visible_to(request.actor, request.program)[:SHOWN_TRIALS],
    }
    return render(request, "workspace/rules_of_engagement.html", context)


def trail(request: WorkspaceRequest, *, last: bool = False) -> list[tuple[str, str]]:
    """Where the pages of the rules stand."""
    slug = request.program.slug
    here = "" if last else reverse("workspace:rules_of_engagement", args=[slug])
    return [(_("Deals"), reverse("workspace:deals", args=[slug])), (_("Rules of engagement"), here)]


urlpatterns: list[URLPattern] = [
    path("deals/rules/", rules_of_engagement, name="rules_of_engagement"),
    path("deals/rules/new/", rules_of_engagement_new, name="rules_of_engagement_new"),
    path("deals/rules/<uuid:version>/", rules_of_engagement_version, name="rules_of_engagement_version"),
]
