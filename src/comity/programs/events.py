"""Facts of the programme that higher rooms want to hear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True)
class ProgramCurrencyChanged:
    """A program now counts in another currency: whatever was converted must be converted again."""

    name: ClassVar[str] = "programs.ProgramCurrencyChanged"
    version: ClassVar[int] = 1

    program_id: UUID
    currency: str


@dataclass(frozen=True)
class DataAsOfMoved:
    """Operations said by hand up to which day the data are complete: figures of that day are of another day now."""

    name: ClassVar[str] = "programs.DataAsOfMoved"
    version: ClassVar[int] = 1

    program_id: UUID


@dataclass(frozen=True)
class QuotasChanged:
    """A quota of the program was set, replaced or taken away: who stands how against a quota is another matter now."""

    name: ClassVar[str] = "programs.QuotasChanged"
    version: ClassVar[int] = 1

    program_id: UUID
