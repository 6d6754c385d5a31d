"""Programs and their parts, as far as the reader takes part in them."""

from __future__ import annotations

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.programs.models import Partnership, Program, Quota, Region, Tier


def programs_visible_to(actor: Actor) -> QuerySet[Program]:
    """The vendor's own programs, or those a partner takes part in, by name."""
    if actor.is_vendor:
        return Program.objects.filter(vendor_id=actor.organization_id).order_by("name", "id")
    own = Partnership.objects.filter(partner_id=actor.organization_id).values("program_id")
    return Program.objects.filter(pk__in=own).order_by("name", "id")


def tiers_of(program: Program) -> QuerySet[Tier]:
    """The tiers of a visible program, the highest first, each with `partnerships` (how many are on it)."""
    return (
        Tier.objects.filter(vendor_id=program.vendor_id, program=program)
        .annotate(partnerships=_count("tier"))
        .order_by("rank")
    )


def regions_of(program: Program) -> QuerySet[Region]:
    """The regions of a visible program by name, each with `partnerships` (how many are in it)."""
    return (
        Region.objects.filter(vendor_id=program.vendor_id, program=program)
        .annotate(partnerships=_count("region"))
        .order_by("name", "id")
    )


def quotas_visible_to(actor: Actor, program: Program) -> QuerySet[Quota]:
    """The quotas of a program with their holders, the newest period first; none for who may not see the team."""
    found = Quota.objects.filter(vendor_id=actor.organization_id, program=program)
    if not actor.can(Permission.VIEW_TEAM):
        return found.none()
    return found.select_related("manager", "partnership").order_by(
        "-starts_on", "-ends_on", "manager__name", "partnership__sort_name", "id"
    )


def _count(field: str) -> Coalesce:
    rows = Partnership.objects.filter(vendor_id=OuterRef("vendor_id"), **{field: OuterRef("pk")})
    return Coalesce(Subquery(rows.order_by().values(field).annotate(n=Count("pk")).values("n")), 0)
