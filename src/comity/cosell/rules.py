"""Arithmetic of declared shares, and what a checklist may look like. Values in, values or a named refusal out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from comity.deals.rules import SHARE_UNIT, WHOLE, SharesRefused
from comity.kernel.words import words

UNITS: Final = 1_000_000
"""Shares are kept with six digits."""
MOST_ITEMS: Final = 30
_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")

Shares = Mapping[UUID, Decimal]


def checked_split(shares: Shares) -> dict[UUID, Decimal]:
    """The shares (0 to 1) of those who have one, if they sum to exactly 1; nothing where nobody has one.

    Raises SharesRefused, with the `sum`.
    """
    for share in shares.values():
        if not share.is_finite() or share < 0 or share != share.quantize(SHARE_UNIT):
            raise SharesRefused(
                words("A share is a percentage from 0 to 100 with at most four digits after the point.")
            )
    total = sum(shares.values(), Decimal(0))
    if total not in (0, WHOLE):
        raise SharesRefused(
            words(
                "The shares add up to %(total)s %%; together they must be exactly 100 %%.",
                total=f"{(total * 100).normalize():f}",
            ),
            sum=f"{total:f}",
        )
    return {member: share for member, share in shares.items() if share}


def with_share(shares: Shares, member: UUID, share: Decimal) -> dict[UUID, Decimal]:
    """The split in which one member has this share and the others keep their proportions: the rest goes by largest
    remainder, in millionths. Others without any share before get equal parts. Raises SharesRefused."""
    mine = int(share * UNITS)
    others = sorted(key for key in shares if key != member)
    if not 0 <= mine <= UNITS or share != share.quantize(SHARE_UNIT):
        raise SharesRefused(words("A share is a percentage from 0 to 100 with at most four digits after the point."))
    if not others:
        return checked_split({member: share})
    weights = [int(shares[key] * UNITS) for key in others]
    if not sum(weights):
        weights = [1] * len(others)
    rest, whole = UNITS - mine, sum(weights)
    parts = [rest * weight // whole for weight in weights]
    by_remainder = sorted(range(len(others)), key=lambda at: (-(rest * weights[at] % whole), others[at]))
    for at in by_remainder[: rest - sum(parts)]:
        parts[at] += 1
    found = {key: Decimal(part) / UNITS for key, part in zip(others, parts, strict=True)}
    return checked_split({**found, member: share})


@dataclass(frozen=True)
class Item:
    """One question of a checklist: its key in code, what it is called, what to find out."""

    key: str
    label: str
    question: str = ""


MEDDIC: Final = (
    Item("metrics", words("Metrics"), words("What does it bring the customer, in figures?")),
    Item("economic_buyer", words("Economic buyer"), words("Who can spend the money, and have we met?")),
    Item("decision_criteria", words("Decision criteria"), words("By what do they choose?")),
    Item("decision_process", words("Decision process"), words("Who decides what, and until when?")),
    Item("identified_pain", words("Identified pain"), words("What hurts, and what does it cost to leave it?")),
    Item("champion", words("Champion"), words("Who speaks for us when we are not in the room?")),
)
"""The checklist of a program that has none of its own: the six questions of MEDDIC. They are kept in English and
told in the language of whoever reads them."""


def problems_of(items: Sequence[Item]) -> list[str]:
    """What is wrong with a checklist."""
    wrong: list[str] = []
    if not 1 <= len(items) <= MOST_ITEMS:
        wrong.append(words("A checklist has 1 to %(most)s questions.", most=MOST_ITEMS))
    for item in items:
        if not _KEY.fullmatch(item.key):
            wrong.append(words("“%(key)s” is no key: small letters, digits and _ only.", key=item.key[:60]))
        if not item.label.strip() or len(item.label) > 120 or len(item.question) > 500:
            wrong.append(
                words("Give each question a name of at most 120 and an explanation of at most 500 characters.")
            )
    if len({item.key for item in items}) < len(items):
        wrong.append(words("Two questions have the same key."))
    return wrong


def items_from_lines(text: str) -> tuple[Item, ...]:
    """A checklist as it is typed, a question a line: *Name: what to find out*. Keys come from the names."""
    found = []
    for line in text.splitlines():
        label, _colon, question = (part.strip() for part in line.partition(":"))
        if label:
            key = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:40]
            found.append(Item(key if key[:1].isalpha() else f"q_{key}"[:40].rstrip("_"), label, question))
    return tuple(found)


def as_lines(items: Sequence[Item]) -> str:
    """The other way round."""
    return "\n".join(f"{item.label}: {item.question}" if item.question else item.label for item in items)
