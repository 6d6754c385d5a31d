"""What an exchange writes behind a company's name: the kind of share and its par value (`N.VTG`, `INH.`, `DL-,01`)."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from comity.matching.shipped import table
from comity.matching.text import fold, words

MOST_WORDS: Final = 4
# `LYFT INC. CL.A -,00001`: a bare number of cents; `ADR/5`, `S.ADR/2`: how many receipts stand for a share.
CENTS: Final = re.compile(r"\s+-?\s?,\d+\s*$")
RATIO: Final = re.compile(r"(?<=[a-z])\s?/\s?\d+[a-z]?\s*(?=$|\s)")
BRACKETS: Final = re.compile(r"\((?:publ|do not use|the|new|old|post.?cons\w*|pre.?ipo|ord\w*|adr|gdr|reg\w*)\)")


@cache
def _par_value() -> re.Pattern[str]:
    letters = "|".join(sorted(table("listings")["currencies"]))
    return re.compile(rf"(?:(?<=[\s.-])|(?<=\badr)|(?<=cl\.a))(?:{letters})\s?[-,]?\s?[-.,]?\s?\d[\d.,/]*\s*$")


@cache
def _kinds() -> frozenset[tuple[str, ...]]:
    return frozenset(words(writing) for writing in table("listings")["kinds"])


@cache
def _classes() -> frozenset[str]:
    return frozenset(table("listings")["classes"])


def without_par_value(name: str) -> str:
    """The name as written, without brackets that say nothing, numbers of receipts and a par value at its end."""
    plain = RATIO.sub(" ", BRACKETS.sub(" ", fold(name)))
    shorter = CENTS.sub("", _par_value().sub("", plain)).rstrip()
    return shorter if re.search(r"\w{2}", shorter) else plain


def without_kind_of_share(name: Sequence[str]) -> tuple[str, ...]:
    """Folded words of a name, without those at its end that say what the share is; never without its first word."""
    rest, kinds = tuple(name), _kinds()
    while True:
        for length in range(min(MOST_WORDS, len(rest) - 1), 0, -1):
            if rest[-length:] in kinds:
                rest = rest[:-length]
                break
        else:
            if len(rest) > 2 and rest[-1].isdigit() and rest[-2:-1] in kinds:  # `ADR 1`: receipts to a share
                rest = rest[:-1]
                continue
            break
    if len(rest) > 1 and rest[-1] in _classes() and rest[-2] != "and":
        rest = rest[:-1]
    return rest
