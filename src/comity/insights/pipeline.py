"""What is open: amounts of deals as the as-of date knew them, by the role of the partners on them."""

from __future__ import annotations

from typing import Final

from comity.insights.metric import ONE_OFF, TIMELESS_DIMENSIONS, Metric, Over, Unit, amount_of, lacking_amount
from comity.insights.revenue import with_role
from comity.kernel.words import words

MISSING: Final = words("no amount is known")

PARTNER_SOURCED_PIPELINE: Final = Metric(
    name="partner_sourced_pipeline",
    title=words("Partner-sourced pipeline"),
    unit=Unit.MONEY,
    basis=ONE_OFF,
    over=Over.OPEN_DEALS,
    meaning=words("Amount of the deals open at the as-of date that a partner sourced."),
    missing=MISSING,
    dimensions=TIMELESS_DIMENSIONS,
    behind=with_role("sourced"),
    numerator=amount_of(with_role("sourced")),
    lacking=lacking_amount(with_role("sourced")),
)

PARTNER_INFLUENCED_PIPELINE: Final = Metric(
    name="partner_influenced_pipeline",
    title=words("Partner-influenced pipeline"),
    unit=Unit.MONEY,
    basis=ONE_OFF,
    over=Over.OPEN_DEALS,
    meaning=words("Amount of the deals open at the as-of date that a partner influenced and none sourced."),
    missing=MISSING,
    dimensions=TIMELESS_DIMENSIONS,
    behind=with_role("influenced"),
    numerator=amount_of(with_role("influenced")),
    lacking=lacking_amount(with_role("influenced")),
)

METRICS: Final = (PARTNER_SOURCED_PIPELINE, PARTNER_INFLUENCED_PIPELINE)
