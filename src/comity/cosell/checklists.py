"""The qualification checklist: its versions, and what is known of one deal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Final

from django.db import connection, transaction

from comity.cosell.models import ChecklistAnswer, ChecklistVersion, Room
from comity.cosell.recording import checked_text, open_room_of, refresh
from comity.cosell.rules import MEDDIC, Item, problems_of
from comity.cosell.states import Known
from comity.deals.versions_by_day import holding_on, make_way
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Invalid
from comity.kernel.words import words as say
from comity.programs.calendars import today_in
from comity.programs.models import Program

BEGINNING: Final = date(2000, 1, 1)


def checklist_of_day(program: Program, day: date) -> ChecklistVersion:
    """The version that holds on a day; where nobody made any yet, MEDDIC becomes version 1. Vendor's side."""
    versions = ChecklistVersion.objects.filter(vendor_id=program.vendor_id, program=program)
    found = holding_on(versions, day)
    if found is None:
        _hold(program)
        found = holding_on(versions, day) or ChecklistVersion.objects.create(
            vendor_id=program.vendor_id, program=program, number=1, from_on=BEGINNING, note="MEDDIC",
            items=[asdict(item) for item in MEDDIC],
        )  # fmt: skip
    return found


def checklist_on(program: Program, at: datetime) -> ChecklistVersion:
    """The version of today, used from now on: it never changes any more."""
    version = checklist_of_day(program, today_in(program, at))
    if version.used_at is None:
        version.used_at = at
        version.save(update_fields=["used_at"])
    return version


@transaction.atomic
def publish_checklist(
    *, program: Program, actor: Actor, items: Sequence[Item], from_on: date, at: datetime, note: str = ""
) -> ChecklistVersion:
    """Let this checklist hold for rooms opened from a day on; rooms keep the one they were opened with.

    Raises NotAllowed, Invalid, RulesInForce.
    """
    actor.require(Permission.MANAGE_PROGRAM)
    words = checked_text(" ".join(note.split()), "note", most=500)
    wrong: dict[str, str] = {}
    if from_on < today_in(program, at):
        wrong["from_on"] = say("Choose today or a later day: rooms keep the checklist they were opened with.")
    if problems := problems_of(items):
        wrong["items"] = " ".join(problems)
    if wrong:
        raise Invalid(say("The checklist was not published."), fields=wrong)
    _hold(program)
    versions = ChecklistVersion.objects.filter(vendor_id=program.vendor_id, program=program)
    number = make_way(
        versions, before=checklist_of_day(program, today_in(program, at)), from_on=from_on,
        in_force=say("Rooms of today have today's checklist already; let the new one begin tomorrow."),
    )  # fmt: skip
    return ChecklistVersion.objects.create(
        vendor_id=program.vendor_id, program=program, number=number, from_on=from_on, note=words,
        items=[asdict(item) for item in items], made_by_id=actor.person_id,
    )  # fmt: skip


@transaction.atomic
def answer_question(
    *, room: Room, actor: Actor, key: str, known: Known, evidence: str, at: datetime
) -> ChecklistAnswer:
    """Say how far a question is answered, and by what. Raises NotAllowed, Invalid, RoomClosed."""
    actor.require(Permission.EDIT_DEALS)
    needed = "" if known is Known.OPEN else say("Say by what you know it.")
    words = checked_text(evidence, "evidence", most=2_000, needed=needed)
    current = open_room_of(room)
    if key not in {item["key"] for item in current.checklist.items}:
        raise Invalid(
            say("Nothing was changed yet."), fields={"key": say("This room's checklist has no such question.")}
        )
    answer, _made = ChecklistAnswer.objects.update_or_create(
        vendor_id=current.vendor_id, room=current, key=key,
        defaults={
            "known": known.value, "evidence": words, "answered_at": at, "answered_by_name": actor.name[:200],
        },
    )  # fmt: skip
    refresh(current)
    return answer


def _hold(program: Program) -> None:
    """One version at a time is made of a program's checklist."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"checklist of {program.pk}"])
