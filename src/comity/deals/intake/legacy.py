"""The cut-over: registrations of an older system come in with their own dates, before all that was registered here.

A batch is uploaded and checked; somebody else signs it off, which writes its registrations in one transaction and
closes the batch and the sequence for good (triggers). Their order numbers lie below zero, by their dates.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Min, QuerySet

from comity.deals.events import RegistrationsBroughtOver
from comity.deals.intake.bringing import OldRow, bring_over, judge_undecided
from comity.deals.intake.labels import DECIDED, KEY, PARTNER, PROTECTED, STATE, SUBMITTED, field_of_older, plain
from comity.deals.intake.lists import MOST_BYTES, partners_by_name
from comity.deals.intake.plain_words import read
from comity.deals.intake.tables import ListRefused, Table, cells_by_field, read_table
from comity.deals.intake.values import read_day
from comity.deals.models import Handling, LegacyBatch
from comity.deals.registration.drafting import RegistrationDraft, checked
from comity.deals.registration.sides import lock_program
from comity.deals.states.registrations import State
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid, NotFound
from comity.kernel.words import words
from comity.platform.file_types import CSV
from comity.platform.files import Upload, open_file, remove_file, store_file
from comity.platform.outbox import announce
from comity.programs.calendars import today_in
from comity.programs.models import Program

PURPOSE: Final = "legacy"
NEEDED: Final = (PARTNER, KEY, "customer_name", SUBMITTED, STATE)
STATES: Final = {
    "submitted": State.IN_REVIEW, "in review": State.IN_REVIEW, "open": State.IN_REVIEW, "pending": State.IN_REVIEW,
    "approved": State.APPROVED, "active": State.APPROVED, "rejected": State.REJECTED, "expired": State.EXPIRED,
    "won": State.WON, "lost": State.LOST, "withdrawn": State.WITHDRAWN,
    "offen": State.IN_REVIEW, "genehmigt": State.APPROVED, "abgelehnt": State.REJECTED, "abgelaufen": State.EXPIRED,
    "gewonnen": State.WON, "verloren": State.LOST, "zurueckgezogen": State.WITHDRAWN,
}  # fmt: skip


class BatchClosed(Conflict):
    """The batch was signed off, or another one of the program was: the sequence of what was brought over is closed."""

    code, title = "legacy_batch_closed", words("The cut-over is done")


class SignOffRefused(Conflict):
    """A batch is signed off by somebody other than who uploaded it, and only when every row is right."""

    code, title = "sign_off_refused", words("This batch cannot be signed off so")


class BatchNotFound(NotFound):
    """There is no such batch, or the reader may not know of it."""

    code, title = "legacy_batch_not_found", words("No such batch")


def batches_visible_to(actor: Actor, program: Program) -> QuerySet[LegacyBatch]:
    """The batches of a program, the newest first; for who imports."""
    found = LegacyBatch.objects.filter(vendor_id=actor.organization_id, program=program)
    return found.order_by("-uploaded_at") if actor.can(Permission.IMPORT_DATA) else found.none()


def batch_visible_to(actor: Actor, program: Program, key: UUID) -> LegacyBatch:
    """One batch. Raises BatchNotFound."""
    found = batches_visible_to(actor, program).select_related("file", "program").filter(pk=key).first()
    if found is None:
        raise BatchNotFound(words("There is no such batch here."))
    return found


@transaction.atomic
def upload_batch(*, program: Program, actor: Actor, upload: Upload, at: datetime) -> LegacyBatch:
    """Keep a list of the older system's registrations. Nothing is brought over yet.

    Raises NotAllowed, BatchClosed, ListRefused (unreadable, a column that is needed is missing), FileTooLarge.
    """
    actor.require(Permission.IMPORT_DATA)
    _refuse_closed(program.pk, program.vendor_id)
    stored = store_file(
        vendor_id=program.vendor_id, upload=upload, purpose=PURPOSE, allowed={CSV}, max_bytes=MOST_BYTES,
        uploaded_by_id=actor.person_id,
    )  # fmt: skip
    batch = LegacyBatch.objects.create(
        vendor_id=program.vendor_id, program=program, file=stored, name=stored.name, uploaded_at=at,
        uploaded_by_id=actor.person_id, uploaded_by_name=actor.name[:200],
    )  # fmt: skip
    _fields(_table(batch))
    return batch


@transaction.atomic
def discard_batch(*, batch: LegacyBatch, actor: Actor) -> None:
    """Throw a batch away that was not signed off. Raises NotAllowed, BatchClosed."""
    actor.require(Permission.IMPORT_DATA)
    current = _locked(batch)
    stored = current.file
    current.delete()
    remove_file(stored)


def check_batch(*, batch: LegacyBatch, actor: Actor, at: datetime) -> list[OldRow]:
    """Every row with what is wrong with it, in the order of its dates. Raises NotAllowed, FileGone."""
    actor.require(Permission.IMPORT_DATA)
    return sorted(_rows(batch, at), key=lambda row: (row.submitted_on or date.max, row.line))


@transaction.atomic
def sign_off(*, batch: LegacyBatch, actor: Actor, at: datetime) -> LegacyBatch:
    """Bring the registrations over, ahead of all others, and close the batch for good.

    Raises NotAllowed, BatchClosed, SignOffRefused (by the same person, or with bad rows).
    """
    actor.require(Permission.MANAGE_PROGRAM)
    lock_program(batch.program_id)
    current = _locked(batch)
    if current.uploaded_by_id == actor.person_id:
        raise SignOffRefused(words("You uploaded this batch; somebody else signs it off."))
    rows = sorted(_rows(current, at), key=lambda row: (row.submitted_on or date.max, row.line))
    bad = sum(bool(row.wrong) for row in rows)
    if bad:
        raise SignOffRefused(words("%(bad)s rows are wrong; correct the list and upload it again.", bad=bad))
    current.sealing = True
    current.save(update_fields=["sealing"])
    lowest = Handling.objects.filter(vendor_id=current.vendor_id).aggregate(low=Min("order_number"))["low"] or 0
    first = min(0, lowest) - len(rows)
    made = [bring_over(current, row, order=first + place, actor=actor, at=at) for place, row in enumerate(rows)]
    judge_undecided(made, at=at)
    current.sealing, current.made = False, len(rows)
    current.signed_off_at, current.signed_off_by_id = at, actor.person_id
    current.signed_off_by_name = actor.name[:200]
    current.save(update_fields=["sealing", "made", "signed_off_at", "signed_off_by_id", "signed_off_by_name"])
    announce(RegistrationsBroughtOver(batch_id=current.pk, program_id=current.program_id))
    return current


def _rows(batch: LegacyBatch, at: datetime) -> Iterator[OldRow]:
    table = _table(batch)
    fields, today, seen = _fields(table), today_in(batch.program, at), dict[str, int]()
    partners = partners_by_name(batch)
    for line, cells in table.rows:
        said = cells_by_field(fields, cells)
        of = partners.get(said.get(PARTNER, "").casefold())
        row = OldRow(line, cells, key=said.get(KEY, "")[:140], partnership=of)
        _dates(row, said, today)
        found = read(said)
        row.values = {**found.values}
        row.wrong += list(found.wrong.values())
        if row.partnership is None:
            row.wrong.append(words("There is no active partner “%(name)s”.", name=said.get(PARTNER, "")[:80]))
        if not row.key:
            row.wrong.append(words("It has no key of the older system."))
        elif seen.setdefault(row.key, line) != line:
            row.wrong.append(words("Line %(line)s has the same key.", line=seen[row.key]))
        if not said.get("customer_name"):
            row.wrong.append(words("It names no customer."))
        _check_values(row, at)
        yield row


def _check_values(row: OldRow, at: datetime) -> None:
    """The values as they are stored; a closing day of long ago is kept as it was."""
    if row.partnership is None:
        return
    closes = row.values.pop("expected_close_on", None)
    try:
        row.stored = checked(row.partnership, RegistrationDraft(**row.values), at=at)
    except Invalid as refused:
        row.wrong += list(refused.fields.values())
    row.stored["expected_close_on"] = closes


def _dates(row: OldRow, said: dict[str, str], today: date) -> None:
    read_days = {name: read_day(said[name]) for name in (SUBMITTED, DECIDED, PROTECTED) if said.get(name)}
    row.wrong += [
        words("“%(text)s” is not a day that can be read; write it like 2026-03-31.", text=said[name][:40])
        for name, day in read_days.items() if day is None
    ]  # fmt: skip
    row.submitted_on, row.decided_on = read_days.get(SUBMITTED), read_days.get(DECIDED)
    row.protected_until = read_days.get(PROTECTED)
    if not said.get(SUBMITTED):
        row.wrong.append(words("It has no day on which it was submitted."))
    for day in (row.submitted_on, row.decided_on):
        if day is not None and day > today:
            row.wrong.append(words("%(day)s lies in the future.", day=day))
    if row.submitted_on and row.decided_on and row.decided_on < row.submitted_on:
        row.wrong.append(words("It was decided before it was submitted."))
    state = STATES.get(plain(said.get(STATE, "")))
    if state is None:
        row.wrong.append(words("“%(text)s” is no state that can be brought over.", text=said.get(STATE, "")[:40]))
    else:
        row.state = state
    if state is State.APPROVED and row.protected_until is None:
        row.wrong.append(words("It is approved, but says not until when it is protected."))
    if state not in (None, State.IN_REVIEW) and row.decided_on is None:
        row.wrong.append(words("It is decided, but says not when."))


def _fields(table: Table) -> list[str]:
    found: list[str] = []
    for column in table.columns:
        name = field_of_older(column)
        found.append(name if name not in found else "")
    if missing := [name for name in NEEDED if name not in found]:
        spoken = ", ".join(name.replace("_", " ") for name in missing)
        raise ListRefused(words("The list lacks these columns: %(names)s.", names=spoken))
    return found


def _table(batch: LegacyBatch) -> Table:
    with open_file(batch.file) as content:
        return read_table(content.read())


def _locked(batch: LegacyBatch) -> LegacyBatch:
    own = LegacyBatch.objects.select_for_update(of=("self",)).select_related("file", "program")
    current = own.filter(vendor_id=batch.vendor_id, pk=batch.pk).first()
    if current is None:
        raise BatchNotFound(words("There is no such batch here."))
    _refuse_closed(current.program_id, current.vendor_id)
    return current


def _refuse_closed(program_id: UUID, vendor_id: UUID) -> None:
    if LegacyBatch.objects.filter(vendor_id=vendor_id, program_id=program_id, signed_off_at__isnull=False).exists():
        raise BatchClosed(
            words("The cut-over of this program was signed off; nothing more comes before its registrations.")
        )
