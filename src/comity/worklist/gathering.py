"""One person's list: asks the gatherers of their role, leaves out what they put off, and orders the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from comity.identity.actors import Actor
from comity.identity.roles import Role
from comity.insights.question import today_of
from comity.programs.calendars import today_in
from comity.programs.models import Manager, Program
from comity.worklist.models import Snooze
from comity.worklist.needs import Need, NeedKind
from comity.worklist.rules import in_order, open_of

MOST_OF_A_KIND: Final = 12
"""So many lines of one kind, the most urgent ones; a list of hundreds is not a list of what to do today."""


@dataclass(frozen=True)
class Viewer:
    """Whose list it is, and the two clocks it goes by."""

    actor: Actor
    program: Program
    at: datetime
    """The real clock."""
    as_of: date
    """What today means for the data."""
    managers: tuple[UUID, ...] | None
    """A partner manager's own records; null where the whole program is looked at."""

    @property
    def zone(self) -> ZoneInfo:
        """Where the program's business hours are."""
        return ZoneInfo(self.program.time_zone)

    @property
    def today(self) -> date:
        """The day it really is there."""
        return today_in(self.program, self.at)

    @property
    def as_of_morning(self) -> datetime:
        """The instant that counts as now for what follows from data."""
        return open_of(self.as_of, self.zone)


@dataclass(frozen=True)
class Gatherer:
    """Reads the needs of some kinds, for the roles that they concern."""

    gather: Callable[[Viewer], Iterable[Need]]
    roles: frozenset[Role]


@dataclass(frozen=True)
class Worklist:
    """What needs one person, in order."""

    viewer: Viewer
    waiting: tuple[Need, ...]
    """All of it."""
    needs: tuple[Need, ...]
    """What is shown of it: the most urgent of each kind."""
    snoozed: tuple[tuple[Need, Snooze], ...]
    """What the person put off, and would stand in the list."""

    @property
    def is_cut(self) -> bool:
        """Whether more of some kind waits than is shown."""
        return len(self.needs) < len(self.waiting)

    @property
    def at_stake(self) -> Decimal:
        """The values of all that waits, summed."""
        return sum((need.at_stake or Decimal(0) for need in self.waiting), Decimal(0))


_gatherers: list[Gatherer] = []


def gather_from(table: Sequence[Gatherer]) -> None:
    """Take the wiring table of gatherers; its order decides between equals."""
    _gatherers[:] = table


def viewer_of(actor: Actor, program: Program, at: datetime) -> Viewer:
    """The viewer; a partner manager looks at the partners of their own records, if the program knows them by any."""
    managers: tuple[UUID, ...] | None = None
    if actor.role is Role.PARTNER_MANAGER:
        own = Manager.objects.filter(vendor_id=program.vendor_id, program=program, person=actor.person_id)
        managers = tuple(own.values_list("pk", flat=True)) or None
    return Viewer(actor=actor, program=program, at=at, as_of=today_of(program), managers=managers)


def worklist_of(viewer: Viewer) -> Worklist:
    """The list. A constant number of queries, however many partners and deals there are."""
    put_off = {
        (snooze.kind, snooze.subject_id): snooze
        for snooze in Snooze.objects.filter(
            vendor_id=viewer.program.vendor_id,
            program=viewer.program,
            person_id=viewer.actor.person_id,
            until__gt=viewer.today,
        )
    }
    gathered = [
        need for gatherer in _gatherers if viewer.actor.role in gatherer.roles for need in gatherer.gather(viewer)
    ]
    waiting, snoozed = [], []
    for need in in_order(gathered, viewer.zone):
        snooze = put_off.get((need.kind, need.subject_id))
        if snooze is None:
            waiting.append(need)
        else:
            snoozed.append((need, snooze))
    return Worklist(viewer, tuple(waiting), tuple(_most_urgent(waiting)), tuple(snoozed))


def _most_urgent(needs: Sequence[Need]) -> list[Need]:
    """The first lines of each kind, in the order they came."""
    counted: dict[NeedKind, int] = {}
    shown = []
    for need in needs:
        counted[need.kind] = counted.get(need.kind, 0) + 1
        if counted[need.kind] <= MOST_OF_A_KIND:
            shown.append(need)
    return shown
