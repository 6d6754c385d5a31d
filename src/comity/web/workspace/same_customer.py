"""Same customer? Pairs of records of which the engine is not sure, side by side, answered with one key."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from comity.deals.models import CustomerAccount, CustomerQuestion, Registration
from comity.deals.registration.answers import answer_question
from comity.deals.registration.questions import open_questions
from comity.deals.registration.sweeping import compare_more, sweep_visible_to
from comity.identity.roles import Permission
from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.matching.models import Answer
from comity.matching.record import Kind
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import attempt, tell
from comity.web.workspace.deals import tabs

FIELDS: Final = (
    ("name", gettext_lazy("Name")), ("website", gettext_lazy("Domain")), ("country", gettext_lazy("Country")),
    ("city", gettext_lazy("City")), ("postcode", gettext_lazy("Postcode")),
)  # fmt: skip
CHOICES: Final = (
    (Answer.SAME, gettext_lazy("Yes, the same"), "y"),
    (Answer.FAMILY, gettext_lazy("One family"), "f"),
    (Answer.DIFFERENT, gettext_lazy("No"), "n"),
)


@require_GET
@workspace(Permission.VIEW_DEALS)
def same_customer(request: WorkspaceRequest) -> HttpResponse:
    """The oldest open question, or the one after another that somebody left open."""
    rows = open_questions(request.actor)
    waiting = rows.count()
    after = _after(request)
    shown = rows.filter(pk__gt=after).order_by("pk").first() if after else None
    shown = shown or rows.first()
    context: dict[str, Any] = {
        "page_title": _("Same customer?"),
        "breadcrumbs": [
            (_("Deals"), reverse("workspace:deals", args=[request.program.slug])),
            (_("Same customer?"), ""),
        ],
        "tabs": tabs(request, "same_customer"),
        "waiting": waiting,
        "sweep": sweep_visible_to(request.actor),
        "question": shown,
        "sides": _sides(request, shown) if shown else [],
        "rows": _compared(shown) if shown else [],
        "choices": [{"answer": answer.value, "label": label, "key": key} for answer, label, key in CHOICES],
        "may_answer": request.actor.can(Permission.EDIT_DEALS),
    }
    return render(request, "workspace/same_customer.html", context)


@require_POST
@workspace(Permission.EDIT_DEALS)
def same_customer_answer(request: WorkspaceRequest, question: UUID) -> HttpResponse:
    """Keep the answer; then the next question opens."""
    found = CustomerQuestion.objects.filter(vendor_id=request.actor.organization_id, pk=question).first()
    if found is None:
        raise NotFound(words("There is no such question."))
    given = request.POST.get("answer", "")
    attempt(
        request,
        lambda: answer_question(question=found, actor=request.actor, answer=given, at=request.received_at),
        _("Kept. What depends on it was judged again."),
    )
    return redirect("workspace:same_customer", program=request.program.slug)


@require_POST
@workspace(Permission.EDIT_DEALS)
def same_customer_compare(request: WorkspaceRequest) -> HttpResponse:
    """Compare the customers that nobody compared yet, as a job."""
    compare_more(actor=request.actor, at=request.received_at)
    tell(request, _("The customers are being compared; the pairs appear here."))
    return redirect("workspace:same_customer", program=request.program.slug)


def _after(request: WorkspaceRequest) -> UUID | None:
    try:
        return UUID(request.GET.get("after", ""))
    except ValueError:
        return None


def _compared(question: CustomerQuestion) -> list[dict[str, Any]]:
    """The fields that either side has, with both values."""
    found = [(label, question.left.get(name, ""), question.right.get(name, "")) for name, label in FIELDS]
    return [
        {"label": label, "left": left, "right": right, "differs": bool(left and right and left != right)}
        for label, left, right in found
        if left or right
    ]


def _sides(request: WorkspaceRequest, question: CustomerQuestion) -> list[dict[str, str]]:
    """What each record is, and where it stands."""
    sides = ((question.left_kind, question.left_id), (question.right_kind, question.right_id))
    return [_side(request, Kind(kind), key) for kind, key in sides]


def _side(request: WorkspaceRequest, kind: Kind, key: UUID) -> dict[str, str]:
    slug = request.program.slug
    if kind is Kind.CUSTOMER:
        account = CustomerAccount.objects.filter(vendor_id=request.actor.organization_id, pk=key).first()
        url = reverse("workspace:customer", args=[slug, key]) if account else ""
        return {"what": _("Customer of ours"), "name": account.name if account else "", "url": url}
    rows = Registration.objects.filter(vendor_id=request.actor.organization_id, pk=key)
    found = rows.select_related("partnership", "program").first()
    what = _("Registration of %(partner)s") % {"partner": found.partnership.name if found else ""}
    url = reverse("workspace:registration", args=[found.program.slug, key]) if found else ""
    return {"what": what, "name": (found.reference or "") if found else "", "url": url}


urlpatterns: list[URLPattern] = [
    path("deals/same-customer/compare/", same_customer_compare, name="same_customer_compare"),
    path("deals/same-customer/", same_customer, name="same_customer"),
    path("deals/same-customer/<uuid:question>/", same_customer_answer, name="same_customer_answer"),
]
