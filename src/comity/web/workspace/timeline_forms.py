"""The forms of a partner's timeline: the quick log, tasks, the next step, a file."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from comity.identity.models import Person
from comity.programs.models import Program
from comity.timeline.drafts import MAX_STEP, MAX_TEXT, MAX_TITLE, LogDraft, StepDraft, TaskDraft
from comity.timeline.models import LogEntry, Task
from comity.timeline.queries import owners_of
from comity.timeline.states import Kind
from comity.web.form_fields import record_field
from comity.web.typed import DayField

KINDS: Final = [
    (Kind.CALL.value, _("Call")),
    (Kind.MEETING.value, _("Meeting")),
    (Kind.EMAIL.value, _("E-mail")),
    (Kind.NOTE.value, _("Note")),
]
WRITTEN: Final = "%Y-%m-%dT%H:%M"


class MomentInput(forms.DateTimeInput):
    """A day and time, chosen in the browser's own calendar."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format=WRITTEN)


class MomentField(forms.Field):
    """A day and time in the program's time zone."""

    widget = MomentInput

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.zone = ZoneInfo("UTC")

    def prepare_value(self, value: Any) -> Any:
        """Show an instant in the zone; what was typed stays as it was typed."""
        return value.astimezone(self.zone).strftime(WRITTEN) if isinstance(value, datetime) else value

    def to_python(self, value: Any) -> datetime | None:
        """The instant."""
        if not value:
            return None
        if isinstance(value, datetime):
            return value
        try:
            return datetime.strptime(str(value)[:16], WRITTEN).replace(tzinfo=self.zone)
        except ValueError:
            raise forms.ValidationError(
                _now("Write a day and time such as 2026-03-31T14:30."), code="invalid"
            ) from None


class EntryForm(forms.Form):
    """An entry: what it was, when, and what was said."""

    kind = forms.ChoiceField(label=_("Kind"), choices=KINDS)
    happened_at = MomentField(label=_("When"))
    text = forms.CharField(
        label=_("What was said"),
        required=False,
        max_length=MAX_TEXT,
        widget=forms.Textarea({"rows": 2, "data-log": ""}),
    )
    shared_with_partner = forms.BooleanField(label=_("The partner may read it"), required=False)

    def __init__(self, *args: Any, program: Program, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["happened_at"].zone = ZoneInfo(program.time_zone)  # type: ignore[attr-defined]

    def draft(self) -> LogDraft:
        """What was typed, for the service."""
        given = self.cleaned_data
        return LogDraft(Kind(given["kind"]), given["happened_at"], given["text"], given["shared_with_partner"])

    @staticmethod
    def values_of(entry: LogEntry) -> dict[str, Any]:
        """What stands in the form of an entry."""
        return {name: getattr(entry, name) for name in EntryForm.base_fields}


class StepForm(forms.Form):
    """What comes next."""

    next_step = forms.CharField(label=_("Next step"), required=False, max_length=MAX_STEP)
    next_step_on = DayField(label=_("By"), required=False)

    def draft(self) -> StepDraft:
        """What was typed, for the service."""
        return StepDraft(self.cleaned_data["next_step"], self.cleaned_data["next_step_on"])


class LogForm(EntryForm, StepForm):
    """The quick log: an entry and what comes next on one small form. An untouched next step stays as it is."""

    def step(self) -> StepDraft | None:
        """The next step, if one was typed."""
        draft = StepForm.draft(self)
        return draft if draft.text or draft.due_on else None

    def draft(self) -> LogDraft:  # type: ignore[override]
        """The entry."""
        return EntryForm.draft(self)


class TaskForm(forms.Form):
    """A task: what, by when, by whom."""

    title = forms.CharField(label=_("Task"), max_length=MAX_TITLE)
    due_on = DayField(label=_("Due"), required=False)
    owner_id = forms.ModelChoiceField(
        label=_("Owner"), queryset=Person.objects.none(), required=False, empty_label=_("Nobody")
    )
    shared_with_partner = forms.BooleanField(label=_("The partner may read it"), required=False)

    def __init__(self, *args: Any, program: Program, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        record_field(self, "owner_id").queryset = owners_of(program.vendor_id)

    def draft(self) -> TaskDraft:
        """What was typed, for the service."""
        given = self.cleaned_data
        owner = given["owner_id"]
        return TaskDraft(given["title"], given["due_on"], owner.pk if owner else None, given["shared_with_partner"])

    @staticmethod
    def values_of(task: Task) -> dict[str, Any]:
        """What stands in the form of a task."""
        return {name: getattr(task, name) for name in TaskForm.base_fields}


def new_log_form(program: Program) -> LogForm:
    """The quick log as it is offered: a call, just now."""
    return LogForm(program=program, initial={"kind": Kind.CALL.value, "happened_at": timezone.now()})
