"""Family members: companies of one corporate group, which are neither the same customer nor strangers.

Known from data or declared by a user (parents), or seen: one domain name with different endings or different names on
one domain, or one rare name followed by a country or a division.
"""

from collections.abc import Callable, Mapping
from typing import Final

from comity.matching.alignment import Alignment, Link
from comity.matching.postal import is_place

RARE: Final = 8.0  # nats from which a first word is a brand
DECLARED: Final = "family by a declared parent"
COMMON: Final = 7.0  # nats up to which a word may name a division


class Families:
    """Groups of companies that follow from parents: `related` when both have one company above them, or are above."""

    def __init__(self, parents: Mapping[str, str]) -> None:
        """`parents`: id of a company -> id of its parent. A circle is one family like any other."""
        self._parents = dict(parents)

    def head(self, company: str) -> str:
        """The company at the top; in a circle the least of its ids."""
        way = [company]
        while (above := self._parents.get(way[-1])) is not None:
            if above in way:
                return min(way[way.index(above) :])
            way.append(above)
        return way[-1]

    def related(self, one: str, other: str) -> bool:
        """Whether two companies belong to one family."""
        return one != other and self.head(one) == self.head(other)


def seen_family(levels: Mapping[str, str], alignment: Alignment, weigh: Callable[[str], float]) -> str | None:
    """Why two different companies look like one family, or None."""
    if levels.get("domain") == "same":
        return "family by domain"
    if levels.get("domain") == "same name, other ending":
        return "family by domain name in another country"
    first = alignment.pairings[0] if alignment.pairings else None
    if first and alignment.first is Link.EQUAL and first.link is Link.EQUAL and first.weight >= RARE:
        over = [*alignment.left_over, *alignment.right_over]
        if over and all(is_place(word) or weigh(word) <= COMMON for word in over):
            return "family by name"
    return None
