"""Reading a mailbox: each message gets a row before it is looked at, and is concluded in a transaction of its own.

A worker that is killed anywhere loses nothing: what has no row is found again by its number, what has one and waits is
tried again. Nothing is done twice: a row is one by the mailbox's numbers, and what became of it is written with it. A
message that cannot be read waits longer each time, behind all others, and is given up after `MOST_ATTEMPTS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from comity.deals.intake.mail.mailboxes import PURPOSE
from comity.deals.intake.mail.receiving import Conclusion, conclude, receive
from comity.deals.models import Mailbox, ReceivedMessage
from comity.deals.states.messages import NOT_TAKEN, MessageOutcome, MessageReason
from comity.platform.imap import MailboxTrouble, OpenFolder, Place, Security, Trouble, opened
from comity.platform.sealing import SealBroken, unseal
from comity.platform.signatures import Resolver
from comity.platform.tenancy import tenant

log = structlog.get_logger(__name__)
MOST_AT_ONCE: Final = 50
MOST_ATTEMPTS: Final = 10
"""Pauses double from two minutes on: together about a day and a half."""
MOST_BYTES: Final = 35 * 1024 * 1024
"""Of a message as it is sent, where ten megabytes become fourteen."""
EVERY: Final = timedelta(minutes=2)
LONGEST_PAUSE: Final = timedelta(hours=1)
KEPT_DAYS: Final = 90
"""Of messages of which nothing became."""


@dataclass
class Polled:
    """How it went: messages that were looked at, and whether more wait."""

    seen: int = 0
    more: bool = False


def poll_mailbox(*, vendor_id: UUID, mailbox_id: UUID, resolver: Resolver | None = None) -> Polled:
    """Read what is new in a mailbox. Under no tenant; what goes wrong on the way stands on the mailbox afterwards."""
    polled = Polled()
    with tenant(organization_id=vendor_id, door="job"):
        mailbox = Mailbox.objects.select_related("program").filter(pk=mailbox_id, is_on=True).first()
    if mailbox is None:
        return polled
    begun, problem = timezone.now(), ""
    try:
        with opened(_place(mailbox)) as folder:
            _read(mailbox, folder, polled, resolver)
    except MailboxTrouble as trouble:
        problem = trouble.trouble.value
        log.warning("mailbox_not_read", mailbox=str(mailbox_id), trouble=problem)
    _note(mailbox, problem, begun, polled)
    return polled


def _place(mailbox: Mailbox) -> Place:
    try:
        password = unseal(mailbox.password, purpose=PURPOSE)
    except SealBroken as broken:
        raise MailboxTrouble(Trouble.PASSWORD_LOST) from broken
    return Place(mailbox.host, mailbox.port, Security(mailbox.security), mailbox.user, password, mailbox.folder)


def _read(mailbox: Mailbox, folder: OpenFolder, polled: Polled, resolver: Resolver | None) -> None:
    after = _follow(mailbox, folder.validity)
    fresh = folder.numbers(after=after, since=mailbox.since_on)
    with tenant(organization_id=mailbox.vendor_id, door="job"):
        waiting = ReceivedMessage.objects.filter(
            vendor_id=mailbox.vendor_id, mailbox=mailbox, outcome=MessageOutcome.WAITING, next_at__lte=timezone.now()
        )
        again = list(waiting.order_by("uid").values_list("uid", flat=True)[:MOST_AT_ONCE])
    numbers = fresh[:MOST_AT_ONCE]
    polled.more = len(fresh) > MOST_AT_ONCE
    for number in [*numbers, *again]:
        record = _count_attempt(mailbox, folder.validity, number)
        if record is not None:
            polled.seen += 1
            _look_at(mailbox, folder, record, resolver)


def _follow(mailbox: Mailbox, validity: int) -> int:
    """The last number that has a row. Where the server counts anew, nothing of the old numbers holds: messages are
    looked for from the first day on, and those that were taken are known by what they say."""
    with tenant(organization_id=mailbox.vendor_id, door="job"):
        current = Mailbox.objects.select_for_update().get(pk=mailbox.pk)
        if current.uid_validity != validity:
            own = ReceivedMessage.objects.filter(vendor_id=current.vendor_id, mailbox=current)
            own.filter(outcome=MessageOutcome.WAITING).delete()
            current.uid_validity, current.last_uid = validity, 0
            current.save(update_fields=["uid_validity", "last_uid"])
        return current.last_uid


def _count_attempt(mailbox: Mailbox, validity: int, number: int) -> ReceivedMessage | None:
    """The message's row with one attempt more, for good; None where it is concluded, or was just given up."""
    with tenant(organization_id=mailbox.vendor_id, door="job"):
        current = Mailbox.objects.select_for_update().get(pk=mailbox.pk)
        now = timezone.now()
        record, _made = ReceivedMessage.objects.get_or_create(
            vendor_id=mailbox.vendor_id, mailbox=current, uid_validity=validity, uid=number,
            defaults={
                "program_id": current.program_id, "received_at": now, "outcome": MessageOutcome.WAITING.value,
                "reason": MessageReason.NOT_TRIED.value,
            },
        )  # fmt: skip
        if current.uid_validity == validity and current.last_uid < number:
            current.last_uid = number
            current.save(update_fields=["last_uid"])
        if record.outcome != MessageOutcome.WAITING:
            return None
        record.attempts += 1
        record.next_at = now + EVERY * 2 ** min(record.attempts - 1, MOST_ATTEMPTS)
        if record.attempts > MOST_ATTEMPTS:
            record.outcome = MessageOutcome.UNREADABLE.value
            if record.reason != MessageReason.NO_KEY_YET:
                record.reason = MessageReason.CANNOT_BE_READ.value
        record.save()
        return record if record.outcome == MessageOutcome.WAITING else None


def _look_at(mailbox: Mailbox, folder: OpenFolder, record: ReceivedMessage, resolver: Resolver | None) -> None:
    """Fetch and receive one message. What goes wrong with it alone leaves it waiting; the next one is looked at."""
    size = folder.size(record.uid)
    if size is not None and size > MOST_BYTES:
        conclude(record, Conclusion(MessageOutcome.REFUSED, MessageReason.TOO_LARGE))
        return
    raw = folder.fetch(record.uid) if size is not None else None
    if raw is None:
        conclude(record, Conclusion(MessageOutcome.UNREADABLE, MessageReason.GONE))
        return
    try:
        receive(mailbox=mailbox, record=record, raw=raw, at=timezone.now(), resolver=resolver)
    except (OperationalError, InterfaceError):
        raise
    except (
        Exception
    ):  # whatever one message does to us, the others are read; it is tried again, and given up in the end
        log.exception("message_not_received", message=str(record.pk), attempts=record.attempts)


def _note(mailbox: Mailbox, problem: str, begun: datetime, polled: Polled) -> None:
    with tenant(organization_id=mailbox.vendor_id, door="job"):
        current = Mailbox.objects.select_for_update().get(pk=mailbox.pk)
        now = timezone.now()
        current.checked_at, current.problem = now, problem
        current.failures = current.failures + 1 if problem else 0
        pause = min(EVERY * 2 ** min(current.failures, 10), LONGEST_PAUSE) if problem else EVERY
        current.next_at = now if polled.more and not problem else now + pause
        if current.asked_at is not None and current.asked_at <= begun:
            current.asked_at = None
        current.save(update_fields=["checked_at", "problem", "failures", "next_at", "asked_at"])
        old = ReceivedMessage.objects.filter(vendor_id=mailbox.vendor_id, mailbox=current, outcome__in=NOT_TAKEN)
        old.filter(received_at__lt=now - timedelta(days=KEPT_DAYS)).delete()
