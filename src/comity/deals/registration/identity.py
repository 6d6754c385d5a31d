"""Whether two records mean one customer: the one place where registrations ask `matching`, and what people said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connection

from comity.deals.cards import Card, card, is_known_ending, is_shared, name_key, registrable
from comity.deals.models import CustomerAccount
from comity.deals.registration.evidence import Band, Match
from comity.kernel.words import words
from comity.matching.models import Answer
from comity.matching.pair import judge
from comity.matching.queries import VOCABULARY, answers_to, weights_of
from comity.matching.record import pair_key
from comity.matching.scoring import Band as Finding
from comity.matching.scoring import Weights

__all__ = ["Card", "Recognition", "card", "compare", "family_of", "is_shared", "name_key", "recognition", "registrable"]

_SAID: Final = {
    Answer.SAME: Match(Band.SAME, (words("a person said that they are the same"),)),
    Answer.FAMILY: Match(Band.FAMILY, (words("a person said that they are of one family"),)),
    Answer.DIFFERENT: Match(Band.DIFFERENT, (words("a person said that they are different"),)),
}
# A family is the tree that parents make: everybody above, and everybody below those.
_FAMILY: Final = """
WITH RECURSIVE above (id, parent_id) AS (
    SELECT id, parent_id FROM deals_customeraccount WHERE vendor_id = %(vendor)s AND id = ANY(%(ids)s)
    UNION
    SELECT account.id, account.parent_id FROM above
    JOIN deals_customeraccount account ON account.vendor_id = %(vendor)s AND account.id = above.parent_id
), below (id) AS (
    SELECT id FROM above
    UNION
    SELECT account.id FROM below
    JOIN deals_customeraccount account ON account.vendor_id = %(vendor)s AND account.parent_id = below.id
)
SELECT id FROM below LIMIT 500
"""


def compare(ours: Card, theirs: Card, weights: Weights | None = None) -> Match:
    """Whether two cards mean one customer, of the same family, or to be asked about; with the reasons in words.

    A customer may have several domains: the pair that speaks most for it counts.
    """
    found = max(
        (
            judge(ours.record(one), theirs.record(other), weights=weights, vocabulary=VOCABULARY)
            for one in ours.domains or ("",)
            for other in theirs.domains or ("",)
        ),
        key=lambda finding: finding.probability,
    )
    unlisted = sorted(key for key in {*ours.domains} & {*theirs.domains} if not is_known_ending(key))
    if unlisted:
        return Match(Band.SAME, (words("same domain %(unlisted)s", unlisted=unlisted[0]), *found.reasons))
    if found.band is Finding.SAME:
        return Match(Band.SAME, found.reasons)
    if found.family:
        return Match(Band.FAMILY, (found.family, *found.reasons))
    return Match(Band.ASK if found.band is Finding.ASK else Band.DIFFERENT, found.reasons)


@dataclass(frozen=True)
class Recognition:
    """How one vendor compares a customer with others: by its own weights, and by what its people said of the pair."""

    ours: Card
    weights: Weights
    answers: Mapping[str, str]

    def match(self, theirs: Card) -> Match:
        """What a person said goes before what the engine says."""
        said = self.answers.get(pair_key(self.ours.record(), theirs.record()))
        return _SAID[Answer(said)] if said else compare(self.ours, theirs, self.weights)


def recognition(vendor_id: UUID, ours: Card, others: Iterable[Card]) -> Recognition:
    """Two queries: the weights in use and the answers to these pairs. On the vendor's side."""
    pairs = {pair_key(ours.record(), other.record()) for other in others}
    return Recognition(ours, weights_of(vendor_id), answers_to(vendor_id, pairs) if pairs else {})


def family_of(vendor_id: UUID, accounts: Iterable[UUID]) -> set[UUID]:
    """Customers of the families of these, as declared by parents; themselves included."""
    ids = list(accounts)
    if not ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_FAMILY, {"vendor": vendor_id, "ids": ids})
        return {row[0] for row in cursor.fetchall()}


def kinship(row: CustomerAccount, same: Mapping[UUID, CustomerAccount]) -> Match:
    """How a customer of the family belongs to those that are the same."""
    if row.parent_id is not None and row.parent_id in same:
        return Match(
            Band.FAMILY, (words("%(row)s is a subsidiary of %(same)s", row=row.name, same=same[row.parent_id].name),)
        )
    child = next((one for one in same.values() if one.parent_id == row.pk), None)
    if child is not None:
        return Match(Band.FAMILY, (words("%(row)s is the parent of %(child)s", row=row.name, child=child.name),))
    return Match(
        Band.FAMILY,
        (words("%(row)s and %(other)s belong to one group", row=row.name, other=next(iter(same.values())).name),),
    )
