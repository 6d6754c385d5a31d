"""The forms of a co-sell room, of both sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from comity.cosell.models import Circle, Member, PlanStep
from comity.cosell.planning import StepDraft
from comity.cosell.states import Field, Known, Role, StepKind
from comity.cosell.writing import MAX_TEXT
from comity.programs.models import Partnership
from comity.web.room_words import choices, word
from comity.web.typed import DayField, NamedChoice, PercentField

SUGGESTED: Final = 500
"""Names that the list under a field suggests; any other may be typed."""
Choices = Sequence[tuple[str, Any]]


def _choose(form: forms.Form, name: str, offered: Choices) -> None:
    field: Any = form.fields[name]
    field.choices = offered


class InviteForm(forms.Form):
    """Which partner, to do what."""

    partnership = NamedChoice(
        label=_("Partner"), noun="partner",
        widget=forms.TextInput({"list": "partner_names", "autocomplete": "off"}),
    )  # fmt: skip
    role = forms.ChoiceField(label=_("Role"), choices=lambda: choices("role"))
    welcome = forms.CharField(
        label=_("A line with the invitation"), required=False, max_length=1_000, widget=forms.Textarea({"rows": 2})
    )

    def __init__(self, *args: Any, partners: QuerySet[Partnership], **options: Any) -> None:
        super().__init__(*args, **options)
        chosen: Any = self.fields["partnership"]
        chosen.among = partners
        self.names = partners.order_by("sort_name").values_list("name", flat=True)[:SUGGESTED]


class TextForm(forms.Form):
    """A reason, or what is in the way."""

    text = forms.CharField(
        label=_("In your words"), required=False, max_length=1_000, widget=forms.Textarea({"rows": 2})
    )


class RoomMessageForm(forms.Form):
    """What one writes, and into which circle."""

    circle = forms.ChoiceField(label=_("Who reads it"))
    text = forms.CharField(
        label=_("Message"), max_length=MAX_TEXT, widget=forms.Textarea({"rows": 3}),
        error_messages={"required": _("Write a line; a file alone says little.")},
    )  # fmt: skip

    def __init__(self, *args: Any, circles: Choices, **options: Any) -> None:
        super().__init__(*args, **options)
        _choose(self, "circle", circles)


class StepForm(forms.Form):
    """A step of the plan."""

    title = forms.CharField(label=_("What is to be done"), max_length=300)
    kind = forms.ChoiceField(label=_("Kind"), choices=lambda: choices("kind"))
    due_on = DayField(label=_("Due"), required=False)
    owner = forms.ChoiceField(label=_("Who does it"))
    circle = forms.ChoiceField(label=_("Who reads it"))

    def __init__(self, *args: Any, circles: Choices, owners: Choices, **options: Any) -> None:
        super().__init__(*args, **options)
        _choose(self, "circle", circles)
        _choose(self, "owner", owners)

    def draft(self) -> StepDraft:
        """What was typed. An owner is *partnership:person*, each perhaps empty."""
        said = self.cleaned_data
        partnership, _colon, person = said["owner"].partition(":")
        return StepDraft(
            title=said["title"], kind=StepKind(said["kind"]), due_on=said["due_on"],
            owner_partnership_id=UUID(partnership) if partnership else None, owner_id=UUID(person) if person else None,
        )  # fmt: skip


class StepEditForm(StepForm):
    """A step as it stands; the circle that reads it stays."""

    def __init__(self, *args: Any, step: PlanStep, owners: Choices, **options: Any) -> None:
        named = (f"{step.owner_partnership_id or ''}:{step.owner_id or ''}", step.owner_name or step.owner_company)
        offered = owners if named[0] in dict(owners) else [*owners, named]
        known = {"title": step.title, "kind": step.kind, "due_on": step.due_on, "owner": named[0]}
        super().__init__(*args, circles=(), owners=offered, initial=known, **options)
        del self.fields["circle"]


class SharesForm(forms.Form):
    """A percentage for each partner; together 100 %."""

    reason = forms.CharField(label=_("Why so"), required=False, max_length=500)

    def __init__(self, *args: Any, members: Sequence[Member], **options: Any) -> None:
        super().__init__(*args, **options)
        self.members = members
        for member in members:
            self.fields[str(member.partnership_id)] = PercentField(
                label=member.partnership.name, required=False, initial=member.share
            )
        self.order_fields([*(str(member.partnership_id) for member in members), "reason"])

    def shares(self) -> dict[UUID, Decimal]:
        """The shares, 0 to 1."""
        return {one.partnership_id: self.cleaned_data[str(one.partnership_id)] or Decimal(0) for one in self.members}


class ProposalForm(forms.Form):
    """One's own share, and why."""

    share = PercentField(label=_("Our share, in per cent"))
    text = forms.CharField(label=_("Why so"), required=False, max_length=500)


class SeenForm(forms.Form):
    """Whom to speak with, and what each role does not see."""

    customer_contact = forms.CharField(
        label=_("Customer's contact"), required=False, max_length=300, help_text=_("Name and what they do there.")
    )

    def __init__(self, *args: Any, hidden: Mapping[str, list[str]], **options: Any) -> None:
        super().__init__(*args, **options)
        for role in Role:
            self.fields[role.value] = forms.MultipleChoiceField(
                label=word(role, "role"), required=False, widget=forms.CheckboxSelectMultiple,
                choices=choices("field"), initial=hidden.get(role.value, []),
            )  # fmt: skip

    def hidden(self) -> dict[Role, list[Field]]:
        """The fields that each role does not see."""
        return {role: [Field(one) for one in self.cleaned_data[role.value]] for role in Role}


class CircleForm(forms.Form):
    """Which partners may hear each other."""

    members = forms.MultipleChoiceField(label=_("Partners"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, members: Choices, **options: Any) -> None:
        super().__init__(*args, **options)
        _choose(self, "members", members)


class KnownForm(forms.Form):
    """How far a question is answered, and by what."""

    known = forms.ChoiceField(label=_("How far"), choices=lambda: choices("known"), initial=Known.OPEN.value)
    evidence = forms.CharField(
        label=_("By what you know it"), required=False, max_length=2_000, widget=forms.Textarea({"rows": 2})
    )


class ChecklistForm(forms.Form):
    """A checklist as text, from a day on."""

    items = forms.CharField(
        label=_("Questions"), widget=forms.Textarea({"rows": 10}),
        help_text=_("One a line: its name, a colon, what to find out."),
    )  # fmt: skip
    from_on = DayField(label=_("For rooms opened from"))
    note = forms.CharField(label=_("Why it changes"), required=False, max_length=500)


def circle_choices(circles: Sequence[Circle], company: str) -> list[tuple[str, str]]:
    """The circles by the names in them, beside the reader's own company."""
    return [(str(circle.pk), f"{circle.name} + {company}" if company else circle.name) for circle in circles]
