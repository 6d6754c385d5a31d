"""Why a pair was judged as it was, in words: what was seen, not how it is computed."""

from collections.abc import Mapping
from typing import Final

from comity.matching.alignment import Alignment, Link, Pairing
from comity.matching.profile import Profile

MOST_WORDS: Final = 3  # examples of shortened or misspelt words in one sentence


def reasons(left: Profile, right: Profile, levels: Mapping[str, str], alignment: Alignment) -> list[str]:
    """Short clauses, names first; each speaks of evidence that both records hold."""
    said = _names(left, right, levels, alignment)
    for field in ("domain", "phone", "street", "postcode", "city", "country", "legal form"):
        if field in levels and (clause := _clause(field, levels[field], left, right)):
            said.append(clause)
    return said


def _names(left: Profile, right: Profile, levels: Mapping[str, str], alignment: Alignment) -> list[str]:
    if left.core == right.core:
        return ["names equal" if left.record.name == right.record.name else "names equal without legal form"]
    if levels.get("words") == "same":
        return ["names equal without spaces"]
    if not alignment.pairings:
        return ["names share no word"]
    one, other = sorted((left.core, right.core))
    said = []
    linked: dict[Link, list[str]] = {}
    for pairing in alignment.pairings:
        linked.setdefault(pairing.link, []).append(_shown(pairing, one, other))
    for link, wording in WORDINGS.items():
        if link in linked:
            said.append(wording.format(", ".join(linked[link][:MOST_WORDS])))
    over = [*alignment.left_over, *alignment.right_over]
    if over:
        said.append("only in one name: " + ", ".join(f"“{word}”" for word in over[: 2 * MOST_WORDS]))
    return said


WORDINGS: Final = {
    Link.EQUAL: "both say {}",
    Link.MOVED: "both say {} in another place",
    Link.JOINED: "written as one: {}",
    Link.INITIALS: "initials: {}",
    Link.SHORTENED: "shortened: {}",
    Link.SIMILAR: "spelt alike: {}",
}


def _shown(pairing: Pairing, one: tuple[str, ...], other: tuple[str, ...]) -> str:
    first, second = " ".join(one[slice(*pairing.left)]), " ".join(other[slice(*pairing.right)])
    if first == second:
        return f"“{first}”"
    short, long = sorted((first, second), key=lambda text: (len(text), text))
    return f"“{short}” for “{long}”"


def _clause(field: str, level: str, left: Profile, right: Profile) -> str:
    if field == "domain":
        return _domain(level, left, right)
    if field == "legal form":
        forms = " and ".join(sorted({", ".join(left.forms), ", ".join(right.forms)}))
        return f"legal form differs ({forms})" if level == "differs" else "same legal form" if level == "same" else ""
    ours, theirs = getattr(left, field), getattr(right, field)
    pair = f"{ours}, {theirs}" if ours <= theirs else f"{theirs}, {ours}"
    return {"same": f"same {field}", "similar": f"{field} alike", "differs": f"{field} differs ({pair})"}[level]


def _domain(level: str, left: Profile, right: Profile) -> str:
    ours, theirs = sorted(map(str, left.domains)), sorted(map(str, right.domains))
    if level == "same":
        return f"same registrable domain {', '.join(sorted(set(ours) & set(theirs)))}"
    if level == "same mailbox":
        return f"same mailbox name {left.mailbox}"
    if level == "is the other's name":
        return f"domain {', '.join(ours or theirs)} is the other's name"
    pair = ", ".join(sorted({*ours, *theirs}))
    wording = {
        "same name, other ending": "same domain name, other ending",
        "similar": "domains alike",
        "differs": "domain differs",
    }
    return f"{wording[level]} ({pair})"
