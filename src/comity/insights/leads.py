"""What becomes of leads that partners are offered: how fast they answer, and what they make of what they take."""

from __future__ import annotations

from typing import Any, Final

from comity.insights.metric import Better, Metric, Over, Pick, Rows, Unit, Variant, count_of
from comity.insights.registrations import DIMENSIONS, SECONDS
from comity.kernel.words import words

MISSING: Final = words("no partner has answered an offer")
NONE_TAKEN: Final = words("no lead was accepted")
OVER: Final = ("accepted", "declined", "ran_out")


def offered(offer: Rows) -> Any:
    """Every offer of the period."""
    return offer.lead_id.notnull()


def answered(offer: Rows) -> Any:
    """Those that the partner itself accepted or declined."""
    return offer.seconds.notnull()


def over_for_the_partner(offer: Rows) -> Any:
    """Those that it answered or let run out; what the vendor took back is left out."""
    return offer.answer.isin(OVER)


def with_answer(answer: str) -> Pick:
    """Those with this answer."""
    return lambda offer: offer.answer == answer


accepted: Final = with_answer("accepted")


def converted(offer: Rows) -> Any:
    """Accepted ones that became a deal or a registration."""
    return accepted(offer) & offer.converted_on.notnull()


def returned(offer: Rows) -> Any:
    """Accepted ones that the partner gave back."""
    return accepted(offer) & offer.returned_on.notnull()


def _share(key: str, label: str, answer: str) -> Variant:
    """How many of those that are over for the partner ended so."""
    return Variant(
        key=key,
        label=lambda _: label,
        unit=Unit.RATIO,
        numerator=count_of(with_answer(answer)),
        denominator=count_of(over_for_the_partner),
        rows=count_of(offered),
        missing=MISSING,
    )


LEAD_RESPONSE_TIME: Final = Metric(
    name="lead_response_time",
    title=words("Lead response time"),
    unit=Unit.HOURS,
    over=Over.LEAD_OFFERS,
    meaning=words(
        "Median hours from the offer of a lead to the partner's answer, by the clock on the wall, over offers made in "
        "the period that were accepted or declined. A lead offered to several partners counts under each."
    ),
    missing=MISSING,
    dimensions=DIMENSIONS,
    behind=offered,
    value=lambda offer: offer.seconds.quantile(0.5) / SECONDS,
    denominator=count_of(answered),
    better=Better.LOWER,
    variants=(
        Variant(
            key="p90_hours",
            label=lambda _: words("Nine of ten answered within"),
            value=lambda offer: offer.seconds.quantile(0.9) / SECONDS,
            denominator=count_of(answered),
            rows=count_of(offered),
        ),
        _share("acceptance_rate", words("Accepted"), "accepted"),
        _share("ran_out_rate", words("Left without an answer in time"), "ran_out"),
    ),
)

LEAD_CONVERSION: Final = Metric(
    name="lead_conversion",
    title=words("Lead conversion"),
    unit=Unit.RATIO,
    over=Over.LEAD_OFFERS,
    meaning=words(
        "Of the leads offered in the period and accepted, those that became a deal or a registration by the as-of "
        "date. A lead that two partners accepted one after the other counts under each."
    ),
    missing=NONE_TAKEN,
    dimensions=DIMENSIONS,
    behind=accepted,
    numerator=count_of(converted),
    denominator=count_of(accepted),
    variants=(
        Variant(
            key="returned_rate",
            label=lambda _: words("Given back"),
            numerator=count_of(returned),
            denominator=count_of(accepted),
            rows=count_of(accepted),
        ),
        Variant(
            key="median_days",
            label=lambda _: words("Median time to conversion"),
            unit=Unit.DAYS,
            value=lambda offer: offer.conversion_days.median(where=converted(offer)),
            denominator=count_of(converted),
            rows=count_of(accepted),
            missing=words("no lead was converted"),
        ),
    ),
)

METRICS: Final = (LEAD_RESPONSE_TIME, LEAD_CONVERSION)
