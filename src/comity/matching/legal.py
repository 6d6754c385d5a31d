"""Legal forms: taken off a name, kept as a fact of its own. `ACME Gesellschaft mbH` is `acme`, form `gmbh`."""

from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

from comity.matching.shipped import table
from comity.matching.text import collapsed, words

SHORT: Final = 2


class Form(NamedTuple):
    """A legal form in its usual short writing, and whether it counts in every country."""

    usual: str
    anywhere: bool
    countries: frozenset[str]


@cache
def _forms() -> tuple[dict[tuple[str, ...], Form], frozenset[tuple[str, ...]], int]:
    source = table("legal_forms")
    abroad = frozenset(source["abroad"])
    found: dict[tuple[str, ...], Form] = {}
    for country, forms in source["forms"].items():
        for writings in forms:
            for writing in writings:
                key = tuple(collapsed(word) for word in words(writing))
                known = found.get(key, Form(writings[0], False, frozenset()))
                short = len("".join(key)) <= SHORT and writing not in abroad
                found[key] = Form(known.usual, known.anywhere or not short, known.countries | {country})
    leading = frozenset(tuple(collapsed(word) for word in words(writing)) for writing in source["leading"])
    return found, leading, max(map(len, found))


def without_legal_form(name: Sequence[str], country: str = "") -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Folded, collapsed words of a name -> (its words without legal forms, the forms in their usual writing).

    `country` is an ISO code or empty; two-letter forms such as the Australian `nl` count only at home. A name that is
    nothing but legal forms is left alone.
    """
    rest, taken = tuple(name), list[str]()
    while found := _last_form(rest, country) or _first_form(rest):
        rest, form = found
        taken.append(form)
    return (rest, tuple(sorted(set(taken)))) if rest else (tuple(name), ())


def _last_form(rest: tuple[str, ...], country: str) -> tuple[tuple[str, ...], str] | None:
    forms, _leading, longest = _forms()
    for length in range(min(longest, len(rest) - 1), 0, -1):
        form = forms.get(rest[-length:])
        if form and (form.anywhere or country in form.countries):
            return rest[:-length], form.usual
    return None


def _first_form(rest: tuple[str, ...]) -> tuple[tuple[str, ...], str] | None:
    forms, leading, longest = _forms()
    for length in range(min(longest, len(rest) - 1), 0, -1):
        if rest[:length] in leading:
            form = forms.get(rest[:length])
            return rest[length:], form.usual if form else " ".join(rest[:length])
    return None
