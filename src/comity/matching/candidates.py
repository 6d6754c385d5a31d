"""Which names of a list are worth comparing with a given one: by rare words, letters, initials; never all of them."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from comity.matching.alignment import VOWELS
from comity.matching.vocabulary import meanings

Core = tuple[str, ...]
KEPT: Final = 25  # candidates for a name; ties with the last one are all kept
LEAST_SHARE: Final = 0.25  # of what the best candidate reaches
COMMONEST: Final = 3_000  # a feature of more names than this says nothing
GRAM: Final = 3


def features(core: Core) -> dict[str, float]:
    """What a name can be found by, and what each is worth."""
    found: dict[str, float] = {}
    letters = "^" + "".join(core)
    for place in range(len(letters) - GRAM + 1):
        found[letters[place : place + GRAM]] = 1.0
    for word in core:
        found["w:" + word] = 2.0
        found["p:" + word[:4]] = 1.0
        found["k:" + _skeleton(word)] = 1.0
        for meaning in meanings(word):
            found["m:" + meaning] = 1.0
        if len(word) <= 5:
            found["i:" + word] = 2.0
    for one, other in pairwise(core):
        found["w:" + one + other] = 2.0
    if len(core) > 1:
        found["i:" + "".join(word[0] for word in core)] = 2.0
        found["i:" + "".join(word[0] for word in core[:3])] = 2.0
    found["f:" + core[0][:3]] = 1.0
    return found


def _skeleton(word: str) -> str:
    return word[0] + "".join(letter for letter in word[1:] if letter not in VOWELS)[:3]


class NameIndex:
    """Distinct names of one list, found by what another name shares with them."""

    def __init__(self, cores: Sequence[Core]) -> None:
        """`cores` are distinct; their order decides nothing but the numbers returned."""
        self._number: dict[str, int] = {}
        postings: list[list[int]] = []
        for place, core in enumerate(cores):
            for feature in features(core):
                known = self._number.setdefault(feature, len(postings))
                if known == len(postings):
                    postings.append([])
                postings[known].append(place)
        self._size = len(cores)
        self._postings = [np.asarray(each, dtype=np.int32) for each in postings]
        worth = [np.log((self._size + 1) / len(each)) if len(each) <= max(COMMONEST, 50) else 0.0 for each in postings]
        self._worth: NDArray[np.float64] = np.asarray(worth)
        self._length = np.full(self._size, 1e-9)
        for number, posting in enumerate(self._postings):
            self._length[posting] += self._worth[number] ** 2
        self._length = np.sqrt(self._length)

    def nearest(self, core: Core, most: int = KEPT) -> list[int]:
        """Numbers of the names that share most with this one."""
        known = [(self._number.get(feature), factor) for feature, factor in features(core).items()]
        useful = [(number, factor) for number, factor in known if number is not None and self._worth[number] > 0]
        if not useful:
            return []
        places = np.concatenate([self._postings[number] for number, _factor in useful])
        worths = [factor * self._worth[number] ** 2 for number, factor in useful]
        worth = np.repeat(worths, [len(self._postings[number]) for number, _factor in useful])
        scores = np.bincount(places, weights=worth, minlength=self._size) / self._length
        found = np.flatnonzero(scores >= LEAST_SHARE * scores.max())
        if len(found) > most:
            reached = scores[found]
            least = np.partition(reached, len(reached) - most)[len(reached) - most]
            found = found[reached >= least]
        return [int(place) for place in found]
