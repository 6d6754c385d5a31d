"""The vendor's team: who looks after how much, what nobody covers, who should take a partner."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, QuerySet

from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.programs.models import Manager, Partnership, PartnershipSegment, Program, Region, Team
from comity.programs.queries.segments import policy_of, weights_of
from comity.programs.rules import Candidate, CoverageCell, Reach, Suggestion, coverage, load_of, suggest, utilization
from comity.programs.states import OrganizationModel, Status


@dataclass(frozen=True)
class TeamMember:
    """A manager with what they look after. `utilization` None: no capacity is set."""

    manager: Manager
    active: int
    partnerships: int
    load: Decimal
    utilization: Decimal | None

    @property
    def tone(self) -> str:
        """Good while there is room, warn when nearly full, bad above capacity; "" where no capacity is set."""
        if self.utilization is None:
            return ""
        return "bad" if self.utilization > 1 else "warn" if self.utilization > Decimal("0.9") else "good"


def managers_of(program: Program, *, active_only: bool = False) -> QuerySet[Manager]:
    """The managers of a program by name, with team and superior; vendor only."""
    found = Manager.objects.filter(vendor_id=program.vendor_id, program=program)
    if active_only:
        found = found.filter(is_active=True)
    return found.select_related("team", "reports_to").order_by("name", "id")


def teams_of(program: Program) -> QuerySet[Team]:
    """The teams of a program by name; vendor only."""
    return Team.objects.filter(vendor_id=program.vendor_id, program=program).order_by("name", "id")


def team_visible_to(actor: Actor, program: Program) -> list[TeamMember]:
    """The active managers with load against capacity, the fullest first; empty for who may not see the team."""
    if not actor.is_vendor or not actor.can(Permission.VIEW_TEAM) or program.vendor_id != actor.organization_id:
        return []
    return _members(program)


def coverage_of(
    program: Program, standing: Mapping[tuple[str, str], StandingHere]
) -> tuple[list[str], list[list[CoverageCell]]]:
    """The regions ("" for partners without one), and a row of cells a partner type: managers and active partners.

    `standing`: what `standing_of` says of the program.
    """
    regions = list(
        Region.objects.filter(vendor_id=program.vendor_id, program=program)
        .order_by("name")
        .values_list("name", flat=True)
    )
    if any(region == "" for _, region in standing):
        regions.append("")
    reaches = [reach_of(manager) for manager in managers_of(program, active_only=True)]
    model = OrganizationModel(program.organization_model)
    counted = Counter({place: here.segments.total() for place, here in standing.items()})
    return regions, coverage(model, reaches, regions=regions, partnerships=counted)


@dataclass
class StandingHere:
    """The active partners of one type in one region: how many of each segment ("" for none), how many without a
    manager."""

    segments: Counter[str] = field(default_factory=Counter)
    without_manager: int = 0


def standing_of(program: Program) -> Mapping[tuple[str, str], StandingHere]:
    """Partner type and region ("" without one) to the active partners there; a partner of two types stands twice."""
    records = PartnershipSegment.objects.filter(vendor_id=program.vendor_id, partnership__program=program)
    segments = dict(records.values_list("partnership_id", "segment"))
    active = Partnership.objects.filter(vendor_id=program.vendor_id, program=program, status=Status.ACTIVE)
    found: defaultdict[tuple[str, str], StandingHere] = defaultdict(StandingHere)
    for key, types, region, manager_id in active.values_list("pk", "types", "region__name", "manager_id"):
        for kind in types:
            here = found[kind, region or ""]
            here.segments[segments.get(key, "")] += 1
            here.without_manager += manager_id is None
    return found


def suggest_manager(program: Program, partnership: Partnership) -> Suggestion:
    """Who should take this partner under the program's organisation model, and why."""
    candidates = [
        Candidate(
            member.manager.pk, member.manager.name, reach_of(member.manager), member.load, member.manager.capacity
        )
        for member in _members(program)
        if member.manager.pk != partnership.manager_id
    ]
    record = PartnershipSegment.objects.filter(vendor_id=program.vendor_id, partnership=partnership).first()
    segment = record.segment if record else ""
    return suggest(
        OrganizationModel(program.organization_model),
        candidates,
        types=partnership.types,
        region=partnership.region.name if partnership.region else "",
        weight=load_of([segment], weights_of(policy_of(program))),
    )


def reach_of(manager: Manager) -> Reach:
    """The manager's own types and regions; where they have none, those of the team."""
    team = manager.team
    return Reach(
        types=frozenset(manager.partner_types or (team.partner_types if team else [])),
        regions=frozenset(manager.regions or (team.regions if team else [])),
    )


def _members(program: Program) -> list[TeamMember]:
    """Three queries, however many partners there are: the database counts them."""
    weights = weights_of(policy_of(program))
    held = Partnership.objects.filter(vendor_id=program.vendor_id, program=program, manager__isnull=False)
    by_status = held.exclude(status=Status.ENDED).values_list("manager_id", "status").annotate(number=Count("pk"))
    counted: Counter[UUID | None] = Counter()
    active: defaultdict[UUID | None, Counter[str]] = defaultdict(Counter)
    for manager_id, status, number in by_status.order_by():
        counted[manager_id] += number
        if status == Status.ACTIVE:
            active[manager_id][""] = number
    records = PartnershipSegment.objects.filter(vendor_id=program.vendor_id, partnership__program=program)
    placed = records.exclude(segment="").filter(partnership__status=Status.ACTIVE, partnership__manager__isnull=False)
    by_segment = placed.values_list("partnership__manager_id", "segment").annotate(number=Count("pk"))
    for manager_id, segment, number in by_segment.order_by():
        active[manager_id].update({segment: number, "": -number})  # out of those without one
    members = []
    for manager in managers_of(program, active_only=True):
        load = load_of(active[manager.pk], weights)
        members.append(
            TeamMember(
                manager=manager,
                active=active[manager.pk].total(),
                partnerships=counted[manager.pk],
                load=load,
                utilization=utilization(load, manager.capacity),
            )
        )
    return sorted(members, key=lambda member: (-(member.utilization or 0), -member.load, member.manager.name))
