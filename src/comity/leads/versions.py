"""The versions of a program's routing: which one holds on a day, and a new one from a day on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from django.db import connection, transaction

from comity.deals.versions_by_day import holding_on, make_way
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Invalid
from comity.kernel.words import words as say
from comity.leads.clauses import DEFAULTS, Routing, as_stored
from comity.leads.models import RoutingVersion
from comity.programs.calendars import today_in
from comity.programs.models import Program

BEGINNING: Final = date(2000, 1, 1)


def routing_on(program: Program, day: date) -> RoutingVersion:
    """The version that holds on a day; where nobody made any yet, the defaults become version 1. Vendor's side."""
    versions = RoutingVersion.objects.filter(vendor_id=program.vendor_id, program=program)
    found = holding_on(versions, day)
    if found is None:
        _hold(program)
        found = holding_on(versions, day) or RoutingVersion.objects.create(
            vendor_id=program.vendor_id, program=program, number=1, from_on=BEGINNING, clauses=as_stored(DEFAULTS),
            note="Comity's defaults",
        )  # fmt: skip
    return found


def clauses_of(version: RoutingVersion) -> Routing:
    """The clauses of a version, typed."""
    return Routing.model_validate(version.clauses)


@transaction.atomic
def publish_routing(
    *, program: Program, actor: Actor, routing: Routing, from_on: date, at: datetime, note: str = ""
) -> RoutingVersion:
    """Let this routing hold from a day on. An unused version of that day or later gives way.

    Raises NotAllowed, Invalid (a day in the past, a note too long, two rules of one name), RulesInForce.
    """
    actor.require(Permission.MANAGE_PROGRAM)
    wrong = {}
    if from_on < today_in(program, at):
        wrong["from_on"] = say("Choose today or a later day: what was routed already keeps its rules.")
    words = " ".join(note.split())
    if len(words) > 500:
        wrong["note"] = say("Please shorten this to 500 characters.")
    if len({rule.name.casefold() for rule in routing.rules}) < len(routing.rules):
        wrong["rules"] = say("Give each rule a name of its own; explanations call them by it.")
    if wrong:
        raise Invalid(say("The rules were not published."), fields=wrong)
    _hold(program)
    before = routing_on(program, today_in(program, at))
    number = make_way(
        RoutingVersion.objects.filter(vendor_id=program.vendor_id, program=program), before=before, from_on=from_on,
        in_force="Leads of today were routed by today's rules already; let the new ones begin tomorrow.",
    )  # fmt: skip
    return RoutingVersion.objects.create(
        vendor_id=program.vendor_id, program=program, number=number, from_on=from_on, clauses=as_stored(routing),
        note=words, made_by_id=actor.person_id,
    )  # fmt: skip


def _hold(program: Program) -> None:
    """One version at a time is made of a program's routing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"routing of {program.pk}"])
