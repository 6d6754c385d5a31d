"""The parts a program is cut into: regions and tiers."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.names import clean_name, sort_key
from comity.kernel.words import counted, words
from comity.programs.models import Manager, Partnership, Program, Region, Team, Tier


class StillInUse(Conflict):
    """Partners carry it, so it cannot be taken away. Detail: `partnerships` (how many)."""

    code, title = "still_in_use", words("Still in use")


class LabelTaken(Conflict):
    """The program has a region, tier or team of that name."""

    code, title = "label_taken", words("This name is taken")


@transaction.atomic
def add_region(*, program: Program, actor: Actor, name: str) -> Region:
    """Add a region. Raises NotAllowed, InvalidName, LabelTaken."""
    actor.require(Permission.MANAGE_PROGRAM)
    label = free_label(Region, program, name)
    return Region.objects.create(vendor_id=program.vendor_id, program=program, name=label)


@transaction.atomic
def rename_region(*, region: Region, actor: Actor, name: str) -> Region:
    """Rename a region, also where managers and teams name it. Raises NotAllowed, InvalidName, LabelTaken."""
    actor.require(Permission.MANAGE_PROGRAM)
    former, label = region.name, free_label(Region, region.program, name, but=region.pk)
    for holder in _naming(region):
        holder.regions = [label if place == former else place for place in holder.regions]
        holder.save(update_fields=["regions"])
    region.name = label
    region.save(update_fields=["name"])
    return region


@transaction.atomic
def remove_region(*, region: Region, actor: Actor) -> None:
    """Take a region away, also from the reach of managers and teams. Raises NotAllowed, StillInUse."""
    actor.require(Permission.MANAGE_PROGRAM)
    _refuse_if_used(region.name, Partnership.objects.filter(vendor_id=region.vendor_id, region=region).count())
    for holder in _naming(region):
        remaining = [place for place in holder.regions if place != region.name]
        if not remaining:
            raise StillInUse(
                words(
                    "%(holder)s covers %(region)s alone and would cover everything without it; change that first.",
                    holder=holder.name,
                    region=region.name,
                )
            )
        holder.regions = remaining
        holder.save(update_fields=["regions"])
    region.delete()


@transaction.atomic
def create_tier(*, program: Program, actor: Actor, name: str) -> Tier:
    """Add a tier below the others. Raises NotAllowed, InvalidName, LabelTaken."""
    actor.require(Permission.MANAGE_PROGRAM)
    label = free_label(Tier, program, name, max_length=80)
    Program.objects.select_for_update().get(vendor_id=program.vendor_id, pk=program.pk)
    lowest = Tier.objects.filter(vendor_id=program.vendor_id, program=program).aggregate(rank=Max("rank"))["rank"]
    return Tier.objects.create(vendor_id=program.vendor_id, program=program, name=label, rank=(lowest or 0) + 1)


@transaction.atomic
def rename_tier(*, tier: Tier, actor: Actor, name: str) -> Tier:
    """Rename a tier; its partners keep it. Raises NotAllowed, InvalidName, LabelTaken."""
    actor.require(Permission.MANAGE_PROGRAM)
    tier.name = free_label(Tier, tier.program, name, max_length=80, but=tier.pk)
    tier.save(update_fields=["name"])
    return tier


@transaction.atomic
def reorder_tiers(*, program: Program, actor: Actor, order: Sequence[UUID]) -> list[Tier]:
    """Put all tiers into this order, the highest first. Raises NotAllowed, Invalid when one is missing or strange."""
    actor.require(Permission.MANAGE_PROGRAM)
    tiers = {
        tier.pk: tier for tier in Tier.objects.select_for_update().filter(vendor_id=program.vendor_id, program=program)
    }
    if len(order) != len(set(order)) or set(order) != set(tiers):
        raise Invalid(words("Somebody changed the tiers meanwhile; look at them again and order all of them."))
    for rank, key in enumerate(order, start=1):
        tiers[key].rank = rank
    Tier.objects.bulk_update(tiers.values(), ["rank"])
    return [tiers[key] for key in order]


@transaction.atomic
def remove_tier(*, tier: Tier, actor: Actor) -> None:
    """Take an unused tier away; those below move up. Raises NotAllowed, StillInUse."""
    actor.require(Permission.MANAGE_PROGRAM)
    _refuse_if_used(tier.name, Partnership.objects.filter(vendor_id=tier.vendor_id, tier=tier).count())
    program = tier.program
    tier.delete()
    remaining = Tier.objects.filter(vendor_id=program.vendor_id, program=program).order_by("rank")
    reorder_tiers(program=program, actor=actor, order=list(remaining.values_list("pk", flat=True)))


def _naming(region: Region) -> list[Manager | Team]:
    """The managers and teams whose reach names this region (few rows: compared here, not by array operators)."""
    holders: list[Manager | Team] = [
        *Manager.objects.filter(vendor_id=region.vendor_id, program=region.program_id),
        *Team.objects.filter(vendor_id=region.vendor_id, program=region.program_id),
    ]
    return [holder for holder in holders if region.name in holder.regions]


def free_label(
    kind: type[Region] | type[Tier] | type[Team],
    program: Program,
    name: str,
    *,
    max_length: int = 120,
    but: UUID | None = None,
) -> str:
    """The name, cleaned, if no other of this kind in the program has it. Raises InvalidName, LabelTaken."""
    label = clean_name(name, max_length=max_length)
    taken = kind._default_manager.filter(vendor_id=program.vendor_id, program=program)
    if but is not None:
        taken = taken.exclude(pk=but)
    if sort_key(label) in {sort_key(known) for known in taken.values_list("name", flat=True)}:
        raise LabelTaken(
            words("“%(label)s” is there already.", label=label), fields={"name": words("Choose another name.")}
        )
    return label


def _refuse_if_used(name: str, partnerships: int) -> None:
    if partnerships:
        raise StillInUse(
            counted(
                "%(count)s partner has %(name)s; give them another first.",
                "%(count)s partners have %(name)s; give them another first.",
                partnerships,
                name=name,
            ),
            partnerships=partnerships,
        )
