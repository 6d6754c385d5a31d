"""What happened to a partnership: who changed what, from what to what, when, through which door."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.db.models import Model

from comity.identity.models import Person
from comity.programs.models import Manager, Partnership, PartnershipSegment, Region, SegmentMove, Tier

SHOWN: Final = (
    "name", "status", "tier", "region", "manager", "types", "sub_type", "website", "country", "state", "city",
    "started_on", "launched_on", "ended_on", "external_id",
)  # fmt: skip
KEYS: Final[Mapping[str, type[Tier] | type[Region] | type[Manager]]] = {
    "tier": Tier, "region": Region, "manager": Manager
}  # fmt: skip


@dataclass(frozen=True)
class FieldChange:
    """One field, before and after, as people read it; "" for nothing."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """What one person (or "" for nobody known) did at one moment through one door."""

    at: datetime
    person: str
    door: str
    changes: tuple[FieldChange, ...] = ()
    explanation: str = ""


@dataclass
class _Step:
    at: datetime
    person_id: str
    door: str
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    explanation: str = ""


def history_of(partnership: Partnership) -> list[Change]:
    """Every change of the partnership, its potential and its segment, the newest first, ending with its beginning.

    For the vendor: the past is the vendor's own, under a partner's scope only the beginning is there.
    """
    steps = [
        *_steps(partnership, "PartnershipEvent", partnership.pk, list(SHOWN)),
        *_potential_steps(partnership),
        *_segment_steps(partnership),
    ]
    steps = [step for step in _merged(steps) if step.before != step.after]
    names = _names(partnership.vendor_id, steps)
    people = _people(steps)
    told = [
        Change(
            at=step.at,
            person=people.get(step.person_id, ""),
            door=step.door,
            changes=tuple(
                FieldChange(name, _said(name, step.before[name], names), _said(name, step.after[name], names))
                for name in step.after
                if step.before[name] != step.after[name]
            ),
            explanation=step.explanation,
        )
        for step in steps
    ]
    told.sort(key=lambda change: change.at, reverse=True)
    return [*told, Change(at=partnership.created_at, person="", door="")]


def _steps(partnership: Partnership, events: str, key: UUID, fields: list[str]) -> list[_Step]:
    """The replaced versions in order, each compared with the one after it; the last with the row as it is."""
    columns = [f"{name}_id" if name in KEYS else name for name in fields]
    replaced = (
        apps.get_model("programs", events)
        ._default_manager.filter(vendor_id=partnership.vendor_id, id=key, pgh_label="replaced")
        .order_by("pgh_id")
        .values("pgh_created_at", "pgh_context", *columns)
    )
    row: type[Model] = Partnership if events == "PartnershipEvent" else PartnershipSegment
    now = row._default_manager.filter(vendor_id=partnership.vendor_id, pk=key).values(*columns).first()
    versions = [*replaced, *([now] if now else [])]
    steps = []
    for old, new in pairwise(versions):
        context = old["pgh_context"] or {}
        steps.append(
            _Step(
                at=old["pgh_created_at"],
                person_id=context.get("person") or "",
                door=context.get("door") or "",
                before={name: old[column] for name, column in zip(fields, columns, strict=True)},
                after={name: new[column] for name, column in zip(fields, columns, strict=True)},
            )
        )
    return steps


def _potential_steps(partnership: Partnership) -> list[_Step]:
    record = PartnershipSegment.objects.filter(vendor_id=partnership.vendor_id, partnership=partnership).first()
    return _steps(partnership, "PartnershipSegmentEvent", record.pk, ["potential"]) if record else []


def _segment_steps(partnership: Partnership) -> list[_Step]:
    moves = SegmentMove.objects.filter(
        vendor_id=partnership.vendor_id, partnership=partnership, run__applied_at__isnull=False
    ).select_related("run")
    return [
        _Step(
            at=move.run.applied_at,
            person_id=str(move.run.applied_by_id or ""),
            door="workspace",
            before={"segment": move.from_segment},
            after={"segment": move.to_segment},
            explanation=move.explanation,
        )
        for move in moves
        if move.run.applied_at and move.from_segment != move.to_segment
    ]


def _merged(steps: Iterable[_Step]) -> list[_Step]:
    """Several writes of one transaction are one change: its instant is the transaction's."""
    kept: dict[tuple[datetime, str, str], _Step] = {}
    for step in steps:
        first = kept.setdefault((step.at, step.person_id, step.door), step)
        if first is not step:
            first.before = {**step.before, **first.before}
            first.after = {**first.after, **step.after}
            first.explanation = first.explanation or step.explanation
    return list(kept.values())


def _names(vendor_id: UUID, steps: Iterable[_Step]) -> dict[UUID, str]:
    wanted = {
        name: {side[name] for step in steps for side in (step.before, step.after) if side.get(name)} for name in KEYS
    }
    found: dict[UUID, str] = {}
    for name, keys in wanted.items():
        if keys:
            rows = KEYS[name]._default_manager.filter(vendor_id=vendor_id, pk__in=keys)
            found.update(rows.values_list("pk", "name"))
    return found


def _people(steps: Iterable[_Step]) -> dict[str, str]:
    keys = {step.person_id for step in steps if step.person_id}
    return {str(person.pk): str(person) for person in Person.objects.filter(pk__in=keys)}


def _said(name: str, value: Any, names: Mapping[UUID, str]) -> str:
    if value is None or value == "":
        return ""
    if name in KEYS:
        return names.get(value, "one that is gone")
    if isinstance(value, list):
        return ", ".join(str(item).replace("_", " ") for item in value)
    if name in ("status", "segment"):
        return str(value).title()
    return str(value)
