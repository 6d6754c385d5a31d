"""Two names laid side by side: which word of one stands for which of the other, and what is left over.

Words may be equal, shortened (`SEMICON` / `Semiconductor`, `HLDGS` / `Holdings`), misspelt, written as one (`STANDARD
BANK` / `StandardBank`) or as initials (`BMW` / `Bayerische Motoren Werke`). Order matters, then what is left over may
still be equal elsewhere. Everything is symmetric.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import DamerauLevenshtein

from comity.matching.vocabulary import meanings

Weigh = Callable[[str], float]
FEWEST_FOR_TYPO: Final = 4
VOWELS: Final = frozenset("aeiouy")


class Link(StrEnum):
    """How one word stands for another."""

    EQUAL = "equal"
    SHORTENED = "shortened"
    SIMILAR = "similar"
    JOINED = "joined"
    INITIALS = "initials"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Pairing:
    """Words of one name that stand for words of the other; `weight` in nats is what the agreement is worth."""

    left: tuple[int, int]  # first and one past the last word
    right: tuple[int, int]
    link: Link
    likeness: float
    weight: float


@dataclass(frozen=True, slots=True)
class Alignment:
    """Pairings in the order of the left name, the words left over on both sides, and their weights in nats."""

    pairings: tuple[Pairing, ...]
    left_over: tuple[str, ...]
    right_over: tuple[str, ...]
    agreed: float
    left_rest: float
    right_rest: float
    first: Link | None  # how the two first words are linked to each other

    @property
    def score(self) -> float:
        """The share of weight that agrees, 0 to 1."""
        whole = 2 * sum(pairing.weight for pairing in self.pairings) + self.left_rest + self.right_rest
        return 2 * self.agreed / whole if whole else 0.0


@lru_cache(maxsize=200_000)
def likeness(one: str, other: str) -> tuple[float, Link] | None:
    """How far two words stand for each other, 0.5 to 1, or None when they do not."""
    if one == other:
        return 1.0, Link.EQUAL
    if one.isdigit() or other.isdigit():
        return None
    short, long = sorted((one, other), key=lambda word: (len(word), word))
    if meanings(one) & meanings(other):
        return 0.93, Link.SHORTENED
    stem = short[:-1] if len(short) > 3 and short[-1] == "s" else short
    if long.startswith(stem):
        return _BEGINNINGS.get(len(stem), 0.95), Link.SHORTENED
    if len(short) >= FEWEST_FOR_TYPO:
        slips = DamerauLevenshtein.distance(short, long, score_cutoff=2)
        if slips <= 1 + (len(short) > 7):
            return (0.92 if len(short) > 5 else 0.85) - 0.06 * (slips - 1), Link.SIMILAR
    if len(short) > 1 and _is_skeleton(stem, long):
        return (0.85 if len(short) > 2 else 0.65), Link.SHORTENED
    return _by_common_beginning(short, long)


_BEGINNINGS: Final = {1: 0.5, 2: 0.7, 3: 0.85, 4: 0.92}


def _by_common_beginning(short: str, long: str) -> tuple[float, Link] | None:
    common = next(
        (place for place, pair in enumerate(zip(short, long, strict=False)) if pair[0] != pair[1]), len(short)
    )
    if common >= 4 and common >= 0.7 * len(short):
        return 0.5 + 0.4 * common / len(long), Link.SIMILAR
    return None


def _is_skeleton(short: str, long: str) -> bool:
    """Whether the short word is the long one without some letters, few of those kept being vowels: `hldg`, `bk`."""
    if short[0] != long[0] or sum(letter in VOWELS for letter in short[1:]) > len(short) // 4:
        return False
    rest = iter(long)
    return all(letter in rest for letter in short)


def align(left: tuple[str, ...], right: tuple[str, ...], weigh: Weigh) -> Alignment:
    """Lay two names side by side so that as much weight as possible agrees."""
    lefts, rights = [weigh(word) for word in left], [weigh(word) for word in right]
    pairings = _best_in_order(left, right, lefts, rights)
    free_left = set(range(len(left))).difference(*(range(*pairing.left) for pairing in pairings))
    free_right = set(range(len(right))).difference(*(range(*pairing.right) for pairing in pairings))
    for i in sorted(free_left):
        for j in sorted(free_right):
            if left[i] == right[j] or ((found := likeness(left[i], right[j])) and found[0] > 0.9):
                weight = min(lefts[i], rights[j])
                pairings.append(Pairing((i, i + 1), (j, j + 1), Link.MOVED, 0.9, weight))
                free_left.remove(i)
                free_right.remove(j)
                break
    first = next((pairing.link for pairing in pairings if pairing.left[0] == 0 and pairing.right[0] == 0), None)
    return Alignment(
        tuple(sorted(pairings, key=lambda pairing: pairing.left)),
        tuple(left[i] for i in sorted(free_left)),
        tuple(right[j] for j in sorted(free_right)),
        agreed=sum(pairing.likeness * pairing.weight for pairing in pairings),
        left_rest=sum(lefts[i] for i in free_left),
        right_rest=sum(rights[j] for j in free_right),
        first=first,
    )


def _best_in_order(
    left: tuple[str, ...], right: tuple[str, ...], lefts: list[float], rights: list[float]
) -> list[Pairing]:
    """The pairings, none crossing another, whose likeness times weight sums highest."""
    options = _options(left, right, lefts, rights)
    best: list[list[float]] = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]
    taken: dict[tuple[int, int], Pairing] = {}
    for i in range(len(left) - 1, -1, -1):
        for j in range(len(right) - 1, -1, -1):
            value = max(best[i + 1][j], best[i][j + 1])
            for option in options.get((i, j), ()):
                with_it = option.likeness * option.weight + best[option.left[1]][option.right[1]]
                if with_it > value:
                    value, taken[i, j] = with_it, option
            best[i][j] = value
    found: list[Pairing] = []
    i = j = 0
    while i < len(left) and j < len(right):
        option_here = taken.get((i, j))
        if option_here:
            found.append(option_here)
            i, j = option_here.left[1], option_here.right[1]
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return found


def _options(
    left: tuple[str, ...], right: tuple[str, ...], lefts: list[float], rights: list[float]
) -> dict[tuple[int, int], list[Pairing]]:
    found: dict[tuple[int, int], list[Pairing]] = {}
    for i, one in enumerate(left):
        for j, other in enumerate(right):
            if like := likeness(one, other):
                weight = min(lefts[i], rights[j])
                found.setdefault((i, j), []).append(Pairing((i, i + 1), (j, j + 1), like[1], like[0], weight))
    for i, one in enumerate(left):
        for j, until, link, like_joined, sum_weight in _runs(one, right, rights):
            pairing = Pairing((i, i + 1), (j, until), link, like_joined, min(lefts[i], sum_weight))
            found.setdefault((i, j), []).append(pairing)
    for j, other in enumerate(right):
        for i, until, link, like_joined, sum_weight in _runs(other, left, lefts):
            pairing = Pairing((i, until), (j, j + 1), link, like_joined, min(rights[j], sum_weight))
            found.setdefault((i, j), []).append(pairing)
    return found


def _runs(word: str, others: tuple[str, ...], weights: list[float]) -> list[tuple[int, int, Link, float, float]]:
    """Runs of two words or more that the one word joins or abbreviates by their initials."""
    found = []
    if len(word) < 2:
        return []
    for start in range(len(others) - 1):
        if others[start][0] != word[0]:
            continue
        run = others[start]
        for until in range(start + 2, len(others) + 1):
            run += others[until - 1]
            if run == word or (
                len(word) > 4 and (run.startswith(word) and len(word) > len(run) - len(others[until - 1]) + 1)
            ):
                found.append((start, until, Link.JOINED, 0.97 if run == word else 0.9, sum(weights[start:until])))
            if until - start == len(word) and all(
                other[0] == letter for other, letter in zip(others[start:until], word, strict=True)
            ):
                like = 0.55 if len(word) == 2 else 0.8
                found.append((start, until, Link.INITIALS, like, sum(weights[start:until])))
    return found
