"""A programme's mailbox: where it is, how one gets in, and how reading it goes. For the vendor's administrators."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from procrastinate.contrib.django import app

from comity.deals.models import Mailbox, ReceivedMessage
from comity.deals.registration.sides import on_vendor_side
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.words import words
from comity.platform.imap import PORTS, Security
from comity.platform.sealing import LONGEST, seal
from comity.programs.calendars import today_in
from comity.programs.models import Partnership, Program

PURPOSE: Final = "mailbox"
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_WHERE: Final = ("host", "port", "security", "user")
"""Whoever changes one of them enters the password again: else it could be sent to a server of their own."""


class NoMailbox(Conflict):
    """The program has no mailbox that is read."""

    code, title = "no_mailbox", words("No mailbox is read")


@dataclass(frozen=True)
class MailboxEntry:
    """What a person enters; an empty password keeps the one there is."""

    is_on: bool = True
    address: str = ""
    host: str = ""
    port: int = 993
    security: str = Security.TLS.value
    user: str = ""
    password: str = ""
    folder: str = "INBOX"
    trusted_server: str = ""


@transaction.atomic
def set_mailbox(*, program: Program, actor: Actor, entry: MailboxEntry, at: datetime) -> Mailbox:
    """Say which mailbox partners of the program write to; it is looked into at once. What came before today is left
    alone. Raises NotAllowed, Invalid (every field that is wrong).
    """
    actor.require(Permission.MANAGE_PROGRAM)
    own = Mailbox.objects.select_for_update().filter(vendor_id=actor.organization_id)
    current = own.filter(program=program).first()
    values = _checked(entry, current)
    if own.filter(address=values["address"]).exclude(program=program).exists():
        raise _wrong(address=words("Another of your programs is written to at this address."))
    if current is None:
        current = Mailbox(vendor_id=actor.organization_id, program=program, since_on=today_in(program, at))
    elif any(getattr(current, name) != values[name] for name in ("host", "port", "user", "folder")):
        current.uid_validity, current.last_uid, current.since_on = 0, 0, today_in(program, at)
        _left_behind(current).delete()
    for name, value in values.items():
        setattr(current, name, value)
    if entry.password:
        current.password = seal(entry.password, purpose=PURPOSE)
    current.failures, current.problem, current.checked_at = 0, "", None
    current.next_at, current.asked_at = at, at if current.is_on else None
    current.save()
    if current.is_on:
        look_into(current)
    return current


@transaction.atomic
def ask_mailbox(*, program: Program, actor: Actor, at: datetime) -> Mailbox:
    """Have the mailbox looked into now; the answer stands on it soon. Raises NotAllowed, NoMailbox."""
    actor.require(Permission.MANAGE_PROGRAM)
    own = Mailbox.objects.select_for_update().filter(vendor_id=actor.organization_id, program=program, is_on=True)
    current = own.first()
    if current is None:
        raise NoMailbox(words("Save the mailbox first, with “Read this mailbox” chosen."))
    current.asked_at = current.next_at = at
    current.save(update_fields=["asked_at", "next_at"])
    look_into(current)
    return current


def look_into(mailbox: Mailbox) -> None:
    """Put the job into the line that reads the mailbox, in the running transaction; never two at once work on it."""
    job = app.configure_task("read_mailbox", lock=f"mailbox {mailbox.pk}")
    job.defer(organization=str(mailbox.vendor_id), mailbox=str(mailbox.pk))


def mailbox_visible_to(actor: Actor, program: Program) -> Mailbox | None:
    """The program's mailbox, for whoever sets the program up or decides registrations."""
    if not (actor.can(Permission.MANAGE_PROGRAM) or actor.can(Permission.DECIDE_REGISTRATIONS)):
        return None
    return Mailbox.objects.filter(vendor_id=actor.organization_id, program=program).first()


def address_for(partnership: Partnership, actor: Actor) -> str:
    """Where a partner may write to register; "" where nobody reads. Raises NotAllowed, RegistrationNotFound."""
    with on_vendor_side(partnership, actor) as vendor_id:
        found = Mailbox.objects.filter(vendor_id=vendor_id, program_id=partnership.program_id, is_on=True)
        return found.values_list("address", flat=True).first() or ""


def messages_visible_to(actor: Actor, program: Program | None = None) -> QuerySet[ReceivedMessage]:
    """What came by e-mail, the newest first; for whoever decides registrations."""
    if not (actor.is_vendor and actor.can(Permission.DECIDE_REGISTRATIONS)):
        return ReceivedMessage.objects.none()
    found = ReceivedMessage.objects.filter(vendor_id=actor.organization_id)
    found = found if program is None else found.filter(program=program)
    return found.select_related("partnership").order_by("-received_at", "-id")


def _left_behind(mailbox: Mailbox) -> QuerySet[ReceivedMessage]:
    """Messages whose numbers hold no longer and of which nothing became yet: found again, if they are there."""
    return ReceivedMessage.objects.filter(vendor_id=mailbox.vendor_id, mailbox=mailbox, outcome="waiting")


def _checked(entry: MailboxEntry, current: Mailbox | None) -> dict[str, Any]:
    values = {
        "is_on": entry.is_on, "address": entry.address.strip().lower(), "host": entry.host.strip().lower().rstrip("."),
        "port": entry.port, "security": entry.security, "user": entry.user.strip(), "folder": entry.folder.strip(),
        "trusted_server": entry.trusted_server.strip().lower(),
    }  # fmt: skip
    wrong = {**_checked_place(values), **_checked_texts(values)}
    moved = current is not None and any(getattr(current, name) != values[name] for name in _WHERE)
    if not entry.password and (current is None or moved):
        wrong["password"] = words("Enter the password; where server or user change, it is asked for again.")
    elif len(entry.password) > LONGEST or "\0" in entry.password:
        wrong["password"] = words("This cannot be the password of a mailbox.")
    if wrong:
        raise _wrong(**wrong)
    return values


def _checked_place(values: dict[str, Any]) -> dict[str, str]:
    wrong: dict[str, str] = {}
    named = values["host"] in settings.MAILBOX_HOSTS
    if not _HOST.fullmatch(values["host"]) or ".." in values["host"]:
        wrong["host"] = words("Enter the name of the IMAP server, like imap.example.com.")
    if not 1 <= values["port"] <= 65_535:
        wrong["port"] = words("Enter a port between 1 and 65535; IMAP has 993.")
    elif values["port"] not in PORTS and not named:
        wrong["port"] = words("Only the ports of IMAP are asked, 993 and 143.")
    if values["security"] not in set(Security):
        wrong["security"] = words("Choose how the connection is protected.")
    elif values["security"] == Security.NONE and not named:
        wrong["security"] = words("Without TLS everybody on the way reads the password; choose TLS or STARTTLS.")
    return wrong


def _checked_texts(values: dict[str, Any]) -> dict[str, str]:
    wrong: dict[str, str] = {}
    try:
        validate_email(values["address"])
    except ValidationError:
        wrong["address"] = words("Enter the e-mail address that partners write to.")
    if values["address"] == own_address():
        wrong["address"] = words("Comity writes its own letters from this address; partners need another one.")
    for name in ("user", "folder"):
        if not values[name] or len(values[name]) > 200 or not values[name].isprintable():
            wrong[name] = words("Enter between 1 and 200 characters.")
    if values["trusted_server"] and not _HOST.fullmatch(values["trusted_server"]):
        wrong["trusted_server"] = words("Enter the name that your mail server writes, like mx.example.com.")
    return wrong


def own_address() -> str:
    """The address from which this installation writes."""
    return str(settings.DEFAULT_FROM_EMAIL).rpartition("<")[2].strip("> ").lower()


def _wrong(**fields: str) -> Invalid:
    return Invalid(words("Please correct the fields marked below; what you typed is kept."), fields=fields)
