"""Who changed what: the history of every table of an organization as one list, newest first.

Each entry compares a replaced version with the one that came after it. Inserts are not in the history (a row's own
`created_at` says when it came); a bulk import that changes rows is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.db import models
from django.db.models import Q

PAGE_SIZE: Final = 25
_SILENT: Final = frozenset({"id", "vendor_id", "organization_id", "created_at", "sort_name", "edited_fields"})


@dataclass(frozen=True)
class AuditFilter:
    """Which changes; what is None or empty does not limit them. `before` is the mark of the last entry seen."""

    table: str = ""
    person_id: UUID | None = None
    record_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: str = ""


@dataclass(frozen=True)
class FieldChange:
    """One field, before and after."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """One record that was changed or deleted, by whom, when, through which door."""

    at: datetime
    table: str
    record_id: UUID
    name: str
    deleted: bool
    person_id: UUID | None
    door: str
    mark: str
    fields: tuple[FieldChange, ...] = field(default=())


@cache
def audited_tables() -> dict[str, type[models.Model]]:
    """What the history knows, by the name people read: `Partnership` to its history table."""
    found = [model for model in apps.get_models() if getattr(model, "pgh_tracked_model", None) is not None]
    named = {str(_tracked(model)._meta.verbose_name).capitalize(): model for model in found}
    return dict(sorted(named.items()))


def changes_of(organization_id: UUID, wanted: AuditFilter, *, most: int = PAGE_SIZE) -> list[Change]:
    """The newest changes of an organization's rows that the filter lets through; `most`, and one more if there is.

    Runs under the organization's scope. Who may read it is for the caller to decide.
    """
    tables = audited_tables()
    chosen = {wanted.table: tables[wanted.table]} if wanted.table in tables else {} if wanted.table else tables
    found: list[tuple[datetime, str, int, Any]] = []
    for label, model in chosen.items():
        rows: Iterable[Any] = _rows(model, label, organization_id, wanted)[: most + 1]
        found += [(row.pgh_created_at, label, row.pgh_id, row) for row in rows]
    found.sort(key=lambda entry: entry[1])
    found.sort(key=lambda entry: (entry[0], -_order(entry[1])), reverse=True)
    return [_change(label, row) for _, label, _, row in found[: most + 1]]


def _order(label: str) -> int:
    return list(audited_tables()).index(label)


def _rows(
    model: type[models.Model], label: str, organization_id: UUID, wanted: AuditFilter
) -> models.QuerySet[models.Model]:
    rows = model._default_manager.filter(**{_owner_column(model): organization_id})
    if wanted.person_id:
        rows = rows.filter(pgh_context__person=str(wanted.person_id))
    if wanted.record_id:
        rows = rows.filter(id=wanted.record_id)
    if wanted.since:
        rows = rows.filter(pgh_created_at__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(pgh_created_at__lt=wanted.until)
    if wanted.before:
        rows = rows.filter(_older(wanted.before, label))
    return rows.order_by("-pgh_created_at", "-pgh_id")


def _older(mark: str, label: str) -> Q:
    """What comes after a mark: older, or of the same instant in a later table, or in the same table with a lower id."""
    instant, last_label, last_id = _read_mark(mark)
    older = Q(pgh_created_at__lt=instant)
    if label == last_label:
        return older | Q(pgh_created_at=instant, pgh_id__lt=last_id)
    later_table = last_label in audited_tables() and _order(label) > _order(last_label)
    return older | Q(pgh_created_at=instant) if later_table else older


def _read_mark(mark: str) -> tuple[datetime, str, int]:
    """A mark's parts; one that was tampered with begins at the end. Never raises."""
    instant, _, rest = mark.partition("|")
    label, _, number = rest.rpartition("|")
    try:
        return datetime.fromisoformat(instant), label, int(number)
    except ValueError:
        return datetime.fromisoformat("0001-01-02T00:00:00+00:00"), "", 0


def _change(label: str, row: Any) -> Change:
    context = row.pgh_context or {}
    deleted = row.pgh_label == "deleted"
    after = None if deleted else _successor(row)
    return Change(
        at=row.pgh_created_at,
        table=label,
        record_id=row.id,
        name=_name_of(after if after is not None else row),
        deleted=deleted,
        person_id=UUID(context["person"]) if context.get("person") else None,
        door=str(context.get("door") or ""),
        mark=f"{row.pgh_created_at.isoformat()}|{label}|{row.pgh_id}",
        fields=tuple(_differences(row, after)) if after is not None else (),
    )


def _successor(row: Any) -> Any | None:
    """The version that replaced this one: the next in the history, else the row as it is now."""
    owner = _owner_column(type(row))
    same = type(row)._default_manager.filter(**{owner: getattr(row, owner)}, id=row.id, pgh_id__gt=row.pgh_id)
    return same.order_by("pgh_id").first() or _tracked(type(row))._default_manager.filter(pk=row.id).first()


def _differences(before: Any, after: Any) -> Iterator[FieldChange]:
    for column in _tracked(type(before))._meta.concrete_fields:
        if column.attname in _SILENT or not hasattr(before, column.attname):
            continue
        old, new = getattr(before, column.attname), getattr(after, column.attname)
        if old != new:
            label = str(column.verbose_name).capitalize()
            yield FieldChange(label, _shown(column, old), _shown(column, new))


def _shown(column: Any, value: Any) -> str:
    if value is None or value == "" or value == []:
        return "—"
    if isinstance(column, models.ForeignKey):
        target = column.related_model._default_manager.filter(pk=value).first()
        return str(target) if target is not None else "(no longer visible)"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(dict(column.flatchoices).get(value, value))


def _name_of(row: Any) -> str:
    """What people call the record; one without a name is called after what it belongs to, if that is still there."""
    if hasattr(row, "name"):
        return str(row.name)
    keys = {key.name: key for key in row._meta.concrete_fields if isinstance(key, models.ForeignKey)}
    for key in (keys[name] for name in ("partnership", "person", "manager", "program") if name in keys):
        target = key.related_model._default_manager.filter(pk=getattr(row, key.attname)).first()
        if target is not None:
            return str(target)
    return str(row.id)[:8]


def _owner_column(model: type[models.Model]) -> str:
    columns = {column.column for column in model._meta.concrete_fields}
    return "vendor_id" if "vendor_id" in columns else "organization_id"


def _tracked(model: type[models.Model]) -> type[models.Model]:
    tracked: type[models.Model] = model.pgh_tracked_model  # type: ignore[attr-defined]
    return tracked
