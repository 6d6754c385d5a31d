"""Segments: the cut, the proposal with who would move and why, and applying it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from comity.identity.roles import Permission
from comity.programs.calendars import today_in
from comity.programs.models import Program, SegmentPolicy, SegmentRun
from comity.programs.queries import moves_of, policy_of, segment_runs_visible_to, weights_of
from comity.programs.queries.segments import counts_of
from comity.programs.services import apply_segments, evaluate_segments, set_segment_policy
from comity.programs.states import Segment
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, attempt, tell
from comity.web.workspace.partners import partner_tabs

PAGE_SIZE = 100
RUNS_SHOWN = 12
HUNDRED = Decimal(100)


class PolicyForm(forms.Form):
    """The cut, in per cent, and what one partner of each segment weighs in a manager's load."""

    strategic_share = forms.DecimalField(
        label=gettext_lazy("Strategic, % of partners"), min_value=0, max_value=100, decimal_places=2
    )
    core_share = forms.DecimalField(
        label=gettext_lazy("Core, % of partners"), min_value=0, max_value=100, decimal_places=2,
        help_text=gettext_lazy("The rest is Emerging. Counts are rounded up."),
    )  # fmt: skip
    strategic = forms.DecimalField(label=gettext_lazy("Load of a Strategic partner"), min_value=0, max_value=100)
    core = forms.DecimalField(label=gettext_lazy("Load of a Core partner"), min_value=0, max_value=100)
    emerging = forms.DecimalField(
        label=gettext_lazy("Load of an Emerging partner"), min_value=0, max_value=100,
        help_text=gettext_lazy("1 is one partner of a manager's capacity."),
    )  # fmt: skip
    runs_monthly = forms.BooleanField(
        label=gettext_lazy("Evaluate on the first of each month"), required=False,
        help_text=gettext_lazy("Nothing moves until somebody applies it."),
    )  # fmt: skip

    @staticmethod
    def filled(policy: SegmentPolicy) -> PolicyForm:
        """The form as the policy stands."""
        shares = {name: (getattr(policy, name) * HUNDRED).normalize() for name in ("strategic_share", "core_share")}
        figures = {**shares, **weights_of(policy)}
        return PolicyForm(
            initial={**{name: f"{value:f}" for name, value in figures.items()}, "runs_monthly": policy.runs_monthly}
        )


@require_GET
@workspace(Permission.VIEW_PARTNERS)
def segments(request: WorkspaceRequest) -> HttpResponse:
    """The newest proposal, or what was applied last."""
    runs = list(segment_runs_visible_to(request.actor, request.program)[:RUNS_SHOWN])
    return _run_page(request, runs[0] if runs else None, runs)


@require_GET
@workspace(Permission.VIEW_PARTNERS)
def segments_run(request: WorkspaceRequest, run: UUID) -> HttpResponse:
    """One evaluation of the past."""
    runs = segment_runs_visible_to(request.actor, request.program)
    return _run_page(request, get_object_or_404(runs, pk=run), list(runs[:RUNS_SHOWN]))


@require_POST
@workspace(Permission.EVALUATE_SEGMENTS)
def segments_evaluate(request: WorkspaceRequest) -> HttpResponse:
    """Propose a segment for every active partner, from the revenue of the 12 months to the data-as-of date."""
    as_of = request.program.data_as_of or today_in(request.program, request.received_at)
    figures = _revenue(request.program, as_of)
    evaluate_segments(program=request.program, actor=request.actor, figures=figures, as_of=as_of)
    return redirect(_address(request))


@require_POST
@workspace(Permission.EVALUATE_SEGMENTS)
def segments_apply(request: WorkspaceRequest, run: UUID) -> HttpResponse:
    """Give each partner the segment proposed."""
    found = get_object_or_404(segment_runs_visible_to(request.actor, request.program), pk=run)
    figures = _revenue(request.program, found.as_of)
    attempt(
        request,
        lambda: apply_segments(run=found, actor=request.actor, at=request.received_at, figures=figures),
        _("The segments are applied."),
    )
    return redirect(_address(request))


@require_http_methods(["GET", "POST"])
@workspace(Permission.EVALUATE_SEGMENTS)
def segments_policy(request: WorkspaceRequest) -> HttpResponse:
    """Change the cut and the weights."""
    form = PolicyForm(request.POST) if request.method == "POST" else PolicyForm.filled(policy_of(request.program))

    def save() -> None:
        given = form.cleaned_data
        set_segment_policy(
            program=request.program,
            actor=request.actor,
            strategic_share=given["strategic_share"] / HUNDRED,
            core_share=given["core_share"] / HUNDRED,
            weights={segment.value: given[segment.value] for segment in Segment},
            runs_monthly=given["runs_monthly"],
        )

    if request.method == "POST" and accepts(form, save):
        tell(request, _("The cut is saved. Evaluate to see who would move."))
        return redirect(_address(request))
    context = {
        "form": form,
        "page_title": _("How partners are cut"),
        "breadcrumbs": [*_trail(request), (_("Segments"), _address(request)), (_("Cut"), "")],
        "back": _address(request),
    }
    return render(request, "workspace/segments_policy.html", context, status=422 if form.is_bound else 200)


def _run_page(request: WorkspaceRequest, run: SegmentRun | None, runs: list[SegmentRun]) -> HttpResponse:
    context: dict[str, Any] = {
        "page_title": _("Segments"),
        "breadcrumbs": [*_trail(request), (_("Segments"), "")],
        "tabs": partner_tabs(request, "segments"),
        "policy": policy_of(request.program),
        "run": run,
        "runs": runs,
        "is_newest": bool(runs) and run == runs[0],
        "can_evaluate": request.actor.can(Permission.EVALUATE_SEGMENTS),
    }
    if run is not None:
        rows = moves_of(run)
        only_moving = request.GET.get("show") != "all"
        if only_moving:
            rows = rows.exclude(from_segment=F("to_segment"))
        context |= {
            "counts": counts_of(run),
            "only_moving": only_moving,
            "moves": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
        }
    return render(request, "workspace/segments.html", context)


def _revenue(program: Program, as_of: date) -> dict[UUID, Decimal | None]:
    """Revenue of each partnership over the 12 months to the day; the figures come from insights."""
    from comity.insights.segmentation import revenue_of_partnerships

    return revenue_of_partnerships(program, as_of)


def _address(request: WorkspaceRequest) -> str:
    return reverse("workspace:segments", args=[request.program.slug])


def _trail(request: WorkspaceRequest) -> list[tuple[str, str]]:
    return [(_("Partners"), reverse("workspace:partners", args=[request.program.slug]))]


urlpatterns: list[URLPattern] = [
    path("partners/segments/", segments, name="segments"),
    path("partners/segments/evaluate/", segments_evaluate, name="segments_evaluate"),
    path("partners/segments/cut/", segments_policy, name="segments_policy"),
    path("partners/segments/<uuid:run>/", segments_run, name="segments_run"),
    path("partners/segments/<uuid:run>/apply/", segments_apply, name="segments_apply"),
]
