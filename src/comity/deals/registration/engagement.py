"""The versions of a program's rules of engagement: which one holds on a day, a new one from a day on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.db.models import Max, Q

from comity.deals.models import EngagementRules
from comity.deals.registration.clauses import DEFAULTS, Clauses, as_stored
from comity.deals.registration.sides import lock_program
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.words import words
from comity.programs.calendars import today_in
from comity.programs.models import Program

BEGINNING: Final = date(2000, 1, 1)


class RulesInForce(Conflict):
    """A version that was used already ends where the new one begins; a new one cannot begin before today."""

    code, title = "rules_in_force", words("Rules in force are not rewritten")


def rules_on(program: Program, day: date) -> EngagementRules:
    """The version that holds on a day; where nobody made any yet, the defaults become version 1. Vendor's side."""
    versions = EngagementRules.objects.filter(vendor_id=program.vendor_id, program=program)
    found = versions.filter(Q(to_on__isnull=True) | Q(to_on__gt=day), from_on__lte=day).first()
    if found is not None:
        return found
    lock_program(program.pk)
    return versions.filter(Q(to_on__isnull=True) | Q(to_on__gt=day), from_on__lte=day).first() or (
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
    said = " ".join(note.split())
    if len(said) > 500:
        raise Invalid(
            words("The rules were not published."), fields={"note": words("Please shorten this to 500 characters.")}
        )
    lock_program(program.pk)
    before = rules_on(program, today_in(program, at))
    versions = EngagementRules.objects.select_for_update().filter(vendor_id=program.vendor_id, program=program)
    versions.filter(from_on__gte=from_on, used_at__isnull=True).exclude(pk=before.pk, from_on__lt=from_on).delete()
    if versions.filter(from_on__gte=from_on).exists():
        raise RulesInForce(
            words("Registrations of today were judged by today's rules already; let the new ones begin tomorrow."),
            fields={"from_on": words("Choose tomorrow or a later day.")},
        )
    last = versions.aggregate(last=Max("number"))["last"] or 0
    versions.filter(Q(to_on__isnull=True) | Q(to_on__gt=from_on), from_on__lt=from_on).update(to_on=from_on)
    return EngagementRules.objects.create(
        vendor_id=program.vendor_id,
        program=program,
        number=last + 1,
        from_on=from_on,
        clauses=as_stored(clauses),
        note=said,
        made_by_id=actor.person_id,
    )
