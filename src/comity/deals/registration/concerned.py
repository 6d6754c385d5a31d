"""Which of the evidence concerns a claim: the same customer or its family, the same products. Plain values."""

from __future__ import annotations

from datetime import datetime, timedelta

from comity.deals.registration.clauses import Clauses, ConflictScope
from comity.deals.registration.evidence import Band, Claim, Evidence, KnownCustomer, Match, Rival, VendorDeal


def overlaps(ours: frozenset[str], theirs: frozenset[str], clauses: Clauses) -> bool:
    """Whether the products conflict. Where nothing is said about products, they do."""
    return not clauses.same_family_only or not ours or not theirs or bool(ours & theirs)


def concerns(match: Match, clauses: Clauses) -> bool:
    """Whether a record of this match is to be looked at under the scope of conflicts."""
    return match.band in (Band.SAME, Band.ASK) or (
        match.band is Band.FAMILY and clauses.conflict_scope is ConflictScope.FAMILY
    )


def rivals_of(claim: Claim, evidence: Evidence, clauses: Clauses, *, own: bool) -> list[Rival]:
    """Other registrations that concern the claim, by their order."""
    found = [
        one for one in evidence.rivals
        if one.own is own and one.id != claim.id and concerns(one.match, clauses)
        and overlaps(claim.families, one.families, clauses)
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.order, str(one.id)))


def deals_of(claim: Claim, evidence: Evidence, clauses: Clauses) -> list[VendorDeal]:
    """Open deals of the vendor's that concern the claim."""
    found = [
        one for one in evidence.deals
        if concerns(one.match, clauses) and overlaps(claim.families, one.families, clauses)
    ]  # fmt: skip
    return sorted(found, key=lambda one: str(one.id))


def customers_of(claim: Claim, evidence: Evidence, clauses: Clauses) -> list[KnownCustomer]:
    """Customers sold to before that concern the claim."""
    found = [
        one for one in evidence.customers
        if concerns(one.match, clauses) and overlaps(claim.families, one.families, clauses)
    ]  # fmt: skip
    return sorted(found, key=lambda one: str(one.id))


def is_lively(deal: VendorDeal, clauses: Clauses, at: datetime) -> bool:
    """Whether somebody worked on the deal lately; where nobody knows, it counts as yes."""
    since = at.date() - timedelta(days=clauses.vendor_activity_days)
    return deal.last_activity_on is None or deal.last_activity_on >= since
