"""Noticing that somebody else changed a record while a form was open."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models

from comity.kernel.errors import Conflict
from comity.kernel.words import words


class DealChangedMeanwhile(Conflict):
    """The record was changed after the form was opened. Detail: `changed` (the fields that now differ)."""

    code, title = "deal_changed_meanwhile", words("Somebody changed this meanwhile")


def fingerprint(record: models.Model, names: Iterable[str]) -> str:
    """A short text that changes when one of these fields does; a form carries it and brings it back."""
    return hashlib.sha256(json.dumps([plain(record, name) for name in names]).encode()).hexdigest()[:16]


def plain(record: models.Model, name: str) -> Any:
    """A field as compared: keys by their id, lists in order, empty and missing alike, figures without idle zeros."""
    field = record._meta.get_field(name)
    return plain_value(getattr(record, getattr(field, "attname", name)))


def plain_value(value: Any) -> Any:
    """A value as compared; see `plain`."""
    if value is None or value == "" or value == []:
        return None
    if isinstance(value, list | tuple):
        return [str(item) for item in value]
    if isinstance(value, models.Model):
        return str(value.pk)
    return f"{value.normalize():f}" if hasattr(value, "normalize") else str(value)


def refuse_if_changed(record: models.Model, values: Mapping[str, Any], loaded: str) -> None:
    """Refuse when the record is no longer as it was loaded, naming what differs. Raises DealChangedMeanwhile."""
    if not loaded or loaded == fingerprint(record, values):
        return
    differing = [name for name in values if plain(record, name) != plain_value(values[name])]
    raise DealChangedMeanwhile(
        words(
            "Somebody changed this after you opened the form. What you typed is kept; the fields "
            "marked below differ from what is stored now. Save again to put yours in their place."
        ),
        fields={name: words("Now stored: %(spoken)s", spoken=spoken(getattr(record, name))) for name in differing},
        changed=differing,
    )


def spoken(value: Any) -> str:
    """A stored value in a sentence."""
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value) or "nothing"
    return "nothing" if value is None or value == "" else str(value)


def write_changes(record: models.Model, values: Mapping[str, Any]) -> list[str]:
    """Write what differs and note it in `edited_fields`, so that imports keep off; returns the names."""
    changed = [name for name, value in values.items() if plain(record, name) != plain_value(value)]
    if changed:
        for name in changed:
            setattr(record, name, values[name])
        note_edits(record, changed)
        record.save(update_fields=[*changed, "edited_fields"])
    return changed


def note_edits(record: Any, names: Iterable[str]) -> None:
    """Remember that a person set these fields (not saved yet)."""
    record.edited_fields = sorted({*record.edited_fields, *names})
