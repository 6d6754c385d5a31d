"""The deals of a program: the list with its filters, and its export."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from django.views.decorators.http import require_GET, require_POST

from comity.deals.models import Opportunity, OpportunityPartner
from comity.deals.paging import order_of, slice_of, tally
from comity.deals.queries import DEAL_ORDERS, DealFilter, deals_listed, deals_matching
from comity.deals.services import create_default_stages
from comity.identity.roles import Permission
from comity.programs.calendars import today_in
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import attempt
from comity.web.spreadsheets import answer_with
from comity.web.streaming import stream_csv
from comity.web.workspace.deal_filters import Asked, chips, choices, read_filters
from comity.web.workspace.deal_views import views_of
from comity.web.workspace.partner_frame import frame, load

DEFAULT_ORDER: Final = "-closed"
TAB_DEALS: Final = 30
EXPORT_PART: Final = 2_000
SHEET_ROWS: Final = 10_000
EXPORT_HEADER: Final = (
    noop("External id"), noop("Deal"), noop("Customer"), noop("Kind"),
    noop("Stage"), noop("Status"), noop("Opened on"), noop("Closed on"),
    noop("Currency"), noop("Amount"), noop("Recurring amount a year"), noop("Term in months"),
    noop("List price"), noop("Partner manager"), noop("Partners"), noop("Reason for the loss"),
    noop("Competitors"),
)  # fmt: skip


@require_GET
@workspace(Permission.VIEW_DEALS)
def deals(request: WorkspaceRequest) -> HttpResponse:
    """The list: filters, sorting and paging stand in the address."""
    asked = read_filters(request.GET)
    order = order_of(asked.typed["sort"], DEAL_ORDERS, DEFAULT_ORDER)
    rows, is_cut = deals_listed(request.actor, request.program, asked.wanted)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    shown = slice_of(
        rows.select_related("account", "stage", "manager"),
        order,
        after=after,
        before=before,
        missing=asked.wanted.lacks(order.column),
    )
    offered = choices(request)
    context = {
        "page_title": _("Deals"),
        "breadcrumbs": [(_("Deals"), "")],
        "tabs": tabs(request, "deals"),
        "rows": with_partners(shown.rows),
        "count": replace(tally(rows), exact=False) if is_cut else tally(rows),
        "is_cut": is_cut,
        "asked": asked,
        "offered": offered,
        "chips": chips(request, asked, offered),
        "problems": list(dict.fromkeys(asked.problems.values())),
        "next": f"?{asked.query(after=shown.next)}" if shown.next else "",
        "previous": f"?{asked.query(before=shown.previous)}" if shown.previous else "",
        "default_order": DEFAULT_ORDER,
        "export_csv": f"{reverse('workspace:deals_export', args=[request.program.slug])}?{asked.query()}",
        "export_xlsx": f"{reverse('workspace:deals_sheet', args=[request.program.slug])}?{asked.query()}",
        "other_way": f"{reverse('workspace:deals_board', args=[request.program.slug])}?{asked.query()}",
        **views_of(request, asked),
        "can_edit": request.actor.can(Permission.EDIT_DEALS),
        "has_stages": bool(offered["stage"]),
    }
    return render(request, "workspace/deals.html", context)


@require_GET
@workspace(Permission.VIEW_DEALS)
def deals_export(request: WorkspaceRequest) -> StreamingHttpResponse:
    """The deals of the list, all pages of it, as CSV."""
    asked = read_filters(request.GET)
    return stream_csv(
        organization_id=request.actor.organization_id,
        person_id=request.actor.person_id,
        filename=f"deals-{request.program.slug}-{today_in(request.program, request.received_at)}.csv",
        header=[_(name) for name in EXPORT_HEADER],
        part=lambda mark: _export_part(request, asked, mark),
    )


@require_GET
@workspace(Permission.VIEW_DEALS)
def deals_sheet(request: WorkspaceRequest) -> HttpResponse:
    """The deals of the list as a spreadsheet; of more than a sheet is made of at once, the CSV has all."""
    asked = read_filters(request.GET)
    rows, mark = _export_part(request, asked, "", SHEET_ROWS)
    if mark:
        messages.error(
            request,
            _("More than %(rows)s deals match: too many for a spreadsheet at once. Filter them, or take the CSV.")
            % {"rows": SHEET_ROWS},
        )
        return redirect(f"{reverse('workspace:deals', args=[request.program.slug])}?{asked.query()}")
    name = f"deals-{request.program.slug}-{today_in(request.program, request.received_at)}.xlsx"
    return answer_with(name, _("Deals"), EXPORT_HEADER, rows)


@require_POST
@workspace(Permission.EDIT_DEALS)
def default_stages(request: WorkspaceRequest) -> HttpResponse:
    """Give a program without stages the usual ones, so that a first deal can be recorded."""
    attempt(
        request,
        lambda: create_default_stages(program=request.program, actor=request.actor),
        _("The pipeline has its stages. Record the first deal, or import them."),
    )
    return redirect("workspace:deals", program=request.program.slug)


def tabs(request: WorkspaceRequest, current: str) -> list[dict[str, Any]]:
    """The pages beside each other under Deals."""
    pages = (
        ("deals", _("Opportunities")),
        ("registrations", _("Registrations")),
        ("leads", _("Leads")),
        ("rooms", _("Co-sell")),
        ("conflicts", _("Conflicts")),
        ("touches", _("Touches")),
        ("rules_of_engagement", _("Rules of engagement")),
        ("customers", _("Customers")),
        ("same_customer", _("Same customer?")),
    )
    return [
        {"label": label, "url": reverse(f"workspace:{name}", args=[request.program.slug]), "current": name == current}
        for name, label in pages
    ]


def with_partners(rows: Any) -> list[Opportunity]:
    """The same deals, each with `part_rows` (its partners and their roles); one query for all."""
    deals_shown = list(rows)
    found: dict[Any, list[OpportunityPartner]] = {deal.pk: [] for deal in deals_shown}
    if deals_shown:
        parts = OpportunityPartner.objects.filter(vendor_id=deals_shown[0].vendor_id, opportunity_id__in=list(found))
        for part in parts.select_related("partnership").order_by("role", "partnership__sort_name"):
            found[part.opportunity_id].append(part)
    for deal in deals_shown:
        deal.part_rows = found[deal.pk]
    return deals_shown


def _export_part(
    request: WorkspaceRequest, asked: Asked, mark: str, size: int = EXPORT_PART
) -> tuple[list[tuple[object, ...]], str | None]:
    order = order_of(asked.typed["sort"], DEAL_ORDERS, DEFAULT_ORDER)
    rows = deals_matching(request.actor, request.program, asked.wanted).select_related("account", "stage", "manager")
    shown = slice_of(rows, order, after=mark, size=size, missing=asked.wanted.lacks(order.column))
    return [_exported(deal) for deal in with_partners(shown.rows)], shown.next


def _exported(deal: Any) -> tuple[object, ...]:
    partners = "; ".join(f"{part.partnership.name} ({part.role})" for part in deal.part_rows)
    return (
        deal.external_id, deal.name, deal.account.name if deal.account else None, deal.kind, deal.stage.name,
        deal.status, deal.opened_on, deal.closed_on, deal.currency, deal.amount, deal.recurring_amount,
        deal.term_months, deal.list_amount, deal.manager.name if deal.manager else None, partners, deal.loss_reason,
        "; ".join(deal.competitors),
    )  # fmt: skip


@require_GET
@workspace(Permission.VIEW_DEALS)
def partner_deals(request: WorkspaceRequest, partnership: UUID) -> HttpResponse:
    """The Deals tab of a partner's page: its newest deals, and the way to all of them."""
    found = load(request, partnership)
    rows = deals_matching(request.actor, request.program, DealFilter(partner=found.pk))
    shown = slice_of(rows.select_related("account", "stage"), order_of("", DEAL_ORDERS, DEFAULT_ORDER), size=TAB_DEALS)
    rows_shown: list[Any] = [*with_partners(shown.rows)]
    for deal in rows_shown:
        deal.own_roles = [part.role for part in deal.part_rows if part.partnership_id == found.pk]
    context = {
        **frame(request, found, "partner_deals"),
        "deals": rows_shown,
        "deal_count": tally(rows),
    }
    return render(request, "workspace/partner_deals.html", context)


urlpatterns: list[URLPattern] = [
    path("deals/", deals, name="deals"),
    path("deals/export.csv", deals_export, name="deals_export"),
    path("deals/export.xlsx", deals_sheet, name="deals_sheet"),
    path("deals/stages/", default_stages, name="deals_stages"),
    path("partners/<uuid:partnership>/deals/", partner_deals, name="partner_deals"),
]
