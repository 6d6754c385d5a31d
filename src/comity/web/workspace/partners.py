"""The list of partners, and taking a new one in."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.http.request import QueryDict
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from comity.identity.roles import Permission
from comity.programs.models import Partnership, Program
from comity.programs.queries import (
    PartnershipFilter,
    filter_partnerships,
    managers_of,
    partnerships_visible_to,
    regions_of,
    tiers_of,
)
from comity.programs.services import create_partnership
from comity.programs.states import Segment, Status
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, tell
from comity.web.workspace.partner_forms import TYPES, PartnerForm

PAGE_SIZE: Final = 50
#: A filter's name in the address -> its field in PartnershipFilter.
FILTERS: Final = {
    "q": "search", "status": "status", "tier": "tier", "type": "partner_type",
    "segment": "segment", "region": "region", "manager": "manager", "sort": "sort",
}  # fmt: skip


@require_GET
@workspace(Permission.VIEW_PARTNERS)
def partners(request: WorkspaceRequest) -> HttpResponse:
    """Every partner of the program, searched, filtered and sorted; the address says how."""
    wanted = PartnershipFilter(**{field: request.GET.get(name, "").strip() for name, field in FILTERS.items()})
    choices = _choices(request.program)
    page = Paginator(
        filter_partnerships(partnerships_visible_to(request.actor, request.program), wanted), PAGE_SIZE
    ).get_page(request.GET.get("page"))
    context = {
        "page_title": _("Partners"),
        "breadcrumbs": [(_("Partners"), "")],
        "tabs": partner_tabs(request, "partners"),
        "partner_page": page,
        "wanted": wanted,
        "choices": choices,
        "chips": _chips(request.GET, choices),
        "is_filtered": any(value for name, value in asdict(wanted).items() if name != "sort"),
        "can_edit": request.actor.can(Permission.EDIT_PARTNERS),
        "can_import": request.actor.can(Permission.IMPORT_DATA),
        "sees_team": request.actor.can(Permission.VIEW_TEAM),
    }
    return render(request, "workspace/partners.html", context)


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
        "status": (_("Status"), [(status.value, status.value.title()) for status in Status]),
        "tier": (_("Tier"), [*((str(tier.pk), tier.name) for tier in tiers_of(program)), none]),
        "segment": (_("Segment"), [*((segment.value, segment.value.title()) for segment in Segment), none]),
        "type": (_("Type"), list(TYPES)),
        "region": (_("Region"), [*((str(region.pk), region.name) for region in regions_of(program)), none]),
        "manager": (
            _("Manager"), [*((str(manager.pk), manager.name) for manager in managers_of(program)), none]
        ),
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
