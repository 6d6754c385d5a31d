"""The forms of a lead: what both sides say of a prospect."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf.locale import LANG_INFO
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from comity.leads.intake import FIELDS, LeadDraft
from comity.leads.states import REASONS, Move
from comity.leads.wording import language_name
from comity.web.lead_words import REASONS as WORDS
from comity.web.lead_words import SOURCES
from comity.web.typed import AmountField

LANGUAGES = [
    ("", _("Not said")),
    *((code, lazy(language_name, str)(code)) for code in sorted(
        (code for code, info in LANG_INFO.items() if len(code) == 2 and "name" in info),
        key=lambda code: str(LANG_INFO[code]["name"]),
    )),
]  # fmt: skip
MORE = ("customer_city", "customer_industry", "contact_role", "language", "value", "currency", "campaign")
"""Fields that a form folds away."""


class ProspectForm(forms.Form):
    """Who they are, whom to call, what they want."""

    customer_name = forms.CharField(label=_("Company"))
    customer_domain = forms.CharField(label=_("Web domain"), required=False, help_text=_("Like acme.de."))
    customer_country = forms.CharField(label=_("Country"), required=False)
    contact_name = forms.CharField(label=_("Contact"), required=False)
    contact_email = forms.CharField(label=_("E-mail"), required=False)
    contact_phone = forms.CharField(label=_("Telephone"), required=False)
    need = forms.CharField(label=_("What they need"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        hints = {
            "customer_name": {"autocomplete": "organization"},
            "customer_domain": {"inputmode": "url", "autocapitalize": "none"},
            "customer_country": {"autocomplete": "country-name"},
            "contact_name": {"autocomplete": "name"},
            "contact_email": {"inputmode": "email", "autocapitalize": "none", "autocomplete": "email"},
            "contact_phone": {"inputmode": "tel", "autocomplete": "tel"},
        }
        for name, attrs in hints.items():
            self.fields[name].widget.attrs |= attrs

    def draft(self) -> LeadDraft:
        """What was typed, for the service."""
        given = {name: value for name, value in self.cleaned_data.items() if name in FIELDS}
        return LeadDraft(**{**given, "families": tuple(given.get("families", ()))})


class LeadForm(ProspectForm):
    """The vendor's form."""

    source = forms.ChoiceField(label=_("Source"), choices=[(one.value, word) for one, word in SOURCES.items()])
    families = forms.MultipleChoiceField(label=_("Products"), required=False, widget=forms.CheckboxSelectMultiple)
    customer_city = forms.CharField(label=_("City"), required=False)
    customer_industry = forms.CharField(label=_("Industry"), required=False)
    contact_role = forms.CharField(label=_("Position of the contact"), required=False)
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES, required=False)
    value = AmountField(label=_("Expected value"), required=False)
    currency = forms.CharField(label=_("Currency"), required=False)
    campaign = forms.CharField(label=_("Campaign or event"), required=False)

    def __init__(self, *args: Any, families: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["families"]
        field.choices = [(name, name) for name in families]
        if not families:
            del self.fields["families"]


class ReferralForm(ProspectForm):
    """A partner names a prospect."""

    agreed = forms.BooleanField(
        label=_("They know that I pass their details on and agree to be called."), required=False
    )


class ReasonForm(forms.Form):
    """Why: from the list, and in words."""

    reason = forms.ChoiceField(label=_("Reason"))
    text = forms.CharField(label=_("In your words"), required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, move: Move, **options: Any) -> None:
        options.setdefault("auto_id", f"{move.value}_%s")
        super().__init__(*args, **options)
        field: Any = self.fields["reason"]
        field.choices = [("", _("Choose")), *((code, WORDS[code]) for code in REASONS[move])]


class NoteForm(forms.Form):
    """Words that nobody has to say."""

    text = forms.CharField(label=_("In your words"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
