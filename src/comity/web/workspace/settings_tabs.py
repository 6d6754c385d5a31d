"""The pages of Settings, as tabs: those that exist and that the person may open."""

from __future__ import annotations

from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from comity.identity.roles import Permission
from comity.web.doors import WorkspaceRequest

PAGES: Final = (
    ("program_settings", noop("Program"), Permission.MANAGE_PROGRAM),
    ("look", noop("Look"), Permission.MANAGE_PROGRAM),
    ("program_tiers", noop("Tiers"), Permission.MANAGE_PROGRAM),
    ("program_regions", noop("Regions"), Permission.MANAGE_PROGRAM),
    ("program_quotas", noop("Quotas"), Permission.MANAGE_PROGRAM),
    ("program_stages", noop("Stages"), Permission.MANAGE_PROGRAM),
    ("products", noop("Products"), Permission.MANAGE_PROGRAM),
    ("attribution_settings", noop("Attribution"), Permission.MANAGE_PROGRAM),
    ("mailbox", noop("Mailbox"), Permission.MANAGE_PROGRAM),
    ("people", noop("People"), Permission.MANAGE_PEOPLE),
    ("tokens", noop("API tokens"), Permission.MANAGE_TOKENS),
    ("deliveries", noop("Deliveries"), Permission.REPLAY_DELIVERIES),
    ("audit", noop("Audit"), Permission.VIEW_AUDIT),
)


def settings_frame(request: WorkspaceRequest, current: str, *, page: str = "") -> dict[str, Any]:
    """Title, way back and tabs of one page of Settings; `page` names a page below that tab."""
    slug = request.program.slug
    open_to = [(name, _(label)) for name, label, permission in PAGES if request.actor.can(permission)]
    title = dict(open_to).get(current, "")
    trail = [(_("Settings"), reverse(f"workspace:{open_to[0][0]}", args=[slug]))]
    trail += [(title, reverse(f"workspace:{current}", args=[slug])), (page, "")] if page else [(title, "")]
    return {
        "page_title": page or title,
        "breadcrumbs": trail,
        "tabs": [
            {"label": label, "url": reverse(f"workspace:{name}", args=[slug]), "current": name == current}
            for name, label in open_to
        ],
    }
