"""News and handlers for the tests of the outbox; `outbox_worker.py` runs them in a process of its own."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from uuid import UUID

from comity.platform.models import StoredFile
from comity.platform.outbox import announce
from comity.platform.tenancy import current_organization_id


@dataclass(frozen=True)
class Greeted:
    """Somebody said something; what decides how its handler ends."""

    name: ClassVar[str] = "test.Greeted"
    version: ClassVar[int] = 1
    about: UUID
    words: str


@dataclass(frozen=True)
class Answered:
    """What the handler of a greeting says in turn."""

    name: ClassVar[str] = "test.Answered"
    version: ClassVar[int] = 1
    about: UUID


def write_down(event: Greeted) -> None:
    """Leave a row behind, then end as the words say."""
    StoredFile.objects.create(
        vendor_id=current_organization_id(), name=event.words, media_type="-", size=0, sha256="", purpose="heard"
    )
    if event.words == "answer":
        announce(Answered(about=event.about))
    if event.words in ("fail", "answer and fail"):
        announce(Answered(about=event.about))
        raise ValueError("the handler fails")
    if event.words == "slow":
        time.sleep(0.5)
    marker = Path(os.environ.get("OUTBOX_MARKER", "/nonexistent"))
    if event.words == "hang once" and not marker.exists():
        marker.write_text("here")
        time.sleep(120)


def hear_answer(event: Answered) -> None:
    """Leave a row behind."""
    StoredFile.objects.create(
        vendor_id=current_organization_id(), name="answered", media_type="-", size=0, sha256="", purpose="heard"
    )


SUBSCRIPTIONS = [(Greeted, write_down), (Answered, hear_answer)]
