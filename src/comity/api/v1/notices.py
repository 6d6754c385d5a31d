"""What the token's person was told, and the messages between the two sides of a partnership."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from ninja import Query, Router
from ninja.responses import Status as Reply
from pydantic import Field, StrictBool

from comity.api.fields import Input, Output
from comity.api.paging import ListQuery, Page, page_of
from comity.api.tokens import READ, WRITE
from comity.api.v1.lookups import partnership_of
from comity.identity.actors import Actor
from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.notices.models import Notice
from comity.notices.queries import notices_visible_to
from comity.notices.services import mark_read, mark_unread
from comity.programs.models import Partnership
from comity.timeline.conversation.queries import messages_visible_to
from comity.timeline.conversation.services import MAX_TEXT, send_message
from comity.timeline.models import Message
from comity.timeline.states import Side

router = Router(tags=["Notices"])


class NoticeOut(Output):
    """One fact that the token's person was told."""

    id: UUID
    kind: str
    vendor: Annotated[str, Field(description="Who told it, as it was called then.")]
    sentence: str
    path: Annotated[str, Field(description="Below the address of this installation: the page it is about.")]
    created_at: datetime
    read_at: datetime | None


class NoticePage(Page[NoticeOut]):
    """Notices, the newest first."""


class NoticeQuery(ListQuery):
    """The list of notices."""

    unread: bool | None = None


class NoticeChange(Input):
    """Whether it is read."""

    read: StrictBool


class MessageOut(Output):
    """What one side wrote to the other."""

    id: UUID
    partnership_id: UUID
    side: Side
    author: str
    text: str
    about: Annotated[str, Field(description="“registration”, “deal”, or empty.")]
    about_id: UUID | None
    created_at: datetime


class MessagePage(Page[MessageOut]):
    """Messages, the newest first."""


class MessageQuery(ListQuery):
    """The list of messages."""

    partnership: UUID | None = None


class NewMessage(Input):
    """A message to the other side of a partnership."""

    partnership_id: UUID
    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]


@router.get("/notices", response=NoticePage, auth=READ, summary="List notices")
def list_notices(request: Any, query: Query[NoticeQuery]) -> Any:
    """What the token's person was told where the token is at home: by its vendor, or by the vendors of its company."""
    found = _own(request.actor)
    if query.unread is not None:
        found = found.filter(read_at__isnull=query.unread)
    return page_of(request, found, query, _notice, newest_first=True)


@router.patch("/notices/{uuid:notice_id}", response=NoticeOut, auth=WRITE, summary="Mark a notice")
def change_notice(request: Any, notice_id: UUID, change: NoticeChange) -> Any:
    """Mark a notice as read, or as unread again."""
    found = _own(request.actor).filter(pk=notice_id).first()
    if found is None:
        raise NotFound(words("There is no such notice here."))
    if change.read:
        mark_read(person_id=found.person_id, notice_ids=[found.pk], at=request.received_at)
    else:
        mark_unread(notice=found)
    return _notice(_own(request.actor).get(pk=notice_id))


@router.get("/messages", response=MessagePage, auth=READ, summary="List messages")
def list_messages(request: Any, query: Query[MessageQuery]) -> Any:
    """Messages between a vendor and its partners; of one partnership where it is named."""
    actor: Actor = request.actor
    partnership = partnership_of(actor, query.partnership) if query.partnership else None
    return page_of(request, messages_visible_to(actor, partnership), query, _message, newest_first=True)


@router.post("/messages", response={201: MessageOut}, auth=WRITE, summary="Send a message")
def add_message(request: Any, new: NewMessage, response: HttpResponse) -> Any:
    """Write to the other side; its people are told."""
    actor: Actor = request.actor
    partnership = partnership_of(actor, new.partnership_id)
    sent = send_message(partnership=partnership, actor=actor, text=new.text, at=request.received_at)
    found = messages_visible_to(actor, partnership).get(pk=sent.message.pk)
    return Reply(201, _message(found))


def _own(actor: Actor) -> QuerySet[Notice]:
    """A token belongs to one organization: what other vendors told the same person in another company stays out."""
    found = notices_visible_to(actor.person_id)
    if actor.is_vendor:
        return found.filter(vendor_id=actor.organization_id)
    vendors = Partnership.objects.filter(partner_id=actor.organization_id).values("vendor_id")
    return found.filter(vendor_id__in=vendors, path__startswith="/portal/")


def _notice(row: Notice) -> NoticeOut:
    values = {name: getattr(row, name) for name in NoticeOut.model_fields if name != "vendor"}
    return NoticeOut(**values, vendor=row.from_name)


def _message(row: Message) -> MessageOut:
    values = {name: getattr(row, name) for name in MessageOut.model_fields if name != "author"}
    return MessageOut(**values, author=row.author_name)
