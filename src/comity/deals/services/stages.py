"""The stages of a program's pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from comity.deals.models import Opportunity, Stage, StageChange
from comity.deals.sharing import refresh_shared_deals
from comity.deals.states import DealStatus
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.names import clean_name, sort_key
from comity.kernel.words import words
from comity.programs.models import Program


class StageExists(Conflict):
    """The program has a stage of this name."""

    code, title = "stage_exists", words("This stage is there already")


class StageInUse(Conflict):
    """Deals stand in the stage, or stood in it: its meaning is part of their history. Detail: `deals`."""

    code, title = "stage_in_use", words("Deals are in this stage")


@dataclass(frozen=True)
class StageDraft:
    """A stage as a person describes it: what it means, and how likely a deal in it is won (0 to 1)."""

    name: str
    status: DealStatus = DealStatus.OPEN
    probability: Decimal | None = None


DEFAULT_STAGES: Final = (
    StageDraft("Qualify", DealStatus.OPEN, Decimal("0.10")),
    StageDraft("Develop", DealStatus.OPEN, Decimal("0.30")),
    StageDraft("Propose", DealStatus.OPEN, Decimal("0.60")),
    StageDraft("Negotiate", DealStatus.OPEN, Decimal("0.80")),
    StageDraft("Won", DealStatus.WON, Decimal(1)),
    StageDraft("Lost", DealStatus.LOST, Decimal(0)),
)


@transaction.atomic
def create_default_stages(*, program: Program, actor: Actor) -> list[Stage]:
    """Give a program without stages the usual six; one that has stages keeps them. Raises NotAllowed."""
    actor.require(Permission.EDIT_DEALS)
    known = list(Stage.objects.filter(vendor_id=program.vendor_id, program=program).order_by("position"))
    if known:
        return known
    return [
        Stage.objects.create(vendor_id=program.vendor_id, program=program, position=position, **_values(draft))
        for position, draft in enumerate(DEFAULT_STAGES, start=1)
    ]


@transaction.atomic
def create_stage(*, program: Program, actor: Actor, draft: StageDraft) -> Stage:
    """Add a stage at the end. Raises NotAllowed, Invalid, InvalidName, StageExists."""
    actor.require(Permission.MANAGE_PROGRAM)
    _refuse_taken(program, draft.name)
    last = Stage.objects.filter(vendor_id=program.vendor_id, program=program).order_by("-position").first()
    position = last.position + 1 if last else 1
    return Stage.objects.create(vendor_id=program.vendor_id, program=program, position=position, **_values(draft))


@transaction.atomic
def edit_stage(*, stage: Stage, actor: Actor, draft: StageDraft) -> Stage:
    """Rename a stage or change its probability. What it means is fixed once a deal was in it.

    Raises NotAllowed, Invalid, InvalidName, StageExists, StageInUse.
    """
    actor.require(Permission.MANAGE_PROGRAM)
    _refuse_taken(stage.program, draft.name, but=stage.pk)
    if draft.status != stage.status:
        _refuse_used(stage)
    renamed = False
    for name, value in _values(draft).items():
        renamed = renamed or (name == "name" and value != stage.name)
        setattr(stage, name, value)
    stage.save(update_fields=["name", "status", "probability"])
    if renamed:
        refresh_shared_deals(vendor_id=stage.vendor_id)
    return stage


@transaction.atomic
def reorder_stages(*, program: Program, actor: Actor, order: Sequence[UUID]) -> list[Stage]:
    """Put the stages in this order; it names each exactly once. Raises NotAllowed, Invalid."""
    actor.require(Permission.MANAGE_PROGRAM)
    stages = {stage.pk: stage for stage in Stage.objects.filter(vendor_id=program.vendor_id, program=program)}
    if sorted(order) != sorted(stages):
        raise Invalid(
            words("The order must name each stage of the program once."),
            fields={"order": words("Name each stage once.")},
        )
    for position, key in enumerate(order, start=1):
        stages[key].position = position
    Stage.objects.bulk_update(stages.values(), ["position"])
    return [stages[key] for key in order]


@transaction.atomic
def remove_stage(*, stage: Stage, actor: Actor) -> None:
    """Take away a stage in which no deal ever was. Raises NotAllowed, StageInUse."""
    actor.require(Permission.MANAGE_PROGRAM)
    _refuse_used(stage)
    stage.delete()


def _values(draft: StageDraft) -> dict[str, Any]:
    if draft.probability is not None and not 0 <= draft.probability <= 1:
        message = words("A probability lies between 0 % and 100 %.")
        raise Invalid(message, fields={"probability": message})
    return {
        "name": clean_name(draft.name, max_length=120),
        "status": draft.status.value,
        "probability": draft.probability,
    }


def _refuse_taken(program: Program, name: str, but: UUID | None = None) -> None:
    others = Stage.objects.filter(vendor_id=program.vendor_id, program=program)
    known = {sort_key(other.name): other.pk for other in others}
    if known.get(sort_key(name), but) != but:
        raise StageExists(
            words("There is a stage “%(name)s” already.", name=name), fields={"name": words("Choose another name.")}
        )


def _refuse_used(stage: Stage) -> None:
    deals = Opportunity.objects.filter(vendor_id=stage.vendor_id, stage=stage).count()
    if deals or StageChange.objects.filter(vendor_id=stage.vendor_id, stage=stage).exists():
        raise StageInUse(
            words("Deals are or were in %(stage)s; move them first, or rename the stage.", stage=stage.name),
            deals=deals,
        )
