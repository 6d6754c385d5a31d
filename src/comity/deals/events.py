"""Facts about deals that higher rooms want to hear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True)
class OpportunitiesImported:
    """An import run wrote opportunities: those whose `import_run_id` is this run."""

    name: ClassVar[str] = "deals.OpportunitiesImported"
    version: ClassVar[int] = 1

    run_id: UUID
    program_id: UUID


@dataclass(frozen=True)
class OpportunityChanged:
    """One opportunity was written or changed by hand or through the API, its lines, partners and stages included."""

    name: ClassVar[str] = "deals.OpportunityChanged"
    version: ClassVar[int] = 1

    opportunity_id: UUID
    program_id: UUID
