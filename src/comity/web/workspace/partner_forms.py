"""The forms about partners."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from comity.identity.roles import PARTNER_ROLES, Role
from comity.programs.models import Manager, Partnership, Program, Region, Tier
from comity.programs.queries import managers_of, partnerships_visible_to, regions_of, tiers_of
from comity.programs.services import PartnershipDraft
from comity.programs.states import PartnerType, Status
from comity.web.doors import WorkspaceRequest
from comity.web.form_fields import LongSelect, record_field
from comity.web.templatetags.figures import spoken_lazily

TYPES: Final = [(kind.value, spoken_lazily(kind.value)) for kind in PartnerType]
FIRST_STATUSES: Final = [
    (status.value, spoken_lazily(status.value))
    for status in (Status.PROSPECT, Status.APPLIED, Status.ONBOARDING, Status.ACTIVE, Status.PAUSED)
]


class DayInput(forms.DateInput):
    """A day, chosen in the browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class PartnerForm(forms.Form):
    """Everything a person may say of a partner, for a new one and for a change."""

    name = forms.CharField(label=_("Name"), max_length=300, help_text=_("As you speak of them; partners see it too."))
    types = forms.MultipleChoiceField(
        label=_("Partner types"), choices=TYPES, required=False, widget=forms.CheckboxSelectMultiple
    )
    sub_type = forms.CharField(label=_("Sub-type"), max_length=120, required=False)
    status = forms.ChoiceField(label=_("Status"), choices=FIRST_STATUSES, required=False)
    tier = forms.ModelChoiceField(
        label=_("Tier"), queryset=Tier.objects.none(), required=False, empty_label=_("No tier")
    )
    region = forms.ModelChoiceField(
        label=_("Region"), queryset=Region.objects.none(), required=False, empty_label=_("No region")
    )
    website = forms.CharField(label=_("Website"), max_length=300, required=False)
    country = forms.CharField(label=_("Country"), max_length=100, required=False)
    state = forms.CharField(label=_("State"), max_length=100, required=False)
    city = forms.CharField(label=_("City"), max_length=100, required=False)
    started_on = forms.DateField(label=_("Started on"), required=False, widget=DayInput())
    launched_on = forms.DateField(label=_("Launched on"), required=False, widget=DayInput())
    ended_on = forms.DateField(label=_("Ended on"), required=False, widget=DayInput())
    external_id = forms.CharField(
        label=_("External id"), max_length=120, required=False, help_text=_("The key in your CRM.")
    )
    loaded = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, program: Program, partnership: Partnership | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        record_field(self, "tier").queryset = tiers_of(program)
        record_field(self, "region").queryset = regions_of(program)
        if partnership is not None:
            del self.fields["status"]
        if partnership is None or partnership.status != Status.ENDED:
            del self.fields["ended_on"]

    def draft(self) -> PartnershipDraft:
        """What was typed, for the service."""
        given = {name: value for name, value in self.cleaned_data.items() if name not in ("status", "loaded")}
        return PartnershipDraft(**{**given, "types": tuple(given["types"])})


class AssignForm(forms.Form):
    """Who looks after the partner from a day on."""

    manager = forms.ModelChoiceField(
        label=_("Partner manager"),
        queryset=Manager.objects.none(),
        required=False,
        empty_label=_("Nobody"),
        widget=LongSelect,
    )
    on = forms.DateField(label=_("From"), required=False, widget=DayInput(), help_text=_("Today or earlier."))

    def __init__(self, *args: Any, program: Program, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        record_field(self, "manager").queryset = managers_of(program, active_only=True)


class PotentialForm(forms.Form):
    """The potential of a partner, by hand."""

    potential = forms.IntegerField(
        label=_("Potential"),
        required=False,
        min_value=0,
        max_value=100,
        help_text=_("0 to 100; decides between partners of the same revenue. Partners never see it."),
    )


class DistributorForm(forms.Form):
    """A distributor to stand above the partner."""

    distributor = forms.ModelChoiceField(
        label=_("Distributor"), queryset=Partnership.objects.none(), empty_label=_("Choose a distributor")
    )

    def __init__(self, *args: Any, request: WorkspaceRequest, partnership: Partnership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = partnerships_visible_to(request.actor, request.program).exclude(pk=partnership.pk)
        record_field(self, "distributor").queryset = known.filter(types__contains=[PartnerType.DISTRIBUTOR.value])


class InvitationForm(forms.Form):
    """Somebody of the partner, to be let in."""

    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    role = forms.ChoiceField(label=_("Role"), choices=[(role.value, role.label) for role in PARTNER_ROLES])

    def chosen_role(self) -> Role:
        """The role, as services know it."""
        return Role(self.cleaned_data["role"])
