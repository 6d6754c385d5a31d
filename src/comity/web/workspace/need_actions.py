"""What one does about each kind of need: its icon, the words on the button, and where that leads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from comity.identity.roles import Permission
from comity.web.doors import WorkspaceRequest
from comity.worklist.needs import Need, NeedKind

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


@dataclass(frozen=True)
class NeedAction:
    """The one action of a kind. Who lacks the permission gets the second address instead, to look."""

    icon: str
    label: StrPromise
    address: str
    has_subject: bool = True
    query: str = ""
    permission: Permission = Permission.VIEW_PARTNERS
    instead: str = ""


OPEN: Final = _("Look at it")
ACTIONS: Final[dict[NeedKind, NeedAction]] = {
    NeedKind.REGISTRATION: NeedAction("file-up", _("Decide"), "registration"),
    NeedKind.CUSTOMER_UNCLEAR: NeedAction(
        "circle-question-mark",
        _("Answer"),
        "same_customer",
        False,
        permission=Permission.EDIT_DEALS,
        instead="same_customer",
    ),
    NeedKind.LEAD: NeedAction("inbox", _("Decide"), "lead"),
    NeedKind.PLAN_STEP_LATE: NeedAction("calendar", OPEN, "room", permission=Permission.VIEW_DEALS, instead="room"),
    NeedKind.SHARE_PROPOSED: NeedAction(
        "handshake", _("Answer"), "room", permission=Permission.EDIT_DEALS, instead="room"
    ),
    NeedKind.APPLICATION: NeedAction("user-plus", _("Answer"), "partner"),
    NeedKind.TASK_DUE: NeedAction("check", OPEN, "partner_timeline"),
    NeedKind.STEP_DUE: NeedAction("flag", OPEN, "partner_timeline"),
    NeedKind.PARTNER_QUIET: NeedAction("bell", OPEN, "partner"),
    NeedKind.ONBOARDING_LONG: NeedAction("clock", OPEN, "partner"),
    NeedKind.NO_MANAGER: NeedAction("users", _("Assign"), "partners", False, "status=active&manager=none"),
    NeedKind.DEAL_SLIPPED: NeedAction(
        "calendar", _("Set a day"), "deal_edit", permission=Permission.EDIT_DEALS, instead="deal"
    ),
    NeedKind.DEAL_CLOSING: NeedAction("target", OPEN, "deal"),
    NeedKind.DEAL_STUCK: NeedAction("clock", OPEN, "deal"),
    NeedKind.DEAL_WITHOUT_AMOUNT: NeedAction(
        "circle-question-mark", _("Add it"), "deal_edit", permission=Permission.EDIT_DEALS, instead="deal"
    ),
    NeedKind.QUOTA_BEHIND: NeedAction("chart-line", OPEN, "metric"),
    NeedKind.MANAGER_OVERLOADED: NeedAction(
        "users", _("Hand over"), "team_hand_over", permission=Permission.MANAGE_TEAM, instead="team"
    ),
    NeedKind.IMPORT_REJECTS: NeedAction("upload", _("Mend"), "import_run"),
    NeedKind.DELIVERY_DEAD: NeedAction("rotate-cw", _("Look"), "deliveries", False),
    NeedKind.MAILBOX_SILENT: NeedAction("mail", _("Look"), "mailbox", False),
    NeedKind.DATA_STALE: NeedAction(
        "history", _("Import"), "import_new", False, permission=Permission.IMPORT_DATA, instead="metrics"
    ),
}


def action_of(request: WorkspaceRequest, need: Need) -> tuple[str, str, str]:
    """Icon, words and path of what this person may do about it."""
    action = ACTIONS[need.kind]
    may = request.actor.can(action.permission)
    return (
        action.icon,
        str(action.label if may else OPEN),
        _path(request, need, action, action.address if may else action.instead),
    )


def _path(request: WorkspaceRequest, need: Need, action: NeedAction, address: str) -> str:
    slug = request.program.slug
    special: dict[str, Callable[[], str]] = {
        "metric": lambda: reverse("workspace:metric", args=[slug, "quota_attainment"]) + "?by=manager",
        "team": lambda: reverse("workspace:team", args=[slug]),
        "metrics": lambda: reverse("workspace:metrics", args=[slug]),
    }
    if address in special:
        return special[address]()
    found = reverse(f"workspace:{address}", args=[slug, need.place_id] if action.has_subject else [slug])
    return f"{found}?{action.query}" if action.query else found
