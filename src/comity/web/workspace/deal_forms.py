"""The forms about deals."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from comity.deals.models import CustomerAccount, Opportunity, Product, ProductFamily, Stage
from comity.deals.queries import stages_visible_to
from comity.deals.services import LineDraft, OpportunityDraft
from comity.deals.services.opportunities import EDITABLE
from comity.deals.states import DealKind, DealStatus, PartnerRole
from comity.programs.models import Manager, Partnership
from comity.web.doors import WorkspaceRequest
from comity.web.form_fields import record_field
from comity.web.templatetags.figures import spoken_lazily
from comity.web.typed import AmountField, DayField, ListField, NamedChoice, PercentField

KINDS = [(kind.value, spoken_lazily(kind.value)) for kind in DealKind]
ROLES = [(role.value, spoken_lazily(role.value)) for role in PartnerRole]


class DealForm(forms.Form):
    """Everything a person may say of a deal, for a new one and for a change."""

    name = forms.CharField(label=_("Deal"), help_text=_("Partners on the deal read this name."))
    account = NamedChoice(label=_("Customer"), noun="customer", required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=KINDS, initial=DealKind.NEW.value)
    stage = forms.ModelChoiceField(label=_("Stage"), queryset=Stage.objects.none(), required=False, empty_label=None)
    opened_on = DayField(label=_("Opened on"), required=False, help_text=_("Empty means that nobody knows."))
    closed_on = DayField(label=_("Closed on"), required=False)
    expected_close_on = DayField(label=_("Expected to close on"), required=False)
    currency = forms.CharField(label=_("Currency"), required=False)
    amount = AmountField(label=_("Amount"), required=False, help_text=_("One-off. Empty means not known, not zero."))
    recurring_amount = AmountField(label=_("Recurring amount a year"), required=False)
    term_months = forms.IntegerField(label=_("Term in months"), required=False)
    list_amount = AmountField(label=_("List price"), required=False)
    manager = forms.ModelChoiceField(
        label=_("Partner manager"), queryset=Manager.objects.none(), required=False, empty_label=_("Nobody")
    )
    competitors = ListField(
        label=_("Competitors"), required=False, help_text=_("Parted by commas. Partners never see them.")
    )
    loss_reason = forms.CharField(label=_("Reason for the loss"), required=False)
    external_id = forms.CharField(label=_("External id"), required=False, help_text=_("The key in your CRM."))
    loaded = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, request: WorkspaceRequest, deal: Opportunity | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        managers = Manager.objects.filter(vendor_id=request.actor.organization_id, program=request.program)
        record_field(self, "manager").queryset = managers.order_by("name")
        self.fields["account"].among = CustomerAccount.objects.filter(  # type: ignore[attr-defined]
            vendor_id=request.actor.organization_id
        )
        record_field(self, "stage").queryset = stages_visible_to(request.actor, request.program)
        if deal is not None:
            del self.fields["stage"]
        if deal is not None and deal.status == DealStatus.OPEN:
            del self.fields["closed_on"], self.fields["loss_reason"]
        if deal is not None and deal.status != DealStatus.OPEN:
            del self.fields["expected_close_on"]
        if deal is None:
            del self.fields["loss_reason"]

    def draft(self) -> OpportunityDraft:
        """What was typed, for the service."""
        given = {name: value for name, value in self.cleaned_data.items() if name in EDITABLE}
        return OpportunityDraft(**given)


class MoveForm(forms.Form):
    """Into which stage, on which day."""

    stage = forms.ModelChoiceField(label=_("Stage"), queryset=Stage.objects.none(), empty_label=_("Choose a stage"))
    on = DayField(label=_("On"))
    loss_reason = forms.CharField(
        label=_("Reason, if lost"), required=False, help_text=_("Stays with you; partners never see it.")
    )

    def __init__(self, *args: Any, request: WorkspaceRequest, deal: Opportunity, **options: Any) -> None:
        super().__init__(*args, **options)
        stages = stages_visible_to(request.actor, request.program).exclude(pk=deal.stage_id)
        record_field(self, "stage").queryset = stages


class PartForm(forms.Form):
    """One partner's role on a deal."""

    partner = NamedChoice(label=_("Partner"), noun="partner", required=False)
    role = forms.ChoiceField(label=_("Role"), choices=ROLES, required=False)
    share = PercentField(label=_("Share, %"), required=False)
    remove = forms.BooleanField(label=_("Take off"), required=False)

    def __init__(self, *args: Any, request: WorkspaceRequest, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["partner"].among = Partnership.objects.filter(  # type: ignore[attr-defined]
            vendor_id=request.actor.organization_id, program=request.program
        )
        self.fields["partner"].widget.attrs |= {"list": "partner_names", "autocomplete": "off"}


class LineForm(forms.Form):
    """One product on a deal."""

    product = NamedChoice(label=_("Product"), noun="product", required=False)
    family = forms.ModelChoiceField(
        label=_("Family"), queryset=ProductFamily.objects.none(), required=False, empty_label=_("The product's")
    )
    quantity = AmountField(label=_("Quantity"), required=False)
    unit_price = AmountField(label=_("Price of one"), required=False)
    amount = AmountField(label=_("Amount"), required=False)
    remove = forms.BooleanField(label=_("Take off"), required=False)

    def __init__(self, *args: Any, request: WorkspaceRequest, **options: Any) -> None:
        super().__init__(*args, **options)
        vendor_id = request.actor.organization_id
        field: Any = self.fields["product"]
        field.among = Product.objects.filter(vendor_id=vendor_id)
        field.widget.attrs |= {"list": "product_names", "autocomplete": "off"}
        families: Any = self.fields["family"]
        families.queryset = ProductFamily.objects.filter(vendor_id=vendor_id).order_by("name")

    def draft(self) -> LineDraft | None:
        """The line as typed; None for an empty one, or one to take off."""
        given = dict(self.cleaned_data)
        if given.pop("remove", False) or not any(value is not None and value != "" for value in given.values()):
            return None
        return LineDraft(**given)
