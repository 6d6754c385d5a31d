"""Reads of notices: each person their own, whoever told them."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.notices.kinds import KINDS
from comity.notices.models import Notice, Preference
from comity.notices.states import Way

MOST_COUNTED: Final = 100
"""The header says how many are unread up to here; beyond, one more makes no difference."""


def notices_visible_to(person_id: UUID) -> QuerySet[Notice]:
    """Everything a person was told, the newest first, across the vendors. Needs a scope with that person."""
    return Notice.objects.filter(person_id=person_id).order_by("-created_at", "-id")


def notice_visible_to(person_id: UUID, notice_id: UUID) -> Notice:
    """One notice. Raises NotFound."""
    found = notices_visible_to(person_id).filter(pk=notice_id).first()
    if found is None:
        raise NotFound(words("There is no such notice here."))
    return found


def unread_of(person_id: UUID) -> int:
    """How many are unread, at most MOST_COUNTED: one step of a partial index."""
    return Notice.objects.filter(person_id=person_id, read_at__isnull=True)[:MOST_COUNTED].count()


def senders_of(person_id: UUID) -> list[tuple[UUID, str]]:
    """The vendors that told a person anything, by name."""
    found = Notice.objects.filter(person_id=person_id).order_by("vendor_id", "-created_at")
    rows = found.distinct("vendor_id").values_list("vendor_id", "from_name")
    return sorted(rows, key=lambda row: (row[1].casefold(), row[0]))


def ways_of(person_id: UUID) -> dict[str, Way]:
    """By kind, the way in which a person wants to hear of it. Needs a scope with that person."""
    chosen = dict(Preference.objects.filter(person_id=person_id).values_list("kind", "way"))
    return {name: Way(chosen.get(name, kind.default)) for name, kind in KINDS.items()}


def way_of(person_id: UUID, kind: str) -> Way:
    """The way in which a person wants to hear of one kind. Needs a scope with that person."""
    chosen = Preference.objects.filter(person_id=person_id, kind=kind).values_list("way", flat=True).first()
    return Way(chosen) if chosen else KINDS[kind].default
