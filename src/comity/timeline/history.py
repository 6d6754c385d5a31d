"""What was changed in a partnership's timeline: entries corrected or removed, tasks and next steps set and changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.db.models import Model

from comity.identity.models import Person
from comity.programs.models import Partnership
from comity.programs.queries import Change, FieldChange
from comity.timeline.models import LogEntry, NextStep, Task

FIELDS: Final[Mapping[type[Model], Mapping[str, str]]] = {
    LogEntry: {"kind": "entry, kind", "text": "entry", "happened_at": "entry, when", "shared_with_partner": "shared"},
    Task: {"title": "task", "due_on": "task, due", "owner_id": "task, owner", "done_at": "task, done"},
    NextStep: {"text": "next step", "due_on": "next step, due"},
}
"""Columns whose changes are told, and as what."""


def changes_of_timeline(partnership: Partnership) -> list[Change]:
    """Each change, the newest first; for the vendor, whose past it is. Two queries a table, one for the names."""
    told: list[tuple[str, Change]] = []
    for model, fields in FIELDS.items():
        told += _changes(model, fields, partnership)
    wanted = {person for person, _ in told} | {
        side for _, change in told for item in change.changes if item.field == "task, owner"
        for side in (item.before, item.after)
    }  # fmt: skip
    names = _names(wanted)
    named = [
        Change(
            change.at,
            names.get(person, ""),
            change.door,
            tuple(
                FieldChange(item.field, names.get(item.before, item.before), names.get(item.after, item.after))
                for item in change.changes
            ),
        )
        for person, change in told
    ]
    return sorted(named, key=lambda change: change.at, reverse=True)


def _changes(model: type[Model], fields: Mapping[str, str], partnership: Partnership) -> Iterable[tuple[str, Change]]:
    of = {"vendor_id": partnership.vendor_id, "partnership": partnership}
    columns = ("id", "created_at", *fields)
    versions: defaultdict[UUID, list[dict[str, Any]]] = defaultdict(list)
    events = apps.get_model("timeline", f"{model.__name__}Event")._default_manager.filter(**of).order_by("pgh_id")
    for row in events.values(*columns, "pgh_created_at", "pgh_context", "pgh_label"):
        versions[row["id"]].append(row)
    now = {row["id"]: row for row in model._default_manager.filter(**of).values(*columns)}
    for key, replaced in versions.items():
        after = [*replaced, *([now[key]] if key in now else [])]
        for old, new in pairwise(after):
            if change := _change(fields, old, new):
                yield change
        if replaced[-1]["pgh_label"] == "deleted":
            nothing = dict.fromkeys(fields)
            if change := _change(fields, replaced[-1], nothing):
                yield change
    if model is NextStep:
        yield from _first_steps(partnership, versions, now)


def _first_steps(
    partnership: Partnership, versions: Mapping[UUID, list[dict[str, Any]]], now: Mapping[UUID, dict[str, Any]]
) -> Iterable[tuple[str, Change]]:
    """That a next step was said at all: the history keeps no insert, the row says when it came."""
    for key in {*versions, *now}:
        first = versions[key][0] if versions.get(key) else now[key]
        yield "", Change(first["created_at"], "", "", (FieldChange("next step", "", first["text"]),))


def _change(fields: Mapping[str, str], old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, Change] | None:
    differing = [
        FieldChange(label, _said(old[column]), _said(new[column]))
        for column, label in fields.items()
        if old[column] != new[column]
    ]
    context = old["pgh_context"] or {}
    if not differing:
        return None
    return str(context.get("person") or ""), Change(
        old["pgh_created_at"], "", context.get("door") or "", tuple(differing)
    )


def _said(value: Any) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    return f"{value:%Y-%m-%d %H:%M} UTC" if hasattr(value, "hour") else str(value)


def _names(keys: Iterable[str]) -> dict[str, str]:
    ids = [key for key in keys if len(key) == 36 and key.count("-") == 4]
    return {str(person.pk): str(person) for person in Person.objects.filter(pk__in=ids)}
