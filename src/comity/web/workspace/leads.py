"""Leads in the workspace: the list by state with its ages, its exports, and a new one."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from django.views.decorators.http import require_GET, require_http_methods

from comity.deals.models import ProductFamily
from comity.deals.paging import order_of, slice_of, tally
from comity.identity.roles import Permission
from comity.leads.figures import standing_of
from comity.leads.intake import take_in_lead
from comity.leads.models import Lead
from comity.leads.queries import LEAD_ORDERS, LeadFilter, leads_matching
from comity.leads.states import Channel, Source, State
from comity.programs.calendars import today_in
from comity.programs.models import Partnership
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, tell
from comity.web.lead_forms import MORE, LeadForm
from comity.web.lead_words import SOURCES, STATES
from comity.web.spreadsheets import answer_with
from comity.web.streaming import stream_csv
from comity.web.workspace.deals import tabs

DEFAULT_ORDER: Final = "-received"
EXPORT_PART: Final = 1_000
SHEET_ROWS: Final = 50_000
EXPORT_HEADER: Final = (
    noop("Reference"), noop("Company"), noop("Domain"), noop("Country"), noop("Contact"), noop("E-mail"),
    noop("Telephone"), noop("State"), noop("Partner"), noop("Referred by"), noop("Source"), noop("Campaign"),
    noop("Products"), noop("Currency"), noop("Expected value"), noop("Received at"), noop("In this state since"),
    noop("Reason"),
)  # fmt: skip
SHOWS: Final = ("open", "person", "in_hand", *State)


@require_GET
@workspace(Permission.VIEW_DEALS)
def leads(request: WorkspaceRequest) -> HttpResponse:
    """What is open, with how long it stands where it stands; filters and paging are in the address."""
    asked = _asked(request)
    rows = leads_matching(request.actor, request.program, filter_of(asked))
    order = order_of(asked["sort"], LEAD_ORDERS, DEFAULT_ORDER)
    page = slice_of(rows, order, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    slug, kept = request.program.slug, urlencode({name: value for name, value in asked.items() if value})
    standing = standing_of(request.actor, request.program, request.received_at)
    context = {
        "page_title": _("Leads"),
        "breadcrumbs": [(_("Deals"), reverse("workspace:deals", args=[slug])), (_("Leads"), "")],
        "tabs": tabs(request, "leads"),
        "asked": asked,
        "rows": page.rows,
        "count": tally(rows),
        "next": f"?{kept}&after={page.next}" if page.next else "",
        "previous": f"?{kept}&before={page.previous}" if page.previous else "",
        "shows": [("", _("All")), ("open", _("Open")), ("person", _("Wait for us")), ("in_hand", _("With a partner")),
                  *((state.value, STATES[state]) for state in State)],
        "sources": [(source.value, word) for source, word in SOURCES.items()],
        "partner": _partner(request, asked["partner"]),
        "without_partner": urlencode({name: value for name, value in asked.items() if value and name != "partner"}),
        "standing": standing,
        "any": any(one.leads for one in standing),
        "now": request.received_at,
        "kept": kept,
        "may_manage": request.actor.can(Permission.MANAGE_LEADS),
    }  # fmt: skip
    return render(request, "workspace/leads.html", context)


@require_GET
@workspace(Permission.VIEW_DEALS)
def leads_export(request: WorkspaceRequest, form: str) -> StreamingHttpResponse | HttpResponse:
    """The leads of the list, all pages of it, as CSV or as a spreadsheet."""
    asked = _asked(request)
    name = f"leads-{request.program.slug}-{today_in(request.program, request.received_at)}"
    if form == "xlsx":
        rows = leads_matching(request.actor, request.program, filter_of(asked)).order_by("-received_at", "-id")
        return answer_with(f"{name}.xlsx", _("Leads"), _header(), [_exported(row) for row in rows[:SHEET_ROWS]])

    def part(mark: str) -> tuple[list[tuple[object, ...]], str | None]:
        rows = leads_matching(request.actor, request.program, filter_of(asked))
        shown = slice_of(rows, order_of(DEFAULT_ORDER, LEAD_ORDERS, DEFAULT_ORDER), after=mark, size=EXPORT_PART)
        return [_exported(row) for row in shown.rows], shown.next

    return stream_csv(
        organization_id=request.actor.organization_id, person_id=request.actor.person_id, filename=f"{name}.csv",
        header=_header(), part=part,
    )  # fmt: skip


def _header() -> list[str]:
    """The heads of the columns in the reader's language."""
    return [_(name) for name in EXPORT_HEADER]


@require_http_methods(["GET", "POST"])
@workspace(Permission.MANAGE_LEADS)
def lead_new(request: WorkspaceRequest) -> HttpResponse:
    """Take a lead in; the rules send it on at once."""
    families = families_of(request)
    form = LeadForm(request.POST or None, families=families, initial={"source": Source.WEBSITE.value})
    made: list[Lead] = []

    def save() -> None:
        made.append(
            take_in_lead(
                program=request.program, actor=request.actor, draft=form.draft(), at=request.received_at,
                channel=Channel.PAGE,
            )
        )  # fmt: skip

    if request.method == "POST" and accepts(form, save):
        lead = made[0]
        tell(request, f"{lead.reference}: {STATES[State(lead.state)]}", draft="lead_new")
        return redirect("workspace:lead", program=request.program.slug, lead=lead.pk)
    slug = request.program.slug
    context = {
        "page_title": _("New lead"),
        "breadcrumbs": [*trail(request), (_("New lead"), "")],
        "form": form,
        "first": [form[name] for name in form.fields if name not in MORE],
        "more": [form[name] for name in MORE],
        "more_open": any(form[name].errors for name in MORE),
        "back": reverse("workspace:leads", args=[slug]),
    }
    return render(request, "workspace/lead_form.html", context, status=422 if form.errors else 200)


def families_of(request: WorkspaceRequest) -> list[str]:
    """The names of the vendor's product families."""
    rows = ProductFamily.objects.filter(vendor_id=request.actor.organization_id).order_by("name")
    return list(rows.values_list("name", flat=True))


def trail(request: WorkspaceRequest) -> list[tuple[str, str]]:
    """Where one is."""
    slug = request.program.slug
    return [
        (_("Deals"), reverse("workspace:deals", args=[slug])),
        (_("Leads"), reverse("workspace:leads", args=[slug])),
    ]


def filter_of(asked: dict[str, str]) -> LeadFilter:
    """What the address asks for; what it does not know limits nothing."""
    return LeadFilter(
        state=asked["show"] if asked["show"] in SHOWS else "",
        source=asked["source"] if asked["source"] in set(Source) else "",
        partner=_uuid(asked["partner"]),
        search=asked["q"],
    )


def _asked(request: WorkspaceRequest) -> dict[str, str]:
    names = ("show", "source", "partner", "q", "sort")
    return {name: request.GET.get(name, "").replace("\x00", "").strip()[:200] for name in names}


def _partner(request: WorkspaceRequest, text: str) -> Partnership | None:
    key = _uuid(text)
    if key is None:
        return None
    return Partnership.objects.filter(vendor_id=request.actor.organization_id, program=request.program, pk=key).first()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _exported(row: Lead) -> tuple[object, ...]:
    return (
        row.reference, row.customer_name, row.customer_domain, row.customer_country, row.contact_name,
        row.contact_email, row.contact_phone, row.state, row.holder.name if row.holder else None,
        row.referred_by.name if row.referred_by else None, row.source, row.campaign, "; ".join(row.families),
        row.currency, row.value, _instant(row.received_at), _instant(row.moved_at), row.reason,
    )  # fmt: skip


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


urlpatterns: list[URLPattern] = [
    path("deals/leads/", leads, name="leads"),
    path("deals/leads/new/", lead_new, name="lead_new"),
    path("deals/leads/export.<str:form>", leads_export, name="leads_export"),
]
