"""Settings of what is sold and how it moves: the stages of the pipeline, products and their families."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from comity.deals.models import Product, ProductFamily
from comity.deals.paging import order_of, slice_of, tally
from comity.deals.queries import stages_visible_to
from comity.deals.queries.products import PRODUCT_ORDERS, families_visible_to, product_search, products_visible_to
from comity.deals.services import (
    ProductDraft,
    StageDraft,
    create_family,
    create_product,
    create_stage,
    edit_product,
    edit_stage,
    remove_stage,
    rename_family,
    reorder_stages,
)
from comity.deals.states import DealStatus
from comity.identity.roles import Permission
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, attempt, tell
from comity.web.typed import AmountField
from comity.web.workspace.program_forms import LabelForm
from comity.web.workspace.settings_tabs import settings_frame

MEANINGS: Final = [
    (DealStatus.OPEN.value, gettext_lazy("Open: the deal is still worked on")),
    (DealStatus.WON.value, gettext_lazy("Won: the customer ordered")),
    (DealStatus.LOST.value, gettext_lazy("Lost: the deal came to nothing")),
]


class StageForm(forms.Form):
    """A stage: its name, what it means, how likely a deal in it is won."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    status = forms.ChoiceField(
        label=gettext_lazy("Means"),
        choices=MEANINGS,
        help_text=gettext_lazy("Fixed once a deal has been in the stage: its history says so."),
    )
    probability = forms.DecimalField(
        label=gettext_lazy("Probability in %"),
        required=False,
        min_value=0,
        max_value=100,
        decimal_places=2,
        help_text=gettext_lazy("How likely a deal in this stage is won; empty if nobody knows."),
    )

    def draft(self) -> StageDraft:
        """What was typed, for the service."""
        given = self.cleaned_data
        percent: Decimal | None = given["probability"]
        return StageDraft(given["name"], DealStatus(given["status"]), None if percent is None else percent / 100)


class ProductForm(forms.Form):
    """A product as a person describes it."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=300)
    external_id = forms.CharField(
        label=gettext_lazy("External id"),
        required=False,
        max_length=120,
        help_text=gettext_lazy("The key in your CRM or shop; imports find the product by it."),
    )
    family = forms.ModelChoiceField(
        label=gettext_lazy("Family"),
        queryset=ProductFamily.objects.none(),
        required=False,
        empty_label=gettext_lazy("None"),
    )
    list_price = AmountField(label=gettext_lazy("List price"), required=False)
    cost = AmountField(label=gettext_lazy("Cost"), required=False)

    def __init__(self, *args: Any, request: WorkspaceRequest, **options: Any) -> None:
        super().__init__(*args, **options)
        families: Any = self.fields["family"]
        families.queryset = families_visible_to(request.actor)

    def draft(self) -> ProductDraft:
        """What was typed, for the service."""
        return ProductDraft(**self.cleaned_data)


@require_http_methods(["GET", "POST"])
@workspace(Permission.MANAGE_PROGRAM)
def program_stages(request: WorkspaceRequest) -> HttpResponse:
    """The stages in their order; a new one goes to the end."""
    form = StageForm(request.POST or None, initial={"status": DealStatus.OPEN.value})

    def save() -> None:
        create_stage(program=request.program, actor=request.actor, draft=form.draft())

    if request.method == "POST" and accepts(form, save):
        tell(request, _("%(name)s is added.") % {"name": form.cleaned_data["name"]})
        return redirect("workspace:program_stages", program=request.program.slug)
    context = {
        **settings_frame(request, "program_stages"),
        "form": form,
        "rows": stages_visible_to(request.actor, request.program),
    }
    return render(request, "workspace/program_stages.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@workspace(Permission.MANAGE_PROGRAM)
def program_stage(request: WorkspaceRequest, stage: UUID) -> HttpResponse:
    """One stage: a form to change it; a POST that says `do` moves it up or removes it instead."""
    found = get_object_or_404(stages_visible_to(request.actor, request.program), pk=stage)
    if request.method == "POST" and "do" in request.POST:
        _do_with_stage(request, found, request.POST["do"])
        return redirect("workspace:program_stages", program=request.program.slug)
    percent = None if found.probability is None else (found.probability * 100).normalize()
    kept = {"name": found.name, "status": found.status, "probability": None if percent is None else f"{percent:f}"}
    form = StageForm(request.POST or None, initial=kept)

    def save() -> None:
        edit_stage(stage=found, actor=request.actor, draft=form.draft())

    if request.method == "POST" and accepts(form, save):
        tell(request, _("The stage is saved."))
        return redirect("workspace:program_stages", program=request.program.slug)
    return _form(request, "program_stages", found.name, form, _("Save the stage"))


def _do_with_stage(request: WorkspaceRequest, stage: Any, what: str) -> None:
    if what == "remove":
        done = _("%(name)s is removed.") % {"name": stage.name}
        attempt(request, lambda: remove_stage(stage=stage, actor=request.actor), done)
        return
    order = [row.pk for row in stages_visible_to(request.actor, request.program)]
    place = order.index(stage.pk)
    if what == "up" and place:
        order[place - 1], order[place] = order[place], order[place - 1]
        attempt(
            request,
            lambda: reorder_stages(program=request.program, actor=request.actor, order=order),
            _("%(name)s moved up.") % {"name": stage.name},
        )


@workspace(Permission.MANAGE_PROGRAM)
def products(request: WorkspaceRequest) -> HttpResponse:
    """The catalogue, by name."""
    text, sort = request.GET.get("q", "").strip(), request.GET.get("sort", "")
    rows = product_search(products_visible_to(request.actor), text)
    order = order_of(sort, PRODUCT_ORDERS, "name")
    shown = slice_of(
        rows.select_related("family"), order, after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    kept = {name: value for name, value in (("q", text), ("sort", sort)) if value}
    context = {
        **settings_frame(request, "products"),
        "rows": shown.rows,
        "count": tally(rows),
        "q": text,
        "sort": sort,
        "next": f"?{urlencode({**kept, 'after': shown.next})}" if shown.next else "",
        "previous": f"?{urlencode({**kept, 'before': shown.previous})}" if shown.previous else "",
    }
    return render(request, "workspace/products.html", context)


@require_http_methods(["GET", "POST"])
@workspace(Permission.MANAGE_PROGRAM)
def product_new(request: WorkspaceRequest) -> HttpResponse:
    """One more product."""
    form = ProductForm(request.POST or None, request=request)
    return _product(request, form, _("New product"), lambda: create_product(actor=request.actor, draft=form.draft()))


@require_http_methods(["GET", "POST"])
@workspace(Permission.MANAGE_PROGRAM)
def product_edit(request: WorkspaceRequest, product: UUID) -> HttpResponse:
    """Change a product; what was sold keeps the family and the prices it had."""
    found: Product = get_object_or_404(products_visible_to(request.actor), pk=product)
    kept = {name: getattr(found, name) for name in ("name", "external_id", "family", "list_price", "cost")}
    form = ProductForm(request.POST or None, request=request, initial=kept)
    return _product(
        request, form, found.name, lambda: edit_product(actor=request.actor, product=found, draft=form.draft())
    )


def _product(request: WorkspaceRequest, form: ProductForm, title: str, save: Any) -> HttpResponse:
    if request.method == "POST" and accepts(form, save):
        tell(request, _("The product is saved."))
        return redirect("workspace:products", program=request.program.slug)
    return _form(request, "products", title, form, _("Save the product"))


def _form(request: WorkspaceRequest, tab: str, title: str, form: forms.Form, save_label: str) -> HttpResponse:
    """One record of a tab, to be changed."""
    back = reverse(f"workspace:{tab}", args=[request.program.slug])
    context = {**settings_frame(request, tab, page=title), "form": form, "save_label": save_label, "back": back}
    return render(request, "workspace/settings_form.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@workspace(Permission.MANAGE_PROGRAM)
def product_families(request: WorkspaceRequest) -> HttpResponse:
    """The families, and a form for one more."""
    form = LabelForm(request.POST or None)

    def save() -> None:
        create_family(actor=request.actor, name=form.cleaned_data["name"])

    if request.method == "POST" and accepts(form, save):
        tell(request, _("%(name)s is added.") % {"name": form.cleaned_data["name"]})
        return redirect("workspace:product_families", program=request.program.slug)
    context = {
        **settings_frame(request, "products", page=_("Product families")),
        "form": form,
        "rows": families_visible_to(request.actor),
    }
    return render(request, "workspace/product_families.html", context, status=422 if form.is_bound else 200)


@require_POST
@workspace(Permission.MANAGE_PROGRAM)
def product_family(request: WorkspaceRequest, family: UUID) -> HttpResponse:
    """Rename a family; deals keep it."""
    found = get_object_or_404(families_visible_to(request.actor), pk=family)
    name = request.POST.get("name", "")
    attempt(request, lambda: rename_family(actor=request.actor, family=found, name=name), _("Renamed."))
    return redirect("workspace:product_families", program=request.program.slug)


urlpatterns: list[URLPattern] = [
    path("settings/stages/", program_stages, name="program_stages"),
    path("settings/stages/<uuid:stage>/", program_stage, name="program_stage"),
    path("settings/products/", products, name="products"),
    path("settings/products/new/", product_new, name="product_new"),
    path("settings/products/families/", product_families, name="product_families"),
    path("settings/products/families/<uuid:family>/", product_family, name="product_family"),
    path("settings/products/<uuid:product>/", product_edit, name="product_edit"),
]
