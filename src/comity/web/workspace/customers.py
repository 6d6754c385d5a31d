"""Customer accounts: the list, and one customer with its parent, subsidiaries and deals."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from comity.deals.models import CustomerAccount
from comity.deals.paging import order_of, slice_of, tally
from comity.deals.queries import customer_search, customers_visible_to, opportunities_visible_to
from comity.deals.queries.customers import CUSTOMER_ORDERS
from comity.deals.services import CustomerDraft, create_customer, edit_customer
from comity.deals.services.customers import EDITABLE, declare_parent, version_of
from comity.deals.versions import DealChangedMeanwhile
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid, NotFound
from comity.kernel.words import words
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, refuse, tell
from comity.web.typed import AmountField, ListField, NamedChoice
from comity.web.workspace.deal import customer_names
from comity.web.workspace.deals import tabs, with_partners

SHOWN_DEALS = 20


class CustomerForm(forms.Form):
    """Everything a person may say of a customer."""

    name = forms.CharField(label=gettext_lazy("Name"), help_text=gettext_lazy("Partners on its deals read this name."))
    domains = ListField(
        label=gettext_lazy("Domains"), required=False, help_text=gettext_lazy("Such as acme.de, parted by commas.")
    )
    parent = NamedChoice(label=gettext_lazy("Parent company"), noun="customer", required=False)
    country = forms.CharField(label=gettext_lazy("Country"), required=False)
    city = forms.CharField(label=gettext_lazy("City"), required=False)
    postcode = forms.CharField(label=gettext_lazy("Postcode"), required=False)
    industry = forms.CharField(label=gettext_lazy("Industry"), required=False)
    annual_revenue = AmountField(
        label=gettext_lazy("Revenue a year"), required=False, help_text=gettext_lazy("In the program's currency.")
    )
    employees = forms.IntegerField(label=gettext_lazy("Employees"), required=False)
    external_id = forms.CharField(
        label=gettext_lazy("External id"), required=False, help_text=gettext_lazy("The key in your CRM.")
    )
    loaded = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, request: WorkspaceRequest, **options: Any) -> None:
        super().__init__(*args, **options)
        parent: Any = self.fields["parent"]
        parent.among = customers_visible_to(request.actor)
        parent.widget.attrs |= {"list": "customer_names", "autocomplete": "off"}

    def draft(self) -> CustomerDraft:
        """What was typed, for the service."""
        return CustomerDraft(**{name: value for name, value in self.cleaned_data.items() if name in EDITABLE})


class FamilyForm(forms.Form):
    """To whom a customer belongs, or who belongs to it."""

    relation = forms.ChoiceField(
        label=gettext_lazy("This customer"),
        choices=[("child", gettext_lazy("belongs to")), ("parent", gettext_lazy("is the parent of"))],
    )
    other = NamedChoice(label=gettext_lazy("Company"), noun="customer")

    def __init__(self, *args: Any, request: WorkspaceRequest, **options: Any) -> None:
        super().__init__(*args, **{**options, "auto_id": "family_%s"})
        other: Any = self.fields["other"]
        other.among = customers_visible_to(request.actor)
        other.widget.attrs |= {"list": "customer_names", "autocomplete": "off"}


@require_GET
@workspace(Permission.VIEW_DEALS)
def customers(request: WorkspaceRequest) -> HttpResponse:
    """All customers of the vendor, by name."""
    text = request.GET.get("q", "").strip()
    order = order_of(request.GET.get("sort", ""), CUSTOMER_ORDERS, "name")
    rows = customer_search(customers_visible_to(request.actor), text)
    shown = slice_of(
        rows.select_related("parent"), order, after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    kept = {name: value for name, value in (("q", text), ("sort", request.GET.get("sort", ""))) if value}
    context = {
        "page_title": _("Customers"),
        "breadcrumbs": [(_("Deals"), reverse("workspace:deals", args=[request.program.slug])), (_("Customers"), "")],
        "tabs": tabs(request, "customers"),
        "rows": shown.rows,
        "count": tally(rows),
        "q": text,
        "sort": request.GET.get("sort", ""),
        "next": f"?{urlencode({**kept, 'after': shown.next})}" if shown.next else "",
        "previous": f"?{urlencode({**kept, 'before': shown.previous})}" if shown.previous else "",
        "can_edit": request.actor.can(Permission.EDIT_DEALS),
    }
    return render(request, "workspace/customers.html", context)


@require_GET
@workspace(Permission.VIEW_DEALS)
def customer(request: WorkspaceRequest, customer: UUID) -> HttpResponse:
    """One customer."""
    return _page(request, _load(request, customer))


@require_POST
@workspace(Permission.EDIT_DEALS)
def customer_family(request: WorkspaceRequest, customer: UUID) -> HttpResponse:
    """Say to whom a customer belongs, or who belongs to it: conflicts look at the whole family."""
    found = _load(request, customer)
    form = FamilyForm(request.POST, request=request)

    def save() -> None:
        other = form.cleaned_data["other"]
        child, parent = (found, other) if form.cleaned_data["relation"] == "child" else (other, found)
        declare_parent(account=child, parent=parent, actor=request.actor)

    if accepts(form, save):
        tell(request, _("The family is written down."))
        return redirect("workspace:customer", program=request.program.slug, customer=found.pk)
    return _page(request, found, form)


def _page(request: WorkspaceRequest, found: CustomerAccount, family: FamilyForm | None = None) -> HttpResponse:
    rows = opportunities_visible_to(request.actor, request.program).filter(account=found)
    newest = rows.select_related("stage", "manager").order_by("-closed_on", "id")[:SHOWN_DEALS]
    facts = [
        (_("Domains"), ", ".join(found.domains)),
        (_("Country"), found.country),
        (_("City"), " ".join(part for part in (found.postcode, found.city) if part)),
        (_("Industry"), found.industry),
        (_("Employees"), found.employees),
        (_("External id"), found.external_id),
    ]
    subsidiaries = customers_visible_to(request.actor).filter(parent=found).order_by("name")
    context = {
        "customer": found,
        "page_title": found.name,
        "breadcrumbs": [*_trail(request), (found.name, "")],
        "facts": facts,
        "subsidiaries": subsidiaries[:200],
        "deals": with_partners(newest),
        "deal_count": tally(rows),
        "can_edit": request.actor.can(Permission.EDIT_DEALS),
        "family_form": family or FamilyForm(request=request),
        "customer_names": customer_names(request),
    }
    return render(request, "workspace/customer.html", context, status=422 if family else 200)


@require_http_methods(["GET", "POST"])
@workspace(Permission.EDIT_DEALS)
def customer_new(request: WorkspaceRequest) -> HttpResponse:
    """Take a customer in."""
    form = CustomerForm(request.POST or None, request=request)
    made: list[CustomerAccount] = []
    if request.method == "POST" and accepts(
        form, lambda: made.append(create_customer(actor=request.actor, draft=form.draft()))
    ):
        tell(request, _("The customer is saved."), draft="customer_new")
        return redirect("workspace:customer", program=request.program.slug, customer=made[0].pk)
    back = reverse("workspace:customers", args=[request.program.slug])
    return _form(request, form, _("New customer"), back, "customer_new")


@require_http_methods(["GET", "POST"])
@workspace(Permission.EDIT_DEALS)
def customer_edit(request: WorkspaceRequest, customer: UUID) -> HttpResponse:
    """Change what is known of a customer; if somebody else did meanwhile, both are shown."""
    found = _load(request, customer)
    initial = {name: getattr(found, name) for name in EDITABLE}
    initial |= {"parent": found.parent.name if found.parent else "", "loaded": version_of(found)}
    form = CustomerForm(request.POST or None, request=request, initial=initial)
    back = reverse("workspace:customer", args=[request.program.slug, found.pk])
    if request.method == "POST" and form.is_valid():
        draft, loaded = form.draft(), form.cleaned_data["loaded"]
        try:
            edit_customer(account=found, actor=request.actor, draft=draft, loaded=loaded)
        except (Invalid, Conflict) as error:
            refuse(form, error)
            if isinstance(error, DealChangedMeanwhile):
                typed: Any = form.data
                form.data = {**typed.dict(), "loaded": version_of(_load(request, customer))}
        else:
            tell(request, _("Saved."), draft=f"customer_{found.pk}")
            return redirect(back)
    return _form(request, form, _("Edit %(name)s") % {"name": found.name}, back, f"customer_{found.pk}")


def _form(request: WorkspaceRequest, form: CustomerForm, title: str, back: str, draft: str) -> HttpResponse:
    context = {
        "form": form,
        "page_title": title,
        "breadcrumbs": [*_trail(request), (title, "")],
        "back": back,
        "save_label": _("Save"),
        "draft": draft,
        "customer_names": customer_names(request),
    }
    return render(request, "workspace/customer_form.html", context, status=422 if form.is_bound else 200)


def _load(request: WorkspaceRequest, customer_id: UUID) -> CustomerAccount:
    found = customers_visible_to(request.actor).select_related("parent").filter(pk=customer_id).first()
    if found is None:
        raise NotFound(words("There is no such customer."))
    return found


def _trail(request: WorkspaceRequest) -> list[tuple[str, str]]:
    slug = request.program.slug
    return [
        (_("Deals"), reverse("workspace:deals", args=[slug])),
        (_("Customers"), reverse("workspace:customers", args=[slug])),
    ]


urlpatterns: list[URLPattern] = [
    path("customers/", customers, name="customers"),
    path("customers/new/", customer_new, name="customer_new"),
    path("customers/<uuid:customer>/", customer, name="customer"),
    path("customers/<uuid:customer>/family/", customer_family, name="customer_family"),
    path("customers/<uuid:customer>/edit/", customer_edit, name="customer_edit"),
]
