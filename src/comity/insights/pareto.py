"""The Pareto curve: how much of the revenue the largest partners bring together. Values in, values out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

TENTHS: Final = tuple(range(1, 11))


@dataclass(frozen=True)
class Point:
    """The largest `partners` partners together: their part of all partners, and of the revenue (both 0 to 1)."""

    partners: int
    of_partners: Decimal
    of_revenue: Decimal


def pareto_curve(amounts: Sequence[Decimal | None]) -> list[Point]:
    """A point a partner, the largest first; empty without revenue. An unknown amount stands last, as nothing known."""
    known = sorted((amount for amount in amounts if amount is not None and amount > 0), reverse=True)
    total = sum(map(Fraction, known), Fraction(0))
    if not total:
        return []
    points, so_far = [], Fraction(0)
    for place in range(1, len(amounts) + 1):
        so_far += Fraction(known[place - 1]) if place <= len(known) else 0
        points.append(Point(place, _decimal(Fraction(place, len(amounts))), _decimal(so_far / total)))
    return points


def at_tenths(points: Sequence[Point]) -> list[Point]:
    """The curve at 10 %, 20 % … of the partners, their number rounded up; each point once."""
    places = dict.fromkeys(-(-len(points) * tenth // 10) for tenth in TENTHS)
    return [points[place - 1] for place in places] if points else []


def _decimal(part: Fraction) -> Decimal:
    return Decimal(part.numerator) / Decimal(part.denominator)
