"""Ids in bodies and addresses into records the caller may see; what is hidden and what does not exist look the same."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet

from comity.connectors.models import ImportRun
from comity.connectors.uploads import imports_visible_to
from comity.deals.models import CustomerAccount, Opportunity, Stage
from comity.deals.queries import customers_visible_to, opportunities_visible_to, stages_visible_to, with_parts
from comity.identity.actors import Actor
from comity.kernel.errors import Invalid, NotFound
from comity.programs.models import Manager, Partnership, Program, Region, Tier
from comity.programs.queries import (
    managers_of,
    partnership_visible_to,
    partnerships_visible_to,
    programs_visible_to,
    regions_of,
    tiers_of,
)


def program_of(actor: Actor, program_id: UUID) -> Program:
    """A program the caller may see. Raises NotFound."""
    found = programs_visible_to(actor).filter(pk=program_id).first()
    if found is None:
        raise NotFound("There is no such program here.")
    return found


def partnership_of(actor: Actor, partnership_id: UUID) -> Partnership:
    """A partnership the caller may see. Raises PartnershipNotFound."""
    return partnership_visible_to(actor, partnership_id)


def opportunity_of(actor: Actor, opportunity_id: UUID) -> Opportunity:
    """An opportunity the caller may see, with its parts. Raises NotFound."""
    for program in programs_visible_to(actor):
        found = with_parts(opportunities_visible_to(actor, program)).filter(pk=opportunity_id).first()
        if found is not None:
            return found
    raise NotFound("There is no such opportunity here.")


def customer_of(actor: Actor, customer_id: UUID) -> CustomerAccount:
    """A customer account the caller may see. Raises NotFound."""
    found = customers_visible_to(actor).select_related("parent").filter(pk=customer_id).first()
    if found is None:
        raise NotFound("There is no such customer account here.")
    return found


def import_of(actor: Actor, import_id: UUID) -> ImportRun:
    """An import the caller may see. Raises NotFound, NotAllowed."""
    for program in programs_visible_to(actor):
        found = imports_visible_to(actor, program).filter(pk=import_id).first()
        if found is not None:
            return found
    raise NotFound("There is no such import here.")


def named_program(actor: Actor, program_id: UUID, field: str = "program_id") -> Program:
    """The program a body or a filter names. Raises Invalid."""
    found = _pick(programs_visible_to(actor), program_id, field)
    assert found is not None  # an id was given
    return found


def named_tier(program: Program, tier_id: UUID | None) -> Tier | None:
    """The tier a body names, or none. Raises Invalid."""
    return _pick(tiers_of(program), tier_id, "tier_id")


def named_region(program: Program, region_id: UUID | None) -> Region | None:
    """The region a body names, or none. Raises Invalid."""
    return _pick(regions_of(program), region_id, "region_id")


def named_manager(program: Program, manager_id: UUID | None) -> Manager | None:
    """The manager a body names, or none. Raises Invalid."""
    return _pick(managers_of(program), manager_id, "manager_id")


def named_stage(actor: Actor, program: Program, stage_id: UUID | None) -> Stage | None:
    """The stage a body names, or none. Raises Invalid."""
    return _pick(stages_visible_to(actor, program), stage_id, "stage_id")


def named_customer(actor: Actor, customer_id: UUID | None, field: str = "account_id") -> CustomerAccount | None:
    """The customer account a body names, or none. Raises Invalid."""
    return _pick(customers_visible_to(actor), customer_id, field)


def named_import(actor: Actor, program: Program, import_id: UUID | None) -> ImportRun | None:
    """The import a form names, or none. Raises Invalid."""
    return _pick(imports_visible_to(actor, program), import_id, "corrects_id")


def named_partnership(actor: Actor, program: Program, partnership_id: UUID, field: str) -> Partnership:
    """The partnership a body names. Raises Invalid."""
    found = _pick(partnerships_visible_to(actor, program), partnership_id, field)
    assert found is not None  # an id was given
    return found


def _pick[Row: Model](rows: QuerySet[Row], wanted: UUID | None, field: str) -> Row | None:
    if wanted is None:
        return None
    found: Any = rows.filter(pk=wanted).first()
    if found is None:
        raise Invalid("A record this names is not here.", fields={field: "There is none with this id here."})
    chosen: Row = found
    return chosen
