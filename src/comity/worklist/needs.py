"""A need: one sentence about something that waits for a person, with its evidence, what is at stake and until when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from uuid import UUID


class NeedKind(StrEnum):
    """What sort of thing waits. Doors choose the action and its address by it."""

    REGISTRATION = "registration"
    CUSTOMER_UNCLEAR = "customer_unclear"
    LEAD = "lead"
    PLAN_STEP_LATE = "plan_step_late"
    SHARE_PROPOSED = "share_proposed"
    APPLICATION = "application"
    TASK_DUE = "task_due"
    STEP_DUE = "step_due"
    PARTNER_QUIET = "partner_quiet"
    ONBOARDING_LONG = "onboarding_long"
    NO_MANAGER = "no_manager"
    DEAL_SLIPPED = "deal_slipped"
    DEAL_CLOSING = "deal_closing"
    DEAL_STUCK = "deal_stuck"
    DEAL_WITHOUT_AMOUNT = "deal_without_amount"
    QUOTA_BEHIND = "quota_behind"
    MANAGER_OVERLOADED = "manager_overloaded"
    IMPORT_REJECTS = "import_rejects"
    DELIVERY_DEAD = "delivery_dead"
    MAILBOX_SILENT = "mailbox_silent"
    DATA_STALE = "data_stale"


type Worded = tuple[str, tuple[str, ...]]
"""What is the matter, one sentence; and the facts behind it, in the order of their weight."""


def said(sentence: str, evidence: tuple[str, ...]) -> Callable[[], Worded]:
    """Words that are known already: of kinds of which there are few."""
    return lambda: (sentence, evidence)


@dataclass(frozen=True)
class Need:
    """One line of the list.

    Attributes:
        subject_id: the record it is about; with the kind it says which need this is, today and tomorrow.
        in_words: the sentence and its evidence. Hundreds of needs are ranked where a dozen is shown, so it is asked
            only for what is shown; it asks no database.
        at_stake: value in the program's currency; null where none can be named.
        due_at: when it should be done; null without such an instant.
        seen_at: the instant that counts as now for it: the as-of day for what follows from data, else the real clock.
        opens_id: the record that the action opens, where it is another than the subject.
    """

    kind: NeedKind
    subject_id: UUID
    in_words: Callable[[], Worded]
    seen_at: datetime
    at_stake: Decimal | None = None
    due_at: datetime | None = None
    opens_id: UUID | None = None

    @cached_property
    def worded(self) -> Worded:
        """Sentence and evidence, in the language of the first who asks."""
        return self.in_words()

    @property
    def sentence(self) -> str:
        """What is the matter, one sentence."""
        return self.worded[0]

    @property
    def evidence(self) -> tuple[str, ...]:
        """The facts behind it, in the order of their weight."""
        return self.worded[1]

    @property
    def place_id(self) -> UUID:
        """The record that the action opens."""
        return self.opens_id or self.subject_id

    @property
    def is_overdue(self) -> bool:
        """Whether its instant is past."""
        return self.due_at is not None and self.due_at <= self.seen_at
