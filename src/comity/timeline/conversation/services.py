"""The verbs of the conversation: write to the other side, and have read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from comity.identity.actors import Actor
from comity.identity.models import Membership
from comity.identity.roles import HEADS, Permission, Role
from comity.kernel.errors import Invalid
from comity.kernel.words import Figure, words
from comity.notices.services import Fact, Reader, mark_page_read, readers, tell
from comity.platform.files import Upload, store_file
from comity.platform.tenancy import current_scope, tenant
from comity.programs.models import Manager, Partnership, Program
from comity.programs.sides import vendor_side
from comity.timeline.conversation.queries import MessageNotFound, side_of
from comity.timeline.models import Message, MessageFile, ReadMark
from comity.timeline.services import FILE_TYPES, MAX_FILE_BYTES
from comity.timeline.states import About, Side

PURPOSE: Final = "message"
MAX_TEXT: Final = 10_000
MOST_FILES: Final = 5
QUOTED: Final = 120


@dataclass(frozen=True)
class Subject:
    """The registration or deal that a message is about; the door has loaded it for both sides to read."""

    about: About
    id: UUID
    label: str


@dataclass(frozen=True)
class Sent:
    """The message, and how many people of the other side there are to read it."""

    message: Message
    readers: int


@transaction.atomic
def send_message(
    *,
    partnership: Partnership,
    actor: Actor,
    text: str,
    at: datetime,
    files: Sequence[Upload] = (),
    subject: Subject | None = None,
) -> Sent:
    """Write to the other side; its people are told. Raises NotAllowed, Invalid, FileTooLarge, FileTypeRefused."""
    side = side_of(actor, partnership)
    if side is Side.VENDOR:
        actor.require(Permission.LOG_CONTACTS)
    _refuse(text, files)
    with _writing(partnership, actor, side):
        message = Message.objects.create(
            vendor_id=partnership.vendor_id,
            partnership_id=partnership.pk,
            partner_id=partnership.partner_id,
            side=side.value,
            text=text.strip(),
            written_by_id=actor.person_id,
            author_name=actor.name[:200],
            about=subject.about.value if subject else "",
            about_id=subject.id if subject else None,
            about_label=subject.label[:300] if subject else "",
        )
        for upload in files:
            _keep(message, upload, actor)
        _mark(partnership, actor, at)
        others = _partner_people(partnership) if side is Side.VENDOR else _vendor_people(partnership)
        _tell(message, partnership, others)
    return Sent(message, len(others))


@transaction.atomic
def mark_conversation_read(*, partnership: Partnership, actor: Actor, at: datetime) -> None:
    """Note that somebody has seen everything up to now; the notices about it are read with it. Raises NotAllowed."""
    side = side_of(actor, partnership)
    with _writing(partnership, actor, side):
        _mark(partnership, actor, at)
        slug = Program.objects.values_list("slug", flat=True).get(pk=partnership.program_id)
    mark_page_read(person_id=actor.person_id, path=path_of(partnership, side, slug), at=at)


def path_of(partnership: Partnership, side: Side, slug: str) -> str:
    """Where a side reads the conversation."""
    if side is Side.VENDOR:
        return f"/workspace/{slug}/partners/{partnership.pk}/messages/"
    return f"/portal/{partnership.pk}/messages/"


@contextmanager
def _writing(partnership: Partnership, actor: Actor, side: Side) -> Iterator[None]:
    """Rows of the conversation are the vendor's; a partner's person writes them on its side."""
    if side is Side.VENDOR:
        yield
        return
    with vendor_side(partnership, actor, MessageNotFound(words("There is no such partnership of yours."))):
        yield


def _keep(message: Message, upload: Upload, actor: Actor) -> None:
    stored = store_file(
        vendor_id=message.vendor_id,
        upload=upload,
        purpose=PURPOSE,
        allowed=FILE_TYPES,
        max_bytes=MAX_FILE_BYTES,
        uploaded_by_id=actor.person_id,
    )
    MessageFile.objects.create(
        vendor_id=message.vendor_id,
        message=message,
        partnership_id=message.partnership_id,
        partner_id=message.partner_id,
        file=stored,
        name=stored.name,
        size=stored.size,
    )


def _mark(partnership: Partnership, actor: Actor, at: datetime) -> None:
    ReadMark.objects.update_or_create(
        vendor_id=partnership.vendor_id,
        partnership_id=partnership.pk,
        person_id=actor.person_id,
        defaults={"partner_id": partnership.partner_id, "read_until": at},
    )


def _tell(message: Message, partnership: Partnership, others: list[Reader]) -> None:
    """Tell the other side's people. Runs on the vendor's side."""
    program = Program.objects.get(pk=partnership.program_id)
    other = Side.PARTNER if message.side == Side.VENDOR else Side.VENDOR
    text = " ".join(message.text.split())
    company = program.vendor_name if message.side == Side.VENDOR else partnership.name
    fact = Fact(
        kind="message",
        key=str(message.pk),
        path=path_of(partnership, other, program.slug),
        values={
            "who": message.author_name,
            "company": company,
            "text": text if len(text) <= QUOTED else f"{text[:QUOTED]}…",
        },
        body=lambda: message.text,
    )
    tell(vendor_id=message.vendor_id, to=others, fact=fact)


def _vendor_people(partnership: Partnership) -> list[Reader]:
    """The partner manager and whoever wrote here before; where there is none of them, who runs the programme."""
    manager = Manager.objects.filter(pk__in=[partnership.manager_id], person_id__isnull=False).first()
    wanted = [manager.person_id] if manager else []
    members = Membership.objects.filter(organization_id=partnership.vendor_id, ended_at__isnull=True)
    wanted += [key for key in _authors(partnership, Side.VENDOR, members) if key not in wanted]
    if not wanted:
        running = members.filter(role__in=[Role.ADMINISTRATOR.value, Role.OPERATIONS.value])
        wanted = list(running.order_by("created_at").values_list("person_id", flat=True))
    return readers(*wanted)


def _partner_people(partnership: Partnership) -> list[Reader]:
    """The partner's administrators and whoever of theirs wrote here before; asked under the partner's own scope, since
    a vendor does not know who works there."""
    with tenant(organization_id=partnership.partner_id, door=current_scope().door):
        members = Membership.objects.filter(organization_id=partnership.partner_id, ended_at__isnull=True)
        heads = members.filter(role__in=[role.value for role in HEADS]).order_by("created_at")
        wanted = [*heads.values_list("person_id", flat=True), *_authors(partnership, Side.PARTNER, members)]
    return readers(*wanted)


def _authors(partnership: Partnership, side: Side, members: QuerySet[Membership]) -> list[UUID]:
    """Who wrote on that side and still works there."""
    wrote = Message.objects.filter(partnership=partnership, side=side.value).values("written_by_id")
    found = members.filter(person_id__in=wrote).order_by("created_at")
    return list(found.values_list("person_id", flat=True))


def _refuse(text: str, files: Sequence[Upload]) -> None:
    problems: dict[str, str] = {}
    if not text.strip():
        problems["text"] = words("Write a line; a file alone says little.")
    if len(text) > MAX_TEXT:
        problems["text"] = words("At most %(most)s characters; send longer texts as a file.", most=Figure(MAX_TEXT))
    if len(files) > MOST_FILES:
        problems["files"] = words("At most %(most)s files with one message.", most=MOST_FILES)
    if problems:
        raise Invalid(" ".join([words("Nothing was sent."), *problems.values()]), fields=problems)
