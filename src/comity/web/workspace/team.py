"""The team: load against capacity, what nobody covers, hand-overs."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from comity.identity.roles import Permission
from comity.kernel.words import words
from comity.programs.calendars import today_in
from comity.programs.models import Manager, Team
from comity.programs.queries import (
    filter_partnerships,
    managers_of,
    partnerships_visible_to,
    team_visible_to,
    teams_of,
)
from comity.programs.queries.partnerships import PartnershipFilter
from comity.programs.services import (
    change_manager,
    change_team,
    create_manager,
    create_team,
    hand_over,
    remove_team,
)
from comity.programs.states import OrganizationModel, Status
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, attempt, tell
from comity.web.workspace.team_coverage import coverage_page
from comity.web.workspace.team_forms import HandOverForm, ManagerForm, TeamForm

MODELS: Final = {
    OrganizationModel.CENTRALIZED: words("Centralized: everybody covers every partner."),
    OrganizationModel.SEGMENTED: words("Segmented: partner types decide who covers whom."),
    OrganizationModel.GEOGRAPHIC: words("Geographic: regions decide who covers whom."),
    OrganizationModel.HYBRID: words("Hybrid: partner types and regions decide together who covers whom."),
}


@require_GET
@workspace(Permission.VIEW_TEAM)
def team(request: WorkspaceRequest) -> HttpResponse:
    """The managers, the fullest first."""
    managers = managers_of(request.program)
    context = {
        **_frame(request, "team"),
        "members": team_visible_to(request.actor, request.program),
        "former": [manager for manager in managers if not manager.is_active],
    }
    return render(request, "workspace/team.html", context)


@require_GET
@workspace(Permission.VIEW_TEAM)
def team_coverage(request: WorkspaceRequest) -> HttpResponse:
    """Partner types by regions and segments: who covers what, and where nobody does."""
    context = {**_frame(request, "team_coverage"), **coverage_page(request)}
    return render(request, "workspace/team_coverage.html", context)


@require_GET
@workspace(Permission.VIEW_TEAM)
def team_groups(request: WorkspaceRequest) -> HttpResponse:
    """The teams, with what they cover and who is in them."""
    members: dict[UUID | None, list[Manager]] = {}
    for manager in managers_of(request.program, active_only=True):
        members.setdefault(manager.team_id, []).append(manager)
    groups = [(group, members.get(group.pk, [])) for group in teams_of(request.program)]
    context = {**_frame(request, "team_groups"), "groups": groups}
    return render(request, "workspace/team_groups.html", context)


@require_http_methods(["GET", "POST"])
@workspace(Permission.MANAGE_TEAM)
def team_manager(request: WorkspaceRequest, manager: UUID | None = None) -> HttpResponse:
    """Add a manager, or change name, reach and capacity of one."""
    found = get_object_or_404(managers_of(request.program), pk=manager) if manager else None
    form = ManagerForm(request.POST or None, request=request, manager=found)

    def save() -> None:
        if found is None:
            create_manager(program=request.program, actor=request.actor, draft=form.draft())
        else:
            change_manager(manager=found, actor=request.actor, draft=form.draft())

    if request.method == "POST" and accepts(form, save):
        tell(request, _("%(name)s is saved.") % {"name": form.cleaned_data["name"]})
        return redirect("workspace:team", program=request.program.slug)
    title = found.name if found else _("Add a manager")
    return _form_page(request, form, title, "team", found is not None)


@require_http_methods(["GET", "POST"])
@workspace(Permission.MANAGE_TEAM)
def team_group(request: WorkspaceRequest, group: UUID | None = None) -> HttpResponse:
    """Make a team, or change what one covers."""
    found = get_object_or_404(teams_of(request.program), pk=group) if group else None
    form = TeamForm(request.POST or None, program=request.program, team=found)

    def save() -> None:
        if found is None:
            create_team(program=request.program, actor=request.actor, draft=form.draft())
        else:
            change_team(team=found, actor=request.actor, draft=form.draft())

    if request.method == "POST" and accepts(form, save):
        tell(request, _("%(name)s is saved.") % {"name": form.cleaned_data["name"]})
        return redirect("workspace:team_groups", program=request.program.slug)
    title = found.name if found else _("Make a team")
    return _form_page(request, form, title, "team_groups", found is not None)


@require_POST
@workspace(Permission.MANAGE_TEAM)
def team_group_remove(request: WorkspaceRequest, group: UUID) -> HttpResponse:
    """Take an empty team away."""
    found: Team = get_object_or_404(teams_of(request.program), pk=group)
    done = _("%(name)s is removed.") % {"name": found.name}
    attempt(request, lambda: remove_team(team=found, actor=request.actor), done)
    return redirect("workspace:team_groups", program=request.program.slug)


@require_http_methods(["GET", "POST"])
@workspace(Permission.MANAGE_TEAM)
def team_hand_over(request: WorkspaceRequest, manager: UUID) -> HttpResponse:
    """Hand partners of one manager to another, in one dated step."""
    giver = get_object_or_404(managers_of(request.program), pk=manager)
    rows = partnerships_visible_to(request.actor, request.program).exclude(status=Status.ENDED)
    held = filter_partnerships(rows, PartnershipFilter(manager=str(giver.pk)))
    today = today_in(request.program, request.received_at)
    form = HandOverForm(request.POST or None, giver=giver, held=held, initial={"on": today})

    def save() -> None:
        given = form.cleaned_data
        hand_over(
            giver=giver,
            taker=given["taker"],
            partnerships=list(given["partnerships"]),
            actor=request.actor,
            at=request.received_at,
            on=given["on"],
        )

    if request.method == "POST" and accepts(form, save):
        count, taker = len(form.cleaned_data["partnerships"]), form.cleaned_data["taker"].name
        done = ngettext("%(count)s partner is with %(taker)s now.", "%(count)s partners are with %(taker)s now.", count)
        tell(request, done % {"count": count, "taker": taker})
        return redirect("workspace:team", program=request.program.slug)
    title = _("Hand over partners of %(name)s") % {"name": giver.name}
    context = {
        **_frame(request, "team", title),
        "form": form,
        "held": held,
        "giver": giver,
        "chosen": set(form["partnerships"].value() or []) if form.is_bound else {str(row.pk) for row in held},
    }
    return render(request, "workspace/team_hand_over.html", context, status=422 if form.is_bound else 200)


def _form_page(
    request: WorkspaceRequest, form: ManagerForm | TeamForm, title: str, back: str, exists: bool
) -> HttpResponse:
    context = {**_frame(request, back, title), "form": form, "back": _address(request, back), "exists": exists}
    return render(request, "workspace/team_form.html", context, status=422 if form.is_bound else 200)


def _address(request: WorkspaceRequest, name: str) -> str:
    return reverse(f"workspace:{name}", args=[request.program.slug])


def _frame(request: WorkspaceRequest, current: str, title: str = "") -> dict[str, Any]:
    pages = [("team", _("Managers")), ("team_coverage", _("Coverage")), ("team_groups", _("Teams"))]
    trail = [(_("Team"), _address(request, "team")), (title, "")] if title else [(_("Team"), "")]
    return {
        "page_title": title or _("Team"),
        "breadcrumbs": trail,
        "model_sentence": MODELS[OrganizationModel(request.program.organization_model)],
        "can_manage": request.actor.can(Permission.MANAGE_TEAM),
        "tabs": [{"label": label, "url": _address(request, name), "current": name == current} for name, label in pages],
    }


urlpatterns: list[URLPattern] = [
    path("team/", team, name="team"),
    path("team/coverage/", team_coverage, name="team_coverage"),
    path("team/teams/", team_groups, name="team_groups"),
    path("team/teams/new/", team_group, name="team_group_new"),
    path("team/teams/<uuid:group>/", team_group, name="team_group"),
    path("team/teams/<uuid:group>/remove/", team_group_remove, name="team_group_remove"),
    path("team/new/", team_manager, name="team_manager_new"),
    path("team/<uuid:manager>/", team_manager, name="team_manager"),
    path("team/<uuid:manager>/hand-over/", team_hand_over, name="team_hand_over"),
]
