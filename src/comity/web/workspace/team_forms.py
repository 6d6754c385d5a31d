"""The forms about the team."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from comity.identity.models import Person
from comity.identity.queries import memberships_visible_to
from comity.programs.models import Manager, Partnership, Program, Team
from comity.programs.queries import managers_of, regions_of, teams_of
from comity.programs.services import ManagerDraft, TeamDraft
from comity.web.doors import WorkspaceRequest
from comity.web.form_fields import choice_field, record_field
from comity.web.workspace.partner_forms import TYPES, DayInput


class ReachForm(forms.Form):
    """Which partner types and regions are covered."""

    partner_types = forms.MultipleChoiceField(
        label=_("Partner types"), choices=TYPES, required=False, widget=forms.CheckboxSelectMultiple
    )
    regions = forms.MultipleChoiceField(label=_("Regions"), required=False, widget=forms.CheckboxSelectMultiple)

    def offer_regions(self, program: Program) -> None:
        """Offer the regions of the program."""
        names = [(region.name, region.name) for region in regions_of(program)]
        choice_field(self, "regions").choices = names


class TeamForm(ReachForm):
    """A team and what it covers."""

    name = forms.CharField(label=_("Name"), max_length=120)
    field_order = ("name",)

    def __init__(self, *args: Any, program: Program, team: Team | None, **kwargs: Any) -> None:
        if team is not None:
            kwargs["initial"] = {"name": team.name, "partner_types": team.partner_types, "regions": team.regions}
        super().__init__(*args, **kwargs)
        self.offer_regions(program)
        self.fields["regions"].help_text = _("Nothing chosen means everything.")

    def draft(self) -> TeamDraft:
        """What was typed, for the service."""
        given = self.cleaned_data
        return TeamDraft(given["name"], tuple(given["partner_types"]), tuple(given["regions"]))


class ManagerForm(ReachForm):
    """A manager: name, place in the team, reach and capacity."""

    name = forms.CharField(label=_("Name"), max_length=200)
    title = forms.CharField(label=_("Title"), max_length=200, required=False)
    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, required=False, help_text=_("Their partners see it in the portal.")
    )
    capacity = forms.DecimalField(
        label=_("Capacity"),
        required=False,
        min_value=0,
        max_digits=6,
        decimal_places=1,
        help_text=_("How many partners of weight 1. Usual are 10 to 25."),
    )
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.none(), required=False, empty_label=_("No team")
    )
    reports_to = forms.ModelChoiceField(
        label=_("Reports to"), queryset=Manager.objects.none(), required=False, empty_label=_("Nobody")
    )
    person = forms.ModelChoiceField(
        label=_("Signs in as"), queryset=Person.objects.none(), required=False, empty_label=_("Does not sign in")
    )
    is_active = forms.BooleanField(label=_("Manages partners now"), required=False, initial=True)
    field_order = ("name", "title", "email", "capacity", "team", "reports_to", "person", "partner_types", "regions")

    def __init__(self, *args: Any, request: WorkspaceRequest, manager: Manager | None, **kwargs: Any) -> None:
        if manager is not None:
            kwargs["initial"] = {name: getattr(manager, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        self.offer_regions(request.program)
        people = memberships_visible_to(request.actor).values("person_id")
        others = managers_of(request.program, active_only=True)
        querysets: dict[str, QuerySet[Any]] = {
            "team": teams_of(request.program),
            "reports_to": others.exclude(pk=manager.pk) if manager else others,
            "person": Person.objects.filter(pk__in=people).order_by("name", "email"),
        }
        for name, rows in querysets.items():
            record_field(self, name).queryset = rows
        self.fields["regions"].help_text = _("Nothing chosen means what the team covers.")

    def draft(self) -> ManagerDraft:
        """What was typed, for the service."""
        given = self.cleaned_data
        return ManagerDraft(
            **{**given, "partner_types": tuple(given["partner_types"]), "regions": tuple(given["regions"])}
        )


class HandOverForm(forms.Form):
    """Which partners go to whom, from when."""

    taker = forms.ModelChoiceField(label=_("To"), queryset=Manager.objects.none(), empty_label=_("Choose a manager"))
    on = forms.DateField(
        label=_("From"), required=False, widget=DayInput(), help_text=_("Today or earlier; today if empty.")
    )
    partnerships = forms.ModelMultipleChoiceField(label=_("Partners"), queryset=Partnership.objects.none())

    def __init__(self, *args: Any, giver: Manager, held: QuerySet[Partnership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        takers = managers_of(giver.program, active_only=True).exclude(pk=giver.pk)
        record_field(self, "taker").queryset = takers
        record_field(self, "partnerships").queryset = held
        self.fields["partnerships"].error_messages["required"] = _("Choose at least one partner.")
