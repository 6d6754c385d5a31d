"""What is said of a pair: how likely the same, what to do with it, and why."""

from collections.abc import Mapping
from dataclasses import dataclass

from comity.matching.compare import Comparison
from comity.matching.explain import reasons
from comity.matching.kin import seen_family
from comity.matching.profile import Profile
from comity.matching.scoring import Band, band


@dataclass(frozen=True, slots=True)
class Finding:
    """Two records and what they are to each other; `reasons` are clauses in plain words.

    A pair that is not the same may be of one family: then `family` says why, beside a band of *ask* or *different*.
    """

    left: str
    right: str
    probability: float
    band: Band
    reasons: tuple[str, ...]
    family: str | None = None


def describe(
    left: Profile, right: Profile, levels: Mapping[str, str], probability: float, comparison: Comparison
) -> Finding:
    """The finding that follows from levels and probability, in words."""
    alignment = comparison.names(left.core, right.core).alignment
    which = band(probability)
    family = None if which is Band.SAME else seen_family(levels, alignment, comparison.weigh)
    why = tuple(reasons(left, right, levels, alignment))
    return Finding(left.record.id, right.record.id, probability, which, why, family)
