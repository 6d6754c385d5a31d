"""One deal: what it is worth, where it stands, whose it is, who takes part."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from comity.cosell.queries import room_of_deal
from comity.deals.models import CustomerAccount, Opportunity, Product
from comity.deals.queries import opportunities_visible_to, stages_visible_to, with_parts
from comity.deals.rules import sum_of_lines
from comity.deals.services import (
    LineDraft,
    PartnerDraft,
    create_opportunity,
    edit_opportunity,
    set_lines,
    set_partners,
)
from comity.deals.services.opportunities import version_of
from comity.deals.states import DealStatus, PartnerRole
from comity.deals.versions import DealChangedMeanwhile
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid, NotFound
from comity.kernel.words import words
from comity.leads.queries import lead_of_deal
from comity.programs.calendars import today_in
from comity.programs.models import Partnership
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, refuse, tell
from comity.web.workspace.deal_forms import DealForm, LineForm, MoveForm, PartForm
from comity.web.workspace.deal_moving import move

EMPTY_PARTS, EMPTY_LINES = 1, 2


@require_GET
@workspace(Permission.VIEW_DEALS)
def deal(request: WorkspaceRequest, deal: UUID) -> HttpResponse:
    """The whole deal."""
    return _page(request, _load(request, deal))


@require_http_methods(["GET", "POST"])
@workspace(Permission.EDIT_DEALS)
def deal_new(request: WorkspaceRequest) -> HttpResponse:
    """Record a deal by hand."""
    today = today_in(request.program, request.received_at)
    initial = {"currency": request.program.currency, "opened_on": today, "account": request.GET.get("customer", "")}
    form = DealForm(request.POST or None, request=request, initial=initial)
    made: list[Opportunity] = []

    def save() -> None:
        stage, at = form.cleaned_data["stage"], request.received_at
        made.append(
            create_opportunity(program=request.program, actor=request.actor, draft=form.draft(), at=at, stage=stage)
        )

    if request.method == "POST" and accepts(form, save):
        tell(request, _("The deal is recorded. Add the partners who take part in it."), draft="deal_new")
        return redirect(_address(request, made[0]))
    context = {
        "form": form,
        "page_title": _("New deal"),
        "breadcrumbs": [*_trail(request), (_("New deal"), "")],
        "back": reverse("workspace:deals", args=[request.program.slug]),
        "save_label": _("Record the deal"),
        "draft": "deal_new",
        "customer_names": customer_names(request),
    }
    return render(request, "workspace/deal_form.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@workspace(Permission.EDIT_DEALS)
def deal_edit(request: WorkspaceRequest, deal: UUID) -> HttpResponse:
    """Change what is known of a deal; if somebody else did meanwhile, both are shown."""
    found = _load(request, deal)
    initial = {name: getattr(found, name) for name in DealForm.base_fields if hasattr(found, name)}
    initial |= {"account": found.account.name if found.account else "", "loaded": version_of(found)}
    form = DealForm(request.POST or None, request=request, deal=found, initial=initial)
    if request.method == "POST" and form.is_valid():
        draft, loaded = form.draft(), form.cleaned_data["loaded"]
        try:
            edit_opportunity(opportunity=found, actor=request.actor, draft=draft, at=request.received_at, loaded=loaded)
        except (Invalid, Conflict) as error:
            refuse(form, error)
            if isinstance(error, DealChangedMeanwhile):
                typed: Any = form.data
                form.data = {**typed.dict(), "loaded": version_of(_load(request, deal))}
        else:
            tell(request, _("Saved."), draft=f"deal_{found.pk}")
            return redirect(_address(request, found))
    context = {
        "form": form,
        "page_title": _("Edit %(name)s") % {"name": found.name},
        "breadcrumbs": [*_trail(request, found), (_("Edit"), "")],
        "back": _address(request, found),
        "save_label": _("Save"),
        "draft": f"deal_{found.pk}",
        "customer_names": customer_names(request),
    }
    return render(request, "workspace/deal_form.html", context, status=422 if form.is_bound else 200)


@require_POST
@workspace(Permission.EDIT_DEALS)
def deal_move(request: WorkspaceRequest, deal: UUID) -> HttpResponse:
    """Move the deal into another stage, on a day."""
    found = _load(request, deal)
    form = MoveForm(request.POST, request=request, deal=found)

    if accepts(form, lambda: move(request, found, form.cleaned_data)):
        done = _("%(deal)s stands in %(stage)s now.") % {"deal": found.name, "stage": form.cleaned_data["stage"].name}
        tell(request, done)
        return redirect(_address(request, found))
    return _page(request, found, move_form=form)


@require_http_methods(["GET", "POST"])
@workspace(Permission.EDIT_DEALS)
def deal_partners(request: WorkspaceRequest, deal: UUID) -> HttpResponse:
    """Set who takes part, in which role, with which share."""
    found = _load(request, deal)
    rows = [{"partner": part.partnership.name, "role": part.role, "share": part.share} for part in found.partners.all()]
    formset = _formset(PartForm, EMPTY_PARTS)(
        request.POST or None, initial=rows, form_kwargs={"request": request}, prefix="part"
    )

    def save() -> None:
        set_partners(opportunity=found, actor=request.actor, partners=_partner_drafts(formset))

    problem = ""
    if request.method == "POST":
        problem = _saved(formset, save)
        if not problem:
            tell(request, _("The partners of the deal are saved."))
            return redirect(_address(request, found))
    names = Partnership.objects.filter(vendor_id=found.vendor_id, program=request.program, status="active")
    context = {
        **_form_page(request, found, formset, problem, _("Partners")),
        "names": names.order_by("sort_name").values_list("name", flat=True)[:1000],
    }
    return render(request, "workspace/deal_partners.html", context, status=422 if problem else 200)


@require_http_methods(["GET", "POST"])
@workspace(Permission.EDIT_DEALS)
def deal_lines(request: WorkspaceRequest, deal: UUID) -> HttpResponse:
    """Set what is sold: products, quantities, prices."""
    found = _load(request, deal)
    rows = [
        {
            "product": line.product.external_id or line.product.name if line.product else "",
            "family": line.family_id,
            "quantity": line.quantity,
            "unit_price": line.unit_price,
            "amount": line.amount,
        }
        for line in found.lines.all()
    ]
    formset = _formset(LineForm, EMPTY_LINES)(
        request.POST or None, initial=rows, form_kwargs={"request": request}, prefix="line"
    )

    def save() -> None:
        lines: list[LineDraft] = [line for line in (form.draft() for form in formset) if line is not None]
        set_lines(opportunity=found, actor=request.actor, lines=lines, at=request.received_at)

    problem = ""
    if request.method == "POST":
        problem = _saved(formset, save)
        if not problem:
            tell(request, _("The lines of the deal are saved."))
            return redirect(_address(request, found))
    context = {
        **_form_page(request, found, formset, problem, _("Lines")),
        "names": Product.objects.filter(vendor_id=found.vendor_id).order_by("name")[:1000],
    }
    return render(request, "workspace/deal_lines.html", context, status=422 if problem else 200)


def customer_names(request: WorkspaceRequest) -> Any:
    """The names a form suggests: the thousand newest customers."""
    known = CustomerAccount.objects.filter(vendor_id=request.actor.organization_id)
    return known.order_by("-pk").values_list("name", flat=True)[:1000]


def _formset(form: type[forms.Form], extra: int) -> Any:
    return forms.formset_factory(form, extra=extra, max_num=200, absolute_max=220, validate_max=True)


def _saved(formset: Any, save: Any) -> str:
    """Save a formset; the sentence that says why it was not."""
    if not formset.is_valid():
        return " ".join(formset.non_form_errors()) or _("Please correct the rows marked below; what you typed is kept.")
    try:
        save()
    except (Invalid, Conflict) as error:
        return error.message
    return ""


def _partner_drafts(formset: Any) -> list[PartnerDraft]:
    drafts = []
    for form in formset:
        given = form.cleaned_data
        if given.get("partner") is not None and not given.get("remove"):
            role = PartnerRole(given["role"] or PartnerRole.SOURCED)
            drafts.append(PartnerDraft(partnership=given["partner"], role=role, share=given["share"]))
    return drafts


def _form_page(request: WorkspaceRequest, found: Opportunity, formset: Any, problem: str, title: str) -> dict[str, Any]:
    return {
        "deal": found,
        "formset": formset,
        "problem": problem,
        "page_title": f"{title} · {found.name}",
        "breadcrumbs": [*_trail(request, found), (title, "")],
        "back": _address(request, found),
    }


def _page(request: WorkspaceRequest, found: Opportunity, *, move_form: MoveForm | None = None) -> HttpResponse:
    today = today_in(request.program, request.received_at)
    lines = list(found.lines.all())
    context = {
        "deal": found,
        "page_title": found.name,
        "breadcrumbs": [*_trail(request), (found.name, "")],
        "rail": _rail(request, found),
        "lines": lines,
        "lines_total": sum_of_lines([line.amount for line in lines]),
        "parts": list(found.partners.all()),
        "has_shares": any(part.share is not None for part in found.partners.all()),
        "steps": _told(found),
        "move_form": move_form or MoveForm(request=request, deal=found, initial={"on": today}),
        "can_edit": request.actor.can(Permission.EDIT_DEALS),
        "lead": lead_of_deal(request.actor, found),
        "room": room_of_deal(request.actor, found),
    }
    return render(request, "workspace/deal.html", context, status=422 if move_form else 200)


def _rail(request: WorkspaceRequest, found: Opportunity) -> list[dict[str, str]]:
    """The stages of the pipeline, as far as the deal has come; the end it came to instead of those not reached."""
    stages = list(stages_visible_to(request.actor, request.program))
    open_stages = [stage for stage in stages if stage.status == DealStatus.OPEN]
    if found.status != DealStatus.OPEN:
        been = {step.stage_id for step in found.steps.all()}
        passed = [stage for stage in open_stages if stage.pk in been]
        return [
            *({"label": stage.name, "state": "done"} for stage in passed),
            {"label": found.stage.name, "state": found.status},
        ]
    at = next((place for place, stage in enumerate(open_stages) if stage.pk == found.stage_id), 0)
    return [
        {"label": stage.name, "state": "current" if place == at else ("done" if place < at else "ahead")}
        for place, stage in enumerate(open_stages)
    ]


def _told(found: Opportunity) -> list[dict[str, Any]]:
    """The stage history, newest first, each step with what changed."""
    told: list[dict[str, Any]] = []
    before: Any = None
    for step in found.steps.all():
        moved = before is None or step.stage_id != before.stage_id
        valued = before is None or (step.amount, step.recurring_amount) != (before.amount, before.recurring_amount)
        opening = before is None
        reopened = before is not None and before.status != DealStatus.OPEN and step.status == DealStatus.OPEN
        told.append({"step": step, "moved": moved, "valued": valued, "opening": opening, "reopened": reopened})
        before = step
    return told[::-1]


def _load(request: WorkspaceRequest, deal_id: UUID) -> Opportunity:
    found = with_parts(opportunities_visible_to(request.actor, request.program)).filter(pk=deal_id).first()
    if found is None:
        raise NotFound(words("There is no such deal in this program."))
    found.program = request.program
    return found


def _address(request: WorkspaceRequest, found: Opportunity, page: str = "deal") -> str:
    return reverse(f"workspace:{page}", args=[request.program.slug, found.pk])


def _trail(request: WorkspaceRequest, found: Opportunity | None = None) -> list[tuple[str, str]]:
    trail = [(_("Deals"), reverse("workspace:deals", args=[request.program.slug]))]
    return [*trail, (found.name, _address(request, found))] if found else trail


urlpatterns: list[URLPattern] = [
    path("deals/new/", deal_new, name="deal_new"),
    path("deals/<uuid:deal>/", deal, name="deal"),
    path("deals/<uuid:deal>/edit/", deal_edit, name="deal_edit"),
    path("deals/<uuid:deal>/move/", deal_move, name="deal_move"),
    path("deals/<uuid:deal>/partners/", deal_partners, name="deal_partners"),
    path("deals/<uuid:deal>/lines/", deal_lines, name="deal_lines"),
]
