"""What every page about one partner begins with: who it is, how it does in a line, what comes next, the tabs."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from comity.identity.roles import Permission
from comity.insights.trends import figures_of
from comity.kernel.words import words
from comity.programs.calendars import today_in
from comity.programs.models import Partnership
from comity.programs.queries import tags_of
from comity.programs.queries.partnerships import moves_possible, partnership_visible_to
from comity.programs.states import Move
from comity.timeline.queries import touches_of
from comity.web.doors import WorkspaceRequest
from comity.web.workspace.partner_health import assess
from comity.web.workspace.timeline_forms import StepForm

MOVE_LABELS: Final = {
    Move.APPLY: words("Note the application"),
    Move.ACCEPT: words("Accept, begin onboarding"),
    Move.ACTIVATE: words("Activate"),
    Move.PAUSE: words("Pause"),
    Move.RESUME: words("Resume"),
    Move.END: words("End the partnership"),
    Move.REAPPLY: words("Note a new application"),
}


def load(request: WorkspaceRequest, partnership_id: UUID) -> Partnership:
    """The partner of an address. Raises PartnershipNotFound."""
    return partnership_visible_to(request.actor, partnership_id, request.program)


def address(request: WorkspaceRequest, found: Partnership, page: str = "partner") -> str:
    """Where a page about the partner is."""
    return reverse(f"workspace:{page}", args=[request.program.slug, found.pk])


def trail(request: WorkspaceRequest, found: Partnership) -> list[tuple[str, str]]:
    """The way back."""
    partners = reverse("workspace:partners", args=[request.program.slug])
    return [(_("Partners"), partners), (found.name, address(request, found))]


def frame(request: WorkspaceRequest, found: Partnership, current: str) -> dict[str, Any]:
    """What the header of every page about this partner needs: three queries."""
    touch = touches_of(found.vendor_id, [found.pk])[found.pk]
    health = None
    if request.actor.can(Permission.VIEW_METRICS):
        figures = figures_of(found.vendor_id, [found.pk]).get(found.pk)
        health = assess(found, figures, touch.last_contact_at, request.program)
    today = today_in(request.program, request.received_at)
    return {
        "partnership": found,
        "page_title": found.name,
        "breadcrumbs": trail(request, found),
        "can_edit": request.actor.can(Permission.EDIT_PARTNERS),
        "can_log": request.actor.can(Permission.LOG_CONTACTS),
        "moves": [(move, MOVE_LABELS[Move(move)]) for move in moves_possible(found)],
        "tabs": _tabs(request, found, current),
        "current_page": current,
        "touch": touch,
        "tag_names": tags_of(found.vendor_id, [found.pk]).get(found.pk, []),
        "is_late": touch.next_step_on is not None and touch.next_step_on < today,
        "step_form": StepForm(initial={"next_step": touch.next_step, "next_step_on": touch.next_step_on}),
        "health": health if health and health.score is not None else None,
    }


def _tabs(request: WorkspaceRequest, found: Partnership, current: str) -> list[dict[str, Any]]:
    pages = [
        ("partner", _("Overview"), True),
        ("partner_deals", _("Deals"), request.actor.can(Permission.VIEW_DEALS)),
        ("partner_people", _("People"), True),
        ("partner_timeline", _("Timeline"), True),
        ("partner_messages", _("Messages"), True),
        ("partner_files", _("Files"), True),
        ("partner_history", _("History"), True),
    ]
    return [
        {"label": label, "url": address(request, found, name), "current": name == current}
        for name, label, is_there in pages
        if is_there
    ]
