"""What a person says on a form, as values; and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from comity.kernel.words import Figure, words
from comity.timeline.states import Kind

MAX_TEXT: Final = 10_000
MAX_TITLE: Final = 300
MAX_STEP: Final = 200
CLOCKS_DIFFER: Final = timedelta(minutes=10)
"""So far may the clock of whoever types be ahead of ours."""
EARLIEST: Final = 1970


@dataclass(frozen=True)
class LogDraft:
    """An entry to be. A note may have any text, a contact none: that there was one is worth a line."""

    kind: Kind
    happened_at: datetime
    text: str = ""
    shared_with_partner: bool = False

    def problems(self, at: datetime) -> dict[str, str]:
        """What cannot be accepted, by field."""
        wrong: dict[str, str] = {}
        if self.happened_at > at + CLOCKS_DIFFER:
            wrong["happened_at"] = words("This lies ahead; plan it as a task or as the next step.")
        if self.happened_at.year < EARLIEST:
            wrong["happened_at"] = words("Choose a day from %(earliest)s on.", earliest=EARLIEST)
        if self.kind is Kind.NOTE and not self.text.strip():
            wrong["text"] = words("A note needs a text.")
        if len(self.text) > MAX_TEXT:
            wrong["text"] = words(
                "At most %(max_text)s characters; attach longer texts as a file.", max_text=Figure(MAX_TEXT)
            )
        return wrong


@dataclass(frozen=True)
class TaskDraft:
    """A task to be; `owner_id` is a person of the vendor's own, or nobody."""

    title: str
    due_on: date | None = None
    owner_id: UUID | None = None
    shared_with_partner: bool = False

    def problems(self) -> dict[str, str]:
        """What cannot be accepted, by field."""
        if not self.title.strip():
            return {"title": words("Say what is to be done.")}
        if len(self.title) > MAX_TITLE:
            return {"title": words("At most %(max_title)s characters.", max_title=MAX_TITLE)}
        return {}


@dataclass(frozen=True)
class StepDraft:
    """The next step to be; without a text there is none."""

    text: str = ""
    due_on: date | None = None

    def problems(self) -> dict[str, str]:
        """What cannot be accepted, by field."""
        if len(self.text.strip()) > MAX_STEP:
            return {
                "next_step": words("At most %(max_step)s characters; details belong into the entry.", max_step=MAX_STEP)
            }
        if self.due_on and not self.text.strip():
            return {"next_step": words("Say what is to happen on that day.")}
        return {}
