"""Facts about co-sell that higher rooms want to hear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True)
class PlanStepMoved:
    """A step of a close plan was begun, blocked, done, dropped or opened again; the step says where it stands now."""

    name: ClassVar[str] = "cosell.PlanStepMoved"
    version: ClassVar[int] = 1

    step_id: UUID
    program_id: UUID
