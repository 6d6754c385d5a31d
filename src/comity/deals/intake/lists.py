"""Lists of registrations: uploaded, looked at, made into drafts; the complete ones submitted as fast as rules allow."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from comity.deals.intake.drafts import Became, keep_draft
from comity.deals.intake.labels import KEY, PARTNER
from comity.deals.intake.plain_words import read
from comity.deals.intake.tables import Table, cells_by_field, checked_fields, guessed, read_table
from comity.deals.models import LegacyBatch, Registration, RegistrationList
from comity.deals.registration.drafting import RegistrationDraft, checked, missing_fields
from comity.deals.registration.sides import on_vendor_side
from comity.deals.registration.submission import TooManySubmissions, submit_for_partner, submit_registration
from comity.deals.states.registrations import State
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid, NotFound
from comity.kernel.words import words
from comity.platform.file_types import CSV
from comity.platform.files import Upload, open_file, store_file
from comity.programs.models import Partnership, Program
from comity.programs.states import Status

PURPOSE: Final = "registration_list"
MOST_BYTES: Final = 2 * 1024 * 1024


class ListDone(Conflict):
    """The drafts of this list are made; upload it again to bring more."""

    code, title = "list_done", words("The drafts of this list are made")


class ListNotFound(NotFound):
    """There is no such list, or the reader may not know of it."""

    code, title = "list_not_found", words("No such list")


@dataclass(frozen=True)
class Row:
    """One row as it was understood: whose, by which key, the values, and what is wrong with it."""

    line: int
    cells: list[str]
    partnership: Partnership | None
    key: str
    values: dict[str, Any]
    wrong: tuple[str, ...] = ()


@dataclass
class Sent:
    """How many drafts were submitted, how many are not complete, and how many wait until the hour is over."""

    submitted: int = 0
    incomplete: int = 0
    waiting: int = 0
    references: list[str] = field(default_factory=list)


def lists_visible_to(
    actor: Actor, program: Program, partnership: Partnership | None = None
) -> QuerySet[RegistrationList]:
    """A partner's own lists, or those of the vendor's operations, the newest first."""
    if partnership is not None:
        own = {"partner_id": actor.organization_id, "partnership": partnership}
        found = RegistrationList.objects.filter(vendor_id=partnership.vendor_id, **own)
        return found.order_by("-uploaded_at") if actor.can(Permission.PORTAL_DEALS) else found.none()
    found = RegistrationList.objects.filter(vendor_id=actor.organization_id, program=program, partner_id=None)
    return found.order_by("-uploaded_at") if actor.can(Permission.IMPORT_DATA) else found.none()


def list_visible_to(
    actor: Actor, program: Program, key: UUID, partnership: Partnership | None = None
) -> RegistrationList:
    """One list. Raises ListNotFound."""
    found = lists_visible_to(actor, program, partnership).filter(pk=key).first()
    if found is None:
        raise ListNotFound(words("There is no such list here."))
    return found


@transaction.atomic
def receive_list(
    *, program: Program, actor: Actor, upload: Upload, at: datetime, partnership: Partnership | None = None
) -> RegistrationList:
    """Keep a list and guess what its columns mean; nothing is made of it yet. `partnership` where a partner brings it.

    Raises NotAllowed, RegistrationNotFound, ListRefused, FileTooLarge, FileTypeRefused.
    """
    with _side(actor, partnership) as vendor_id:
        stored = store_file(
            vendor_id=vendor_id, upload=upload, purpose=PURPOSE, allowed={CSV}, max_bytes=MOST_BYTES,
            uploaded_by_id=actor.person_id,
        )  # fmt: skip
        with open_file(stored) as content:
            table = read_table(content.read())
        return RegistrationList.objects.create(
            vendor_id=vendor_id, program_id=program.pk, partnership=partnership, file=stored, name=stored.name,
            partner_id=actor.organization_id if partnership else None, columns=table.columns,
            fields=guessed(table.columns, with_partner=partnership is None), uploaded_at=at,
            uploaded_by_id=actor.person_id,
        )  # fmt: skip


@transaction.atomic
def choose_columns(
    *, record: RegistrationList, actor: Actor, fields: list[str], partnership: Partnership | None = None
) -> None:
    """Say what each column means. Raises NotAllowed, ListNotFound, ListDone, Invalid."""
    with _side(actor, partnership):
        current = _open(record)
        current.fields = checked_fields(current.columns, fields, with_partner=partnership is None)
        current.save(update_fields=["fields"])


def look_at(
    *, record: RegistrationList, actor: Actor, at: datetime, partnership: Partnership | None = None
) -> list[Row]:
    """Every row as it would be taken, with what is wrong with it; nothing is kept. Raises NotAllowed, FileGone."""
    with _side(actor, partnership):
        return list(_rows(record, partnership, at=at))


@transaction.atomic
def make_drafts(
    *, record: RegistrationList, actor: Actor, at: datetime, partnership: Partnership | None = None
) -> RegistrationList:
    """Make a draft of every good row, keep the others with their reasons. The same rows again make nothing new.

    Raises NotAllowed, ListNotFound, ListDone, Invalid (no column of the customer), FileGone.
    """
    with _side(actor, partnership):
        current = _open(record)
        checked_fields(current.columns, current.fields, with_partner=partnership is None)
        counts = dict.fromkeys((*Became, "rejected"), 0)
        rejects, made = [], []
        for row in _rows(current, partnership, at=at):
            if row.wrong or row.partnership is None:
                counts["rejected"] += 1
                rejects.append({"line": row.line, "reasons": list(row.wrong), "cells": row.cells})
                continue
            kept, became = keep_draft(
                row.partnership, row.values, key=row.key, begun_by_id=actor.person_id if partnership else None, at=at
            )
            counts[became] += 1
            made.append(str(kept.pk))
        current.counts, current.rejects, current.made = {**counts, "rows": sum(counts.values())}, rejects, made
        current.is_done = True
        current.save(update_fields=["counts", "rejects", "made", "is_done"])
        return current


def submit_complete(
    *, actor: Actor, at: datetime, partnership: Partnership | None = None, record: RegistrationList | None = None
) -> Sent:
    """Submit every complete draft, of one's own or of a list of the vendor's operations, each in a transaction.

    The rules of engagement limit how many go within an hour; the others wait as drafts. Raises NotAllowed.
    """
    sent, held = Sent(), set[UUID]()
    for draft in _drafts(actor, partnership, record):
        if missing_fields(draft):
            sent.incomplete += 1
        elif draft.partnership_id in held:
            sent.waiting += 1
        else:
            try:
                gone = _submit(draft, actor, partnership, at)
            except TooManySubmissions:
                held.add(draft.partnership_id)
                sent.waiting += 1
            else:
                sent.submitted += 1
                sent.references.append(gone.reference or "")
    return sent


def _submit(draft: Registration, actor: Actor, partnership: Partnership | None, at: datetime) -> Registration:
    if partnership is not None:
        return submit_registration(registration=draft, partnership=partnership, actor=actor, at=at)
    return submit_for_partner(registration=draft, actor=actor, at=at)


def _drafts(actor: Actor, partnership: Partnership | None, record: RegistrationList | None) -> list[Registration]:
    if partnership is not None:
        actor.require(Permission.PORTAL_DEALS)
        own = {"partner_id": actor.organization_id, "partnership": partnership}
        found = Registration.objects.filter(vendor_id=partnership.vendor_id, state=State.DRAFT, **own)
        return list(found.order_by("created_at", "id"))
    actor.require(Permission.IMPORT_DATA)
    made = record.made if record else []
    found = Registration.objects.filter(vendor_id=actor.organization_id, pk__in=made, state=State.DRAFT)
    return list(found.order_by("created_at", "id"))


def _rows(record: RegistrationList, partnership: Partnership | None, *, at: datetime) -> Iterator[Row]:
    seen: dict[tuple[UUID, str], int] = {}
    partners = {} if partnership else partners_by_name(record)
    for line, cells in _table(record).rows:
        said = cells_by_field(record.fields, cells)
        of = partnership or partners.get(said.get(PARTNER, "").casefold())
        found = read(said)
        wrong = [f"{_spoken(name)}: {why}" for name, why in found.wrong.items()]
        if of is None:
            name = said.get(PARTNER, "")
            wrong.insert(0, f"There is no active partner “{name[:80]}”." if name else "No partner is named.")
        key = f"list:{said[KEY][:140]}" if KEY in said else f"row:{_digest(said)}"
        if of is not None:
            wrong += _checked(of, found.values, at)
            earlier = seen.setdefault((of.pk, key), line)
            if earlier != line:
                wrong.append(f"Line {earlier} has the same key.")
        if not said.get("customer_name"):
            wrong.append("Customer name: Enter the customer's legal name.")
        yield Row(line, cells, of, key, found.values, tuple(wrong))


def _checked(of: Partnership, values: dict[str, Any], at: datetime) -> list[str]:
    try:
        checked(of, RegistrationDraft(**values), at=at)
    except Invalid as refused:
        return [f"{_spoken(name)}: {why}" for name, why in refused.fields.items()]
    return []


def _table(record: RegistrationList) -> Table:
    with open_file(record.file) as content:
        return read_table(content.read())


def partners_by_name(record: RegistrationList | LegacyBatch) -> dict[str, Partnership]:
    """Active partnerships by name and by external id; what two are called alike names neither."""
    found: dict[str, Partnership] = {}
    twice: set[str] = set()
    active = Partnership.objects.filter(vendor_id=record.vendor_id, program_id=record.program_id, status=Status.ACTIVE)
    for one in active.select_related("program"):
        for word in {one.name.casefold(), (one.external_id or "").casefold()} - {""}:
            if word in found:
                twice.add(word)
            found[word] = one
    return {word: one for word, one in found.items() if word not in twice}


def _open(record: RegistrationList) -> RegistrationList:
    own = RegistrationList.objects.select_for_update(of=("self",)).select_related("file")
    found = own.filter(vendor_id=record.vendor_id, pk=record.pk).first()
    if found is None:
        raise ListNotFound(words("There is no such list here."))
    if found.is_done:
        raise ListDone(
            words("The drafts of %(found)s are made; upload the list again to bring more.", found=found.name)
        )
    return found


@contextmanager
def _side(actor: Actor, partnership: Partnership | None) -> Iterator[UUID]:
    """The vendor's side: after asking a partner's person for the partnership, one of the vendor's for the role."""
    if partnership is not None:
        with on_vendor_side(partnership, actor) as vendor_id:
            yield vendor_id
        return
    actor.require(Permission.IMPORT_DATA)
    yield actor.organization_id


def _digest(said: dict[str, str]) -> str:
    return hashlib.sha256("\x1f".join(f"{name}={text}" for name, text in sorted(said.items())).encode()).hexdigest()


def _spoken(name: str) -> str:
    return name.replace("_", " ").capitalize()
