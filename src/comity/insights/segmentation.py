"""The figures that segments are cut by, gathered here and handed down to `programs`, which knows no metrics."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from comity.insights.engine import evaluate
from comity.insights.metric import Dimension
from comity.insights.question import twelve_months_to
from comity.programs.models import Partnership, Program


def revenue_of_partnerships(program: Program, as_of: date) -> dict[UUID, Decimal | None]:
    """Partner revenue of each partnership over the 12 months to the day, in the program's currency.

    None: deals were won, but no amount is known. Partnerships without a won deal are missing. A deal with several
    partners counts for each. Under the vendor's tenant.
    """
    rows = evaluate(
        program,
        ["partner_revenue"],
        from_on=twelve_months_to(as_of),
        to_on=as_of,
        as_of=as_of,
        by=Dimension.PARTNER,
    )
    partnerships = Partnership.objects.filter(vendor_id=program.vendor_id, program=program)
    by_key = {external_id or str(pk): pk for pk, external_id in partnerships.values_list("pk", "external_id")}
    return {by_key[row.key]: row.value for row in rows if row.dimension == Dimension.PARTNER and row.key}
