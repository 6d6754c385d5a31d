"""Rules in versions, each in force from a day on: which one holds, and how a new one takes its place."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Max, Q, QuerySet

from comity.kernel.errors import Conflict
from comity.kernel.words import words


class RulesInForce(Conflict):
    """A version that was used already ends where the new one begins; a new one cannot begin before today."""

    code, title = "rules_in_force", words("Rules in force are not rewritten")


def holding_on[Version: Any](versions: QuerySet[Version], day: date) -> Version | None:
    """The version that holds on a day."""
    return versions.filter(Q(to_on__isnull=True) | Q(to_on__gt=day), from_on__lte=day).first()


def make_way(versions: QuerySet[Any], *, before: Any, from_on: date, in_force: str) -> int:
    """End what holds where a new version begins, and drop unused ones of that day or later; the new one's number.

    `before` is the version of today. Under the caller's lock. Raises RulesInForce, with `in_force` as its sentence.
    """
    held = versions.select_for_update()
    held.filter(from_on__gte=from_on, used_at__isnull=True).exclude(pk=before.pk, from_on__lt=from_on).delete()
    if held.filter(from_on__gte=from_on).exists():
        raise RulesInForce(in_force, fields={"from_on": words("Choose tomorrow or a later day.")})
    last = versions.aggregate(last=Max("number"))["last"] or 0
    held.filter(Q(to_on__isnull=True) | Q(to_on__gt=from_on), from_on__lt=from_on).update(to_on=from_on)
    return int(last) + 1
