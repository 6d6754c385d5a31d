"""One partner: what is known of it, who looks after it, who works there, what happened."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from comity.identity.models import Organization
from comity.identity.queries import invitations_visible_to
from comity.identity.roles import Permission
from comity.identity.services import invite
from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.programs.calendars import today_in
from comity.programs.models import Partnership
from comity.programs.queries import (
    assignments_of,
    capabilities_of,
    distributors_of,
    history_of,
    resellers_of,
    suggest_manager,
)
from comity.programs.queries.segments import last_move_of
from comity.programs.services import (
    ChangedMeanwhile,
    add_distributor,
    assign_manager,
    edit_partnership,
    move_partnership,
    remove_distributor,
    set_potential,
    version_of,
)
from comity.programs.states import Move
from comity.timeline.history import changes_of_timeline
from comity.timeline.queries import tasks_visible_to
from comity.web.capabilities import declared_facts
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, attempt, tell
from comity.web.workspace.partner_forms import (
    AssignForm,
    DistributorForm,
    InvitationForm,
    PartnerForm,
    PotentialForm,
)
from comity.web.workspace.partner_frame import MOVE_LABELS, address, frame, load, trail
from comity.web.workspace.partner_story import story_of
from comity.web.workspace.partner_tiles import tiles
from comity.worklist.people import known_people

TASKS_SHOWN: Final = 5
LATELY_SHOWN: Final = 4


@require_GET
@workspace(Permission.VIEW_PARTNERS)
def partner(request: WorkspaceRequest, partnership: UUID) -> HttpResponse:
    """The overview."""
    return _overview(request, load(request, partnership))


@require_GET
@workspace(Permission.VIEW_PARTNERS)
def partner_history(request: WorkspaceRequest, partnership: UUID) -> HttpResponse:
    """Who changed what, from what to what, when."""
    found = load(request, partnership)
    changes = [*history_of(found), *changes_of_timeline(found)]
    changes.sort(key=lambda change: change.at, reverse=True)
    context = {**frame(request, found, "partner_history"), "history": changes}
    return render(request, "workspace/partner_history.html", context)


@require_http_methods(["GET", "POST"])
@workspace(Permission.VIEW_PARTNERS)
def partner_people(request: WorkspaceRequest, partnership: UUID) -> HttpResponse:
    """Whom we invited there; a partner that runs its own account looks after its people itself."""
    found = load(request, partnership)
    organization = Organization.objects.filter(pk=found.partner_id).first()
    may_invite = request.actor.can(Permission.MANAGE_PEOPLE) and organization is not None
    form = InvitationForm(request.POST or None)
    sends = request.method == "POST" and may_invite and organization is not None
    if sends and organization and accepts(form, lambda: _send_invitation(request, organization, form)):
        tell(request, _("The letter to %(email)s is on its way.") % {"email": form.cleaned_data["email"]})
        return redirect("workspace:partner_people", program=request.program.slug, partnership=found.pk)
    context = {
        **frame(request, found, "partner_people"),
        "invitations": invitations_visible_to(request.actor).filter(organization_id=found.partner_id),
        "is_claimed": organization is None,
        "known_people": known_people(request.actor, found),
        "may_invite": may_invite,
        "invitation_form": form,
        "now": request.received_at,
    }
    refused = request.method == "POST"
    return render(request, "workspace/partner_people.html", context, status=422 if refused else 200)


@require_http_methods(["GET", "POST"])
@workspace(Permission.EDIT_PARTNERS)
def partner_edit(request: WorkspaceRequest, partnership: UUID) -> HttpResponse:
    """Change what is known of a partner; if somebody else did meanwhile, both are shown."""
    found = load(request, partnership)
    form = _edit_form(request, found)

    def save() -> None:
        draft, loaded = form.draft(), form.cleaned_data["loaded"]
        edit_partnership(partnership=found, actor=request.actor, draft=draft, loaded=loaded)

    if request.method == "POST" and accepts(form, save):
        tell(request, _("Saved."))
        return redirect(address(request, found))
    if form.is_bound and form.has_error("__all__", ChangedMeanwhile.code):
        form.data = {**request.POST.dict(), "types": request.POST.getlist("types"), "loaded": version_of(found)}
    context = {
        "form": form,
        "partnership": found,
        "page_title": _("Edit %(name)s") % {"name": found.name},
        "breadcrumbs": [*trail(request, found), (_("Edit"), "")],
        "back": address(request, found),
        "save_label": _("Save"),
    }
    return render(request, "workspace/partner_form.html", context, status=422 if form.is_bound else 200)


@require_POST
@workspace(Permission.EDIT_PARTNERS)
def partner_move(request: WorkspaceRequest, partnership: UUID) -> HttpResponse:
    """Move the partnership on to its next status, as of today."""
    found = load(request, partnership)
    try:
        move = Move(request.POST.get("move", ""))
    except ValueError:
        raise NotFound(words("There is no such step.")) from None
    attempt(
        request,
        lambda: move_partnership(partnership=found, actor=request.actor, move=move, at=request.received_at),
        _("%(name)s: %(move)s.") % {"name": found.name, "move": MOVE_LABELS[move].lower()},
    )
    return redirect(address(request, found))


@require_POST
@workspace(Permission.EDIT_PARTNERS)
def partner_assign(request: WorkspaceRequest, partnership: UUID) -> HttpResponse:
    """Give the partner to another manager from a day on."""
    found = load(request, partnership)
    form = AssignForm(request.POST, program=request.program)

    def save() -> None:
        given = form.cleaned_data
        assign_manager(
            partnership=found, manager=given["manager"], actor=request.actor, at=request.received_at, on=given["on"]
        )

    if accepts(form, save):
        tell(request, _("Handed over."))
        return redirect(address(request, found))
    return _overview(request, found, assign_form=form)


@require_POST
@workspace(Permission.EDIT_PARTNERS)
def partner_potential(request: WorkspaceRequest, partnership: UUID) -> HttpResponse:
    """Set the potential by hand."""
    found = load(request, partnership)
    form = PotentialForm(request.POST)

    def save() -> None:
        set_potential(partnership=found, actor=request.actor, potential=form.cleaned_data["potential"])

    if accepts(form, save):
        tell(request, _("Potential saved; it counts from the next evaluation on."))
        return redirect(address(request, found))
    return _overview(request, found, potential_form=form)


@require_POST
@workspace(Permission.EDIT_PARTNERS)
def partner_distributor(request: WorkspaceRequest, partnership: UUID) -> HttpResponse:
    """Put a distributor above the partner, or with `remove` take one away."""
    found = load(request, partnership)
    form = DistributorForm(
        {"distributor": request.POST.get("remove") or request.POST.get("distributor")},
        request=request,
        partnership=found,
    )
    change = remove_distributor if "remove" in request.POST else add_distributor

    def save() -> None:
        change(partnership=found, distributor=form.cleaned_data["distributor"], actor=request.actor)

    if accepts(form, save):
        tell(request, _("Saved."))
        return redirect(address(request, found))
    return _overview(request, found, distributor_form=form)


def _overview(request: WorkspaceRequest, found: Partnership, **bound: Any) -> HttpResponse:
    """The overview, with the form that was refused where there is one."""
    potential, today = getattr(found, "potential", None), today_in(request.program, request.received_at)
    zone = ZoneInfo(request.program.time_zone)
    context = {
        **frame(request, found, "partner"),
        "facts": _facts(found),
        "declared": declared_facts(kept := capabilities_of(found)),
        "declared_at": kept.declared_at if kept else None,
        "tiles": tiles(request, found) if request.actor.can(Permission.VIEW_METRICS) else [],
        "tasks": tasks_visible_to(request.actor, partnership=found, is_open=True)[:TASKS_SHOWN],
        "lately": [one for one in story_of(request.actor, found, zone) if not one.change][:LATELY_SHOWN],
        "today": today,
        "assignments": assignments_of(found),
        "distributors": distributors_of(found),
        "resellers": resellers_of(found),
        "last_move": last_move_of(found),
        "suggestion": suggest_manager(request.program, found) if _wants_suggestion(request, found) else None,
        "assign_form": AssignForm(program=request.program, initial={"manager": found.manager_id, "on": today}),
        "potential_form": PotentialForm(initial={"potential": potential}),
        "distributor_form": DistributorForm(request=request, partnership=found),
        **bound,
    }
    return render(request, "workspace/partner.html", context, status=422 if bound else 200)


def _wants_suggestion(request: WorkspaceRequest, found: Partnership) -> bool:
    """A suggestion weighs every partner of the program: it is made where nobody manages this one, or on request."""
    return request.actor.can(Permission.VIEW_TEAM) and (found.manager_id is None or "suggest" in request.GET)


def _facts(found: Partnership) -> list[tuple[str, Any]]:
    return [
        (_("Website"), _link(found.website)),
        (_("City"), ", ".join(part for part in (found.city, found.state) if part)),
        (_("Country"), found.country),
        (_("Sub-type"), found.sub_type),
        (_("External id"), found.external_id or ""),
    ]


def _link(website: str) -> str:
    """A link where the address is one of the web; whatever else an import brought stays text."""
    address = website if "://" in website else f"https://{website}"
    if not website or not address.startswith(("https://", "http://")) or " " in website:
        return website
    return format_html('<a href="{}" rel="noopener noreferrer">{}</a>', address, website)


def _edit_form(request: WorkspaceRequest, found: Partnership) -> PartnerForm:
    if request.method == "POST":
        return PartnerForm(request.POST, program=request.program, partnership=found)
    initial = {name: getattr(found, name, None) for name in PartnerForm.base_fields}
    initial["loaded"] = version_of(found)
    return PartnerForm(initial=initial, program=request.program, partnership=found)


def _send_invitation(request: WorkspaceRequest, organization: Organization, form: InvitationForm) -> None:
    invite(
        actor=request.actor,
        email=form.cleaned_data["email"],
        role=form.chosen_role(),
        organization=organization,
        inviting_name=request.program.vendor_name,
        at=request.received_at,
    )


urlpatterns: list[URLPattern] = [
    path("partners/<uuid:partnership>/", partner, name="partner"),
    path("partners/<uuid:partnership>/people/", partner_people, name="partner_people"),
    path("partners/<uuid:partnership>/history/", partner_history, name="partner_history"),
    path("partners/<uuid:partnership>/edit/", partner_edit, name="partner_edit"),
    path("partners/<uuid:partnership>/move/", partner_move, name="partner_move"),
    path("partners/<uuid:partnership>/manager/", partner_assign, name="partner_assign"),
    path("partners/<uuid:partnership>/potential/", partner_potential, name="partner_potential"),
    path("partners/<uuid:partnership>/distributors/", partner_distributor, name="partner_distributor"),
]
