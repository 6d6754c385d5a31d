"""Working the credit of a programme out anew: a button, its progress, and what it changed."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from comity.attribution.models import CreditRun
from comity.attribution.queries import changes_of_run, runs_visible_to
from comity.attribution.runs import UNFINISHED, start_run
from comity.attribution.states import Cause, CreditRunState, StepKind
from comity.identity.models import Person
from comity.identity.roles import Permission
from comity.kernel.errors import NotFound
from comity.kernel.words import words as say
from comity.web import touch_words as words
from comity.web.doors import WorkspaceRequest, workspace

SHOWN: Final = 50


@require_http_methods(["GET", "POST"])
@workspace(Permission.VIEW_METRICS)
def attribution_runs(request: WorkspaceRequest) -> HttpResponse:
    """The recomputes so far, and a button for the next; one that is under way is joined."""
    if request.method == "POST":
        run = start_run(program=request.program, actor=request.actor)
        return redirect("workspace:attribution_run", program=request.program.slug, credit_run=run.pk)
    context = {
        "page_title": _("Recomputes"),
        "breadcrumbs": _trail(request, (_("Recomputes"), "")),
        "runs": _told(list(runs_visible_to(request.actor, request.program)[:SHOWN])),
        "may_start": request.actor.can(Permission.REVERSE_CREDIT),
    }
    return render(request, "workspace/attribution_runs.html", context)


@require_GET
@workspace(Permission.VIEW_METRICS)
def attribution_run(request: WorkspaceRequest, credit_run: UUID) -> HttpResponse:
    """One recompute: how far it is; once it is done, what it changed."""
    found = runs_visible_to(request.actor, request.program).filter(pk=credit_run).first()
    if found is None:
        raise NotFound(say("There is no such recompute in this program."))
    (told,) = _told([found])
    changes = changes_of_run(request.actor, found)
    here = (_("Recomputes"), reverse("workspace:attribution_runs", args=[request.program.slug]))
    context = {
        **told,
        "page_title": _("Recompute"),
        "breadcrumbs": _trail(request, here, (_("Recompute"), "")),
        "under_way": found.state in UNFINISHED,
        "percent": found.done * 100 // found.deals if found.deals else None,
        "changes": [
            {"step": step, "kind": words.STEPS[StepKind(step.kind)], "cause": words.CAUSES[Cause(step.cause)]}
            for step in changes[:SHOWN]
        ],
        "more": max(0, found.changed - SHOWN),
    }
    return render(request, "workspace/attribution_run.html", context)


def _told(runs: list[CreditRun]) -> list[dict[str, Any]]:
    """Each run with who started it."""
    ids = {run.started_by_id for run in runs if run.started_by_id}
    names = dict(Person.objects.filter(pk__in=ids).values_list("pk", "name"))
    return [
        {
            "run": run,
            "started_by": names.get(run.started_by_id, "") if run.started_by_id else _("by itself, after new rates"),
            "state": words.RUN_STATES[CreditRunState(run.state)],
            "tone": words.RUN_TONES[CreditRunState(run.state)],
        }
        for run in runs
    ]


def _trail(request: WorkspaceRequest, *more: tuple[str, str]) -> list[tuple[str, str]]:
    slug = request.program.slug
    pages = ((_("Metrics"), "metrics"), (_("Attribution"), "attribution"))
    return [*((label, reverse(f"workspace:{name}", args=[slug])) for label, name in pages), *more]


urlpatterns: list[URLPattern] = [
    path("metrics/attribution/runs/", attribution_runs, name="attribution_runs"),
    path("metrics/attribution/runs/<uuid:credit_run>/", attribution_run, name="attribution_run"),
]
