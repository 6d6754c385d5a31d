"""What the ledger announces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


@dataclass(frozen=True)
class RatesLoaded:
    """Exchange rates of these days were added or corrected: amounts converted with others may change."""

    name: ClassVar[str] = "ledger.RatesLoaded"
    version: ClassVar[int] = 1

    first_on: date
    last_on: date
    everybody_told: bool = False
    """Whether every vendor hears of it already; else the one that loaded them has the others told."""
