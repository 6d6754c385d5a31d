"""Messages and files in a circle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from comity.cosell import letters
from comity.cosell.models import Circle, Member, Room, RoomFile, RoomMessage
from comity.cosell.recording import RoomNotFound, checked_text, open_room_of, own_member, require_joined
from comity.cosell.states import Side
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Invalid
from comity.kernel.words import words as say
from comity.platform.files import Upload, store_file
from comity.programs.models import Partnership
from comity.timeline.services import FILE_TYPES, MAX_FILE_BYTES

MAX_TEXT: Final = 10_000
MOST_FILES: Final = 5
PURPOSE: Final = "cosell"


@transaction.atomic
def write_message(
    *, room: Room, actor: Actor, circle: Circle, text: str, at: datetime, files: Sequence[Upload] = ()
) -> RoomMessage:
    """Write into a circle from the vendor's side; its partners' people are told.

    Raises NotAllowed, Invalid, RoomNotFound, RoomClosed, FileTooLarge, FileTypeRefused.
    """
    actor.require(Permission.EDIT_DEALS)
    current = open_room_of(room)
    return _write(current, circle_of(current, circle), actor, Side.VENDOR, current.program.vendor_name, text, files, at)


@transaction.atomic
def write_as_partner(
    *, member: Member, partnership: Partnership, actor: Actor, circle: Circle, text: str, at: datetime,
    files: Sequence[Upload] = (),
) -> RoomMessage:  # fmt: skip
    """Write into a circle in which the partner has a seat; the vendor's people are told, and the others' in it.

    Raises NotAllowed, Invalid, RoomNotFound, RoomClosed, FileTooLarge, FileTypeRefused.
    """
    with own_member(member, partnership, actor) as (room, current):
        require_joined(current)
        own = circle_of(room, circle, member=current)
        return _write(room, own, actor, Side.PARTNER, current.partnership.name, text, files, at)


def circle_of(room: Room, circle: Circle, *, member: Member | None = None) -> Circle:
    """An open circle of the room (in which this partner has a seat). Raises RoomNotFound."""
    rows = Circle.objects.filter(vendor_id=room.vendor_id, room=room, pk=circle.pk, closed_at__isnull=True)
    if member is not None:
        rows = rows.filter(seats__partnership_id=member.partnership_id, seats__vendor_id=room.vendor_id)
    found = rows.first()
    if found is None:
        raise RoomNotFound(say("There is no such circle in this room."))
    return found


def _write(
    room: Room, circle: Circle, actor: Actor, side: Side, company: str, text: str, files: Sequence[Upload],
    at: datetime,
) -> RoomMessage:  # fmt: skip
    words = checked_text(
        text, "text", most=MAX_TEXT, needed=say("Write a line; a file alone says little."),
        refusal=say("Nothing was sent."),
    )  # fmt: skip
    if len(files) > MOST_FILES:
        wrong = say("At most %(most)s files with one message.", most=MOST_FILES)
        raise Invalid(say("Nothing was sent."), fields={"files": wrong})
    message = RoomMessage.objects.create(
        vendor_id=room.vendor_id, room_id=room.pk, circle=circle, side=side.value, company=company[:300],
        author_id=actor.person_id, author_name=actor.name[:200], written_at=at, text=words,
    )  # fmt: skip
    for upload in files:
        stored = store_file(
            vendor_id=room.vendor_id, upload=upload, purpose=PURPOSE, allowed=FILE_TYPES, max_bytes=MAX_FILE_BYTES,
            uploaded_by_id=actor.person_id,
        )  # fmt: skip
        RoomFile.objects.create(
            vendor_id=room.vendor_id, room_id=room.pk, circle=circle, message=message, file=stored, name=stored.name,
            size=stored.size,
        )  # fmt: skip
    letters.tell_of_message(room, message)
    return message
