"""The forms of a partner's registration."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from comity.deals.registration.drafting import EDITABLE, NEEDED, RegistrationDraft
from comity.deals.states.registrations import RegistrationKind, RegistrationSource, RfpStatus
from comity.web.typed import AmountField, DayField, ListField

KINDS = [
    (RegistrationKind.NEW.value, _("New customer")),
    (RegistrationKind.EXPANSION.value, _("Expansion")),
    (RegistrationKind.RENEWAL.value, _("Renewal")),
    (RegistrationKind.TEAMING.value, _("Teaming")),
]
SOURCES = [
    ("", _("Not said")),
    (RegistrationSource.PROSPECTING.value, _("We approached them")),
    (RegistrationSource.EXISTING_CUSTOMER.value, _("A customer of ours")),
    (RegistrationSource.INBOUND.value, _("They approached us")),
    (RegistrationSource.EVENT.value, _("An event")),
    (RegistrationSource.REFERRAL.value, _("A referral")),
    (RegistrationSource.OTHER.value, _("Something else")),
]
TENDERS = [
    (RfpStatus.NONE.value, _("No tender")),
    (RfpStatus.EXPECTED.value, _("One is expected")),
    (RfpStatus.INVITED.value, _("We are invited to one")),
    (RfpStatus.PUBLIC_TENDER.value, _("A public tender is out")),
]


class RegistrationForm(forms.Form):
    """What a partner says of a deal: the first ten fields are enough."""

    customer_name = forms.CharField(label=_("Customer"), help_text=_("The legal name, as on an invoice."))
    customer_domain = forms.CharField(
        label=_("Web domain"), required=False, help_text=_("Like acme.de. It settles most questions of who was first.")
    )
    customer_country = forms.CharField(label=_("Country"), required=False)
    contact_name = forms.CharField(label=_("Your contact there"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=KINDS, initial=RegistrationKind.NEW.value)
    families = forms.MultipleChoiceField(label=_("Products"), required=False, widget=forms.CheckboxSelectMultiple)
    use_case = forms.CharField(
        label=_("What they need"), required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("A sentence or two."),
    )  # fmt: skip
    value = AmountField(label=_("Expected value"), required=False)
    currency = forms.CharField(label=_("Currency"), required=False)
    expected_close_on = DayField(label=_("Expected to close on"), required=False)
    rfp = forms.ChoiceField(label=_("Tender"), choices=TENDERS, initial=RfpStatus.NONE.value)
    contact_email = forms.CharField(label=_("E-mail of your contact"), required=False)
    customer_industry = forms.CharField(label=_("Industry"), required=False)
    source = forms.ChoiceField(label=_("How you came to it"), choices=SOURCES, required=False)
    incumbent = forms.CharField(label=_("Who supplies them now"), required=False)
    competitors = ListField(label=_("Who else is asked"), required=False, help_text=_("Parted by commas."))
    evidence = forms.CharField(
        label=_("What shows that you work on it"), required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Meetings, a demo, who asked for an offer."),
    )  # fmt: skip
    notes = forms.CharField(label=_("Notes"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    has_letter = forms.BooleanField(
        label=_("We have a signed letter of the customer that names us"), required=False,
        help_text=_("A person looks at it before anything is refused."),
    )  # fmt: skip

    def __init__(self, *args: Any, families: list[str], complete: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, message in NEEDED.items():
            self.fields[name].required = complete
            self.fields[name].error_messages["required"] = message
        field: Any = self.fields["families"]
        field.choices = [(name, name) for name in families]
        if not families:
            del self.fields["families"]
        self.fields["customer_name"].widget.attrs |= {"autocomplete": "organization"}
        self.fields["customer_domain"].widget.attrs |= {"inputmode": "url", "autocapitalize": "none"}
        self.fields["contact_email"].widget.attrs |= {"inputmode": "email", "autocapitalize": "none"}

    def draft(self) -> RegistrationDraft:
        """What was typed, for the service."""
        given = {name: value for name, value in self.cleaned_data.items() if name in EDITABLE}
        return RegistrationDraft(**{**given, "families": tuple(given.get("families", ()))})


MORE = (
    "rfp",
    "contact_email",
    "customer_industry",
    "source",
    "incumbent",
    "competitors",
    "evidence",
    "notes",
    "has_letter",
)
"""Fields that a form folds away."""


class WordsForm(forms.Form):
    """One text, for an appeal, an extension, an answer or a withdrawal."""

    text = forms.CharField(label=_("In your words"), widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, label: str, field: str = "text", required: bool = True, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields[field] = self.fields.pop("text") if field != "text" else self.fields["text"]
        self.fields[field].label, self.fields[field].required = label, required


class ProgressForm(forms.Form):
    """How a registered deal goes."""

    note = forms.CharField(label=_("Where it stands"), widget=forms.Textarea(attrs={"rows": 3}))
    expected_close_on = DayField(
        label=_("Expected to close on"), required=False, help_text=_("Only where it is another day now.")
    )
