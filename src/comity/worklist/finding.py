"""Finding anything by a few letters: partners, customers, deals and people, with typos, the lately opened first.

The database's owner finds ids (`comity_find_anything`), since comparing texts under the policies would read every row.
What is shown of them is then read under the reader's own scope and role.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from comity.deals.queries import customers_visible_to, opportunities_visible_to
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.names import sort_key
from comity.programs.models import Program
from comity.programs.queries import managers_of, partnerships_visible_to
from comity.worklist.models import RecentVisit
from comity.worklist.people import people_behind

MOST: Final = 6
"""Results of one kind."""
KEPT: Final = 20
"""Visits that are remembered of a person."""
RECENT_BONUS: Final = 0.75


class FoundKind(StrEnum):
    """What can be found, in the order in which equals are offered."""

    PARTNER = "partner"
    CUSTOMER = "customer"
    DEAL = "deal"
    MANAGER = "manager"
    PERSON = "person"


@dataclass(frozen=True)
class Finding:
    """One result: a record by its name, with what tells it from others of that name."""

    kind: FoundKind
    subject_id: UUID
    name: str
    detail: str
    score: float
    is_recent: bool = False
    within: UUID | None = None
    """Of a person: the partnership they were met in."""


def find_anything(actor: Actor, program: Program, text: str) -> list[Finding]:
    """The best results of each kind that the reader may see, the kind with the best one first."""
    words = " ".join(text.replace("\x00", "").split())[:100]
    if not words:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, id, score FROM comity_find_anything(%(program)s, %(words)s, %(key)s, %(most)s)"
            " UNION ALL SELECT 'person', id, score FROM comity_find_people(%(program)s, %(words)s, %(most)s)",
            {"program": program.pk, "words": words, "key": sort_key(words), "most": MOST},
        )
        scores = {(FoundKind(kind), key): float(score) for kind, key, score in cursor.fetchall()}
    recent = set(_visits(actor, program))
    findings = [
        Finding(
            kind,
            key,
            name,
            detail,
            scores[kind, key] + RECENT_BONUS * ((kind, key) in recent),
            (kind, key) in recent,
            within,
        )
        for kind, key, name, detail, within in _named(actor, program, scores)
    ]
    best: dict[FoundKind, float] = {}
    for finding in findings:
        best[finding.kind] = max(finding.score, best.get(finding.kind, 0))
    order = list(FoundKind)
    return sorted(findings, key=lambda one: (-best[one.kind], order.index(one.kind), -one.score, one.name))


def recent_visits(actor: Actor, program: Program) -> list[Finding]:
    """What the person opened lately and may still see, the last first."""
    keys = _visits(actor, program)[:MOST]
    found = {
        (kind, key): Finding(kind, key, name, detail, 0.0, True, within)
        for kind, key, name, detail, within in _named(actor, program, keys)
    }
    return [found[one] for one in keys if one in found]


@transaction.atomic
def note_visit(*, program: Program, actor: Actor, kind: FoundKind, subject_id: UUID, at: datetime) -> bool:
    """Remember that the person opened this; the oldest beyond twenty are forgotten. False for what they may not see."""
    if not _named(actor, program, [(kind, subject_id)]):
        return False
    own: dict[str, Any] = {"vendor_id": actor.organization_id, "person_id": actor.person_id, "program": program}
    RecentVisit.objects.update_or_create(**own, kind=kind, subject_id=subject_id, defaults={"visited_at": at})
    kept = RecentVisit.objects.filter(**own).order_by("-visited_at", "-id")[:KEPT]
    RecentVisit.objects.filter(**own).exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()
    return True


def _visits(actor: Actor, program: Program) -> list[tuple[FoundKind, UUID]]:
    own: dict[str, Any] = {"vendor_id": actor.organization_id, "person_id": actor.person_id, "program": program}
    rows = RecentVisit.objects.filter(**own, kind__in=list(FoundKind))
    return [
        (FoundKind(kind), key) for kind, key in rows.order_by("-visited_at", "-id").values_list("kind", "subject_id")
    ]


def _named(
    actor: Actor, program: Program, keys: Iterable[tuple[FoundKind, UUID]]
) -> list[tuple[FoundKind, UUID, str, str, UUID | None]]:
    """Name, detail and whereabouts of those that the reader may see; a query for each kind that occurs."""
    by_kind: dict[FoundKind, list[UUID]] = {}
    for kind, key in keys:
        by_kind.setdefault(kind, []).append(key)
    return [
        (kind, key, name, detail, within)
        for kind, wanted in by_kind.items()
        for key, name, detail, within in _READERS[kind](actor, program, wanted)
    ]


type _Named = Iterable[tuple[UUID, str, str, UUID | None]]


def _partners(actor: Actor, program: Program, keys: list[UUID]) -> _Named:
    rows = partnerships_visible_to(actor, program).filter(pk__in=keys)
    return [(row.pk, row.name, row.manager.name if row.manager else "", None) for row in rows]


def _customers(actor: Actor, program: Program, keys: list[UUID]) -> _Named:
    rows = customers_visible_to(actor).filter(pk__in=keys)
    return [(row.pk, row.name, ", ".join(part for part in (row.city, row.country) if part), None) for row in rows]


def _deals(actor: Actor, program: Program, keys: list[UUID]) -> _Named:
    rows = opportunities_visible_to(actor, program).filter(pk__in=keys).select_related("account", "stage")
    return [
        (
            row.pk,
            row.name,
            " · ".join(part for part in (row.account.name if row.account else "", row.stage.name) if part),
            None,
        )
        for row in rows
    ]


def _managers(actor: Actor, program: Program, keys: list[UUID]) -> _Named:
    if not actor.can(Permission.VIEW_TEAM):
        return []
    rows = managers_of(program).filter(pk__in=keys).values_list("pk", "name", "title")
    return [(key, name, title, None) for key, name, title in rows]


def _people(actor: Actor, program: Program, keys: list[UUID]) -> _Named:
    return [(key, name, partner.name, partner.pk) for key, name, partner in people_behind(actor, program, keys)]


_READERS: Final[dict[FoundKind, Callable[[Actor, Program, list[UUID]], _Named]]] = {
    FoundKind.PARTNER: _partners,
    FoundKind.CUSTOMER: _customers,
    FoundKind.DEAL: _deals,
    FoundKind.MANAGER: _managers,
    FoundKind.PERSON: _people,
}
