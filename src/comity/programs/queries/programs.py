"""Programs and their parts, as far as the reader takes part in them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from comity.identity.actors import Actor
from comity.identity.models import Organization
from comity.identity.roles import Permission
from comity.platform.letters import HUE, Brand
from comity.programs.models import Partnership, Program, Quota, Region, Tier


def programs_visible_to(actor: Actor) -> QuerySet[Program]:
    """The vendor's own programs, or those a partner takes part in, by name."""
    if actor.is_vendor:
        return Program.objects.filter(vendor_id=actor.organization_id).order_by("name", "id")
    own = Partnership.objects.filter(partner_id=actor.organization_id).values("program_id")
    return Program.objects.filter(pk__in=own).order_by("name", "id")


def tiers_of(program: Program) -> QuerySet[Tier]:
    """The tiers of a visible program, the highest first."""
    return Tier.objects.filter(vendor_id=program.vendor_id, program=program).order_by("rank")


def counted_tiers_of(program: Program) -> QuerySet[Tier]:
    """The same, each with `partnerships`: how many are on it."""
    return tiers_of(program).annotate(partnerships=_count("tier"))


def regions_of(program: Program) -> QuerySet[Region]:
    """The regions of a visible program by name."""
    return Region.objects.filter(vendor_id=program.vendor_id, program=program).order_by("name", "id")


def counted_regions_of(program: Program) -> QuerySet[Region]:
    """The same, each with `partnerships`: how many are in it."""
    return regions_of(program).annotate(partnerships=_count("region"))


def quotas_visible_to(actor: Actor, program: Program) -> QuerySet[Quota]:
    """The quotas of a program with their holders, the newest period first; none for who may not see the team."""
    found = Quota.objects.filter(vendor_id=actor.organization_id, program=program)
    if not actor.can(Permission.VIEW_TEAM):
        return found.none()
    return found.select_related("manager", "partnership").order_by(
        "-starts_on", "-ends_on", "manager__name", "partnership__sort_name", "id"
    )


def brand_of_letters(vendor_id: UUID) -> Brand:
    """In whose name and colour a vendor's letters are written: of several programs the one that has a look, else the
    oldest. Runs in the vendor's scope."""
    rows = Program.objects.filter(vendor_id=vendor_id).order_by(F("brand_hue").asc(nulls_last=True), "created_at", "id")
    found = rows.values_list("vendor_name", "brand_hue").first()
    if found is None:
        return Brand(name=Organization.objects.values_list("name", flat=True).get(pk=vendor_id))
    name, hue = found
    return Brand(name=name, hue=HUE if hue is None else hue)


def _count(field: str) -> Coalesce:
    rows = Partnership.objects.filter(vendor_id=OuterRef("vendor_id"), **{field: OuterRef("pk")})
    return Coalesce(Subquery(rows.order_by().values(field).annotate(n=Count("pk")).values("n")), 0)
