"""Stage history for many deals at once, from what the deals say now: for imports, which know no single steps.

A deal worked on by hand gets its history row by row from the services (`rules.py` says how). Here the rows follow from
the deal: open from the opened date, won or lost on the close date; the amount is known from the day its source knew it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection

from comity.deals.sharing import chosen_deals

# What the history of each chosen deal should be. The opening row of a closed deal stands in the programme's first open
# stage, since an export says only how the deal ended. A closing before the opening day counts from the opening day.
_WANTED: Final = """
CREATE TEMPORARY TABLE stage_change_wanted ON COMMIT DROP AS
WITH chosen AS (
    SELECT deal.id, deal.stage_id, deal.status, deal.opened_on, deal.closed_on, deal.amount, deal.recurring_amount,
           coalesce(first_open.id, deal.stage_id) AS opening_stage_id, {known_on} AS known_on
    FROM deals_opportunity deal {known_join}
    LEFT JOIN LATERAL (
        SELECT stage.id FROM deals_stage stage
        WHERE stage.vendor_id = %(vendor)s AND stage.program_id = deal.program_id AND stage.status = 'open'
        ORDER BY stage.position, stage.id LIMIT 1
    ) first_open ON true
    WHERE deal.vendor_id = %(vendor)s {of_whom}
)
SELECT id AS opportunity_id, 1 AS sequence, opened_on AS "on", stage_id, status,
       CASE WHEN known_on IS NULL OR known_on <= opened_on THEN amount END AS amount,
       CASE WHEN known_on IS NULL OR known_on <= opened_on THEN recurring_amount END AS recurring_amount
FROM chosen WHERE status = 'open'
UNION ALL
SELECT id, 2, known_on, stage_id, status, amount, recurring_amount
FROM chosen
WHERE status = 'open' AND (opened_on IS NULL OR known_on > opened_on)
  AND known_on IS NOT NULL AND (amount IS NOT NULL OR recurring_amount IS NOT NULL)
UNION ALL
SELECT id, 1, opened_on, opening_stage_id, 'open', NULL, NULL FROM chosen WHERE status <> 'open'
UNION ALL
SELECT id, 2, greatest(closed_on, opened_on), stage_id, status, amount, recurring_amount
FROM chosen WHERE status <> 'open'
"""

_REPLACE: Final = """
WITH stale AS (
    DELETE FROM deals_stagechange kept
    USING (SELECT DISTINCT opportunity_id FROM stage_change_wanted) chosen
    WHERE kept.vendor_id = %(vendor)s AND kept.opportunity_id = chosen.opportunity_id
      AND NOT EXISTS (SELECT FROM stage_change_wanted wanted WHERE wanted.opportunity_id = kept.opportunity_id
                                                                AND wanted.sequence = kept.sequence)
)
INSERT INTO deals_stagechange AS kept
    (id, vendor_id, opportunity_id, sequence, "on", stage_id, status, amount, recurring_amount)
SELECT comity_uuid7(), %(vendor)s, opportunity_id, sequence, "on", stage_id, status, amount, recurring_amount
FROM stage_change_wanted
ON CONFLICT (vendor_id, opportunity_id, sequence) DO UPDATE SET
    "on" = excluded."on", stage_id = excluded.stage_id, status = excluded.status,
    amount = excluded.amount, recurring_amount = excluded.recurring_amount
WHERE (kept."on", kept.stage_id, kept.status, kept.amount, kept.recurring_amount)
    IS DISTINCT FROM (excluded."on", excluded.stage_id, excluded.status, excluded.amount, excluded.recurring_amount)
"""


def write_stage_history(
    *,
    vendor_id: UUID,
    opportunity_ids: Sequence[UUID] | None = None,
    import_run_id: UUID | None = None,
    amounts_known_in: str | None = None,
) -> int:
    """Replace the stage history of these deals by what the deals say now; returns how many rows were written.

    `amounts_known_in` names a temporary table (opportunity_id uuid, known_on date) with the day from which the source
    knew the amount of an open deal; without it, or without a row there, the amount counts from the opened date.
    Leave out deals whose stage, amount or dates a person has edited: their steps are better than what follows from
    an export.
    """
    clause, values = chosen_deals(opportunity_ids, import_run_id)
    parts: dict[str, Any] = {"of_whom": clause.replace(" AND ", " AND deal."), "known_on": "NULL::date"}
    parts["known_join"] = ""
    if amounts_known_in is not None:
        table = connection.ops.quote_name(amounts_known_in)
        parts |= {
            "known_on": "known.known_on",
            "known_join": f"LEFT JOIN {table} known ON known.opportunity_id = deal.id",
        }
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.stage_change_wanted")
        cursor.execute(_WANTED.format(**parts), {"vendor": vendor_id, **values})
        cursor.execute(_REPLACE, {"vendor": vendor_id})
        written = int(cursor.rowcount)
        cursor.execute("DROP TABLE pg_temp.stage_change_wanted")
    return written
