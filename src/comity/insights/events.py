"""Facts about figures that higher rooms want to hear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True)
class MartsFilled:
    """The marts of a program follow its deals again: all of them, those of one opportunity, or of some partnerships."""

    name: ClassVar[str] = "insights.MartsFilled"
    version: ClassVar[int] = 1

    program_id: UUID
    opportunity_id: UUID | None = None
    partnership_ids: tuple[UUID, ...] = ()
    """Of one opportunity: the partnerships that had or have a part in it. Without one: whose activity is new."""

    @property
    def concerned(self) -> tuple[UUID, ...] | None:
        """The partnerships whose figures may have changed; null: all of them."""
        return None if self.opportunity_id is None and not self.partnership_ids else self.partnership_ids
