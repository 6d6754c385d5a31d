"""The dice: which deals there were, with whom, for what, and how each went. Seeded: they fall alike each time."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from comity.demo.story import (
    FAMILY_TREND,
    FIRST_DAY,
    GROWTH,
    LAST_DAY,
    SEASON,
    STAGES,
    CustomerLine,
    PartnerLine,
    ProductLine,
    Story,
)

_DAYS: Final = (LAST_DAY - FIRST_DAY).days
_LENGTH: Final = {"new": 120, "expansion": 85, "renewal": 60}
"""Median days from opening to close."""
_STAGE_ENDS: Final = (0.25, 0.60, 0.85, 1.0)
"""When a deal leaves each open stage, as a share of its length."""
_WINS: Final = {"sourced": 0.38, "influenced": 0.36, "fulfilled": 0.40, "direct": 0.27}
_KIND_HELPS: Final = {"new": 0.0, "expansion": 0.10, "renewal": 0.32}
_LOSSES: Final = ("Price", "No budget", "No decision", "Missing feature", "Competitor preferred", "Project postponed")
_ACTS: Final = {
    "referral": "sourced", "agency": "influenced", "technology": "influenced", "strategic_alliance": "influenced",
    "implementation": "sourced", "distributor": "fulfilled", "oem": "fulfilled", "reseller": "fulfilled",
}  # fmt: skip
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True)
class StepLine:
    """From a day on a deal stood in a stage, with the amount known then."""

    on: date
    stage: str
    amount: Decimal | None
    recurring: Decimal | None = None


@dataclass(frozen=True)
class SoldLine:
    """A product on a deal."""

    product: ProductLine
    quantity: int
    unit_price: Decimal

    @property
    def amount(self) -> Decimal:
        """Quantity times price."""
        return (self.unit_price * self.quantity).quantize(_CENT)


@dataclass
class DealLine:
    """One deal as the CRM knows it on the last day of the story."""

    key: str
    name: str
    customer: CustomerLine
    kind: str
    family: str
    manager: str
    roles: list[tuple[str, str, int | None]]
    """Partner, role, declared share in per cent."""
    steps: list[StepLine]
    lines: list[SoldLine] = field(default_factory=list)
    term_months: int | None = None
    loss_reason: str = ""
    competitors: tuple[str, ...] = ()

    @property
    def is_closed(self) -> bool:
        """Whether it was won or lost."""
        return self.steps[-1].stage in ("Won", "Lost")


def make_deals(story: Story) -> list[DealLine]:
    """Every deal of a story, by the day it was opened."""
    return _Dice(story).roll()


class _Dice:
    """What has happened so far decides what happens next: who sold to a customer first is asked again."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.dice = random.Random(story.seed)  # noqa: S311 - a story, not a secret
        self.home: dict[str, PartnerLine | None] = {}
        self.has_bought: set[str] = set()
        self.by_region: dict[str, list[CustomerLine]] = defaultdict(list)
        for customer in story.customers:
            self.by_region[customer.region].append(customer)
        self.partners = {partner.key: partner for partner in story.partners}

    def roll(self) -> list[DealLine]:
        """Each opening day becomes a deal."""
        return [self._deal(number, day) for number, day in enumerate(self._openings(), start=1)]

    def _openings(self) -> list[date]:
        days = [FIRST_DAY + timedelta(days=offset) for offset in range(_DAYS - 2)]
        days = [day for day in days if day.weekday() < 5]
        weights = [SEASON[day.month] * (1 + (GROWTH - 1) * _elapsed(day)) for day in days]
        return sorted(self.dice.choices(days, weights, k=self.story.deals))

    def _deal(self, number: int, day: date) -> DealLine:
        customer = self._customer(day)
        kind = self._kind(customer)
        family = self._family(day)
        roles = self._partners(customer, day)
        leader = self.partners[roles[0][0]] if roles else None
        wanted = self._sold(family, customer)
        steps, lines, term = self._course(day, kind, wanted, roles)
        if steps[-1].stage == "Won":
            self.has_bought.add(customer.key)
            self.home.setdefault(customer.key, leader)
        lost = steps[-1].stage == "Lost"
        return DealLine(
            key=f"{self.story.prefix}-{10000 + number}",
            name=f"{wanted[0].product.name}{'' if kind == 'new' else f' {kind}'}",
            customer=customer,
            kind=kind,
            family=family,
            manager=self.story.manager_of(leader, day) if leader else self._region_manager(customer.region, day),
            roles=roles,
            steps=steps,
            lines=lines,
            term_months=term,
            loss_reason=self.dice.choice(_LOSSES) if lost else "",
            competitors=tuple(self.dice.sample(self.story.competitors, 1)) if self.dice.random() < 0.35 else (),
        )

    def _customer(self, day: date) -> CustomerLine:
        open_now = [name for name in self.story.regions if self.story.opened.get(name, FIRST_DAY) <= day]
        region = self.dice.choices(open_now, [self.story.regions[name] for name in open_now])[0]
        known = self.by_region[region]
        return self.dice.choices(known, [1 / (1 + turn % 7) for turn in range(len(known))])[0]

    def _kind(self, customer: CustomerLine) -> str:
        if customer.key not in self.has_bought:
            return "new"
        return self.dice.choices(("new", "expansion", "renewal"), (3, 5, 2))[0]

    def _family(self, day: date) -> str:
        known = {product.family for product in self.story.products}
        trend = {name: pair for name, pair in FAMILY_TREND.items() if name in known}
        weights = [first + (last - first) * _elapsed(day) for first, last in trend.values()]
        return self.dice.choices(list(trend), weights)[0]

    def _region_manager(self, region: str, day: date) -> str:
        fitting = [one.key for one in self.story.managers if region in one.regions and one.since <= day]
        return fitting[0] if fitting else ""

    def _partners(self, customer: CustomerLine, day: date) -> list[tuple[str, str, int | None]]:
        """Nobody (a direct deal), one partner, or a leader and a second; the shares are declared on some."""
        if self.dice.random() > 0.52 + 0.14 * _elapsed(day):
            return []
        leader = self._leader(customer, day)
        if leader is None:
            return []
        first = _ACTS[self.dice.choice(leader.types)]
        if first == "fulfilled" and leader.types[0] == "reseller" and self.dice.random() < 0.45:
            first = "sourced"
        roles: list[tuple[str, str, int | None]] = [(leader.key, first, None)]
        if leader.distributor:
            roles = [(leader.key, "sourced", None), (leader.distributor, "fulfilled", None)]
        elif first == "sourced" and "reseller" in leader.types and self.dice.random() < 0.6:
            roles.append((leader.key, "fulfilled", None))
        elif self.dice.random() < 0.28:
            roles += self._second(leader, first, day)
        return self._shared(roles)

    def _leader(self, customer: CustomerLine, day: date) -> PartnerLine | None:
        home = self.home.get(customer.key)
        if home is not None and _weight(home, day) > 0 and self.dice.random() < 0.45:
            return home
        near = [one for one in self.story.partners if one.region == customer.region and _weight(one, day) > 0]
        if not near:
            return None
        return self.dice.choices(near, [_weight(one, day) ** 1.3 for one in near])[0]

    def _second(self, leader: PartnerLine, first: str, day: date) -> list[tuple[str, str, int | None]]:
        others = [one for one in self.story.partners if one.key != leader.key and _weight(one, day) > 0]
        near = [one for one in others if one.region == leader.region] or others
        if not near:
            return []
        second = self.dice.choices(near, [_weight(one, day) for one in near])[0]
        role = _ACTS[second.types[0]]
        if role == first or role == "sourced":
            role = "implemented" if "implementation" in second.types else "supported"
        return [(second.key, role, None)]

    def _shared(self, roles: list[tuple[str, str, int | None]]) -> list[tuple[str, str, int | None]]:
        if len({key for key, _, _ in roles}) != 2 or self.dice.random() > 0.5:
            return roles
        part = self.dice.choice((50, 60, 70, 80))
        return [(key, role, share) for (key, role, _), share in zip(roles, (part, 100 - part), strict=True)]

    def _course(
        self, day: date, kind: str, lines: list[SoldLine], roles: Sequence[tuple[str, str, int | None]]
    ) -> tuple[list[StepLine], list[SoldLine], int | None]:
        """The deal's way through the stages, as far as it has come by the last day."""
        amount = sum((line.amount for line in lines), Decimal(0))
        yearly = sum((line.amount * line.product.yearly for line in lines), Decimal(0)).quantize(_CENT) or None
        guess = None if self.dice.random() < 0.3 else _rounded(amount * self.dice.choice((80, 90, 100, 120)) / 100)
        leading = roles[0][1] if roles else "direct"
        is_won = self.dice.random() < _WINS.get(leading, 0.3) + _KIND_HELPS[kind]
        length = max(6, int(_LENGTH[kind] * (0.85 if roles else 1.0) * self.dice.lognormvariate(0, 0.45)))
        reached = 4 if is_won else self.dice.choices((1, 2, 3, 4), (3, 4, 3, 2))[0]
        ends = [_workday(day + timedelta(days=int(length * share))) for share in _STAGE_ENDS]
        closed_on = self._closing(ends[reached - 1], is_won)
        steps = [StepLine(day, STAGES[0], guess)]
        for stage, begins in list(zip(STAGES[1:], ends, strict=False))[: reached - 1]:
            known = (amount, yearly) if stage in STAGES[2:] else (guess, None)
            steps.append(StepLine(max(begins, steps[-1].on), stage, *known))
        closed_on = max(closed_on, steps[-1].on)
        steps.append(StepLine(closed_on, "Won" if is_won else "Lost", steps[-1].amount, steps[-1].recurring))
        steps = [step for step in steps if step.on <= LAST_DAY]
        quoted = any(step.stage in STAGES[2:] for step in steps)
        return steps, lines if quoted else [], 36 if quoted and yearly else None

    def _closing(self, day: date, is_won: bool) -> date:
        """Many deals that are won are won in the last days of a quarter."""
        if not is_won or self.dice.random() > 0.4:
            return day
        month = (day.month - 1) // 3 * 3 + 4
        first_of_next = date(day.year + month // 13, (month - 1) % 12 + 1, 1)
        return _workday(first_of_next - timedelta(days=self.dice.randrange(3, 11)))

    def _sold(self, family: str, customer: CustomerLine) -> list[SoldLine]:
        own = [product for product in self.story.products if product.family == family]
        other = [product for product in self.story.products if product.family != family]
        chosen = self.dice.sample(own, min(len(own), self.dice.choices((1, 2), (6, 4))[0]))
        if self.dice.random() < 0.25:
            chosen += self.dice.sample(other, 1)
        size = min(1.0, customer.employees / 4000)
        sold = []
        for product in chosen:
            quantity = max(1, int(product.most * self.dice.uniform(0.1, 0.4 + 0.6 * size)))
            price = product.list_price * (100 - self.dice.choice((0, 0, 5, 10, 12, 15, 20))) / 100
            sold.append(SoldLine(product, quantity, price.quantize(_CENT)))
        return sold


def _weight(partner: PartnerLine, day: date) -> float:
    """How much a partner brings on a day."""
    if partner.started_on is None or day < partner.started_on or (partner.ended_on and day > partner.ended_on):
        return 0.0
    turned = [factor for since, factor in partner.turns if since <= day]
    return partner.weight * (1 + (partner.growth - 1) * _elapsed(day)) * (turned[-1] if turned else 1.0)


def _elapsed(day: date) -> float:
    """0 on the first day of the story, 1 on the last."""
    return (day - FIRST_DAY).days / _DAYS


def _workday(day: date) -> date:
    return day - timedelta(days=max(0, day.weekday() - 4))


def _rounded(amount: Decimal) -> Decimal:
    """As a seller guesses: to the next 500."""
    return max(Decimal(500), (amount / 500).quantize(Decimal(1)) * 500)
