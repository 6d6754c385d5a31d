"""The next version of the rules while somebody is writing it: kept, tried on last year's registrations, published."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from comity.deals.models import EngagementDraft, EngagementRules, ProductFamily
from comity.deals.registration.clauses import Clauses, as_stored
from comity.deals.registration.engagement import checked_note, publish_rules
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Invalid, NotFound
from comity.kernel.words import words
from comity.programs.models import Program, Region, Tier


class NoDraftOfRules(NotFound):
    """Nobody is writing a new version, or it was published or thrown away meanwhile."""

    code, title = "no_draft_of_rules", words("No draft of the rules")


def rules_draft_visible_to(actor: Actor, program: Program) -> EngagementDraft | None:
    """The draft of a program's rules, if there is one; for who may publish rules."""
    if not (actor.is_vendor and actor.can(Permission.MANAGE_PROGRAM)):
        return None
    return EngagementDraft.objects.filter(vendor_id=actor.organization_id, program=program).first()


@transaction.atomic
def keep_rules_draft(
    *, program: Program, actor: Actor, clauses: Clauses, from_on: date, at: datetime, note: str = ""
) -> EngagementDraft:
    """Keep the draft of the next version, in place of what was kept. Raises NotAllowed, Invalid (the note, names)."""
    actor.require(Permission.MANAGE_PROGRAM)
    _check_names(program, clauses)
    kept, _ = EngagementDraft.objects.update_or_create(
        vendor_id=program.vendor_id,
        program=program,
        defaults={
            "clauses": as_stored(clauses),
            "from_on": from_on,
            "note": checked_note(note),
            "saved_at": at,
            "saved_by_id": actor.person_id,
        },
    )
    return kept


def _check_names(program: Program, clauses: Clauses) -> None:
    """A tier, region or product that is not there would shut everybody out. Raises Invalid."""
    of_vendor = {"vendor_id": program.vendor_id}
    known: dict[str, QuerySet[Any]] = {
        "tiers": Tier.objects.filter(**of_vendor, program=program),
        "regions": Region.objects.filter(**of_vendor, program=program),
        "families": ProductFamily.objects.filter(**of_vendor),
    }
    wrong = {}
    for field, rows in known.items():
        if missing := set(getattr(clauses, field)).difference(rows.values_list("name", flat=True)):
            wrong[field] = words("There is none called “%(name)s”.", name=min(missing))
    if wrong:
        raise Invalid(words("Please correct the fields marked below; what you typed is kept."), fields=wrong)


@transaction.atomic
def discard_rules_draft(*, program: Program, actor: Actor) -> None:
    """Throw the draft away; what it was tried on stays in the trials. Raises NotAllowed."""
    actor.require(Permission.MANAGE_PROGRAM)
    EngagementDraft.objects.filter(vendor_id=program.vendor_id, program=program).delete()


@transaction.atomic
def publish_rules_draft(*, program: Program, actor: Actor, at: datetime) -> EngagementRules:
    """Let the draft hold from its day on. Raises NotAllowed, NoDraftOfRules, and what `publish_rules` raises."""
    actor.require(Permission.MANAGE_PROGRAM)
    draft = locked_draft(program)
    made = publish_rules(
        program=program, actor=actor, clauses=Clauses.model_validate(draft.clauses), from_on=draft.from_on, at=at,
        note=draft.note,
    )  # fmt: skip
    draft.delete()
    return made


def locked_draft(program: Program) -> EngagementDraft:
    """The draft, held until the end of the transaction. Raises NoDraftOfRules."""
    mine = EngagementDraft.objects.select_for_update(of=("self",))
    found = mine.filter(vendor_id=program.vendor_id, program=program).first()
    if found is None:
        raise NoDraftOfRules(words("There is no draft of the rules any more."))
    return found
