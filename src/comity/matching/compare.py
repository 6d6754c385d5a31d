"""What speaks for and against two records being the same company: one level of each kind of evidence, or none.

`compare(a, b)` and `compare(b, a)` give the same levels. A field that either side lacks gives no level at all, so that
what is not known never counts for or against.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import JaroWinkler, Levenshtein

from comity.matching.alignment import Alignment, Link, align
from comity.matching.profile import Profile
from comity.matching.vocabulary import Vocabulary

Levels = Mapping[str, str]
NEAR_CITY = 0.9
NEAR_STREET = 0.8
NEAR_LABEL = 0.9
# Bounds of the levels: shares of weight, nats, nats, likeness of letters.
WORDS = (
    (0.3, "none"),
    (0.45, "few"),
    (0.55, "some"),
    (0.65, "half"),
    (0.75, "more"),
    (0.85, "most"),
    (0.93, "nearly all"),
)
WORTH = ((3, "nothing"), (5, "little"), (7, "some"), (9, "much"), (12, "very much"), (18, "plenty"))
LEFT_OVER = ((0.1, "nothing"), (3, "a common word"), (5, "a usual word"), (8, "a rare word"))
LETTERS = ((0.7, "far"), (0.8, "some"), (0.87, "near"), (0.93, "nearer"), (0.97, "nearest"))
AREA = 3  # characters of a postcode that name an area


@dataclass(frozen=True, slots=True)
class NameEvidence:
    """Two names laid side by side, and the levels that follow from the names alone."""

    alignment: Alignment
    levels: tuple[tuple[str, str], ...]


def level(value: float, *steps: tuple[float, str], top: str) -> str:
    """The name of the first step whose bound the value is below, else `top`."""
    return next((name for bound, name in steps if value < bound), top)


class Comparison:
    """Compares records under one vocabulary; keeps what it worked out for names that come again."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.weigh = vocabulary.weight
        self.names = lru_cache(maxsize=50_000)(self._names)

    def compare(self, left: Profile, right: Profile) -> dict[str, str]:
        """Evidence -> level, for everything that both records let one see."""
        return dict(self.names(left.core, right.core).levels) | surroundings(left, right)

    def _names(self, left: tuple[str, ...], right: tuple[str, ...]) -> NameEvidence:
        if right < left:
            left, right = right, left
        alignment = align(left, right, self._vocabulary.weight)
        return NameEvidence(alignment, tuple(_name_levels(left, right, alignment, self._vocabulary).items()))


def _name_levels(
    left: tuple[str, ...], right: tuple[str, ...], found: Alignment, vocabulary: Vocabulary
) -> dict[str, str]:
    one, other = "".join(left), "".join(right)
    less, more = sorted((found.left_rest, found.right_rest))
    levels = {
        "words": "same" if one == other else level(found.score, *WORDS, top="all"),
        "worth": level(found.agreed, *WORTH, top="everything"),
        "left over in one": level(more, *LEFT_OVER, (12, "very rare"), top="much"),
        "left over in both": level(less, *LEFT_OVER, top="much"),
        "first word": "missing" if found.first is None else found.first.value,
        "letters": level(JaroWinkler.normalized_similarity(one, other), *LETTERS, top="same"),
    }
    kinds = {pairing.link for pairing in found.pairings}
    if Link.INITIALS in kinds:
        levels["initials"] = level(min(len(one), len(other)), (3, "short"), (4, "three"), top="long")
    return levels


def surroundings(left: Profile, right: Profile) -> dict[str, str]:
    """Evidence other than the names laid side by side."""
    found: dict[str, str] = {}
    if left.country and right.country:
        found["country"] = "same" if left.country == right.country else "differs"
    if left.city and right.city:
        near = JaroWinkler.normalized_similarity(left.city, right.city) > NEAR_CITY
        found["city"] = "same" if left.city == right.city else "similar" if near else "differs"
    if left.postcode and right.postcode:
        found["postcode"] = _postcodes(left.postcode, right.postcode)
    if left.forms and right.forms:
        shared = set(left.forms) & set(right.forms)
        found["legal form"] = "same" if left.forms == right.forms else "shared" if shared else "differs"
    if left.phone and right.phone:
        found["phone"] = "same" if left.phone == right.phone else "differs"
    if left.street and right.street:
        near = Levenshtein.normalized_similarity(left.street, right.street) > NEAR_STREET
        found["street"] = "same" if left.street == right.street else "similar" if near else "differs"
    if domain := _domains(left, right):
        found["domain"] = domain
    return found


def _postcodes(left: str, right: str) -> str:
    short, long = sorted((left, right), key=len)
    begins = len(short) >= AREA and (long.startswith(short) or short[:AREA] == long[:AREA])
    return "same" if left == right else "similar" if begins else "differs"


def _domains(left: Profile, right: Profile) -> str | None:
    """What websites and mail say together; where one side has none, whether its name is in the other's domain."""
    ours, theirs = left.domains, right.domains
    if ours and theirs:
        if ours & theirs:
            return "same"
        labels = [(one.label, other.label) for one in ours for other in theirs]
        if any(one == other for one, other in labels):
            return "same name, other ending"
        near = max(JaroWinkler.normalized_similarity(one, other) for one, other in labels)
        return "similar" if near > NEAR_LABEL else "differs"
    if ours or theirs:
        core = right.core if ours else left.core
        mailbox = right.mailbox if ours else left.mailbox
        name = "".join(core)
        labels_known = [domain.label.replace("-", "") for domain in ours or theirs]
        if any(label in (name, mailbox, *core[:1]) for label in labels_known):
            return "is the other's name"
        return None
    if left.mailbox and left.mailbox == right.mailbox:
        return "same mailbox"
    return None
