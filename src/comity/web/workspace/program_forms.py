"""The forms of the program's settings."""

from __future__ import annotations

import calendar
from typing import Any, Final
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from comity.kernel.currencies import MINOR_UNITS, WITHDRAWN
from comity.kernel.names import sort_key
from comity.programs.models import Manager, Partnership, Program
from comity.programs.queries import managers_of, partnerships_visible_to
from comity.programs.services import ProgramDraft
from comity.programs.states import OrganizationModel
from comity.web.doors import WorkspaceRequest
from comity.web.form_fields import record_field
from comity.web.workspace.partner_forms import DayInput

MONTHS: Final = [(number, calendar.month_name[number]) for number in range(1, 13)]
MODELS: Final = [
    (OrganizationModel.CENTRALIZED.value, _("Centralized: one team for every partner")),
    (OrganizationModel.SEGMENTED.value, _("Segmented: by partner type")),
    (OrganizationModel.GEOGRAPHIC.value, _("Geographic: by region")),
    (OrganizationModel.HYBRID.value, _("Hybrid: by partner type and region")),
]


def _currencies() -> list[tuple[str, str]]:
    return [(code, code) for code in MINOR_UNITS if code not in WITHDRAWN]


def _time_zones() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(available_timezones()) if "/" in name or name == "UTC"]


class ProgramForm(forms.Form):
    """What a program counts in and how its team is cut."""

    name = forms.CharField(label=_("Name"), max_length=200)
    vendor_name = forms.CharField(label=_("Your name to partners"), max_length=300, required=False)
    currency = forms.ChoiceField(
        label=_("Currency"),
        choices=_currencies,
        help_text=_("All figures of the program are in it. After a change they are converted again."),
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=_time_zones)
    fiscal_year_starts = forms.TypedChoiceField(label=_("Fiscal year starts in"), choices=MONTHS, coerce=int)
    organization_model = forms.ChoiceField(label=_("Team"), choices=MODELS)
    data_as_of = forms.DateField(
        label=_("Data as of"),
        required=False,
        widget=DayInput(),
        help_text=_("“Today” of the metrics. Imports move it on to their newest fact."),
    )
    shows_peer_band = forms.BooleanField(
        label=_("Partners see where they stand among their peers"),
        required=False,
        help_text=_(
            "As a rounded band over at least nine partners; never a name, a count or a single partner's figure."
        ),
    )

    @staticmethod
    def filled(program: Program) -> ProgramForm:
        """The form as the program stands."""
        return ProgramForm(initial={name: getattr(program, name) for name in ProgramForm.base_fields})

    def draft(self) -> ProgramDraft:
        """What was typed, for the service."""
        return ProgramDraft(**{name: value for name, value in self.cleaned_data.items() if name != "data_as_of"})


class LabelForm(forms.Form):
    """The name of a new tier or region."""

    name = forms.CharField(label=_("Name"), max_length=120)


class QuotaForm(forms.Form):
    """Whose quota, for which period, how much."""

    manager = forms.ModelChoiceField(
        label=_("Manager"), queryset=Manager.objects.none(), required=False, empty_label=_("None")
    )
    partnership = forms.CharField(
        label=_("Or partner"), max_length=300, required=False, help_text=_("The name, as in the list of partners.")
    )
    period = forms.CharField(
        label=_("Period"), max_length=30, help_text=_("Such as 2026, FY2026, FY2026-Q1, 2026-Q1 or 2026-03.")
    )
    amount = forms.DecimalField(label=_("Amount"), max_digits=20, decimal_places=4)

    def __init__(self, *args: Any, request: WorkspaceRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        managers = managers_of(request.program, active_only=True)
        record_field(self, "manager").queryset = managers
        self.partners = partnerships_visible_to(request.actor, request.program)
        self.fields["amount"].help_text = _("In %(currency)s.") % {"currency": request.program.currency}

    def clean_partnership(self) -> Partnership | None:
        """The one partner of that name."""
        name = self.cleaned_data["partnership"]
        if not name.strip():
            return None
        found = list(self.partners.filter(sort_name=sort_key(name))[:2])
        if len(found) != 1:
            raise forms.ValidationError(
                _("There is no partner of this name.") if not found else _("Several partners have this name.")
            )
        return found[0]
