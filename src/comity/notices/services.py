"""The verbs of the notices: tell people of a fact, mark what they read, take how they want to hear of what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from comity.identity.models import Organization, Person
from comity.kernel.errors import Invalid
from comity.kernel.ids import public_id
from comity.kernel.words import words
from comity.notices.events import LetterWritten
from comity.notices.kinds import KINDS
from comity.notices.models import Letter, Notice, Preference
from comity.notices.queries import notices_visible_to, way_of
from comity.notices.states import Way
from comity.platform.languages import ENGLISH, speaking_to
from comity.platform.mail import one_line
from comity.platform.outbox import announce
from comity.platform.tenancy import current_organization_id, current_scope, tenant


@dataclass(frozen=True)
class Reader:
    """Somebody to be told. Without a sign-in there is no inbox and no preference: only the letter, at once."""

    person_id: UUID | None = None
    address: str = ""


@dataclass(frozen=True)
class Fact:
    """What is told. `key` names the fact: nobody is told the same one twice."""

    kind: str
    key: str
    path: str
    values: Mapping[str, Any] = field(default_factory=dict)
    sentence: Any = None
    """A lazy text that says more than the kind's own; takes the same values."""
    body: Callable[[], str] | None = None
    """What the letter says more, in the language that is active when it is asked; without it the sentence."""
    reply_to: str = ""
    """Where an answer to the letter is read."""
    answers: str = ""
    """The Message-ID of the e-mail that the letter answers."""


def readers(*person_ids: UUID | None) -> list[Reader]:
    """People with a sign-in, each once; nobody for None."""
    return [Reader(person_id=key) for key in dict.fromkeys(person_ids) if key is not None]


@transaction.atomic
def tell(*, vendor_id: UUID, to: Iterable[Reader], fact: Fact) -> int:
    """Tell each of them in their own way, in the transaction of what happened; how many had not been told before.

    The scope may be the vendor's or a partner's; what is told is written in the vendor's and the reader's name.
    """
    wanted = list(to)
    known = Person.objects.in_bulk([reader.person_id for reader in wanted if reader.person_id])
    told = 0
    for reader in wanted:
        person = known.get(reader.person_id) if reader.person_id else None
        if reader.person_id and (person is None or not person.is_active):
            continue
        with speaking_to(person.language, person.time_zone) if person else speaking_to(ENGLISH):
            sentence = one_line(str(fact.sentence or KINDS[fact.kind].sentence) % fact.values)
            body = fact.body() if fact.body else ""
        door = current_scope().door
        with tenant(organization_id=vendor_id, person_id=person.pk if person else None, door=door):
            if person is None:
                told += _write_letter(fact, sentence, body, address=reader.address) is not None
            else:
                told += _tell_person(person, fact, sentence, body)
    return told


def _tell_person(person: Person, fact: Fact, sentence: str, body: str) -> bool:
    """Put it into the inbox, and write the letter if it goes at once. Runs in the vendor's and the person's name."""
    way = way_of(person.pk, fact.kind)
    vendor_id = current_organization_id()
    if way is Way.OFF:
        return False
    notice, made = Notice.objects.get_or_create(
        vendor_id=vendor_id,
        person=person,
        kind=fact.kind,
        fact=fact.key,
        defaults={"from_name": vendor_name(), "sentence": sentence, "path": fact.path, "way": way},
    )
    if made and way is Way.AT_ONCE:
        notice.letter = _write_letter(fact, sentence, body, address=person.email, person=person)
        notice.save(update_fields=["letter"])
    return made


def _write_letter(fact: Fact, sentence: str, body: str, *, address: str, person: Person | None = None) -> Letter | None:
    """Write the letter and hand it to the outbox; None where this address had it already."""
    letter, made = Letter.objects.get_or_create(
        vendor_id=current_organization_id(),
        kind=fact.kind,
        key=fact.key,
        address=address,
        defaults={
            "person": person,
            "subject": sentence.rstrip("."),
            "body": body or sentence,
            "path": fact.path,
            "language": person.language if person else "en",
            "reply_to": fact.reply_to,
            "answers": fact.answers,
            "message_id": public_id(24),
        },
    )
    if made:
        announce(LetterWritten(letter_id=letter.pk))
    return letter if made else None


def vendor_name() -> str:
    """What the vendor of the running transaction is called today."""
    return Organization.objects.values_list("name", flat=True).get(pk=current_organization_id())


@transaction.atomic
def mark_read(*, person_id: UUID, notice_ids: Iterable[UUID] | None, at: datetime) -> int:
    """Mark these notices of a person's (None: all) as read; how many were not. Needs a scope with that person."""
    unread = notices_visible_to(person_id).filter(read_at__isnull=True)
    if notice_ids is not None:
        unread = unread.filter(pk__in=list(notice_ids))
    return _write_marks(unread.order_by(), person_id, at)


@transaction.atomic
def mark_page_read(*, person_id: UUID, path: str, at: datetime) -> int:
    """Mark what a person was told about a page as read, since they look at it. Needs a scope with that person."""
    about = notices_visible_to(person_id).filter(read_at__isnull=True, path=path)
    return _write_marks(about.order_by(), person_id, at)


@transaction.atomic
def mark_unread(*, notice: Notice) -> None:
    """Put a notice back among the unread ones of its reader."""
    _write_marks(notices_visible_to(notice.person_id).filter(pk=notice.pk).order_by(), notice.person_id, None)


def _write_marks(found: Any, person_id: UUID, at: datetime | None) -> int:
    """Each vendor's rows are written in that vendor's name: the inbox is one, its rows are not."""
    changed = 0
    for vendor_id in sorted(found.values_list("vendor_id", flat=True).distinct()):
        with tenant(organization_id=vendor_id, person_id=person_id, door=current_scope().door):
            changed += found.filter(vendor_id=vendor_id).update(read_at=at)
    return changed


@transaction.atomic
def choose_ways(*, person_id: UUID, ways: Mapping[str, str]) -> None:
    """Keep how a person wants to hear of these kinds. Raises Invalid. Needs a scope with that person."""
    wrong = {
        kind: "Choose one of the ways that are offered."
        for kind, way in ways.items()
        if kind not in KINDS or way not in set(Way)
    }
    if wrong:
        raise Invalid(words("Nothing was changed."), fields=wrong)
    for kind, way in ways.items():
        Preference.objects.update_or_create(
            person_id=person_id, kind=kind, defaults={"way": way, "updated_at": timezone.now()}
        )
