"""The forms of deciding registrations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from comity.deals.registration.conflicts import RESOLUTIONS
from comity.deals.states.registrations import REASONS, Move
from comity.web.registration_words import REASONS as WORDS
from comity.web.typed import PercentField

RESOLVED = {
    "partner_leads": _("The partner leads"),
    "vendor_leads": _("We lead"),
    "co_sell": _("We sell together"),
    "no_conflict": _("It is no conflict"),
}


class DecisionForm(forms.Form):
    """A reason from the list, words for the partner, and conditions where they are asked for."""

    reason = forms.ChoiceField(label=_("Reason"))
    text = forms.CharField(
        label=_("In your words"), required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The partner reads this."),
    )  # fmt: skip
    conditions = forms.CharField(label=_("Conditions"), required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, move: Move, **options: Any) -> None:
        super().__init__(*args, **{**options, "auto_id": f"{move}_%s"})
        field: Any = self.fields["reason"]
        field.choices = [(reason, WORDS[reason]) for reason in REASONS[move]]
        if move is not Move.APPROVE_WITH_CONDITIONS:
            del self.fields["conditions"]
        if move is Move.RETURN:
            self.fields["text"].label, self.fields["text"].required = _("What is missing?"), True
        if move is Move.REVOKE:
            self.fields["text"].label, self.fields["text"].required = _("What happened?"), True


class AnswerForm(forms.Form):
    """Reasons for an appeal or an extension."""

    answer = forms.CharField(
        label=_("Your reasons"), required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The partner reads this."),
    )  # fmt: skip


class ResolutionForm(forms.Form):
    """Who leads."""

    resolution = forms.ChoiceField(label=_("Resolution"), choices=[(key, RESOLVED[key]) for key in RESOLUTIONS])
    share = PercentField(label=_("The partner's share, %"), required=False, help_text=_("Of a deal sold together."))
    text = forms.CharField(label=_("Why"), widget=forms.Textarea(attrs={"rows": 2}))
