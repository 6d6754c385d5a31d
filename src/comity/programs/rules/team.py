"""What a manager covers, how loaded they are, and who should take a partnership."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from comity.kernel.words import words
from comity.programs.states import OrganizationModel, PartnerType

USUAL_WEIGHT: Final = Decimal(1)
BY_TYPE: Final = frozenset({OrganizationModel.SEGMENTED, OrganizationModel.HYBRID})
BY_REGION: Final = frozenset({OrganizationModel.GEOGRAPHIC, OrganizationModel.HYBRID})


@dataclass(frozen=True)
class Reach:
    """The partner types and regions of a manager (their own, else their team's); empty means all."""

    types: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Candidate:
    """A manager who could take a partnership. `capacity` None: not said."""

    manager_id: UUID
    name: str
    reach: Reach
    load: Decimal
    capacity: Decimal | None


@dataclass(frozen=True)
class Suggestion:
    """Who should take it, and why; nobody where the reason says so."""

    manager_id: UUID | None
    reason: str


@dataclass(frozen=True)
class CoverageCell:
    """One partner type in one region ("" where the program has no regions)."""

    partner_type: str
    region: str
    managers: int
    partnerships: int

    @property
    def is_gap(self) -> bool:
        """Whether nobody covers it."""
        return self.managers == 0


def covers(model: OrganizationModel, reach: Reach, types: Iterable[str], region: str) -> bool:
    """Whether this reach includes a partner of these types (one is enough) and this region, under the model.

    Centralized looks at neither, segmented at the types, geographic at the region, hybrid at both. A partner whose
    type or region is not said is covered only where that does not matter.
    """
    by_type = model not in BY_TYPE or not reach.types or bool(reach.types & set(types))
    by_region = model not in BY_REGION or not reach.regions or region in reach.regions
    return by_type and by_region


def load_of(segments: Iterable[str] | Mapping[str, int], weights: Mapping[str, Decimal]) -> Decimal:
    """The load of active partnerships, given the segment of each ("" for none), or how many stand in each: their
    weights, summed."""
    counted = Counter(segments)
    return sum((weights.get(segment, USUAL_WEIGHT) * held for segment, held in counted.items()), Decimal(0))


def utilization(load: Decimal, capacity: Decimal | None) -> Decimal | None:
    """Load ÷ capacity; None (not available) where the capacity is not said or zero."""
    return load / capacity if capacity else None


def suggest(
    model: OrganizationModel,
    candidates: Sequence[Candidate],
    *,
    types: Iterable[str],
    region: str,
    weight: Decimal = USUAL_WEIGHT,
) -> Suggestion:
    """The covering manager who would be used least with this one more; then those without a capacity; then the full."""
    wanted = tuple(types)
    able = [candidate for candidate in candidates if covers(model, candidate.reach, wanted, region)]
    asked = _asked(model, wanted, region)
    if not able:
        return Suggestion(None, words("Nobody covers %(asked)s.", asked=asked))
    best = min(able, key=lambda candidate: _order(candidate, weight))
    then = best.load + weight
    others = (
        words("the least used of %(count)s who cover %(asked)s", count=len(able), asked=asked)
        if len(able) > 1
        else words("the only one who covers %(asked)s", asked=asked)
    )
    if best.capacity is None:
        return Suggestion(
            best.manager_id, words("%(best)s is %(others)s; no capacity is set.", best=best.name, others=others)
        )
    state = words("%(load)s of %(capacity)s with this one", load=_plain(then), capacity=_plain(best.capacity))
    if then > best.capacity:
        return Suggestion(
            best.manager_id,
            words(
                "%(best)s is %(others)s, but would be over capacity: %(state)s.",
                best=best.name,
                others=others,
                state=state,
            ),
        )
    return Suggestion(
        best.manager_id, words("%(best)s is %(others)s: %(state)s.", best=best.name, others=others, state=state)
    )


def coverage(
    model: OrganizationModel,
    reaches: Sequence[Reach],
    *,
    regions: Sequence[str],
    partnerships: Mapping[tuple[str, str], int],
) -> list[list[CoverageCell]]:
    """A row a partner type, a cell a region: how many managers cover it, how many active partnerships stand there."""
    return [
        [
            CoverageCell(
                kind.value,
                region,
                sum(covers(model, reach, [kind.value], region) for reach in reaches),
                partnerships.get((kind.value, region), 0),
            )
            for region in (regions or [""])
        ]
        for kind in PartnerType
    ]


def _order(candidate: Candidate, weight: Decimal) -> tuple[int, Decimal, str, int]:
    used = utilization(candidate.load + weight, candidate.capacity)
    if used is None:
        return 1, candidate.load, candidate.name, candidate.manager_id.int
    return (0 if used <= 1 else 2), used, candidate.name, candidate.manager_id.int


def _asked(model: OrganizationModel, types: Sequence[str], region: str) -> str:
    parts = []
    if model in BY_TYPE:
        parts.append(" or ".join(kind.replace("_", " ") for kind in types) or words("a partner without a type"))
    if model in BY_REGION:
        parts.append(words("in %(region)s", region=region) if region else words("without a region"))
    return " ".join(parts) or words("every partner")


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
