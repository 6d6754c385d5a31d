"""Facts about credit that higher rooms want to hear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True)
class CreditChanged:
    """A run changed the credit of deals: those whose `change_id` is this one. One event a run, however many deals."""

    name: ClassVar[str] = "attribution.CreditChanged"
    version: ClassVar[int] = 1

    change_id: UUID
    program_id: UUID
    deals: int


@dataclass(frozen=True)
class TouchesChanged:
    """Touches came to count, or count no more; those of one transaction together."""

    name: ClassVar[str] = "attribution.TouchesChanged"
    version: ClassVar[int] = 1

    program_id: UUID
    touch_ids: tuple[UUID, ...]
