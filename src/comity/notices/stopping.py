"""Stopping e-mail from the letter itself, without a sign-in (RFC 8058): a signed link says whose and of which kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.notices.digests import DIGEST
from comity.notices.kinds import KINDS
from comity.notices.queries import ways_of
from comity.notices.services import choose_ways
from comity.notices.states import Way
from comity.platform.tenancy import tenant

SALT: Final = "comity.notices.stop"


class StopLinkBroken(NotFound):
    """The link was cut off on its way, or never was one of ours."""

    code, title = "stop_link_broken", words("This link is not complete")


@dataclass(frozen=True)
class Stop:
    """What a link stops: one kind, or the digests, of one person."""

    person_id: UUID
    kind: str

    @property
    def label(self) -> Any:
        """As people call it."""
        return _("The daily or weekly summary") if self.kind == DIGEST else KINDS[self.kind].label


def stop_token(person_id: UUID, kind: str) -> str:
    """The signed part of the link. It does not expire: a letter is opened when it is opened."""
    return signing.dumps([str(person_id), kind], salt=SALT)


def stop_address(person_id: UUID, kind: str) -> str:
    """The link that a letter carries."""
    return f"{settings.BASE_URL.rstrip('/')}/notices/stop/{stop_token(person_id, kind)}"


def read_stop(token: str) -> Stop:
    """What a link stops. Raises StopLinkBroken."""
    try:
        person, kind = signing.loads(token, salt=SALT)
        stop = Stop(UUID(person), str(kind))
    except (signing.BadSignature, ValueError, TypeError):
        raise StopLinkBroken(words("Copy the whole link from the letter, or choose in your notifications.")) from None
    if stop.kind != DIGEST and stop.kind not in KINDS:
        raise StopLinkBroken(words("This kind of letter is no longer written; there is nothing to stop."))
    return stop


@transaction.atomic
def stop_mail(stop: Stop, *, everything: bool = False) -> None:
    """From now on only the inbox: of this kind, or of all. Again changes nothing; what is off stays off."""
    with tenant(person_id=stop.person_id):
        ways = ways_of(stop.person_id)
        if everything:
            wanted = [kind for kind, way in ways.items() if way is not Way.OFF]
        elif stop.kind == DIGEST:
            wanted = [kind for kind, way in ways.items() if way in (Way.DAILY, Way.WEEKLY)]
        else:
            wanted = [stop.kind] if ways[stop.kind] is not Way.OFF else []
        choose_ways(person_id=stop.person_id, ways=dict.fromkeys(wanted, Way.INBOX.value))
