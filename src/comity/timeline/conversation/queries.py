"""Reads of the conversation: both sides all of it, nobody else anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.platform.models import StoredFile
from comity.programs.models import Partnership
from comity.programs.sides import stands_with_vendor, vendor_side
from comity.timeline.models import Message, MessageFile, ReadMark
from comity.timeline.states import Side

MOST_COUNTED: Final = 100


class MessageNotFound(NotFound):
    """There is no such message, or the reader may not know of it."""

    code, title = "message_not_found", words("No such message")


def side_of(actor: Actor, partnership: Partnership) -> Side:
    """On which side somebody reads and writes. Raises NotAllowed."""
    if stands_with_vendor(actor, partnership):
        actor.require(Permission.VIEW_PARTNERS)
        return Side.VENDOR
    actor.require(Permission.PORTAL_COMPANY)
    return Side.PARTNER


def messages_visible_to(actor: Actor, partnership: Partnership | None = None) -> QuerySet[Message]:
    """Messages (of one partnership), the newest first: the vendor's people those of their partners, a partner's their
    own. Empty for who may not."""
    rows = Message.objects.order_by("-created_at", "-id")
    if partnership is not None:
        side_of(actor, partnership)
        column = "vendor_id" if stands_with_vendor(actor, partnership) else "partner_id"
        return rows.filter(**{column: actor.organization_id}, partnership=partnership)
    if actor.is_vendor and actor.can(Permission.VIEW_PARTNERS):
        return rows.filter(vendor_id=actor.organization_id)
    if actor.can(Permission.PORTAL_COMPANY):
        return rows.filter(partner_id=actor.organization_id)
    return rows.none()


def files_of(messages: Iterable[Message]) -> dict[UUID, list[MessageFile]]:
    """The files of these messages, by message: one query. Messages that the reader has loaded."""
    found: defaultdict[UUID, list[MessageFile]] = defaultdict(list)
    for one in MessageFile.objects.filter(message__in=[message.pk for message in messages]).order_by("id"):
        found[one.message_id].append(one)
    return dict(found)


def unread_messages(actor: Actor, partnership: Partnership) -> int:
    """How many messages of the other side somebody has not seen, at most MOST_COUNTED: two queries."""
    own = side_of(actor, partnership)
    rows = messages_visible_to(actor, partnership).exclude(side=own.value)
    mark = ReadMark.objects.filter(
        vendor_id=partnership.vendor_id, partnership=partnership, person_id=actor.person_id
    ).first()
    if mark is not None:
        rows = rows.filter(created_at__gt=mark.read_until)
    return rows.order_by()[:MOST_COUNTED].count()


def content_of(actor: Actor, partnership: Partnership, file_id: UUID) -> StoredFile:
    """The stored file of a message, for both sides. Raises NotAllowed, MessageNotFound."""
    side = side_of(actor, partnership)
    missing = MessageNotFound(words("There is no such file here."))
    found = MessageFile.objects.filter(partnership=partnership, pk=file_id).first()
    if found is None:
        raise missing
    if side is Side.VENDOR:
        return StoredFile.objects.get(vendor_id=found.vendor_id, pk=found.file_id)
    with vendor_side(partnership, actor, missing) as vendor_id:
        return StoredFile.objects.get(vendor_id=vendor_id, pk=found.file_id)
