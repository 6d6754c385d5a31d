"""The fields of a form as what they are: the form itself knows them as plain fields only."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import SafeString

from comity.web.templatetags.lists import options


def choice_field(form: forms.BaseForm, name: str) -> forms.ChoiceField:
    """The field with choices of this name."""
    return cast(forms.ChoiceField, form.fields[name])


def record_field(form: forms.BaseForm, name: str) -> forms.ModelChoiceField[Any]:
    """The field of this name that chooses among records."""
    return cast("forms.ModelChoiceField[Any]", form.fields[name])


class LongSelect(forms.Select):
    """A select of many choices without groups: written at once, where Django takes two templates a choice."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """The element with its options."""
        chosen = next(iter(self.format_value(value)), "")
        shown = options(self.choices, chosen)
        return format_html('<select name="{}"{}>{}</select>', name, flatatt(self.build_attrs(self.attrs, attrs)), shown)
