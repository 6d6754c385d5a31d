"""What a draft of the rules of engagement would have changed: progress while last year's registrations are judged, then
which verdicts change, from what to what."""

from __future__ import annotations

from functools import partial
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as noop
from django.views.decorators.http import require_GET, require_http_methods

from comity.deals.models import RulesTrial
from comity.deals.paging import Order, slice_of
from comity.deals.registration.clauses import Clauses, internal_sentences, sentences
from comity.deals.registration.rules_drafts import rules_draft_visible_to
from comity.deals.registration.trials import (
    UNFINISHED,
    Stale,
    changes_of,
    publish_tried,
    stale,
    start_trial,
    trial_visible_to,
)
from comity.deals.states.registrations import TrialState
from comity.identity.models import Person
from comity.identity.roles import Permission
from comity.platform.languages import said
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import attempt
from comity.web.streaming import stream_csv
from comity.web.templatetags.figures import spoken
from comity.web.workspace.rules_of_engagement import trail

ORDER: Final = Order("submitted", "submitted_at", "text")
EXPORT_PART: Final = 1_000
EXPORT_HEADER: Final = (
    noop("Reference"), noop("Customer"), noop("Partner"), noop("Submitted at"), noop("Rules in force"),
    noop("The draft"), noop("Why"),
)  # fmt: skip
STATES: Final = {
    TrialState.WAITING: (gettext_lazy("Waiting"), "info"),
    TrialState.RUNNING: (gettext_lazy("Running"), "info"),
    TrialState.DONE: (gettext_lazy("Done"), "good"),
    TrialState.FAILED: (gettext_lazy("Failed"), "bad"),
    TrialState.REPLACED: (gettext_lazy("Given up for another draft"), "warn"),
}
STALE: Final = {
    Stale.DRAFT_CHANGED: gettext_lazy("The draft was changed since: this tells of the draft as it was."),
    Stale.NO_DRAFT: gettext_lazy("This draft was published or thrown away since."),
    Stale.RULES_CHANGED: gettext_lazy("Other rules are in force since: this compares with the earlier ones."),
}


@require_http_methods(["GET", "POST"])
@workspace(Permission.MANAGE_PROGRAM)
def rules_trial(request: WorkspaceRequest, trial: UUID) -> HttpResponse:
    """How far it is; once done, the verdicts that would change. From here the draft is tried again or published."""
    found, slug = trial_visible_to(request.actor, trial, request.program), request.program.slug
    if request.method == "POST":
        if "again" in request.POST:
            again = start_trial(program=request.program, actor=request.actor, at=request.received_at)
            return redirect("workspace:rules_trial", program=slug, trial=again.pk)
        publish = partial(publish_tried, trial=found, actor=request.actor, at=request.received_at)
        if attempt(request, publish, _("The new rules are published.")):
            return redirect("workspace:rules_of_engagement", program=slug)
        return redirect("workspace:rules_trial", program=slug, trial=found.pk)
    draft = rules_draft_visible_to(request.actor, request.program)
    why = stale(found, draft, request.received_at)
    label, tone = STATES[TrialState(found.state)]
    clauses, currency = Clauses.model_validate(found.clauses), request.program.currency
    context = {
        "page_title": _("What a draft would change"),
        "breadcrumbs": [*trail(request), (_("What a draft would change"), "")],
        "trial": found,
        "state": label,
        "tone": tone,
        "under_way": found.state in UNFINISHED,
        "percent": found.done * 100 // found.total if found.total else None,
        "started_by": Person.objects.filter(pk__in=[found.started_by_id]).values_list("name", flat=True).first() or "",
        "stale": STALE[why] if why is not None else "",
        "draft": draft,
        "may_publish": why is None and found.state == TrialState.DONE,
        "sentences": [*sentences(clauses, currency), *internal_sentences(clauses, currency)],
        **_changes(request, found),
    }
    return render(request, "workspace/rules_trial.html", context)


def _changes(request: WorkspaceRequest, trial: RulesTrial) -> dict[str, Any]:
    """From what to what with how many, and the registrations: of one such move where the address names it."""
    asked, rows = request.GET.get("move", "").replace("\x00", ""), changes_of(trial)
    known = {f"{before}-{after}": (before, after, number) for before, after, number in trial.moves}
    if asked in known:
        rows = rows.filter(before=known[asked][0], after=known[asked][1])
    page = slice_of(rows, ORDER, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    kept = urlencode({"move": asked}) if asked in known else ""
    return {
        "moves": [(key, *move) for key, move in known.items()],
        "move": asked if asked in known else "",
        "rows": page.rows,
        "next": f"?{kept}&after={page.next}" if page.next else "",
        "previous": f"?{kept}&before={page.previous}" if page.previous else "",
        "export": reverse("workspace:rules_trial_export", args=[request.program.slug, trial.pk]),
    }


@require_GET
@workspace(Permission.MANAGE_PROGRAM)
def rules_trial_export(request: WorkspaceRequest, trial: UUID) -> StreamingHttpResponse:
    """Every verdict that would change, as CSV."""
    found = trial_visible_to(request.actor, trial, request.program)

    def part(mark: str) -> tuple[list[tuple[object, ...]], str | None]:
        shown = slice_of(changes_of(found), ORDER, after=mark, size=EXPORT_PART)
        return [_exported(row) for row in shown.rows], shown.next

    return stream_csv(
        organization_id=request.actor.organization_id,
        person_id=request.actor.person_id,
        filename=f"rules-trial-{request.program.slug}-{found.until:%Y-%m-%d}.csv",
        header=[_(name) for name in EXPORT_HEADER],
        part=part,
    )


def _exported(row: Any) -> tuple[object, ...]:
    claim = row.registration
    return (
        claim.reference, claim.customer_name, claim.partnership.name, row.submitted_at, spoken(row.before),
        spoken(row.after), said(row.sentence),
    )  # fmt: skip


urlpatterns: list[URLPattern] = [
    path("deals/rules/trials/<uuid:trial>/", rules_trial, name="rules_trial"),
    path("deals/rules/trials/<uuid:trial>/export.csv", rules_trial_export, name="rules_trial_export"),
]
