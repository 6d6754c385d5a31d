"""Fields that read what people type: amounts with or without separators, days, percentages, lists."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _

from comity.kernel.words import coded, words

_GROUPED: Final = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_PLAIN: Final = re.compile(r"-?\d+(?:\.\d*)?|-?\.\d+")
_SPACES: Final = re.compile(r"[\s'’\u00a0\u202f]+")


class DayInput(forms.DateInput):
    """A day, chosen in the browser's own calendar; what was typed stays as it was typed."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class DayField(forms.DateField):
    """A day."""

    widget = DayInput

    def __init__(self, **options: Any) -> None:
        options.setdefault("error_messages", {"invalid": _("This is not a day; write it like 2026-03-31.")})
        super().__init__(input_formats=["%Y-%m-%d"], **options)

    def to_python(self, value: Any) -> date | None:
        """The day, not before the year 1900 nor after 9998."""
        found = super().to_python(value)
        if found is not None and not 1900 <= found.year <= 9998:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return found


class AmountField(forms.CharField):
    """An amount: 1234.5, 1,234.50 or 1 234.50. A lone comma is asked about, since it may mean either."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.widget.attrs |= {"inputmode": "decimal", "data-figures": "", "autocomplete": "off"}

    def clean(self, value: Any) -> Decimal | None:
        """The amount, or None where nothing was typed."""
        text = _SPACES.sub("", str(super().clean(value) or ""))
        if not text:
            return None
        if _GROUPED.fullmatch(text):
            text = text.replace(",", "")
        if len(text) > 40 or not _PLAIN.fullmatch(text):
            raise forms.ValidationError(_explain(text), code="invalid")
        try:
            return Decimal(text)
        except InvalidOperation:
            raise forms.ValidationError(_explain(text), code="invalid") from None

    def prepare_value(self, value: Any) -> Any:
        """Stored amounts without idle zeros; typed text as it was typed."""
        if not isinstance(value, Decimal):
            return value
        text = f"{value:.4f}".rstrip("0")
        return text + "0" * max(0, 2 - len(text.partition(".")[2])) if text[-1] != "." else text[:-1]


class PercentField(AmountField):
    """A share in per cent, kept as a number from 0 to 1."""

    def clean(self, value: Any) -> Decimal | None:
        """The share, or None where nothing was typed."""
        number = super().clean(str(value or "").replace("%", ""))
        return None if number is None else number / 100

    def prepare_value(self, value: Any) -> Any:
        """0.333333 as 33.3333."""
        return f"{(value * 100).normalize():f}" if isinstance(value, Decimal) else value


class ListField(forms.CharField):
    """Several texts in one input, parted by commas or lines."""

    def clean(self, value: Any) -> tuple[str, ...]:
        """Each text once, in order."""
        parts = re.split(r"[,;\n]", str(super().clean(value) or ""))
        return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))

    def prepare_value(self, value: Any) -> Any:
        """A stored list as one text."""
        return ", ".join(value) if isinstance(value, list | tuple) else value


def _explain(text: str) -> str:
    if re.fullmatch(r"-?[\d.]*,\d+", text):
        return _("Write the amount with a point before the cents, such as 1234.50 or 1,234.50.")
    return _("This is not an amount; write digits, such as 1234.50.")


class NamedChoice(forms.CharField):
    """A record chosen by typing its name (a list suggests); what names none, or several, says so."""

    def __init__(self, *, noun: str, **options: Any) -> None:
        self.noun = noun
        self.among: Any = None
        super().__init__(**options)

    def clean(self, value: Any) -> Any:
        """The record, or None where nothing was typed."""
        text = " ".join(str(super().clean(value) or "").split())
        if not text:
            return None
        found = list(self.among.filter(name__iexact=text)[:2]) or list(self.among.filter(external_id=text)[:2])
        if not found:
            raise forms.ValidationError(
                words(
                    "There is no %(noun)s “%(text)s”. Choose one from the list.", noun=coded(self.noun), text=text[:80]
                )
            )
        if len(found) > 1:
            raise forms.ValidationError(
                words("There are several “%(text)s”; enter the external id instead.", text=text[:80])
            )
        return found[0]
