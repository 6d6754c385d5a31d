"""From evidence to a probability and a band. The weights are a table of nats: add those that apply, and the sum is the
logarithm of the odds that two records are the same company."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from comity.matching.shipped import table

SAME_FROM: Final = 0.5
ASK_FROM: Final = 0.1
MOST_NATS: Final = 20.0
CROWD: Final = 20_000  # companies of a list up to which the weights hold as they are learned
CROWD_NATS: Final = 0.4  # by which the start falls when the list is 2.7 times as long


class Band(StrEnum):
    """What to do with a pair: take it as the same, ask a person, or take it as different."""

    SAME = "same"
    ASK = "ask"
    DIFFERENT = "different"


def band(probability: float) -> Band:
    """`same` from a probability of 0.5, `ask` from 0.1, otherwise `different`."""
    return Band.SAME if probability >= SAME_FROM else Band.ASK if probability >= ASK_FROM else Band.DIFFERENT


@dataclass(frozen=True)
class Weights:
    """Evidence -> level -> nats, and the start from which they are added."""

    start: float
    nats: Mapping[str, Mapping[str, float]]

    def probability(self, levels: Mapping[str, str]) -> float:
        """How likely two records with these levels are the same company, 0 to 1."""
        return 1 / (1 + math.exp(-max(-MOST_NATS, min(MOST_NATS, self.start + sum(self.each(levels).values())))))

    def among(self, companies: int) -> Weights:
        """The same for a list of so many companies: in a long one more are alike by chance, so the start is lower."""
        return Weights(self.start - CROWD_NATS * max(0.0, math.log(max(companies, 1) / CROWD)), self.nats)

    def each(self, levels: Mapping[str, str]) -> dict[str, float]:
        """What each piece of evidence adds, in nats; a level that was never weighed adds nothing."""
        return {evidence: self.nats.get(evidence, {}).get(named, 0.0) for evidence, named in levels.items()}


@cache
def shipped_weights() -> Weights:
    """The weights in the package (`tables/weights.toml`)."""
    source = table("weights")
    return Weights(source["start"], source["evidence"])
