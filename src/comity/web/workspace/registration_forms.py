"""The forms of deciding registrations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from comity.deals.models import Opportunity
from comity.deals.registration.conflicts import RESOLUTIONS
from comity.deals.registration.decisions import GRANTS
from comity.deals.states.registrations import REASONS, Move
from comity.programs.models import Partnership
from comity.web.registration_words import REASONS as WORDS
from comity.web.typed import DayField, PercentField

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
    deal = forms.ChoiceField(label=_("Its deal in the pipeline"), required=False)

    def __init__(self, *args: Any, move: Move, deals: Sequence[Opportunity] = (), **options: Any) -> None:
        super().__init__(*args, **{**options, "auto_id": f"{move}_%s"})
        field: Any = self.fields["reason"]
        field.choices = [(reason, WORDS[reason]) for reason in REASONS[move]]
        if move is not Move.APPROVE_WITH_CONDITIONS:
            del self.fields["conditions"]
        if move in GRANTS:
            deal: Any = self.fields["deal"]
            deal.choices = [("", _("Later")), ("new", _("Open a new one")), *deal_choices(deals)]
        else:
            del self.fields["deal"]
        if move is Move.RETURN:
            self.fields["text"].label, self.fields["text"].required = _("What is missing?"), True
        if move is Move.REVOKE:
            self.fields["text"].label, self.fields["text"].required = _("What happened?"), True


def deal_choices(deals: Sequence[Opportunity]) -> list[tuple[str, str]]:
    """Deals of the customer that are there already, with their stage."""
    return [(str(deal.pk), f"{deal.name} ({deal.stage.name})") for deal in deals]


class HandOverForm(forms.Form):
    """To which partner a protection goes, and why."""

    to = forms.ModelChoiceField(label=_("To"), queryset=Partnership.objects.none())
    text = forms.CharField(
        label=_("Why"), widget=forms.Textarea(attrs={"rows": 3}), help_text=_("Both partners read this.")
    )

    def __init__(self, *args: Any, among: QuerySet[Partnership], **options: Any) -> None:
        super().__init__(*args, **{**options, "auto_id": "hand_over_%s"})
        to: Any = self.fields["to"]
        to.queryset = among


class StandInForm(forms.Form):
    """Who decides for whom, from when to when."""

    person = forms.ChoiceField(label=_("Who is away"))
    stand_in = forms.ChoiceField(label=_("Who decides instead"))
    from_on = DayField(label=_("First day"))
    to_on = DayField(label=_("Last day"))

    def __init__(self, *args: Any, people: Sequence[tuple[str, str]], away: Sequence[tuple[str, str]], **options: Any):
        super().__init__(*args, **options)
        person: Any = self.fields["person"]
        stand_in: Any = self.fields["stand_in"]
        person.choices, stand_in.choices = away, people


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
