"""Why a pair was judged as it was, in words: what was seen, not how it is computed."""

from collections.abc import Mapping
from typing import Final

from comity.kernel.words import template, words
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
        same = left.record.name == right.record.name
        return [words("names equal") if same else words("names equal without legal form")]
    if levels.get("words") == "same":
        return [words("names equal without spaces")]
    if not alignment.pairings:
        return [words("names share no word")]
    one, other = sorted((left.core, right.core))
    said: list[str] = []
    linked: dict[Link, list[str]] = {}
    for pairing in alignment.pairings:
        linked.setdefault(pairing.link, []).append(_shown(pairing, one, other))
    for link, wording in WORDINGS.items():
        if link in linked:
            said.append(words(wording, words=", ".join(linked[link][:MOST_WORDS])))
    over = [*alignment.left_over, *alignment.right_over]
    if over:
        listed = ", ".join(f"“{word}”" for word in over[: 2 * MOST_WORDS])
        said.append(words("only in one name: %(words)s", words=listed))
    return said


WORDINGS: Final = {
    Link.EQUAL: template("both say %(words)s"),
    Link.MOVED: template("both say %(words)s in another place"),
    Link.JOINED: template("written as one: %(words)s"),
    Link.INITIALS: template("initials: %(words)s"),
    Link.SHORTENED: template("shortened: %(words)s"),
    Link.SIMILAR: template("spelt alike: %(words)s"),
}
FIELDS: Final = {
    ("phone", "same"): template("same phone"),
    ("phone", "similar"): template("phone alike"),
    ("phone", "differs"): template("phone differs (%(pair)s)"),
    ("street", "same"): template("same street"),
    ("street", "similar"): template("street alike"),
    ("street", "differs"): template("street differs (%(pair)s)"),
    ("postcode", "same"): template("same postcode"),
    ("postcode", "similar"): template("postcode alike"),
    ("postcode", "differs"): template("postcode differs (%(pair)s)"),
    ("city", "same"): template("same city"),
    ("city", "similar"): template("city alike"),
    ("city", "differs"): template("city differs (%(pair)s)"),
    ("country", "same"): template("same country"),
    ("country", "similar"): template("country alike"),
    ("country", "differs"): template("country differs (%(pair)s)"),
}
"""What is said of a plain field, by how alike it is."""


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
        if level == "differs":
            forms = sorted({", ".join(left.forms), ", ".join(right.forms)})
            return words("legal form differs (%(forms)s)", forms=" and ".join(forms))
        return words("same legal form") if level == "same" else ""
    ours, theirs = getattr(left, field), getattr(right, field)
    pair = f"{ours}, {theirs}" if ours <= theirs else f"{theirs}, {ours}"
    return words(FIELDS[field, level], pair=pair) if level == "differs" else words(FIELDS[field, level])


def _domain(level: str, left: Profile, right: Profile) -> str:
    ours, theirs = sorted(map(str, left.domains)), sorted(map(str, right.domains))
    if level == "same":
        return words("same registrable domain %(domain)s", domain=", ".join(sorted(set(ours) & set(theirs))))
    if level == "same mailbox":
        return words("same mailbox name %(name)s", name=left.mailbox)
    if level == "is the other's name":
        return words("domain %(domain)s is the other's name", domain=", ".join(ours or theirs))
    pair = ", ".join(sorted({*ours, *theirs}))
    wording = {
        "same name, other ending": template("same domain name, other ending (%(pair)s)"),
        "similar": template("domains alike (%(pair)s)"),
        "differs": template("domain differs (%(pair)s)"),
    }
    return words(wording[level], pair=pair)
