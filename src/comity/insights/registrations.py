"""What becomes of deal registrations: how many, how many are approved, how fast, how often somebody is in the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from comity.insights.metric import (
    CALENDAR_DIMENSIONS,
    PARTNERSHIP_DIMENSIONS,
    Better,
    Metric,
    Over,
    Pick,
    Rows,
    Sum,
    Unit,
    Variant,
    count_of,
)
from comity.kernel.words import words

SECONDS: Final = 3600
DIMENSIONS: Final = PARTNERSHIP_DIMENSIONS | CALENDAR_DIMENSIONS
MISSING: Final = words("no registration was submitted in the period")
UNDECIDED: Final = words("none of them is decided")


def submitted(claim: Rows) -> Any:
    """Every registration of the period."""
    return claim.registration_id.notnull()


def approved(claim: Rows) -> Any:
    """Those that were approved, at once, with conditions or on appeal."""
    return claim.approved_on.notnull()


def settled(claim: Rows) -> Any:
    """Those that were approved or rejected; a return and a place in the queue settle nothing."""
    return claim.approved_on.notnull() | claim.rejected_on.notnull()


def timed(claim: Rows) -> Any:
    """Those that were decided here, so that the hours until then are known."""
    return claim.seconds.notnull()


def conflicting(claim: Rows) -> Any:
    """Those against which anything stood."""
    return claim.rival_on.notnull() | claim.deal_on.notnull() | claim.customer_on.notnull()


def since(name: str) -> Pick:
    """Those of which this is true."""
    return lambda claim: claim[name].notnull()


def hours(share: float) -> Sum:
    """So many of those with known hours took at most this long."""
    return lambda rows: rows.seconds.quantile(share) / SECONDS


def _label(text: str) -> Callable[[int], str]:
    return lambda _rows: text


def _count(key: str, label: str, name: str) -> Variant:
    return Variant(key=key, label=_label(label), numerator=count_of(since(name)), rows=count_of(since(name)))


def _hours(key: str, label: str, share: float) -> Variant:
    return Variant(
        key=key,
        label=_label(label),
        unit=Unit.HOURS,
        value=hours(share),
        denominator=count_of(timed),
        rows=count_of(submitted),
        missing=UNDECIDED,
    )


def _rate(key: str, label: str, name: str) -> Variant:
    return Variant(
        key=key,
        label=_label(label),
        numerator=count_of(since(name)),
        denominator=count_of(submitted),
        rows=count_of(submitted),
    )


DEAL_REGISTRATION_VOLUME: Final = Metric(
    name="deal_registration_volume",
    title=words("Deal registrations"),
    unit=Unit.COUNT,
    over=Over.REGISTRATIONS,
    meaning=words(
        "Registrations submitted in the period. Beside it: the approved among those approved or rejected; hours from "
        "the submission to the first decision, by the clock on the wall, of those decided here; and how many were "
        "appealed against. What was brought over from an older system has no hours."
    ),
    missing=MISSING,
    dimensions=DIMENSIONS,
    behind=submitted,
    numerator=count_of(submitted),
    variants=(
        Variant(
            key="approval_rate",
            label=_label(words("Approval rate")),
            unit=Unit.RATIO,
            numerator=count_of(approved),
            denominator=count_of(settled),
            rows=count_of(submitted),
            missing=UNDECIDED,
        ),
        _hours("median_hours", words("Median time to decision"), 0.5),
        _hours("p90_hours", words("Nine of ten decided within"), 0.9),
        _count("appeals", words("Appealed against"), "appealed_on"),
        _count("appeals_granted", words("Appeals granted"), "granted_on"),
        _count("appeals_dismissed", words("Appeals dismissed"), "dismissed_on"),
    ),
)

CONFLICT_RATE: Final = Metric(
    name="conflict_rate",
    title=words("Conflict rate"),
    unit=Unit.RATIO,
    over=Over.REGISTRATIONS,
    meaning=words(
        "Of the registrations submitted in the period, those against which another partner's registration, a deal of "
        "our own or a customer of ours stood, by a verdict or by a deal that came later. A conflict that turned out to "
        "be none is left out."
    ),
    missing=MISSING,
    dimensions=DIMENSIONS,
    behind=submitted,
    numerator=count_of(conflicting),
    denominator=count_of(submitted),
    variants=(
        _rate("with_partners", words("With another partner"), "rival_on"),
        _rate("with_own_deals", words("With a deal of our own"), "deal_on"),
        _rate("with_customers", words("With a customer of ours"), "customer_on"),
    ),
    better=Better.LOWER,
)

METRICS: Final = (DEAL_REGISTRATION_VOLUME, CONFLICT_RATE)
