"""The list of partners, and taking a new one in."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.http.request import QueryDict
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from comity.identity.roles import Permission
from comity.insights.question import today_of
from comity.kernel.errors import NotFound
from comity.programs.calendars import today_in
from comity.programs.models import Partnership, Program
from comity.programs.queries import managers_of, regions_of, tag_names, tiers_of
from comity.programs.services import create_partnership
from comity.programs.states import Segment, Status
from comity.timeline.queries import tasks_visible_to
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, tell
from comity.web.templatetags.figures import spoken_lazily
from comity.web.workspace.partner_bulk import just_assigned, view_links
from comity.web.workspace.partner_forms import TYPES, PartnerForm
from comity.web.workspace.partner_frame import frame, load
from comity.web.workspace.partner_list import page_of, read
from comity.web.workspace.partner_story import story_of
from comity.web.workspace.timeline_forms import new_log_form

#: Of the frame of a partner's own page, what the page of the list says itself.
_OF_THE_PAGE: Final = ("page_title", "breadcrumbs", "tabs", "can_edit", "can_log")
LATELY_SHOWN: Final = 3
TASKS_SHOWN: Final = 5


@require_GET
@workspace(Permission.VIEW_PARTNERS)
def partners(request: WorkspaceRequest) -> HttpResponse:
    """Every partner of the program, searched, filtered and sorted, perhaps with one beside the list; the address says
    how."""
    asked = read(request.GET)
    choices = _choices(request.program)
    page, lines = page_of(request, asked, request.GET.get("page"))
    query = asked.query()
    views = view_links(request, asked)
    context = {
        "page_title": _("Partners"),
        "breadcrumbs": [(_("Partners"), "")],
        "tabs": partner_tabs(request, "partners"),
        "partner_page": page,
        "lines": lines,
        "asked": asked,
        "wanted": asked.wanted,
        "query": query,
        "without_panel": _without_panel(request.GET),
        "assigned": just_assigned(request),
        "choices": choices,
        "chips": _chips(request.GET, choices),
        "is_filtered": asked.is_filtered,
        "views": views,
        "view": next((view["name"] for view in views if view["current"]), _("View")),
        "views_address": reverse("workspace:partners_views", args=[request.program.slug]),
        "can_edit": request.actor.can(Permission.EDIT_PARTNERS),
        "can_share": request.actor.can(Permission.EDIT_PARTNERS),
        "can_log": request.actor.can(Permission.LOG_CONTACTS),
        "can_import": request.actor.can(Permission.IMPORT_DATA),
        "sees_figures": request.actor.can(Permission.VIEW_METRICS),
        "as_of": today_of(request.program),
        **_panel(request),
    }
    return render(request, "workspace/partners.html", context)


def _without_panel(given: QueryDict) -> str:
    """The query of this page up to the partner that a row puts beside it."""
    rest = given.copy()
    rest.pop("panel", None)
    return f"{rest.urlencode()}&" if rest else ""


def _panel(request: WorkspaceRequest) -> dict[str, Any]:
    """The partner beside the list that the address names; one that is not there is none."""
    try:
        found = load(request, UUID(request.GET.get("panel", "")))
    except (ValueError, NotFound):
        return {"panel": None}
    rest = request.GET.copy()
    del rest["panel"]
    zone = ZoneInfo(request.program.time_zone)
    return {
        **{name: value for name, value in frame(request, found, "panel").items() if name not in _OF_THE_PAGE},
        "panel": found,
        "panel_close": f"?{rest.urlencode()}",
        "log_form": new_log_form(request.program),
        "log_next": request.get_full_path(),
        "tasks": tasks_visible_to(request.actor, partnership=found, is_open=True)[:TASKS_SHOWN],
        "lately": [one for one in story_of(request.actor, found, zone) if not one.change][:LATELY_SHOWN],
        "today": today_in(request.program, request.received_at),
    }


@require_http_methods(["GET", "POST"])
@workspace(Permission.EDIT_PARTNERS)
def partner_new(request: WorkspaceRequest) -> HttpResponse:
    """Take a partner in."""
    form = PartnerForm(request.POST or None, program=request.program, initial={"status": Status.PROSPECT.value})
    made: list[Partnership] = []

    def save() -> None:
        status = Status(form.cleaned_data["status"] or Status.PROSPECT)
        draft = form.draft()
        made.append(create_partnership(program=request.program, actor=request.actor, draft=draft, status=status))

    if request.method == "POST" and accepts(form, save):
        tell(request, _("%(name)s is in the program.") % {"name": made[0].name}, draft="partner-new")
        return redirect("workspace:partner", program=request.program.slug, partnership=made[0].pk)
    context = {
        "form": form,
        "page_title": _("Add a partner"),
        "breadcrumbs": [(_("Partners"), _list_address(request)), (_("Add a partner"), "")],
        "back": _list_address(request),
        "save_label": _("Add the partner"),
        "draft": "partner-new",
    }
    return render(request, "workspace/partner_form.html", context, status=422 if form.is_bound else 200)


def partner_tabs(request: WorkspaceRequest, current: str) -> list[dict[str, Any]]:
    """The tabs of everything about partners as a whole."""
    pages = [("partners", _("All")), ("segments", _("Segments"))]
    return [
        {
            "label": label,
            "url": reverse(f"workspace:{name}", args=[request.program.slug]),
            "current": name == current,
        }
        for name, label in pages
    ]


def _list_address(request: WorkspaceRequest) -> str:
    return reverse("workspace:partners", args=[request.program.slug])


def _choices(program: Program) -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """Filter -> its label and what can be chosen."""
    none = ("none", _("None"))
    return {
        "status": (_("Status"), [(status.value, spoken_lazily(status.value)) for status in Status]),
        "tier": (_("Tier"), [*((str(tier.pk), tier.name) for tier in tiers_of(program)), none]),
        "segment": (_("Segment"), [*((segment.value, spoken_lazily(segment.value)) for segment in Segment), none]),
        "type": (_("Type"), list(TYPES)),
        "region": (_("Region"), [*((str(region.pk), region.name) for region in regions_of(program)), none]),
        "manager": (
            _("Manager"), [*((str(manager.pk), manager.name) for manager in managers_of(program)), none]
        ),
        "tag": (_("Tag"), [(name, name) for name in tag_names(program)]),
        "quiet": (
            _("Not spoken with"),
            [*((days, _("for %(days)s days") % {"days": days}) for days in ("30", "60", "90")), ("never", _("ever"))],
        ),
        "step": (_("Next step"), [("late", _("late")), ("none", _("not set")), ("set", _("set"))]),
    }  # fmt: skip


def _chips(given: QueryDict, choices: dict[str, tuple[str, list[tuple[str, str]]]]) -> list[dict[str, str]]:
    """The filters that are set, each with the address without it."""
    chips = []
    for name, (label, options) in choices.items():
        value = given.get(name, "")
        if value:
            rest = given.copy()
            del rest[name]
            rest.pop("page", None)
            said = dict(options).get(value, _("unknown"))
            chips.append({"key": label, "label": said, "remove": f"?{rest.urlencode()}", "name": name, "value": value})
    return chips


urlpatterns: list[URLPattern] = [
    path("partners/", partners, name="partners"),
    path("partners/new/", partner_new, name="partner_new"),
]
