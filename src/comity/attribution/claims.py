"""Which roles partners have on deals, as figures count them: accepted claims alone, of any number of deals at once.

Of a won deal that is credited the frozen credit says so. Of every other deal it is what an import or a person declared,
and what confirmed touches make of it, by the same statements that work the credit out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from django.utils import timezone

from comity.attribution import staging
from comity.attribution.settings import first_version
from comity.platform.staging import rows_of, run, stage_rows
from comity.programs.calendars import today_in
from comity.programs.models import Program

_FROZEN: Final = "attribution_dealcredit f ON f.vendor_id = %(vendor)s AND f.opportunity_id = o.id AND o.status = 'won'"
# A touch names a deal, or a registration that has one, or a customer.
_THESE: Final = "t.vendor_id = %(vendor)s AND t.program_id = %(program)s AND t.id = ANY(%(touches)s)"
TOUCHED_BY: Final = f"""o.id IN (
SELECT t.opportunity_id FROM attribution_touch t WHERE {_THESE} AND t.opportunity_id IS NOT NULL
UNION
SELECT h.opportunity_id FROM attribution_touch t
JOIN deals_handling h ON h.vendor_id = %(vendor)s AND h.registration_id = t.registration_id
WHERE {_THESE} AND t.opportunity_id IS NULL
UNION
SELECT x.id FROM attribution_touch t
JOIN deals_opportunity x ON x.vendor_id = %(vendor)s AND x.account_id = t.account_id
WHERE {_THESE} AND t.opportunity_id IS NULL
)"""
"""The deals that these touches may have to do with, as a condition."""
CREDITED_IN: Final = (
    "o.id IN (SELECT s.opportunity_id FROM attribution_creditstep s"
    " WHERE s.vendor_id = %(vendor)s AND s.change_id = %(change)s)"
)
"""The deals whose credit a run changed, as a condition."""
_OF_DEALS: Final = "o.vendor_id = %(vendor)s AND o.program_id = %(program)s AND {deals}"
_CONFIRMED: Final = "t.vendor_id = %(vendor)s AND t.program_id = %(program)s AND t.state = 'confirmed'"
_ANY_TOUCH: Final = "SELECT 1 FROM attribution_touch t WHERE t.vendor_id = %(vendor)s AND t.state = 'confirmed' LIMIT 1"
# As staging.DEALS has it of won ones; a deal that is still open has no end yet. From the deals to their touches, so
# that of few deals it reads few touches.
_DEALS: Final = f"""
WITH asked AS MATERIALIZED (
    SELECT o.id AS deal, o.account_id AS account, o.opened_on, o.closed_on
    FROM deals_opportunity o LEFT JOIN {_FROZEN} WHERE {_OF_DEALS} AND f.id IS NULL
), touched AS (
    SELECT a.deal FROM asked a JOIN attribution_touch t ON {_CONFIRMED} AND t.opportunity_id = a.deal
    UNION
    SELECT a.deal FROM asked a JOIN deals_handling h ON h.vendor_id = %(vendor)s AND h.opportunity_id = a.deal
    JOIN attribution_touch t ON {_CONFIRMED} AND t.registration_id = h.registration_id AND t.opportunity_id IS NULL
    UNION
    SELECT a.deal FROM asked a
    JOIN attribution_touch t ON {_CONFIRMED} AND t.account_id = a.account AND t.opportunity_id IS NULL
)
SELECT a.deal, a.account, a.opened_on, coalesce(a.closed_on, '9999-12-31') AS closed_on, s.id AS settings,
       true AS is_open
FROM touched JOIN asked a ON a.deal = touched.deal
JOIN attribution_attributionsettings s ON s.vendor_id = %(vendor)s AND s.program_id = %(program)s
     AND s.from_on <= coalesce(a.closed_on, %(today)s)
     AND (s.to_on IS NULL OR s.to_on > coalesce(a.closed_on, %(today)s))
"""
_ROLES: Final = f"""
SELECT p.opportunity_id AS deal, p.partnership_id AS partner, p.role::text AS role
FROM deals_opportunity o JOIN deals_opportunitypartner p ON p.vendor_id = %(vendor)s AND p.opportunity_id = o.id
LEFT JOIN {_FROZEN}
WHERE {_OF_DEALS} AND (f.id IS NULL OR p.role IN ('implemented', 'supported'))
UNION ALL
SELECT c.opportunity_id, c.partnership_id, told.role
FROM deals_opportunity o JOIN attribution_partnercredit c ON c.vendor_id = %(vendor)s AND c.opportunity_id = o.id
CROSS JOIN LATERAL (VALUES (nullif(c.role, '')), (CASE WHEN c.fulfilled THEN 'fulfilled' END)) AS told(role)
WHERE {_OF_DEALS} AND o.status = 'won' AND told.role IS NOT NULL
"""
_CLAIMED: Final = """
UNION ALL
SELECT c.deal, c.partner, CASE WHEN c.sourced THEN 'sourced' ELSE 'influenced' END
FROM credit_claimed c
WHERE (c.sourced OR c.influenced) AND NOT EXISTS (
    SELECT FROM deals_opportunitypartner p
    WHERE p.vendor_id = %(vendor)s AND p.opportunity_id = c.deal AND p.partnership_id = c.partner
      AND p.role IN ('sourced', 'influenced'))
"""


@contextmanager
def accepted_claims(program: Program, *, deals: str, values: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """While it lasts: SQL for the rows (deal, partner, role) of these deals, and what it binds. Vendor's side.

    `deals` is a condition over the alias `o` of the opportunities, with its `values`. A partner may have several roles.
    """
    bound = {
        **values, "vendor": program.vendor_id, "program": program.pk, "zone": program.time_zone,
        "today": today_in(program, timezone.now()),
    }  # fmt: skip
    # Without touches nobody needs the settings, and who makes them need not be waited for.
    has_touches = bool(rows_of(_ANY_TOUCH, bound))
    if has_touches:
        first_version(program)
        has_touches = stage_rows("credit_deals", _DEALS.replace("{deals}", deals), bound) > 0
    if has_touches:
        stage_rows("credit_touches", staging.TOUCHES, bound)
        stage_rows("credit_activity", staging.ACTIVITY, bound)
        stage_rows("credit_claimed", staging.CLAIMED, bound)
    yield f"({_ROLES.replace('{deals}', deals)}{_CLAIMED if has_touches else ''})", bound
    staged = ("deals", "touches", "activity", "claimed")
    run(f"DROP TABLE IF EXISTS {', '.join(f'pg_temp.credit_{name}' for name in staged)}")
