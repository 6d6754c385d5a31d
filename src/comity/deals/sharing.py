"""What the partners on a deal may see of it, kept right by one set-based statement after every change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection

# The right-hand side lists exactly the columns a partner may read; whatever is not named here stays with the vendor.
_REFRESH: Final = """
WITH chosen AS MATERIALIZED (
    SELECT id FROM deals_opportunity WHERE vendor_id = %(vendor)s {of_whom}
),
wanted AS MATERIALIZED (
    SELECT deal.vendor_id, deal.id AS opportunity_id, part.partnership_id, part.partner_id, deal.name,
           coalesce(account.name, '') AS customer_name, part.roles, stage.name AS stage_name, deal.status,
           deal.opened_on, deal.closed_on, deal.currency, deal.amount, deal.recurring_amount
    FROM chosen
    JOIN deals_opportunity deal ON deal.vendor_id = %(vendor)s AND deal.id = chosen.id
    JOIN (
        SELECT opportunity_id, partnership_id, partner_id, array_agg(role ORDER BY role) AS roles
        FROM deals_opportunitypartner
        WHERE vendor_id = %(vendor)s AND opportunity_id IN (SELECT id FROM chosen)
        GROUP BY opportunity_id, partnership_id, partner_id
    ) part ON part.opportunity_id = deal.id
    JOIN deals_stage stage ON stage.vendor_id = %(vendor)s AND stage.id = deal.stage_id
    LEFT JOIN deals_customeraccount account ON account.vendor_id = %(vendor)s AND account.id = deal.account_id
),
gone AS (
    DELETE FROM deals_shareddeal shared
    WHERE shared.vendor_id = %(vendor)s AND shared.opportunity_id IN (SELECT id FROM chosen)
      AND NOT EXISTS (SELECT FROM wanted WHERE wanted.opportunity_id = shared.opportunity_id
                                           AND wanted.partnership_id = shared.partnership_id)
)
INSERT INTO deals_shareddeal AS shared
    (id, vendor_id, opportunity_id, partnership_id, partner_id, name, customer_name, roles, stage_name, status,
     opened_on, closed_on, currency, amount, recurring_amount)
SELECT comity_uuid7(), vendor_id, opportunity_id, partnership_id, partner_id, name, customer_name, roles, stage_name,
       status, opened_on, closed_on, currency, amount, recurring_amount
FROM wanted
ON CONFLICT (vendor_id, opportunity_id, partnership_id) DO UPDATE SET
    partner_id = excluded.partner_id, name = excluded.name, customer_name = excluded.customer_name,
    roles = excluded.roles, stage_name = excluded.stage_name, status = excluded.status,
    opened_on = excluded.opened_on, closed_on = excluded.closed_on, currency = excluded.currency,
    amount = excluded.amount, recurring_amount = excluded.recurring_amount
WHERE (shared.partner_id, shared.name, shared.customer_name, shared.roles, shared.stage_name, shared.status,
       shared.opened_on, shared.closed_on, shared.currency, shared.amount, shared.recurring_amount)
    IS DISTINCT FROM
      (excluded.partner_id, excluded.name, excluded.customer_name, excluded.roles, excluded.stage_name,
       excluded.status, excluded.opened_on, excluded.closed_on, excluded.currency, excluded.amount,
       excluded.recurring_amount)
"""


def chosen_deals(opportunity_ids: Sequence[UUID] | None, import_run_id: UUID | None) -> tuple[str, dict[str, Any]]:
    """The clause (on `id` and `import_run_id` of an opportunity) and the parameters that pick the deals meant."""
    clause, values = "", {}
    if opportunity_ids is not None:
        clause, values["chosen"] = clause + " AND id = ANY(%(chosen)s)", list(opportunity_ids)
    if import_run_id is not None:
        clause, values["run"] = clause + " AND import_run_id = %(run)s", import_run_id
    return clause, values


def refresh_shared_deals(
    *, vendor_id: UUID, opportunity_ids: Sequence[UUID] | None = None, import_run_id: UUID | None = None
) -> int:
    """Make the partners' view of these deals equal to the deals; returns how many rows were written.

    Say nothing and it covers every deal of the vendor (after a stage or a customer was renamed). One statement,
    whatever the number of deals; rows that are right already are left alone.
    """
    clause, values = chosen_deals(opportunity_ids, import_run_id)
    with connection.cursor() as cursor:
        cursor.execute(_REFRESH.format(of_whom=clause), {"vendor": vendor_id, **values})
        return int(cursor.rowcount)
