"""What the partners on a deal may see of it, kept right set-based after every change."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection

from comity.deals.models import HiddenAmount, Opportunity
from comity.platform.bulk import insert_new

# This lists exactly the columns a partner may read; whatever is not named here stays with the vendor. It goes through a
# temporary table with statistics of its own: inside the transaction of an import the planner believes the deals' tables
# are still empty, and would compare every deal with every other.
_WANTED: Final = """
CREATE TEMPORARY TABLE shared_deal_wanted ON COMMIT DROP AS
SELECT deal.id AS opportunity_id, part.partnership_id, part.partner_id, deal.name,
       coalesce(account.name, '') AS customer_name, part.roles, stage.name AS stage_name, deal.status,
       deal.opened_on, deal.closed_on, deal.currency,
       CASE WHEN hidden.id IS NULL THEN deal.amount END AS amount,
       CASE WHEN hidden.id IS NULL THEN deal.recurring_amount END AS recurring_amount
FROM shared_deal_chosen chosen
JOIN deals_opportunity deal ON deal.vendor_id = %(vendor)s AND deal.id = chosen.id
JOIN LATERAL (
    SELECT partnership_id, partner_id, array_agg(role ORDER BY role) AS roles
    FROM deals_opportunitypartner
    WHERE vendor_id = %(vendor)s AND opportunity_id = chosen.id
    GROUP BY partnership_id, partner_id
) part ON true
JOIN deals_stage stage ON stage.vendor_id = %(vendor)s AND stage.id = deal.stage_id
LEFT JOIN deals_customeraccount account ON account.vendor_id = %(vendor)s AND account.id = deal.account_id
LEFT JOIN deals_hiddenamount hidden ON hidden.vendor_id = %(vendor)s AND hidden.opportunity_id = chosen.id
                                   AND hidden.partnership_id = part.partnership_id
"""

_TAKE_BACK: Final = """
DELETE FROM deals_shareddeal shared USING shared_deal_chosen chosen
WHERE shared.vendor_id = %(vendor)s AND shared.opportunity_id = chosen.id
  AND NOT EXISTS (SELECT FROM shared_deal_wanted wanted WHERE wanted.opportunity_id = shared.opportunity_id
                                                         AND wanted.partnership_id = shared.partnership_id)
"""

_SHARED: Final = (
    "vendor_id, opportunity_id, partnership_id, partner_id, name, customer_name, roles, stage_name, status,"
    " opened_on, closed_on, currency, amount, recurring_amount"
)
_WRITE: Final = f"""
INSERT INTO deals_shareddeal AS shared (id, {_SHARED})
SELECT comity_uuid7(), %(vendor)s, opportunity_id, partnership_id, partner_id, name, customer_name, roles, stage_name,
       status, opened_on, closed_on, currency, amount, recurring_amount
FROM shared_deal_wanted
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


# What partners see of deals that were just inserted, from the temporary tables they came from.
_SHARE_NEW: Final = """
SELECT %(vendor)s, deal.id, part.partnership_id, part.partner_id, deal.name,
       coalesce(deal.account_name, ''), part.roles, deal.stage_name, deal.status, deal.opened_on, deal.closed_on,
       deal.currency, deal.amount, deal.recurring_amount
FROM (
    SELECT opportunity_id, partnership_id, partner_id, array_agg(role::varchar ORDER BY role) AS roles
    FROM {roles} WHERE is_new GROUP BY opportunity_id, partnership_id, partner_id
) part JOIN {deals} deal ON deal.id = part.opportunity_id
ORDER BY deal.id
"""


def share_new_deals(*, vendor_id: UUID, deals: str, roles: str) -> int:
    """Let partners see their deals among those just inserted from the temporary tables `deals` and `roles`, without
    reading them back; returns how many rows were written. Without a table of roles there is nothing to see."""
    if not roles:
        return 0
    select = _SHARE_NEW.format(deals=deals, roles=roles)
    return insert_new("deals_shareddeal", [name.strip() for name in _SHARED.split(",")], select, {"vendor": vendor_id})


def refresh_shared_deals(
    *, vendor_id: UUID, opportunity_ids: Sequence[UUID] | None = None, table: str | None = None
) -> int:
    """Make the partners' view of these deals equal to the deals; returns how many rows were written.

    Name the deals, or a temporary table with their `id`. Say nothing and it covers every deal of the vendor (after a
    stage or a customer was renamed). Set-based, whatever the number of deals; rows that are right are left alone.
    """
    chosen = "SELECT id FROM deals_opportunity WHERE vendor_id = %(vendor)s"
    parameters: dict[str, Any] = {"vendor": vendor_id}
    if opportunity_ids is not None:
        chosen += " AND id = ANY(%(chosen)s)"
        parameters["chosen"] = list(opportunity_ids)
    if table is not None:
        chosen = f"SELECT DISTINCT id FROM {table}"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.shared_deal_chosen, pg_temp.shared_deal_wanted")
        cursor.execute(f"CREATE TEMPORARY TABLE shared_deal_chosen ON COMMIT DROP AS {chosen}", parameters)
        cursor.execute("ANALYZE shared_deal_chosen")
        cursor.execute(_WANTED, parameters)
        cursor.execute("ANALYZE shared_deal_wanted")
        cursor.execute(_TAKE_BACK, parameters)
        cursor.execute(_WRITE, parameters)
        written = int(cursor.rowcount)
        cursor.execute("DROP TABLE pg_temp.shared_deal_chosen, pg_temp.shared_deal_wanted")
        return written


def hide_amounts(opportunity: Opportunity, partnership_ids: Collection[UUID]) -> None:
    """From now on these partners, and no others, do not see what the deal is worth; their view follows at once."""
    own = HiddenAmount.objects.filter(vendor_id=opportunity.vendor_id, opportunity=opportunity)
    kept = set(own.values_list("partnership_id", flat=True))
    wanted = set(partnership_ids)
    if kept == wanted:
        return
    own.exclude(partnership_id__in=wanted).delete()
    HiddenAmount.objects.bulk_create(
        HiddenAmount(vendor_id=opportunity.vendor_id, opportunity=opportunity, partnership_id=key)
        for key in sorted(wanted - kept)
    )
    refresh_shared_deals(vendor_id=opportunity.vendor_id, opportunity_ids=[opportunity.pk])
