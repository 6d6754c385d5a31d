"""The vendor's own team: teams, managers, their reach and capacity."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.db import transaction

from comity.identity.actors import Actor
from comity.identity.models import Person
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.names import clean_name
from comity.kernel.words import words
from comity.programs.models import Manager, Partnership, Program, Region, Team
from comity.programs.services.structure import free_label
from comity.programs.states import PartnerType, Status

LARGEST_CAPACITY: Final = Decimal("99999.9")


class TeamNotEmpty(Conflict):
    """Managers belong to the team. Detail: `managers` (how many)."""

    code, title = "team_not_empty", words("Somebody is in this team")


class StillManaging(Conflict):
    """A manager with partners cannot leave. Detail: `partnerships` (how many)."""

    code, title = "still_managing", words("This manager has partners")


@dataclass(frozen=True)
class TeamDraft:
    """What a person says of a team; an empty reach means everything."""

    name: str
    partner_types: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


@dataclass(frozen=True)
class ManagerDraft:
    """What a person says of a manager; an empty reach means that of the team."""

    name: str
    email: str = ""
    title: str = ""
    team: Team | None = None
    reports_to: Manager | None = None
    person: Person | None = None
    partner_types: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    capacity: Decimal | None = None
    is_active: bool = True


@transaction.atomic
def create_team(*, program: Program, actor: Actor, draft: TeamDraft) -> Team:
    """Make a team. Raises NotAllowed, Invalid, InvalidName, LabelTaken."""
    actor.require(Permission.MANAGE_TEAM)
    _refuse_unknown_reach(program, draft.partner_types, draft.regions)
    return Team.objects.create(
        vendor_id=program.vendor_id,
        program=program,
        name=free_label(Team, program, draft.name),
        partner_types=list(draft.partner_types),
        regions=list(draft.regions),
    )


@transaction.atomic
def change_team(*, team: Team, actor: Actor, draft: TeamDraft) -> Team:
    """Rename a team or change what it covers. Raises NotAllowed, Invalid, InvalidName, LabelTaken."""
    actor.require(Permission.MANAGE_TEAM)
    _refuse_unknown_reach(team.program, draft.partner_types, draft.regions)
    team.name = free_label(Team, team.program, draft.name, but=team.pk)
    team.partner_types, team.regions = list(draft.partner_types), list(draft.regions)
    team.save(update_fields=["name", "partner_types", "regions"])
    return team


@transaction.atomic
def remove_team(*, team: Team, actor: Actor) -> None:
    """Take an empty team away. Raises NotAllowed, TeamNotEmpty."""
    actor.require(Permission.MANAGE_TEAM)
    managers = Manager.objects.filter(vendor_id=team.vendor_id, team=team).count()
    if managers:
        raise TeamNotEmpty(
            words(
                "%(team)s has %(managers)s in it; put them into another team first.", team=team.name, managers=managers
            ),
            managers=managers,
        )
    team.delete()


@transaction.atomic
def create_manager(*, program: Program, actor: Actor, draft: ManagerDraft) -> Manager:
    """Add a partner manager. Raises NotAllowed, Invalid, InvalidName."""
    actor.require(Permission.MANAGE_TEAM)
    manager = Manager(vendor_id=program.vendor_id, program=program)
    _write(manager, draft)
    manager.save(force_insert=True)
    return manager


@transaction.atomic
def change_manager(*, manager: Manager, actor: Actor, draft: ManagerDraft) -> Manager:
    """Change a manager's name, place, reach or capacity, or let them go once they have no partners.

    Raises NotAllowed, Invalid, InvalidName, StillManaging.
    """
    actor.require(Permission.MANAGE_TEAM)
    current = (
        Manager.objects.select_for_update(of=("self",))
        .select_related("program")
        .get(vendor_id=manager.vendor_id, pk=manager.pk)
    )
    if current.is_active and not draft.is_active:
        held = Partnership.objects.filter(vendor_id=manager.vendor_id, manager=manager).exclude(status=Status.ENDED)
        if count := held.count():
            raise StillManaging(
                words("Hand over the %(count)s partners of %(manager)s first.", count=count, manager=manager.name),
                partnerships=count,
            )
    _write(current, draft)
    current.save()
    return current


@transaction.atomic
def set_capacity(*, manager: Manager, actor: Actor, capacity: Decimal | None) -> Manager:
    """Say how many partnerships of weight 1 the manager can look after; None: not said. Raises NotAllowed, Invalid."""
    actor.require(Permission.MANAGE_TEAM)
    _refuse_capacity(capacity)
    manager.capacity = capacity
    manager.save(update_fields=["capacity"])
    return manager


def _write(manager: Manager, draft: ManagerDraft) -> None:
    _refuse_unknown_reach(manager.program, draft.partner_types, draft.regions)
    _refuse_capacity(draft.capacity)
    for field, part in (("team", draft.team), ("reports_to", draft.reports_to)):
        if part is not None and part.program_id != manager.program_id:
            raise Invalid(
                words("%(part)s belongs to another program.", part=str(part)),
                fields={field: words("Choose one of this program.")},
            )
    _refuse_circle(manager, draft.reports_to)
    manager.name = clean_name(draft.name, max_length=200)
    manager.email, manager.title = draft.email.strip(), " ".join(draft.title.split())
    manager.team, manager.reports_to, manager.person = draft.team, draft.reports_to, draft.person
    manager.partner_types, manager.regions = list(draft.partner_types), list(draft.regions)
    manager.capacity, manager.is_active = draft.capacity, draft.is_active


def _refuse_circle(manager: Manager, superior: Manager | None) -> None:
    above = dict(
        Manager.objects.filter(vendor_id=manager.vendor_id, program=manager.program_id).values_list(
            "pk", "reports_to_id"
        )
    )
    step = superior.pk if superior else None
    for _ in range(len(above) + 1):
        if step == manager.pk:
            raise Invalid(
                words("They would report to each other."), fields={"reports_to": words("Choose somebody above them.")}
            )
        step = above.get(step) if step else None


def _refuse_capacity(capacity: Decimal | None) -> None:
    if capacity is not None and not 0 <= capacity <= LARGEST_CAPACITY:
        raise Invalid(
            words("A capacity is a number of partners."),
            fields={"capacity": words("Enter 0 or more, or leave it empty.")},
        )


def _refuse_unknown_reach(program: Program, types: Iterable[str], regions: Iterable[str]) -> None:
    wrong: dict[str, str] = {}
    if unknown := set(types) - set(PartnerType):
        wrong["partner_types"] = words("There is no partner type %(listed)s.", listed=tuple(sorted(unknown)))
    known = set(Region.objects.filter(vendor_id=program.vendor_id, program=program).values_list("name", flat=True))
    if missing := set(regions) - known:
        wrong["regions"] = words("There is no region %(listed)s.", listed=tuple(sorted(missing)))
    if wrong:
        raise Invalid(words("The reach was not saved."), fields=wrong)
