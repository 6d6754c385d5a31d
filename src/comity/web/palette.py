"""The command palette: anything by a few letters. A plain search page is its form without scripts."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from django.views.decorators.http import require_GET, require_POST

from comity.identity.roles import Permission
from comity.web.doors import WorkspaceRequest, workspace
from comity.worklist.finding import Finding, FoundKind, find_anything, note_visit, recent_visits

MUCH_ALIKE: Final = 0.75
"""From here on two words are taken for the same with a typo."""
MOST_PAGES: Final = 5

#: Kind -> heading, icon, address of the page.
KINDS: Final = {
    FoundKind.PARTNER: (noop("Partners"), "handshake", "partner"),
    FoundKind.CUSTOMER: (noop("Customers"), "building-2", "customer"),
    FoundKind.DEAL: (noop("Deals"), "briefcase", "deal"),
    FoundKind.MANAGER: (noop("People"), "user", "team_manager"),
    FoundKind.PERSON: (noop("People of partners"), "users", "partner_people"),
}
#: Label, address, icon, what one must be allowed to do, whether it is an action, further words by which it is found.
PAGES: Final = (
    (noop("Home"), "home", "house", Permission.VIEW_PARTNERS, False, "today worklist start"),
    (noop("Partners"), "partners", "handshake", Permission.VIEW_PARTNERS, False, "list resellers"),
    (noop("Segments"), "segments", "layers", Permission.VIEW_PARTNERS, False, "strategic core emerging"),
    (noop("Deals"), "deals", "briefcase", Permission.VIEW_DEALS, False, "opportunities pipeline"),
    (noop("Customers"), "customers", "building-2", Permission.VIEW_DEALS, False, "accounts companies"),
    (noop("Metrics"), "metrics", "chart-line", Permission.VIEW_METRICS, False, "figures numbers revenue kpi"),
    (noop("Team"), "team", "users", Permission.VIEW_TEAM, False, "managers capacity load"),
    (noop("Coverage"), "team_coverage", "users", Permission.VIEW_TEAM, False, "regions types"),
    (noop("Imports"), "imports", "upload", Permission.IMPORT_DATA, False, "history rejects csv"),
    (noop("Programme settings"), "program_settings", "settings", Permission.MANAGE_PROGRAM, False, "currency calendar"),
    (noop("Tiers"), "program_tiers", "settings", Permission.MANAGE_PROGRAM, False, "gold silver levels"),
    (noop("Quotas"), "program_quotas", "target", Permission.MANAGE_PROGRAM, False, "targets goals"),
    (noop("People and roles"), "people", "users", Permission.MANAGE_PEOPLE, False, "invitations members colleagues"),
    (noop("API tokens"), "tokens", "key-round", Permission.MANAGE_TOKENS, False, "integration"),
    (noop("Audit log"), "audit", "history", Permission.VIEW_AUDIT, False, "who changed what"),
    (noop("Add a partner"), "partner_new", "plus", Permission.EDIT_PARTNERS, True, "new create partnership"),
    (noop("Record a deal"), "deal_new", "plus", Permission.EDIT_DEALS, True, "new create opportunity"),
    (noop("Add a customer"), "customer_new", "plus", Permission.EDIT_DEALS, True, "new create account"),
    (noop("Import an export"), "import_new", "upload", Permission.IMPORT_DATA, True, "csv file data"),
    (noop("Invite a colleague"), "people_invite", "user-plus", Permission.MANAGE_PEOPLE, True, "new person member"),
)


@dataclass(frozen=True)
class Option:
    """One line of the palette."""

    label: str
    detail: str
    icon: str
    url: str
    kind: str = ""
    subject: str = ""


@dataclass(frozen=True)
class Group:
    """Lines of one kind under their heading."""

    heading: str
    options: list[Option]


@require_GET
@workspace(Permission.VIEW_PARTNERS)
def search(request: WorkspaceRequest) -> HttpResponse:
    """Everything found, as a page of its own."""
    text = request.GET.get("q", "").strip()
    context = _answer(request, text) | {
        "page_title": _("Search"),
        "breadcrumbs": [(_("Search"), "")],
    }
    return render(request, "workspace/search.html", context)


@require_GET
@workspace(Permission.VIEW_PARTNERS)
def search_options(request: WorkspaceRequest) -> HttpResponse:
    """The lines below the palette's field."""
    return render(request, "workspace/palette_options.html", _answer(request, request.GET.get("q", "").strip()))


@require_POST
@workspace(Permission.VIEW_PARTNERS)
def search_opened(request: WorkspaceRequest, kind: str, subject: UUID) -> HttpResponse:
    """Remember that the person opened a result, to offer it first the next time."""
    try:
        found = FoundKind(kind)
    except ValueError:
        raise Http404("There is no such kind.") from None
    if not note_visit(
        program=request.program, actor=request.actor, kind=found, subject_id=subject, at=request.received_at
    ):
        raise Http404("There is no such record here.")
    return HttpResponse(status=204)


def _answer(request: WorkspaceRequest, text: str) -> dict[str, Any]:
    if not text:
        recent = [_option(request, one) for one in recent_visits(request.actor, request.program)]
        groups = [Group(_("Opened lately"), recent), Group(_("Actions"), _pages(request, "", actions=True))]
    else:
        found: dict[FoundKind, list[Option]] = {}
        for one in find_anything(request.actor, request.program, text):
            found.setdefault(one.kind, []).append(_option(request, one))
        pages = Group(_("Pages and actions"), _pages(request, text))
        groups = [Group(_(KINDS[kind][0]), options) for kind, options in found.items()]
        groups = [pages, *groups] if _is_named(pages, text) else [*groups, pages]
    return {"text": text, "groups": [group for group in groups if group.options]}


def _is_named(pages: Group, text: str) -> bool:
    """Whether a page is called just what was typed, or begins so."""
    return any(option.label.lower().startswith(text.lower()) for option in pages.options)


def _option(request: WorkspaceRequest, one: Finding) -> Option:
    _heading, icon, address = KINDS[one.kind]
    if one.kind is FoundKind.MANAGER and not request.actor.can(Permission.MANAGE_TEAM):
        url = f"{reverse('workspace:partners', args=[request.program.slug])}?manager={one.subject_id}"
    else:
        url = reverse(f"workspace:{address}", args=[request.program.slug, one.within or one.subject_id])
    return Option(one.name, one.detail, icon, url, one.kind.value, str(one.subject_id))


def _pages(request: WorkspaceRequest, text: str, *, actions: bool = False) -> list[Option]:
    """Pages and actions that this person may open and that the words fit, the best first."""
    fitting = []
    for place, (label, address, icon, permission, is_action, synonyms) in enumerate(PAGES):
        if not request.actor.can(permission) or (actions and not is_action):
            continue
        fit = _fit(text.lower(), f"{_(label)} {synonyms}".lower())
        if fit > 0:
            url = reverse(f"workspace:{address}", args=[request.program.slug])
            fitting.append((-fit, place, Option(_(label), "", icon, url)))
    return [option for _fit_, _place, option in sorted(fitting, key=lambda one: one[:2])[:MOST_PAGES]]


def _fit(text: str, words: str) -> float:
    """How well what was typed fits a page's words; 0: some word neither begins one of them nor is nearly one."""
    total = 1.0
    for typed in text.split():
        best = max(
            1.0 if word.startswith(typed) else SequenceMatcher(None, typed, word).ratio() if len(typed) > 3 else 0.0
            for word in words.split()
        )
        if best < MUCH_ALIKE:
            return 0.0
        total *= best
    return total


urlpatterns: list[URLPattern] = [
    path("search/", search, name="search"),
    path("search/options/", search_options, name="search_options"),
    path("search/opened/<slug:kind>/<uuid:subject>/", search_opened, name="search_opened"),
]
