"""Rules of engagement: in sentences, in versions, and what another version would change before it is published."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from comity.deals.models import EngagementRules
from comity.deals.registration.clauses import Clauses, internal_sentences, sentences
from comity.deals.registration.engagement import clauses_of, publish_rules, rules_on
from comity.deals.registration.queries import rules_visible_to
from comity.deals.registration.what_if import WhatIf, what_if
from comity.identity.roles import Permission
from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.programs.calendars import today_in
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, tell
from comity.web.workspace.deals import tabs
from comity.web.workspace.rules_of_engagement_forms import RulesForm, initial_of


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
    """A new version: first what it would change, then from when it holds."""
    today = today_in(request.program, request.received_at)
    form = RulesForm(
        request.POST or None, request=request,
        initial={**initial_of(clauses_of(rules_on(request.program, today))), "from_on": today},
    )  # fmt: skip
    clauses: Clauses | None = None
    preview: WhatIf | None = None
    if request.method == "POST" and form.is_valid():
        clauses = form.clauses()
        if clauses is not None and "try" in request.POST:
            preview = what_if(program=request.program, actor=request.actor, clauses=clauses, at=request.received_at)
        elif clauses is not None and accepts(form, lambda: _publish(request, form, clauses)):
            tell(request, _("The new rules are published."), draft="rules")
            return redirect("workspace:rules_of_engagement", program=request.program.slug)
    context = {
        "page_title": _("New rules of engagement"),
        "breadcrumbs": [*_trail(request), (_("New version"), "")],
        "form": form,
        "preview": preview,
        "sentences": _all(clauses, request.program.currency) if preview is not None and clauses is not None else [],
        "back": reverse("workspace:rules_of_engagement", args=[request.program.slug]),
    }
    return render(request, "workspace/rules_of_engagement_form.html", context, status=422 if form.errors else 200)


def _publish(request: WorkspaceRequest, form: RulesForm, clauses: Clauses) -> object:
    given = form.cleaned_data
    return publish_rules(
        program=request.program, actor=request.actor, clauses=clauses, from_on=given["from_on"],
        at=request.received_at, note=given["note"],
    )  # fmt: skip


def _all(clauses: Clauses, currency: str) -> list[str]:
    return [*sentences(clauses, currency), *internal_sentences(clauses, currency)]


def _show(request: WorkspaceRequest, shown: EngagementRules) -> HttpResponse:
    clauses, currency = clauses_of(shown), request.program.currency
    today = today_in(request.program, request.received_at)
    context: dict[str, Any] = {
        "page_title": _("Rules of engagement"),
        "breadcrumbs": _trail(request, last=True),
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
    }
    return render(request, "workspace/rules_of_engagement.html", context)


def _trail(request: WorkspaceRequest, *, last: bool = False) -> list[tuple[str, str]]:
    slug = request.program.slug
    here = "" if last else reverse("workspace:rules_of_engagement", args=[slug])
    return [(_("Deals"), reverse("workspace:deals", args=[slug])), (_("Rules of engagement"), here)]


urlpatterns: list[URLPattern] = [
    path("deals/rules/", rules_of_engagement, name="rules_of_engagement"),
    path("deals/rules/new/", rules_of_engagement_new, name="rules_of_engagement_new"),
    path("deals/rules/<uuid:version>/", rules_of_engagement_version, name="rules_of_engagement_version"),
]
