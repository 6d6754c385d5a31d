"""Registrations in the workspace: the decision queue, and all of them."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.db.models import Exists, OuterRef, Subquery
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from comity.deals.models import Handling, RegistrationVerdict
from comity.deals.paging import order_of, slice_of, tally
from comity.deals.registration.bulk import CLEAR, decide_together
from comity.deals.registration.engagement import clauses_of, rules_on
from comity.deals.registration.figures import decisions_by_month
from comity.deals.registration.queries import (
    REGISTRATION_ORDERS,
    RegistrationFilter,
    decision_queue,
    registrations_matching,
)
from comity.deals.states.registrations import UNDECIDED, Move, State
from comity.identity.roles import Permission
from comity.kernel.errors import Invalid, NotFound
from comity.kernel.words import words
from comity.programs.calendars import today_in
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import tell
from comity.web.streaming import stream_csv
from comity.web.templatetags.figures import spoken_lazily
from comity.web.workspace.deals import tabs

DEFAULT_ORDER: Final = "-submitted"
SHOWN_QUEUE: Final = 100
EXPORT_PART: Final = 1_000
EXPORT_HEADER: Final = (
    noop("Reference"), noop("Customer"), noop("Domain"), noop("Country"),
    noop("Partner"), noop("State"), noop("Kind"), noop("Products"),
    noop("Currency"), noop("Expected value"), noop("Expected to close on"), noop("Submitted at"),
    noop("Decide by"), noop("Decided at"), noop("Reason"), noop("In words"),
    noop("Protected until"),
)  # fmt: skip


@require_GET
@workspace(Permission.VIEW_DEALS)
def registrations(request: WorkspaceRequest) -> HttpResponse:
    """The queue, the nearest clock first; with `show`, all, open ones, one state, or what is flagged."""
    asked = {name: request.GET.get(name, "").replace("\x00", "").strip() for name in ("show", "q", "sort")}
    slug = request.program.slug
    context: dict[str, Any] = {
        "page_title": _("Registrations"),
        "breadcrumbs": [(_("Deals"), reverse("workspace:deals", args=[slug])), (_("Registrations"), "")],
        "tabs": tabs(request, "registrations"),
        "asked": asked,
        "may_import": request.actor.can(Permission.IMPORT_DATA),
        "may_decide_mail": request.actor.can(Permission.DECIDE_REGISTRATIONS),
        "now": request.received_at,
        "shows": [
            ("", _("To decide")), ("all", _("All")), ("open", _("Open")), ("flagged", _("Flagged")),
            *((one.value, spoken_lazily(one.value)) for one in State if one is not State.DRAFT),
        ],
        "export": f"{reverse('workspace:registrations_export', args=[slug])}?{urlencode(asked)}",
    }  # fmt: skip
    if not asked["show"] and not asked["q"]:
        rows = list(with_verdict(decision_queue(request.actor, request.program))[: SHOWN_QUEUE + 1])
        context |= {"rows": rows[:SHOWN_QUEUE], "is_queue": True, "count": {"rows": len(rows), "exact": True}}
    else:
        found = registrations_matching(request.actor, request.program, _filter(asked))
        order = order_of(asked["sort"], REGISTRATION_ORDERS, DEFAULT_ORDER)
        page = slice_of(
            with_verdict(found), order, after=request.GET.get("after", ""), before=request.GET.get("before", "")
        )
        kept = urlencode({name: value for name, value in asked.items() if value})
        context |= {
            "rows": page.rows,
            "count": tally(found),
            "next": f"?{kept}&after={page.next}" if page.next else "",
            "previous": f"?{kept}&before={page.previous}" if page.previous else "",
        }
    context |= _of_queue(request, is_queue=bool(context.get("is_queue")))
    context["any"] = (
        bool(context["rows"]) or registrations_matching(request.actor, request.program, RegistrationFilter()).exists()
    )
    return render(request, "workspace/registrations.html", context)


def _of_queue(request: WorkspaceRequest, *, is_queue: bool) -> dict[str, Any]:
    """What may be decided together, the days that clocks leave out, and how decisions go."""
    today = today_in(request.program, request.received_at)
    return {
        "undecided": [state.value for state in UNDECIDED],
        "clear": set(CLEAR.values()) if request.actor.can(Permission.DECIDE_REGISTRATIONS) else set(),
        "holidays": clauses_of(rules_on(request.program, today)).holidays,
        "months": decisions_by_month(request.actor, request.program, today) if is_queue else [],
    }


@require_POST
@workspace(Permission.DECIDE_REGISTRATIONS)
def registrations_decide(request: WorkspaceRequest, move: str) -> HttpResponse:
    """Decide those that were chosen, where the rules say the same; what is left is named."""
    if move not in set(CLEAR):
        raise NotFound(words("There is no such decision."))
    ids = [key for text in request.POST.getlist("chosen") if (key := _uuid(text))]
    order: dict[str, Any] = {"actor": request.actor, "at": request.received_at, "move": Move(move)}
    try:
        told = decide_together(program=request.program, ids=ids, **order)
    except Invalid as problem:
        messages.error(request, " ".join(str(one) for one in problem.fields.values()))
    else:
        said = ngettext("%(count)s registration is decided.", "%(count)s registrations are decided.", told.decided)
        tell(request, said % {"count": told.decided})
        if told.left:
            messages.warning(
                request,
                _("Left as they are, for the rules say otherwise now: %(which)s.") % {"which": ", ".join(told.left)},
            )
    return redirect("workspace:registrations", program=request.program.slug)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@require_GET
@workspace(Permission.VIEW_DEALS)
def registrations_export(request: WorkspaceRequest) -> StreamingHttpResponse:
    """The registrations of the list, all pages of it, as CSV."""
    asked = {name: request.GET.get(name, "").replace("\x00", "").strip() for name in ("show", "q")}

    def part(mark: str) -> tuple[list[tuple[object, ...]], str | None]:
        rows = registrations_matching(request.actor, request.program, _filter(asked))
        order = order_of(DEFAULT_ORDER, REGISTRATION_ORDERS, DEFAULT_ORDER)
        shown = slice_of(rows, order, after=mark, size=EXPORT_PART)
        return [_exported(row) for row in shown.rows], shown.next

    return stream_csv(
        organization_id=request.actor.organization_id,
        person_id=request.actor.person_id,
        filename=f"registrations-{request.program.slug}-{today_in(request.program, request.received_at)}.csv",
        header=[_(name) for name in EXPORT_HEADER],
        part=part,
    )


def with_verdict(rows: Any) -> Any:
    """The rows, each with what the rules said last and whether it is flagged."""
    of_row = {"vendor_id": OuterRef("vendor_id"), "registration": OuterRef("pk")}
    newest = RegistrationVerdict.objects.filter(**of_row).order_by("-id")
    return rows.annotate(
        outcome=Subquery(newest.values("outcome")[:1]),
        sentence=Subquery(newest.values("body__sentence")[:1]),
        flagged=Exists(Handling.objects.filter(**of_row).exclude(flag="")),
    )


def _filter(asked: dict[str, str]) -> RegistrationFilter:
    show = asked["show"]
    state = show if show in {*State, "open"} else ""
    return RegistrationFilter(state=state, search=asked["q"], flagged=show == "flagged")


def _exported(row: Any) -> tuple[object, ...]:
    return (
        row.reference, row.customer_name, row.customer_domain, row.customer_country, row.partnership.name, row.state,
        row.kind, "; ".join(row.families), row.currency, row.value, row.expected_close_on, row.submitted_at, row.due_at,
        row.decided_at, row.reason, row.reason_text, row.protected_until,
    )  # fmt: skip


urlpatterns: list[URLPattern] = [
    path("deals/registrations/decide/<str:move>/", registrations_decide, name="registrations_decide"),
    path("deals/registrations/", registrations, name="registrations"),
    path("deals/registrations/export.csv", registrations_export, name="registrations_export"),
]
