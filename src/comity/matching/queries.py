"""Reads: which weights a vendor judges by, what its people answered, and which known companies one could be."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import connection

from comity.matching.compare import Comparison
from comity.matching.domains import Domain
from comity.matching.finding import Finding, describe
from comity.matching.keys import keys_of
from comity.matching.kin import DECLARED, Families
from comity.matching.models import LabelledPair, VendorWeights
from comity.matching.profile import Profile, profile
from comity.matching.record import Kind, Record
from comity.matching.scoring import Band, Weights, shipped_weights
from comity.matching.vocabulary import Vocabulary

PROPOSED = 20  # companies that are compared in full
VOCABULARY = Vocabulary()
_COMPARISON = Comparison(VOCABULARY)
_FIND = "SELECT * FROM comity_find_companies(%s::int[], %s::real[], %s)"
_FIND_IDS = "SELECT subject_id FROM comity_find_companies(%s::int[], %s::real[], %s, %s)"


@dataclass(frozen=True)
class Known:
    """A known company that may be the one looked for, likeliest first."""

    subject_id: UUID
    name: str
    finding: Finding


def weights_of(vendor_id: UUID) -> Weights:
    """The weights learned from the vendor's own answers, or the shipped ones."""
    own = VendorWeights.objects.filter(vendor_id=vendor_id).order_by("-created_at", "-id").first()
    return Weights(own.start, own.nats) if own else shipped_weights()


def newest_answers(vendor_id: UUID) -> list[tuple[Record, Record, str]]:
    """What people said, each pair once: both records and the answer."""
    pairs = LabelledPair.objects.filter(vendor_id=vendor_id).order_by("pair", "-created_at", "-id").distinct("pair")
    return [(_record(pair.left), _record(pair.right), pair.answer) for pair in pairs]


def _record(kept: Mapping[str, str]) -> Record:
    return Record(**{"id": "", "name": "", **kept})


def find_companies(
    *,
    vendor_id: UUID,
    record: Record,
    most: int = 10,
    weights: Weights | None = None,
    families: Families | None = None,
) -> list[Known]:
    """The vendor's known companies that could be this one, likeliest first, whatever their band.

    Answers for the organization under whose scope it runs; one vendor's companies are never proposed to another.
    `families` (declared parents, by subject id) tells which of them belong to one that is the same.
    """
    wanted = profile(record)
    keys = keys_of(wanted, vendor_id, VOCABULARY.weight)
    weights = weights or weights_of(vendor_id)
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [list(keys), list(keys.values()), PROPOSED])
        rows = cursor.fetchall()
    found = []
    for subject_id, *stored in rows:
        other = _profile(str(subject_id), *stored)
        levels = _COMPARISON.compare(wanted, other)
        found.append((weights.probability(levels), subject_id, other, levels))
    found.sort(key=lambda each: (-each[0], each[1]))
    known = [
        Known(subject_id, other.record.name, describe(wanted, other, levels, round(probability, 4), _COMPARISON))
        for probability, subject_id, other, levels in found[:most]
    ]
    return _with_family(known, families) if families else known


def candidates(
    *, vendor_id: UUID, record: Record, kind: Kind, hosts: Sequence[str] = (), most: int = PROPOSED
) -> list[UUID]:
    """Ids of the vendor's records of a kind that are worth comparing with this one, likeliest first.

    Answers for the organization under whose scope it runs. `hosts` are further domains of the company.
    """
    keys = keys_of(profile(record), vendor_id, VOCABULARY.weight, hosts=hosts, kind=kind)
    with connection.cursor() as cursor:
        cursor.execute(_FIND_IDS, [list(keys), list(keys.values()), most, kind.value])
        return [row[0] for row in cursor.fetchall()]


def answers_to(vendor_id: UUID, pairs: Collection[str]) -> dict[str, str]:
    """What people said last of pairs, by the fingerprint of both records (`pair_key`)."""
    found = LabelledPair.objects.filter(vendor_id=vendor_id, pair__in=pairs)
    newest = found.order_by("pair", "-created_at", "-id").distinct("pair")
    return dict(newest.values_list("pair", "answer"))


def _with_family(known: list[Known], families: Families) -> list[Known]:
    same = [str(one.subject_id) for one in known if one.finding.band is Band.SAME]
    return [
        replace(one, finding=replace(one.finding, family=DECLARED))
        if any(families.related(str(one.subject_id), other) for other in same) and one.finding.band is not Band.SAME
        else one
        for one in known
    ]


def _profile(  # the columns of the function, in their order
    identifier: str,
    name: str,
    core: list[str],
    forms: list[str],
    country: str,
    city: str,
    postcode: str,
    street: str,
    phone: str,
    site: str,
    mail: str,
    mailbox: str,
) -> Profile:
    return Profile(
        Record(identifier, name), tuple(core), tuple(forms), country, city, postcode, street, phone,
        _domain(site), _domain(mail), mailbox,
    )  # fmt: skip


def _domain(text: str) -> Domain | None:
    label, _dot, suffix = text.partition(".")
    return Domain(label, suffix) if text else None
