"""What another version of the rules would have said: the registrations of a year, judged by both."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from comity.deals.models import Handling, Registration
from comity.deals.registration.clauses import Clauses
from comity.deals.registration.engagement import clauses_of, rules_on
from comity.deals.registration.evidence import Outcome
from comity.deals.registration.gathering import gather
from comity.deals.registration.rules import judge
from comity.deals.states.registrations import State
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.programs.calendars import today_in
from comity.programs.models import Program

YEAR: Final = timedelta(days=365)
MOST: Final = 300
"""Registrations judged at most, the newest; a page waits for them."""


@dataclass(frozen=True)
class Change:
    """One registration whose verdict would differ."""

    registration: Registration
    before: Outcome
    after: Outcome
    sentence: str
    """What decides under the other rules."""


@dataclass(frozen=True)
class WhatIf:
    """The comparison: how many were judged, which change, from what to what."""

    judged: int
    cut: bool
    changes: tuple[Change, ...]
    automatic_before: int
    automatic_after: int

    @property
    def moves(self) -> list[tuple[Outcome, Outcome, int]]:
        """(before, after, how many), the largest first."""
        counted = Counter((one.before, one.after) for one in self.changes)
        return [(before, after, number) for (before, after), number in counted.most_common()]


def what_if(*, program: Program, actor: Actor, clauses: Clauses, at: datetime) -> WhatIf:
    """Judge the last year's registrations by today's rules and by these, on what is known today.

    Both sides use the same evidence, so that only the rules make the difference. Raises NotAllowed.
    """
    actor.require(Permission.MANAGE_PROGRAM)
    now = clauses_of(rules_on(program, today_in(program, at)))
    rows = Registration.objects.filter(vendor_id=program.vendor_id, program=program, submitted_at__gt=at - YEAR)
    newest = list(rows.exclude(state=State.DRAFT).select_related("program").order_by("-submitted_at")[: MOST + 1])
    orders = dict(
        Handling.objects.filter(vendor_id=program.vendor_id, registration__in=newest).values_list(
            "registration_id", "order_number"
        )
    )
    changes, automatic = [], [0, 0]
    for row in newest[:MOST]:
        found = gather(row, orders[row.pk])
        asked = [
            judge(found.claim, found.evidence, version, version=0, at=found.claim.submitted_at, zone=program.time_zone)
            for version in (now, clauses)
        ]
        for side, verdict in enumerate(asked):
            automatic[side] += verdict.automatic
        if asked[0].outcome is not asked[1].outcome:
            changes.append(Change(row, asked[0].outcome, asked[1].outcome, asked[1].sentence))
    return WhatIf(min(len(newest), MOST), len(newest) > MOST, tuple(changes), automatic[0], automatic[1])
