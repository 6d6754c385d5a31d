"""The form in which rules of engagement are built."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from comity.deals.models import ProductFamily
from comity.deals.registration.clauses import (
    Clauses,
    ConflictScope,
    Disclosure,
    ExistingCustomer,
    SecondRegistrant,
)
from comity.deals.registration.clock import DAY_HOURS
from comity.programs.models import Region, Tier
from comity.web.doors import WorkspaceRequest
from comity.web.typed import AmountField, DayField
from comity.web.workspace.partner_forms import TYPES

IN_DAYS: Final = ("decision_hours", "escalation_hours", "answer_hours")


def choices_of(kind: Any, words: dict[Any, Any]) -> list[tuple[str, Any]]:
    """Choices of an enumeration, in words."""
    return [(one.value, words[one]) for one in kind]


EXISTING: Final = {
    ExistingCustomer.ALLOW: _("may be registered"),
    ExistingCustomer.EXPANSION_ONLY: _("only for expansion, renewal, teaming"),
    ExistingCustomer.ASK: _("a person looks at them"),
    ExistingCustomer.REFUSE: _("cannot be registered"),
}
SECOND: Final = {
    SecondRegistrant.REFUSE: _("is refused"),
    SecondRegistrant.QUEUE: _("waits behind the first"),
    SecondRegistrant.HALF_DISCOUNT: _("gets half the discount"),
    SecondRegistrant.CO_SELL: _("sells together with the first"),
}
SCOPES: Final = {
    ConflictScope.CUSTOMER: _("the same company"),
    ConflictScope.FAMILY: _("the same company, its parent or subsidiary"),
}
DISCLOSURES: Final = {
    Disclosure.NOTHING: _("nothing"),
    Disclosure.THAT_ONE_EXISTS: _("that something stands against it"),
    Disclosure.OF_WHICH_KIND: _("of which kind it is"),
}


class RulesForm(forms.Form):
    """Every clause. Nothing chosen does not limit anything."""

    partner_types = forms.MultipleChoiceField(
        label=_("Partner types"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=TYPES,
    )  # fmt: skip
    tiers = forms.MultipleChoiceField(label=_("Tiers"), required=False, widget=forms.CheckboxSelectMultiple)
    regions = forms.MultipleChoiceField(label=_("Regions"), required=False, widget=forms.CheckboxSelectMultiple)
    families = forms.MultipleChoiceField(label=_("Products"), required=False, widget=forms.CheckboxSelectMultiple)
    minimum_value = AmountField(label=_("Least expected value"), required=False)
    refuse_public_tenders = forms.BooleanField(label=_("Not after a public tender is out"), required=False)
    existing_customer = forms.ChoiceField(label=_("Existing customers"), choices=choices_of(ExistingCustomer, EXISTING))
    vendor_activity_days = forms.IntegerField(
        label=_("Our own deals count if somebody worked on them in the last … days"), min_value=1, max_value=3650
    )
    conflict_scope = forms.ChoiceField(label=_("The same customer is"), choices=choices_of(ConflictScope, SCOPES))
    same_family_only = forms.BooleanField(label=_("Only the same product family conflicts"), required=False)
    second_registrant = forms.ChoiceField(label=_("A second partner"), choices=choices_of(SecondRegistrant, SECOND))
    incumbent_renews = forms.BooleanField(
        label=_("A renewal belongs to the partner of the last deal won"), required=False
    )
    letter_counts = forms.BooleanField(label=_("A customer's signed letter brings it to a person"), required=False)
    letter_wins = forms.BooleanField(
        label=_("With that letter attached, it goes before earlier ones without"), required=False
    )
    decision_hours = forms.DecimalField(label=_("Decide within … business days"), min_value=0, max_value=30)
    escalation_hours = forms.DecimalField(label=_("Escalate after … business days"), min_value=0, max_value=60)
    answer_hours = forms.DecimalField(label=_("A return keeps its place … business days"), min_value=0, max_value=60)
    holidays = forms.CharField(
        label=_("Holidays"), required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Days like 2026-12-25, one a line."),
    )  # fmt: skip
    protection_days = forms.IntegerField(label=_("Protection, days"), min_value=1, max_value=3650)
    extensions = forms.IntegerField(label=_("Extensions"), min_value=0, max_value=12)
    extension_days = forms.IntegerField(label=_("Days of an extension"), min_value=1, max_value=3650)
    appeal_days = forms.IntegerField(label=_("Days to appeal"), min_value=1, max_value=3650)
    resubmission = forms.BooleanField(label=_("What was rejected may be registered again"), required=False)
    referral_cap = forms.IntegerField(
        label=_("Most open registrations of a referral partner"), min_value=1, max_value=10_000, required=False
    )
    approve_automatically = forms.BooleanField(label=_("Approve clear cases automatically"), required=False)
    approve_up_to = AmountField(label=_("Up to this value"), required=False)
    refuse_automatically = forms.BooleanField(label=_("Refuse and queue clear cases automatically"), required=False)
    disclosure = forms.ChoiceField(label=_("A partner is told"), choices=choices_of(Disclosure, DISCLOSURES))
    flagged_from = forms.IntegerField(label=_("Flag from … submissions an hour"), min_value=1, max_value=10_000)
    submissions_an_hour = forms.IntegerField(label=_("Most submissions an hour"), min_value=1, max_value=10_000)
    from_on = DayField(label=_("Holds from"))
    note = forms.CharField(label=_("Why it changes"), required=False)

    def __init__(self, *args: Any, request: WorkspaceRequest, **options: Any) -> None:
        super().__init__(*args, **options)
        of_vendor = {"vendor_id": request.actor.organization_id}
        of_program = {**of_vendor, "program": request.program}
        offered: dict[str, Any] = {
            "tiers": Tier.objects.filter(**of_program).order_by("rank"),
            "regions": Region.objects.filter(**of_program).order_by("name"),
            "families": ProductFamily.objects.filter(**of_vendor).order_by("name"),
        }
        for name, rows in offered.items():
            names = list(rows.values_list("name", flat=True))
            field: Any = self.fields[name]
            field.choices = [(one, one) for one in names]
            if not names:
                del self.fields[name]

    def clauses(self) -> Clauses | None:
        """The clauses as typed; None, with the fields marked, where they do not make sense."""
        given = dict(self.cleaned_data)
        cap = given.pop("referral_cap")
        values = {name: given[name] for name in Clauses.model_fields if name in given}
        values |= {name: max(1, round(given[name] * DAY_HOURS)) for name in IN_DAYS}
        # Caps of other types come by the API only; they stay as they are.
        others = {kind: most for kind, most in self.initial.get("max_open", {}).items() if kind != "referral"}
        values["max_open"] = others | ({"referral": cap} if cap else {})
        try:
            values["holidays"] = [date.fromisoformat(line) for line in given["holidays"].split()]
        except ValueError:
            self.add_error("holidays", _("Write each day like 2026-12-25, one a line."))
            return None
        try:
            return Clauses(**values)
        except ValidationError as problem:
            for error in problem.errors():
                name = str(error["loc"][0]) if error["loc"] else None
                self.add_error(name if name in self.fields else None, error["msg"])
            return None


def initial_of(clauses: Clauses) -> dict[str, Any]:
    """The form's values of these clauses."""
    values = clauses.model_dump()
    days = {name: f"{values[name] / DAY_HOURS:g}" for name in IN_DAYS}
    holidays = "\n".join(day.isoformat() for day in clauses.holidays)
    return {**values, **days, "holidays": holidays, "referral_cap": clauses.max_open.get("referral")}
