"""A file of leads: read by its header, each row checked at once, taken in by a job, and what was bad given back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from procrastinate.contrib.django import app

from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Invalid
from comity.kernel.words import Figure
from comity.kernel.words import words as say
from comity.leads.intake import LeadDraft, Origin, checked, lead_with_external_id, receive
from comity.leads.models import LeadFile
from comity.leads.recording import By
from comity.leads.states import Channel, Source
from comity.matching.text import words
from comity.platform.tenancy import tenant
from comity.programs.models import Program

MOST_ROWS: Final = 5_000
MOST_BYTES: Final = 5 * 1024 * 1024
#: Field -> the names under which exports know it; compared without case, spaces and punctuation.
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "customer_name": ("company", "company name", "customer", "account", "account name", "organization", "firma"),
    "customer_domain": ("domain", "website", "web site", "url", "web"),
    "customer_country": ("country", "land"),
    "customer_city": ("city", "town", "ort"),
    "customer_industry": ("industry", "branche"),
    "contact_name": ("contact", "contact name", "name", "full name", "ansprechpartner"),
    "contact_email": ("email", "e mail", "mail", "email address"),
    "contact_phone": ("phone", "telephone", "phone number", "mobile", "telefon"),
    "contact_role": ("title", "job title", "position", "role"),
    "need": ("need", "message", "description", "notes", "comment", "what they need"),
    "families": ("product", "products", "product family", "interest"),
    "language": ("language", "sprache"),
    "value": ("value", "expected value", "amount"),
    "currency": ("currency",),
    "source": ("source", "lead source"),
    "campaign": ("campaign", "event"),
    "external_id": ("id", "external id", "lead id", "record id"),
}


class FileUnreadable(Invalid):
    """The file of leads cannot be read as a whole."""

    code, title = "lead_file_unreadable", say("This file cannot be read")


@transaction.atomic
def upload_leads(*, program: Program, actor: Actor, name: str, content: bytes, source: str, at: datetime) -> LeadFile:
    """Read a file; the good rows wait for the job, the bad ones are kept with line and reason.

    Raises NotAllowed, FileUnreadable.
    """
    actor.require(Permission.MANAGE_LEADS)
    header, fields, lines = _read(content)
    good: list[Any] = []
    bad: list[Any] = []
    for line, cells in lines:
        values = {field: cells[place].strip() for place, field in fields.items() if place < len(cells)}
        try:
            draft = draft_of(values, source)
            checked(program, draft)
        except Invalid as error:
            bad.append([line, cells, " ".join(error.fields.values()) or error.message])
        else:
            good.append([line, values])
    made = LeadFile.objects.create(
        vendor_id=program.vendor_id, program=program, name=name[:255], header=header, rows=good, rejects=bad,
        read=len(good) + len(bad), uploaded_at=at, uploaded_by_id=actor.person_id,
        state="waiting" if good else "done",
    )  # fmt: skip
    if good:
        job = app.configure_task("take_file_of_leads_in")  # by its name: the job calls this module in turn
        job.defer(organization=str(program.vendor_id), file=str(made.pk), source=source)
    return made


def take_in_rows(*, vendor_id: UUID, file_id: UUID, source: str, at: datetime) -> int:
    """Take the waiting rows of a file in, one transaction a row, so that a killed worker goes on where it stood.

    Under no tenant. How many were taken.
    """
    taken = 0
    while True:
        with tenant(organization_id=vendor_id, door="job"):
            file = LeadFile.objects.select_for_update(of=("self",)).select_related("program").get(pk=file_id)
            if not file.rows:
                if file.state != "done":
                    file.state = "done"
                    file.save(update_fields=["state"])
                return taken
            (line, values), *rest = file.rows
            taken += _take(file, line, values, source, at)
            file.rows = rest
            file.state = "waiting" if rest else "done"
            file.save(update_fields=["rows", "state", "taken", "known", "rejects"])


def _take(file: LeadFile, line: int, values: dict[str, str], source: str, at: datetime) -> int:
    draft = draft_of(values, source)
    if lead_with_external_id(file.program, draft.external_id) is not None:
        file.known += 1
        return 0
    try:
        with transaction.atomic():
            by = By("vendor", file.uploaded_by_id)
            receive(program=file.program, draft=draft, origin=Origin(Channel.FILE, by), at=at)
    except Invalid as error:  # what held when the file was read holds no more, such as a product family
        cells = [values.get(field_of(name), "") for name in file.header]
        file.rejects = [*file.rejects, [line, cells, " ".join(error.fields.values()) or error.message]]
        return 0
    file.taken += 1
    return 1


def rejects_of(file: LeadFile) -> Iterator[list[str]]:
    """The bad rows in their own columns, with line and reason first; header included."""
    yield ["Line", "Reason", *file.header]
    for line, cells, reason in file.rejects:
        yield [str(line), reason, *cells]


def field_of(name: str) -> str:
    """The field that a column feeds; "" for one that is not read."""
    spoken = " ".join(words(name.replace("_", " ")))
    known = {
        " ".join(words(one)): field for field, names in COLUMNS.items() for one in (*names, field.replace("_", " "))
    }
    return known.get(spoken, "")


def draft_of(values: dict[str, str], source: str) -> LeadDraft:
    """A row as a draft. What cannot be read is told with the rest when it is checked."""
    given: dict[str, Any] = {name: value for name, value in values.items() if name in asdict(LeadDraft())}
    extra = {}
    if text := given.pop("value", ""):
        try:
            given["value"] = Decimal(text.replace(",", "") if "." in text or text.count(",") > 1 else text)
        except InvalidOperation:
            extra["value"] = f"“{text[:40]}” is no amount; write digits, such as 1234.50."
        else:
            if not given["value"].is_finite():
                extra["value"] = f"“{text[:40]}” is no amount; write digits, such as 1234.50."
                del given["value"]
    given["families"] = tuple(one.strip() for one in given.pop("families", "").split(";") if one.strip())
    spoken = given.get("source", "").lower().replace(" ", "_")
    given["source"] = spoken if spoken in set(Source) else source
    return LeadDraft(**given, extra=extra)


def _read(content: bytes) -> tuple[list[str], dict[int, str], list[tuple[int, list[str]]]]:
    if len(content) > MOST_BYTES:
        raise FileUnreadable(
            say("The file is larger than 5 megabytes; split it."), fields={"file": say("Larger than 5 MB.")}
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileUnreadable(
            say("The file is not in UTF-8."),
            fields={"file": say("Not UTF-8 at byte %(start)s; save it as CSV UTF-8.", start=Figure(error.start))},
        ) from error
    if "\x00" in text:
        raise FileUnreadable(say("The file holds null characters."), fields={"file": say("This is no CSV file.")})
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        rows = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if any(cells)]
    except csv.Error as error:
        raise FileUnreadable(
            say("Line %(line_num)s cannot be read.", line_num=reader.line_num),
            fields={"file": say("Line %(line_num)s: %(error)s.", line_num=reader.line_num, error=str(error))},
        ) from error
    header = [name[:300] for name in rows[0][1]] if rows else []
    fields: dict[int, str] = {}
    for place, name in enumerate(header):
        if (field := field_of(name)) and field not in fields.values():
            fields[place] = field
    _refuse_odd(rows, fields)
    return header, fields, rows[1:]


def _refuse_odd(rows: list[Any], fields: dict[int, str]) -> None:
    if len(rows) < 2:
        wrong = "There is no row below the header."
    elif len(rows) - 1 > MOST_ROWS:
        wrong = f"It has {len(rows) - 1:,} rows; at most {MOST_ROWS:,} at once."
    elif "customer_name" not in fields.values():
        wrong = "No column is called company, account or customer."
    elif not {"contact_email", "contact_phone"} & set(fields.values()):
        wrong = "No column is called e-mail or telephone."
    else:
        return
    raise FileUnreadable(wrong, fields={"file": wrong})
