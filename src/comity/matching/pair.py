"""One pair of records: the same customer, of its family, or another. Needs no index of names."""

from dataclasses import replace

from comity.matching.compare import Comparison
from comity.matching.finding import Finding, describe
from comity.matching.kin import DECLARED, Families
from comity.matching.profile import profile
from comity.matching.record import Record
from comity.matching.scoring import Band, Weights, shipped_weights
from comity.matching.vocabulary import Vocabulary


def judge(
    left: Record,
    right: Record,
    *,
    weights: Weights | None = None,
    vocabulary: Vocabulary | None = None,
    families: Families | None = None,
) -> Finding:
    """One pair, whatever its band; words are weighed by the shipped table alone unless a vocabulary is given.

    `families` know the declared parents of the records' ids; what was declared goes before what only looks so.
    """
    one, other = profile(left), profile(right)
    comparison = Comparison(vocabulary or Vocabulary())
    levels = comparison.compare(one, other)
    found = describe(one, other, levels, round((weights or shipped_weights()).probability(levels), 4), comparison)
    if found.band is not Band.SAME and families and families.related(left.id, right.id):
        return replace(found, family=DECLARED)
    return found
