"""The versions of a program's rules of engagement: which one holds on a day, a new one from a day on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from django.db import transaction

from comity.deals.models import EngagementRules
from comity.deals.registration.clauses import DEFAULTS, Clauses, as_stored
from comity.deals.registration.sides import lock_program
from comity.deals.versions_by_day import holding_on, make_way
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Invalid
from comity.kernel.words import words
from comity.programs.calendars import today_in
from comity.programs.models import Program

BEGINNING: Final = date(2000, 1, 1)


def rules_on(program: Program, day: date) -> EngagementRules:
    """The version that holds on a day; where nobody made any yet, the defaults become version 1. Vendor's side."""
    versions = EngagementRules.objects.filter(vendor_id=program.vendor_id, program=program)
    found = holding_on(versions, day)
    if found is not None:
        return found
    lock_program(program.pk)
    return holding_on(versions, day) or (
        EngagementRules.objects.create(
            vendor_id=program.vendor_id,
            program=program,
            number=1,
            from_on=BEGINNING,
            clauses=as_stored(DEFAULTS),
            note=words("Comity's defaults"),
        )
    )


def clauses_of(version: EngagementRules) -> Clauses:
    """The clauses of a version, typed."""
    return Clauses.model_validate(version.clauses)


def checked_note(note: str) -> str:
    """Why rules change, in one line. Raises Invalid (too long)."""
    said = " ".join(note.split())
    if len(said) > 500:
        raise Invalid(
            words("The rules were not published."), fields={"note": words("Please shorten this to 500 characters.")}
        )
    return said


@transaction.atomic
def publish_rules(
    *, program: Program, actor: Actor, clauses: Clauses, from_on: date, at: datetime, note: str = ""
) -> EngagementRules:
    """Let these clauses hold from a day on. An unused version of that day or later gives way.

    Raises NotAllowed, Invalid (a day in the past, a note too long), RulesInForce.
    """
    actor.require(Permission.MANAGE_PROGRAM)
    if from_on < today_in(program, at):
        raise Invalid(
            words("The rules were not published."),
            fields={"from_on": words("Choose today or a later day: what was judged already keeps its rules.")},
        )
    said = checked_note(note)
    lock_program(program.pk)
    before = rules_on(program, today_in(program, at))
    number = make_way(
        EngagementRules.objects.filter(vendor_id=program.vendor_id, program=program), before=before, from_on=from_on,
        in_force=words("Registrations of today were judged by today's rules already; let the new ones begin tomorrow."),
    )  # fmt: skip
    return EngagementRules.objects.create(
        vendor_id=program.vendor_id,
        program=program,
        number=number,
        from_on=from_on,
        clauses=as_stored(clauses),
        note=said,
        made_by_id=actor.person_id,
    )
