"""Two lists against each other: candidates by name, domain, phone and address, each compared and scored."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import get_context

from comity.matching.candidates import Core, NameIndex
from comity.matching.compare import Comparison
from comity.matching.finding import Finding, describe
from comity.matching.profile import Profile, profile
from comity.matching.record import Record
from comity.matching.scoring import Band, Weights, band, shipped_weights
from comity.matching.vocabulary import Vocabulary

CROWD = 60  # records of one name beyond which only those that share a place or a contact are compared
SHARED_BY = 30  # records that may share a domain, a phone or an address and still be proposed by it
LEAST_AGREED = 2.5  # nats
PART = 500  # records of the left list that a process takes at once


class Lists:
    """The right list made searchable; `candidates` gives what is worth comparing with a record of the left one."""

    def __init__(self, left: Sequence[Profile], right: Sequence[Profile]) -> None:
        """Both lists: words are weighed by how common they are in them as well."""
        cores = sorted({each.core for each in right if each.core})
        self._cores = cores
        self.comparison = Comparison(Vocabulary([*sorted({each.core for each in left}), *cores]))
        self._index = NameIndex(cores)
        self._by_core: dict[Core, list[Profile]] = defaultdict(list)
        self._by_key: dict[str, list[Profile]] = defaultdict(list)
        for each in right:
            self._by_core[each.core].append(each)
            for key in contact_keys(each):
                self._by_key[key].append(each)
        self._near: dict[Core, list[Core]] = {}

    def candidates(self, record: Profile) -> Iterator[Profile]:
        """Records of the right list, each once."""
        seen: set[int] = set()
        for core in self._near_names(record.core) if record.core else ():
            group = self._by_core[core]
            for other in group:
                if len(group) <= CROWD or _shares_a_place(record, other):
                    seen.add(id(other))
                    yield other
        for key in contact_keys(record):
            group = self._by_key.get(key, [])
            if len(group) <= SHARED_BY:
                for other in group:
                    if id(other) not in seen:
                        seen.add(id(other))
                        yield other

    def _near_names(self, core: Core) -> list[Core]:
        if core not in self._near:
            found = [self._cores[number] for number in self._index.nearest(core)]
            names = self.comparison.names
            self._near[core] = [other for other in found if names(core, other).alignment.agreed >= LEAST_AGREED]
        return self._near[core]


def contact_keys(record: Profile) -> Iterator[str]:
    """What finds a company whatever its name is."""
    for domain in record.domains:
        yield "d:" + domain.label
    if record.phone:
        yield "t:" + record.phone
    if record.street and record.postcode:
        yield f"a:{record.postcode}:{record.street}"
    if record.mailbox:
        yield "d:" + record.mailbox


def _shares_a_place(left: Profile, right: Profile) -> bool:
    return bool(
        (left.city and left.city == right.city)
        or (left.postcode and left.postcode == right.postcode)
        or (left.phone and left.phone == right.phone)
        or left.domains & right.domains
    )


def match(
    left: Sequence[Record],
    right: Sequence[Record],
    *,
    weights: Weights | None = None,
    families: bool = False,
    processes: int = 1,
) -> Iterator[Finding]:
    """Pairs of the bands *same* and *ask*, in the order of the left list and then of the right one.

    With `families`, pairs that are different but look like one family too. The pairs and their probabilities do not
    depend on the order of either list, nor on the number of processes.
    """
    ours, theirs = [profile(record) for record in left], [profile(record) for record in right]
    weights = (weights or shipped_weights()).among(max(len(ours), len(theirs)))
    search = Search(Lists(ours, theirs), theirs, weights, families)
    parts = [ours[start : start + PART] for start in range(0, len(ours), PART)]
    if processes == 1 or len(parts) == 1:
        for part in parts:
            yield from search.findings(part)
        return
    global _shared  # handed to the processes by forking, since it is large
    _shared = search
    try:
        with get_context("fork").Pool(processes) as pool:
            for found in pool.imap(_findings_of_shared, parts):
                yield from found
    finally:
        _shared = None


@dataclass(frozen=True)
class Search:
    """The right list and how pairs are judged."""

    lists: Lists
    theirs: Sequence[Profile]
    weights: Weights
    families: bool

    def findings(self, part: Sequence[Profile]) -> list[Finding]:
        """What is found for some records of the left list."""
        found = []
        for one in part:
            for other in sorted(self.lists.candidates(one), key=self._place):
                levels = self.lists.comparison.compare(one, other)
                probability = round(self.weights.probability(levels), 4)
                if self.families or band(probability) is not Band.DIFFERENT:
                    said = describe(one, other, levels, probability, self.lists.comparison)
                    if said.band is not Band.DIFFERENT or said.family:
                        found.append(said)
        return found

    def _place(self, other: Profile) -> int:
        return self._places[id(other)]

    @cached_property
    def _places(self) -> dict[int, int]:
        return {id(record): place for place, record in enumerate(self.theirs)}


_shared: Search | None = None


def _findings_of_shared(part: Sequence[Profile]) -> list[Finding]:
    assert _shared is not None, "set before the processes are forked"
    return _shared.findings(part)
