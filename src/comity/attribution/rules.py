"""How a deal is shared out: weights in whole numbers, so that every share is exact and every amount sums to the cent.

Each model gives every partner of a deal a whole-numbered *weight*; its share is that weight over their sum. Amounts are
split by those weights, by largest remainder (`kernel.money.Money.split`). `sharing.py` says the same in SQL; tests hold
the two against each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Context, Decimal
from fractions import Fraction
from functools import cache
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from comity.attribution.states import CLAIMS, TOUCH_MODELS, Basis, Model, TouchKind
from comity.kernel.money import Money

DECAY_SCALE: Final = 10**12
"""The weight of the newest touch under time decay; the others are rounded to whole numbers of it."""
SHARE_UNITS: Final = 10**6
"""Shares are shown in millionths; those of one model on one deal sum to exactly 1."""
PERCENT: Final = 100


class Settings(BaseModel):
    """One version of a program's settings of attribution. Days are calendar days, in the program's time zone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    window_days: Annotated[int, Field(ge=0, le=3_650)] = 180
    half_life_days: Annotated[int, Field(ge=1, le=3_650)] = 45
    first_percent: Annotated[int, Field(ge=0, le=100)] = 40
    last_percent: Annotated[int, Field(ge=0, le=100)] = 40
    idle_days: Annotated[int, Field(ge=1, le=3_650)] = 180
    confirmed_kinds: tuple[TouchKind, ...] = ()
    """Kinds of a partner's own touches that count without being confirmed one by one."""

    @model_validator(mode="after")
    def _within_the_whole(self) -> Self:
        if self.first_percent + self.last_percent > PERCENT:
            raise ValueError("the first and the last touch have more than 100 % together")
        return self

    @property
    def middle_percent(self) -> int:
        """What the touches between the first and the last share evenly."""
        return PERCENT - self.first_percent - self.last_percent


DEFAULTS: Final = Settings()


@dataclass(frozen=True, order=True)
class CountedTouch:
    """A confirmed touch of a deal. Touches sort by instant, then by id: that decides between equals."""

    happened_at: datetime
    id: UUID
    partner: UUID
    on: date
    kind: TouchKind = TouchKind.MEETING


Weights = Mapping[UUID, int]


def within_window(touches: Iterable[CountedTouch], *, opened_on: date | None, until: date, days: int) -> tuple[
    CountedTouch, ...
]:  # fmt: skip
    """The touches from `days` before the opening until the close, both ends included, in order; an unknown opening day
    is the beginning of time."""
    start = opened_on - timedelta(days=days) if opened_on else date.min
    return tuple(sorted(touch for touch in touches if start <= touch.on <= until))


@cache
def decay_weights(half_life_days: int) -> tuple[int, ...]:
    """Weights by age in days, relative to the newest touch, until they are nothing."""
    context = Context(prec=60)
    once = [
        context.multiply(context.power(Decimal(2), context.divide(Decimal(-age), Decimal(half_life_days))), DECAY_SCALE)
        for age in range(half_life_days)
    ]
    weights: list[int] = []
    halvings = 0
    while not weights or weights[-1]:
        weights += [int(context.divide(weight, 2**halvings).to_integral_value()) for weight in once]
        halvings += 1
    return tuple(weight for weight in weights if weight)


def touch_weights(model: Model, touches: Sequence[CountedTouch], settings: Settings) -> Weights:
    """The partners' weights under one of the five touch models; touches as `within_window` gives them.

    Time decay counts back from the close; a common factor changes no share, so ages count from the newest touch.
    """
    if not touches:
        return {}
    count = len(touches)
    if model is Model.FIRST_TOUCH:
        return {touches[0].partner: 1}
    if model is Model.LAST_TOUCH:
        return {touches[-1].partner: 1}
    if model is Model.LINEAR:
        each = [1] * count
    elif model is Model.TIME_DECAY:
        newest, table = max(touch.on for touch in touches), decay_weights(settings.half_life_days)
        ages = [(newest - touch.on).days for touch in touches]
        each = [table[age] if age < len(table) else 0 for age in ages]
    else:
        each = _by_position(count, settings)
    sums: Counter[UUID] = Counter()
    for touch, weight in zip(touches, each, strict=True):
        sums[touch.partner] += weight
    return {partner: weight for partner, weight in sums.items() if weight}


def _by_position(count: int, settings: Settings) -> list[int]:
    """The ends have their percentages, the others share the rest; two have half each, one all."""
    if count < 3:
        return [1] * count
    between = count - 2
    ends = settings.first_percent * between, settings.last_percent * between
    return [ends[0], *[settings.middle_percent] * between, ends[1]]


def shares_as_weights(declared: Mapping[UUID, Decimal]) -> Weights:
    """Declared shares (0 to 1, six digits) as whole numbers."""
    return {partner: int(share * SHARE_UNITS) for partner, share in declared.items() if share}


def declared_weights(declared: Mapping[UUID, Decimal], partners: Iterable[UUID]) -> Weights:
    """The declared split; where nobody declared any, a partner alone on the deal has it all, several have none."""
    weights = shares_as_weights(declared)
    alone = set(partners)
    return weights or (dict.fromkeys(alone, 1) if len(alone) == 1 else {})


def split(amount: Money, weights: Weights) -> dict[UUID, Money]:
    """The amount, to the minor unit, by weight. Equal remainders go by the partner's id. Nobody: nothing."""
    if not any(weights.values()):
        return {}
    partners = sorted(weights)
    parts = amount.rounded().split([weights[partner] for partner in partners])
    return dict(zip(partners, parts, strict=True))


def exact_shares(weights: Weights) -> dict[UUID, Fraction]:
    """The shares themselves."""
    total = sum(weights.values())
    return {partner: Fraction(weight, total) for partner, weight in weights.items()} if total else {}


def shares(weights: Weights) -> dict[UUID, Decimal]:
    """The shares in millionths, by largest remainder: they sum to exactly 1."""
    if not any(weights.values()):
        return {}
    partners = sorted(weights)
    parts = Money(SHARE_UNITS, "JPY").split([weights[partner] for partner in partners])  # a currency without cents
    return {partner: part.amount.scaleb(-6) for partner, part in zip(partners, parts, strict=True)}


@dataclass(frozen=True)
class DeclaredPart:
    """What a partner is on a deal according to the system of record, or to a person who said so."""

    partner: UUID
    role: str
    by_import: bool = False
    share: Decimal | None = None


@dataclass(frozen=True)
class Part:
    """What a partner is on a deal, and why."""

    role: str = ""
    """sourced, influenced or empty: the two exclude each other."""
    basis: Basis = Basis.NONE
    fulfilled: bool = False


def roles(
    touches: Iterable[CountedTouch],
    declared: Iterable[DeclaredPart],
    *,
    opened_on: date | None,
    until: date,
    activity: Iterable[date],
    idle_days: int,
) -> dict[UUID, Part]:
    """Who sourced, influenced and fulfilled a deal.

    A declared role is an accepted claim and stands. Otherwise a partner *sourced* the deal when its registration or
    referral came by the day it was opened, or after `idle_days` without any activity of the vendor's on it; and it
    *influenced* the deal with any touch between opening and close.

    Args:
        touches: confirmed ones of the deal, of any day.
        activity: the days on which the vendor moved the deal or recorded a touch of it.
    """
    said: dict[UUID, Part] = {}
    for part in declared:
        said[part.partner] = _declared(said.get(part.partner, Part()), part)
    days = sorted({*activity, *([opened_on] if opened_on else [])})
    for touch in sorted(touches):
        before = said.get(touch.partner, Part())
        if touch.on > until or before.role == "sourced" or before.basis in (Basis.IMPORT, Basis.DECLARED):
            continue
        if touch.kind in CLAIMS and _came_first(touch.on, opened_on, days, idle_days):
            said[touch.partner] = Part("sourced", Basis.CLAIM, before.fulfilled)
        elif opened_on is None or touch.on >= opened_on:
            said[touch.partner] = Part("influenced", Basis.TOUCH, before.fulfilled)
    return said


def _declared(before: Part, part: DeclaredPart) -> Part:
    if part.role in ("sourced", "influenced"):
        if before.role == "sourced" and part.role == "influenced":
            return before
        return Part(part.role, Basis.IMPORT if part.by_import else Basis.DECLARED, before.fulfilled)
    return Part(before.role, before.basis, before.fulfilled or part.role == "fulfilled")


def _came_first(on: date, opened_on: date | None, days: Sequence[date], idle_days: int) -> bool:
    if opened_on is None:
        return False
    last = max((day for day in days if day < on), default=None)
    return on <= opened_on or (last is not None and (on - last).days >= idle_days)


def role_of_deal(parts: Iterable[Part]) -> str:
    """The one role under which totals count a deal: sourced before influenced before fulfilled before direct."""
    found = {role for part in parts for role in (part.role, "fulfilled" if part.fulfilled else "")}
    return next((role for role in ("sourced", "influenced", "fulfilled") if role in found), "direct")


@dataclass(frozen=True)
class Disagreement:
    """How far the models differ on one deal: for whom the choice matters most, and by how much."""

    partner: UUID
    lowest: tuple[Model, Fraction]
    highest: tuple[Model, Fraction]

    @property
    def spread(self) -> Fraction:
        """The difference between the two shares."""
        return self.highest[1] - self.lowest[1]


def disagreement(by_model: Mapping[Model, Weights]) -> Disagreement | None:
    """The partner whose share depends most on the model, among the models that share the deal out at all; None where
    they agree."""
    said = {model: exact_shares(weights) for model, weights in by_model.items()}
    said = {model: found for model, found in said.items() if found}
    worst: Disagreement | None = None
    for partner in sorted({partner for found in said.values() for partner in found}):
        ranked = sorted((found.get(partner, Fraction(0)), model) for model, found in said.items())
        lowest, highest = ranked[0], ranked[-1]
        one = Disagreement(partner, (lowest[1], lowest[0]), (highest[1], highest[0]))
        if one.spread and (worst is None or one.spread > worst.spread):
            worst = one
    return worst


def all_weights(
    touches: Sequence[CountedTouch],
    settings: Settings,
    *,
    holder: UUID | None = None,
    declared: Iterable[DeclaredPart] = (),
) -> dict[Model, Weights]:
    """The weights of every model; `touches` are those within the window."""
    parts = list(declared)
    given: dict[UUID, Decimal] = {}
    for part in parts:
        if part.share is not None:
            given[part.partner] = given.get(part.partner, Decimal(0)) + part.share
    return {
        **{model: touch_weights(model, touches, settings) for model in TOUCH_MODELS},
        Model.REGISTRATION_HOLDER: {holder: 1} if holder else {},
        Model.DECLARED_SPLIT: declared_weights(given, (part.partner for part in parts)),
    }
