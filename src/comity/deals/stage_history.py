"""Stage history for many deals at once, from what the deals say now: for imports, which know no single steps.

A deal worked on by hand gets its history row by row from the services (`rules.py` says how). Here the rows follow from
the deal: open from the opened date, won or lost on the close date; the amount is known from the day its source knew it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db import connection

from comity.platform.bulk import insert_new


class AmountKnown(StrEnum):
    """From which day on a source knew an amount."""

    CLOSED = "closed"
    OPENED = "opened"
    UPDATED = "updated"


# The steps of `chosen` deals. A closing before the opening day counts from the opening day. The amount of an open deal
# counts from the day its source last wrote it (`known_on`), where that is known; of a closed one from its closing, or,
# where the source knew it all along, from the opening.
_STEPS: Final = """
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
SELECT id, 1, opened_on, opening_stage_id, 'open', CASE WHEN {from_opening} THEN amount END,
       CASE WHEN {from_opening} THEN recurring_amount END
FROM chosen WHERE status <> 'open'
UNION ALL
SELECT id, 2, greatest(closed_on, opened_on), stage_id, status, amount, recurring_amount
FROM chosen WHERE status <> 'open'
"""
_COLUMNS: Final = 'opportunity_id, sequence, "on", stage_id, status, amount, recurring_amount'

# An export says only how a deal ended: what it was before stands in the program's first open stage.
_FIRST_OPEN: Final = """
SELECT DISTINCT ON (program_id) program_id, id FROM deals_stage
WHERE vendor_id = %(vendor)s AND status = 'open' ORDER BY program_id, position, id
"""

_OF_DEALS: Final = f"""
CREATE TEMPORARY TABLE stage_change_wanted ON COMMIT DROP AS
WITH first_open AS ({_FIRST_OPEN}), chosen AS (
    SELECT deal.id, deal.stage_id, deal.status, deal.opened_on, deal.closed_on, deal.amount, deal.recurring_amount,
           coalesce(first_open.id, deal.stage_id) AS opening_stage_id, {{known_on}} AS known_on
    FROM {{table}} meant JOIN deals_opportunity deal ON deal.vendor_id = %(vendor)s AND deal.id = meant.opportunity_id
    LEFT JOIN first_open ON first_open.program_id = deal.program_id
)
{_STEPS}
"""

_REPLACE: Final = f"""
WITH stale AS (
    DELETE FROM deals_stagechange kept
    USING (SELECT DISTINCT opportunity_id FROM stage_change_wanted) chosen
    WHERE kept.vendor_id = %(vendor)s AND kept.opportunity_id = chosen.opportunity_id
      AND NOT EXISTS (SELECT FROM stage_change_wanted wanted WHERE wanted.opportunity_id = kept.opportunity_id
                                                                AND wanted.sequence = kept.sequence)
)
INSERT INTO deals_stagechange AS kept (id, vendor_id, {_COLUMNS})
SELECT comity_uuid7(), %(vendor)s, {_COLUMNS} FROM stage_change_wanted
ON CONFLICT (vendor_id, opportunity_id, sequence) DO UPDATE SET
    "on" = excluded."on", stage_id = excluded.stage_id, status = excluded.status,
    amount = excluded.amount, recurring_amount = excluded.recurring_amount
WHERE (kept."on", kept.stage_id, kept.status, kept.amount, kept.recurring_amount)
    IS DISTINCT FROM (excluded."on", excluded.stage_id, excluded.status, excluded.amount, excluded.recurring_amount)
"""

_OF_NEW: Final = f"""
WITH first_open AS ({_FIRST_OPEN}), chosen AS (
    SELECT deal.id, deal.stage_id, deal.status, deal.opened_on, deal.closed_on, deal.amount, deal.recurring_amount,
           coalesce(first_open.id, deal.stage_id) AS opening_stage_id, {{known_on}} AS known_on
    FROM {{table}} deal
    JOIN deals_stage stage ON stage.vendor_id = %(vendor)s AND stage.id = deal.stage_id
    LEFT JOIN first_open ON first_open.program_id = stage.program_id
    WHERE deal.is_new
)
SELECT %(vendor)s, {_COLUMNS} FROM ({_STEPS}) steps
"""


def write_stage_history(*, vendor_id: UUID, table: str, amounts_known: AmountKnown) -> int:
    """Replace the stage history of deals by what the deals say now; returns how many rows were written.

    `table` is a temporary one (opportunity_id uuid, known_on date): which deals, and since when the source has known
    the amount of an open one. Leave out deals whose stage, amount or dates a person has edited.
    """
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.stage_change_wanted")
        cursor.execute(_filled(_OF_DEALS, table, "meant.known_on", amounts_known), {"vendor": vendor_id})
        cursor.execute("ANALYZE stage_change_wanted")
        cursor.execute(_REPLACE, {"vendor": vendor_id})
        written = int(cursor.rowcount)
        cursor.execute("DROP TABLE pg_temp.stage_change_wanted")
    return written


def begin_stage_history(*, vendor_id: UUID, table: str, amounts_known: AmountKnown) -> int:
    """The first stage history of deals that were just inserted from a temporary table, without reading them back.

    The table has `is_new`, `updated_on` and the columns of a deal that history follows from.
    """
    columns = [name.strip(' "') for name in _COLUMNS.split(",")]
    select = _filled(_OF_NEW, table, "deal.updated_on", amounts_known)
    return insert_new("deals_stagechange", ["vendor_id", *columns], select, {"vendor": vendor_id})


def _filled(statement: str, table: str, known_on: str, amounts_known: AmountKnown) -> str:
    return statement.format(
        table=connection.ops.quote_name(table),
        known_on=known_on if amounts_known is AmountKnown.UPDATED else "NULL::date",
        from_opening="true" if amounts_known is AmountKnown.OPENED else "false",
    )
