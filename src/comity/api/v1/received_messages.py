"""Messages that came by e-mail into a program's mailbox, for the vendor: who wrote, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Query, Router

from comity.api.fields import Named, Output
from comity.api.paging import ListQuery, Page, page_of
from comity.api.tokens import READ
from comity.deals.intake.mail.mailboxes import messages_visible_to
from comity.deals.models import ReceivedMessage
from comity.deals.states.messages import MessageOutcome, MessageReason
from comity.identity.actors import Actor
from comity.identity.roles import Permission

router = Router(tags=["Registrations"])


class ReceivedMessageOut(Output):
    """One message; its text is in the draft, which is the partner's own until it is submitted."""

    id: UUID
    program_id: UUID
    received_at: datetime
    sender: str
    sender_name: str
    subject: str
    message_id: str
    outcome: MessageOutcome
    reason: MessageReason | None
    partnership: Named | None
    registration_id: UUID | None
    missing: list[str]


class ReceivedMessagePage(Page[ReceivedMessageOut]):
    """Messages."""


class ReceivedMessageQuery(ListQuery):
    """The list of messages."""

    program: UUID | None = None
    outcome: MessageOutcome | None = None


@router.get("/received-messages", response=ReceivedMessagePage, auth=READ, summary="List messages by e-mail")
def list_received_messages(request: Any, query: Query[ReceivedMessageQuery]) -> Any:
    """What came into the mailboxes of the vendor's programs, the newest first. Needs “decide registrations”."""
    actor: Actor = request.actor
    actor.require(Permission.DECIDE_REGISTRATIONS)
    asked = {"program_id": query.program, "outcome": query.outcome}
    wanted = {name: value for name, value in asked.items() if value is not None}
    return page_of(request, messages_visible_to(actor).filter(**wanted), query, _show, newest_first=True)


def _show(row: ReceivedMessage) -> ReceivedMessageOut:
    kept = {
        name: getattr(row, name) for name in ReceivedMessageOut.model_fields if name not in ("partnership", "reason")
    }
    partnership = Named(id=row.partnership.pk, name=row.partnership.name) if row.partnership else None
    return ReceivedMessageOut(**kept, partnership=partnership, reason=MessageReason(row.reason) if row.reason else None)
