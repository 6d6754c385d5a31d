"""What a story is made of: its words and shapes. Values only; `partners.py` and `customers.py` hold who is in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

FIRST_DAY: Final = date(2023, 10, 1)
LAST_DAY: Final = date(2026, 9, 30)
"""The data-as-of date of the demo: twelve whole quarters (README.md says why it is fixed)."""
REVIEWED_ON: Final = date(2026, 6, 30)
"""The segments in force were applied on the figures of this day."""

STAGES: Final = ("Qualify", "Develop", "Propose", "Negotiate")
"""The open stages that every program starts with; Won and Lost end them."""


@dataclass(frozen=True)
class ManagerLine:
    """A partner manager of the vendor, or the one they report to."""

    key: str
    name: str
    title: str
    regions: tuple[str, ...] = ()
    capacity: int | None = None
    reports_to: str = ""
    since: date = FIRST_DAY
    partner_types: tuple[str, ...] = ()
    """What they look after, whatever the region; nothing said: every type."""


@dataclass(frozen=True)
class PartnerLine:
    """A partner. `weight` is how many deals it takes part in, beside the others; `turns` change it from a day on."""

    key: str
    name: str
    types: tuple[str, ...]
    region: str
    country: str
    city: str
    tier: str = ""
    manager: str = ""
    weight: float = 0.0
    started_on: date | None = FIRST_DAY
    status: str = "active"
    sub_type: str = ""
    ended_on: date | None = None
    distributor: str = ""
    potential: int | None = None
    growth: float = 1.0
    """By what the weight is multiplied over the three years."""
    turns: tuple[tuple[date, float], ...] = ()

    @property
    def website(self) -> str:
        """A web address under a domain that can never exist."""
        host = "".join(letter for letter in self.name.lower() if letter.isascii() and letter.isalnum())
        return f"https://{host}.example"


@dataclass(frozen=True)
class CustomerLine:
    """An end customer."""

    key: str
    name: str
    region: str
    country: str
    city: str
    industry: str
    domain: str
    employees: int
    annual_revenue: int
    parent: str = ""


@dataclass(frozen=True)
class ProductLine:
    """A product: one-off price; `yearly` is what maintenance costs a year, as a share of it."""

    key: str
    name: str
    family: str
    list_price: Decimal
    cost: Decimal
    most: int
    """How many a customer buys at most."""
    yearly: Decimal = Decimal(0)


@dataclass(frozen=True)
class HandOver:
    """Partners that went from one manager to another."""

    giver: str
    taker: str
    partners: tuple[str, ...]
    on: date


@dataclass(frozen=True)
class Story:
    """Everything that the dice are rolled on."""

    prefix: str
    """Begins the external id of each deal."""
    seed: int
    deals: int
    managers: tuple[ManagerLine, ...]
    partners: tuple[PartnerLine, ...]
    customers: tuple[CustomerLine, ...]
    products: tuple[ProductLine, ...]
    currency: str
    regions: dict[str, float]
    """Region to its share of the business."""
    opened: dict[str, date] = field(default_factory=dict)
    """Regions that were entered only later, and when."""
    hand_overs: tuple[HandOver, ...] = ()
    competitors: tuple[str, ...] = ("Veltron", "Oakridge Suite", "Datamill", "in-house development")

    def manager_of(self, partner: PartnerLine, on: date) -> str:
        """Who managed a partner on a day."""
        moves = (move for move in self.hand_overs if partner.key in move.partners and on < move.on)
        return next((move.giver for move in moves), partner.manager)


SEASON: Final = {
    1: 0.85, 2: 0.95, 3: 1.10, 4: 0.95, 5: 1.00, 6: 1.10, 7: 0.75, 8: 0.55, 9: 1.15, 10: 1.10, 11: 1.15, 12: 0.85,
}  # fmt: skip
"""How many deals are opened in a month, beside the others."""
GROWTH: Final = 1.5
"""How many more deals are opened in the last month than in the first."""

FAMILY_TREND: Final = {"Analytics": (4, 4), "Integration": (3, 3), "Automation": (1, 3), "Services": (2, 1.5)}
"""Weight of a product family in the first month and in the last."""
