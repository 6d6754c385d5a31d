"""Facts about notices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True)
class LetterWritten:
    """An e-mail is to go out: the letter with this id."""

    name: ClassVar[str] = "notices.LetterWritten"
    version: ClassVar[int] = 1

    letter_id: UUID
