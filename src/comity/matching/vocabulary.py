"""What a word is worth: rare words identify a company, `group` and `services` hardly do. Weights are nats, 0 to 11."""

import math
from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Final

from comity.matching.shipped import table, word_counts

UNSEEN: Final = 8.0  # names in the counted sample in which a word stands that is not in the table, at a guess
LIST_PRIOR: Final = 4_000  # so many names of the data in hand before their own counts weigh as much as the table's
SHORTEST: Final = {1: 2.0, 2: 5.5}  # nats at most for a word of so many letters
TWINS: Final = 2.5  # expected repetitions of an own word within a list, which do not make it a common one


class Vocabulary:
    """Weights of words from the shipped table and, where given, from the names in hand."""

    def __init__(self, names: Iterable[Iterable[str]] = ()) -> None:
        """`names` are the folded, collapsed words of each distinct name in hand."""
        self._counted, self._counts = word_counts()
        self._own: Counter[str] = Counter()
        self._names = 0
        for name in names:
            self._own.update(set(name))
            self._names += 1
        self._known: dict[str, float] = {}

    def weight(self, word: str) -> float:
        """How much it says that two names share this word: minus the logarithm of its share among names."""
        if word not in self._known:
            table_share = self._counts.get(word, UNSEEN) / self._counted
            own_share = max(self._own[word] - TWINS, 0) / (self._names + LIST_PRIOR)
            nats = -math.log(max(table_share, own_share))
            self._known[word] = min(nats, SHORTEST.get(len(word), nats))
        return self._known[word]


@cache
def meanings(word: str) -> frozenset[str]:
    """The full words for which this word may stand by the table of abbreviations, itself included when it is one."""
    return _meanings().get(word, frozenset())


@cache
def _meanings() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for full, shorts in table("abbreviations")["words"].items():
        for word in (full, *shorts):
            found[word] = found.get(word, frozenset()) | {full}
    return found
