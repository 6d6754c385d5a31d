"""The first page of the workspace: what needs me today and why, my numbers, and the partners that changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from comity.identity.roles import Permission, Role
from comity.insights.catalogue import METRICS
from comity.insights.comparison import relative_change
from comity.kernel.errors import Invalid
from comity.programs.calendars import calendar_of
from comity.programs.queries import partnerships_visible_to
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.workspace.home_tasks import tick_of, ticked_off
from comity.web.workspace.need_actions import action_of
from comity.worklist.gathering import MOST_OF_A_KIND, Viewer, Worklist, viewer_of, worklist_of
from comity.worklist.models import Standing
from comity.worklist.needs import Need, NeedKind
from comity.worklist.queries import movers_of, standings_of
from comity.worklist.rules import HOURS_A_DAY, hours_left
from comity.worklist.services import NeedGone, snooze_need, wake_need

SHOWN: Final = 7
SOON: Final = Decimal(4)
"""Under so many business hours a clock turns red."""
FIGURES: Final = {
    Role.EXECUTIVE: ("partner_revenue", "partner_sourced_revenue", "partner_sourced_pipeline", "active_partners"),
    Role.OPERATIONS: ("active_partners", "capacity_utilization", "partner_revenue", "win_rate"),
    Role.FINANCE: ("partner_revenue", "partner_sourced_revenue", "quota_attainment", "win_rate"),
}
USUAL_FIGURES: Final = ("quota_attainment", "partner_revenue", "partner_sourced_pipeline", "win_rate")


@dataclass(frozen=True)
class Line:
    """One need as the page shows it."""

    need: Need
    number: int
    icon: str
    action: str
    url: str
    clock: str
    tone: str
    tick: str = ""
    reason: str = ""
    refused: str = ""

    @property
    def evidence(self) -> str:
        """The facts in a row."""
        return " · ".join(self.need.evidence)


@require_GET
@workspace(Permission.VIEW_PARTNERS)
def home(request: WorkspaceRequest) -> HttpResponse:
    """What needs me today, seven lines; with ?show=all every line."""
    return _page(request)


@require_POST
@workspace(Permission.VIEW_PARTNERS)
def home_snooze(request: WorkspaceRequest, kind: str, subject: UUID) -> HttpResponse:
    """Put one line off until a day, with a reason."""
    viewer = viewer_of(request.actor, request.program, request.received_at)
    found = worklist_of(viewer)
    if (kind, subject) not in {(need.kind, need.subject_id) for need in found.waiting}:
        raise NeedGone(_("It is settled, or stands in somebody else's list. Your own list is on Home."))
    reason, until = request.POST.get("reason", ""), _day(request.POST.get("until", ""))
    try:
        snooze = snooze_need(
            program=request.program,
            actor=request.actor,
            kind=_kind(kind),
            subject_id=subject,
            until=until or viewer.today,
            reason=reason,
            today=viewer.today,
        )
    except Invalid as error:
        return _page(request, refused=(kind, subject, reason, error.message))
    messages.success(request, _("Put off until %(day)s.") % {"day": date_format(snooze.until, "DATE_FORMAT")})
    return _back(request)


@require_POST
@workspace(Permission.VIEW_PARTNERS)
def home_wake(request: WorkspaceRequest, kind: str, subject: UUID) -> HttpResponse:
    """Take a line up again."""
    wake_need(program=request.program, actor=request.actor, kind=_kind(kind), subject_id=subject)
    messages.success(request, _("It stands in your list again."))
    return _back(request)


def _page(request: WorkspaceRequest, refused: tuple[str, UUID, str, str] | None = None) -> HttpResponse:
    viewer = viewer_of(request.actor, request.program, request.received_at)
    found = worklist_of(viewer)
    shows_all = "all" in (request.GET.get("show"), request.POST.get("show"))
    needs = found.needs if shows_all else found.needs[:SHOWN]
    lines = [_line(request, viewer, need, number, refused) for number, need in enumerate(needs)]
    sees_figures = request.actor.can(Permission.VIEW_METRICS)
    context: dict[str, Any] = {
        "page_title": _("Home"),
        "breadcrumbs": [(_("Home"), "")],
        "headline": _headline(found),
        "list": found,
        "lines": lines,
        "ticked": ticked_off(request),
        "hidden": len(found.needs) - len(needs),
        "most": MOST_OF_A_KIND,
        "shows_all": shows_all,
        "put_off_until": _days_offered(viewer.today),
        "tiles": _tiles(request, viewer) if sees_figures else [],
        "movers": movers_of(viewer) if sees_figures else [],
        "is_new": not found.needs and not partnerships_visible_to(request.actor, request.program).exists(),
        "can_import": request.actor.can(Permission.IMPORT_DATA),
        "can_edit": request.actor.can(Permission.EDIT_PARTNERS),
        "can_invite": request.actor.can(Permission.MANAGE_PEOPLE),
    }
    return render(request, "workspace/home.html", context, status=422 if refused else 200)


def _headline(found: Worklist) -> str:
    count = len(found.waiting)
    if not count:
        return _("Nothing needs you today")
    return ngettext("%(count)s thing needs you today", "%(count)s things need you today", count) % {"count": count}


def _line(
    request: WorkspaceRequest, viewer: Viewer, need: Need, number: int, refused: tuple[str, UUID, str, str] | None
) -> Line:
    icon, action, url = action_of(request, need)
    clock, tone = _clock(need, viewer)
    is_refused = refused is not None and (need.kind, need.subject_id) == refused[:2]
    said = (refused[2], refused[3]) if refused and is_refused else ("", "")
    return Line(need, number, icon, action, url, clock, tone, tick_of(request, need), *said)


def _clock(need: Need, viewer: Viewer) -> tuple[str, str]:
    """How long there is, in business hours and days; red under four hours."""
    if need.due_at is None:
        return "", ""
    if need.is_overdue:
        days = (need.seen_at.astimezone(viewer.zone).date() - need.due_at.astimezone(viewer.zone).date()).days
        if days < 1:
            return _("overdue"), "bad"
        return ngettext("%(days)s day overdue", "%(days)s days overdue", days) % {"days": days}, "bad"
    left = hours_left(need, viewer.zone) or Decimal(0)
    if left < 2 * HOURS_A_DAY:
        hours = number_format(left, decimal_pos=0)
        return _("%(hours)s business hours left") % {"hours": hours}, "bad" if left < SOON else ""
    days = int(left / HOURS_A_DAY)
    return ngettext("%(days)s business day left", "%(days)s business days left", days) % {"days": days}, ""


def _tiles(request: WorkspaceRequest, viewer: Viewer) -> list[dict[str, Any]]:
    found = standings_of(viewer, FIGURES.get(request.actor.role, USUAL_FIGURES))
    return [_tile(request, viewer, row) for row in found.values()]


def _tile(request: WorkspaceRequest, viewer: Viewer, row: Standing) -> dict[str, Any]:
    metric = METRICS[row.metric]
    address = reverse("workspace:metric", args=[request.program.slug, row.metric])
    query = urlencode({"period": row.period} if row.period else {})
    tile: dict[str, Any] = {
        "metric": metric,
        "row": row,
        "url": f"{address}?{query}#rows",
        "definition": f"{address}?{query}#definition",
        "change": relative_change(row.value, row.former_value),
        "missing": row.without_amount or None,
    }
    if row.metric == "quota_attainment":
        period = calendar_of(request.program).parse(row.period)
        over = Decimal((min(viewer.as_of, period.ends_on) - period.starts_on).days + 1) / period.days
        tile |= {
            "target": row.denominator,
            "percent": min(int((row.value or 0) * 100), 100),
            "tone": "good" if (row.value or 0) >= over else "warn",
            "pace": _("%(share)s %% of its days are over") % {"share": number_format(over * 100, decimal_pos=0)},
            "change": None,
        }
    return tile


def _days_offered(today: date) -> list[tuple[str, str]]:
    """Until when one usually puts something off."""
    monday = today + timedelta(days=7 - today.weekday())
    offered = [
        (today + timedelta(days=1), _("Tomorrow")),
        (monday, _("Monday")),
        (today + timedelta(days=30), _("A month")),
    ]
    return [(day.isoformat(), label) for day, label in offered]


def _kind(text: str) -> NeedKind:
    try:
        return NeedKind(text)
    except ValueError:
        raise Http404("There is no such kind.") from None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _back(request: WorkspaceRequest) -> HttpResponse:
    address = reverse("workspace:home", args=[request.program.slug])
    return redirect(f"{address}?show=all" if request.POST.get("show") == "all" else address)


urlpatterns: list[URLPattern] = [
    path("", home, name="home"),
    path("home/snooze/<slug:kind>/<uuid:subject>/", home_snooze, name="home_snooze"),
    path("home/wake/<slug:kind>/<uuid:subject>/", home_wake, name="home_wake"),
]
