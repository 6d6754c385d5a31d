"""The fields of a form as what they are: the form itself knows them as plain fields only."""

from __future__ import annotations

from typing import Any, cast

from django import forms


def choice_field(form: forms.BaseForm, name: str) -> forms.ChoiceField:
    """The field with choices of this name."""
    return cast(forms.ChoiceField, form.fields[name])


def record_field(form: forms.BaseForm, name: str) -> forms.ModelChoiceField[Any]:
    """The field of this name that chooses among records."""
    return cast("forms.ModelChoiceField[Any]", form.fields[name])
