"""Adding deals up: by day and month under manager and family, by year under their circle of partners.

A figure of any period is then put together from whole months or years and the days at both ends (`stretches.py`). What
a deal adds is a function of its states alone, so one deal is taken out and put in again without looking at any other.
"""

from __future__ import annotations

from typing import Any, Final

from comity.insights.models import BEGINNING, END, NOT_SET

TABLES: Final = (
    "insights_closedsum",
    "insights_opensum",
    "insights_cyclesum",
    "insights_dealcircle",
    "insights_sumsfilled",
)

CIRCLE: Final = "md5(string_agg(m.partnership_id::text || m.rank, ',' ORDER BY m.partnership_id))::uuid"
"""The id of the partnerships and ranks of a deal: equal for equal ones, so that nobody has to look it up."""


def are_filled(cursor: Any, parameters: dict[str, Any]) -> bool:
    """Whether the sums of the program hold all its deals."""
    cursor.execute(f"SELECT 1 FROM insights_sumsfilled WHERE {_MINE}", parameters)
    return cursor.fetchone() is not None


def clear(cursor: Any, parameters: dict[str, Any]) -> None:
    """Forget the sums of the program."""
    for table in TABLES:
        cursor.execute(f"DELETE FROM {table} WHERE {_MINE}", parameters)


def add(cursor: Any, parameters: dict[str, Any], deals: str, *, sign: int) -> None:
    """Add what the states of these deals say to the sums; with a sign of -1 take it away again."""
    values = {**parameters, "sign": sign}
    for statement in (_CIRCLES, _CLOSED, _OPEN, _CYCLES):
        cursor.execute(statement.replace("{deals}", deals), values)


def mark_filled(cursor: Any, parameters: dict[str, Any], deals: str) -> None:
    """Say that they are complete, and up to which day something happened."""
    cursor.execute(_FILLED.replace("{deals}", deals), parameters)


_MINE: Final = "vendor_id = %(vendor)s AND program_id = %(program)s"
_STATES: Final = "FROM insights_dealstate s WHERE s.vendor_id = %(vendor)s AND s.program_id = %(program)s AND {deals}"

_CIRCLES: Final = f"""
INSERT INTO insights_dealcircle (vendor_id, program_id, circle_id, partnership_id, rank)
SELECT %(vendor)s, %(program)s, one.circle_id, m.partnership_id, m.rank
FROM (
    SELECT s.circle_id, (array_agg(s.opportunity_id))[1] AS opportunity_id {_STATES} AND s.circle_id IS NOT NULL
    GROUP BY s.circle_id
) one JOIN insights_dealpartner m ON m.vendor_id = %(vendor)s AND m.opportunity_id = one.opportunity_id
WHERE %(sign)s > 0
ON CONFLICT DO NOTHING
"""

# Each state is put in on the day it begins and taken out on the day it ends.
_TURN: Final = f"""
    SELECT s.opportunity_id, s.status, s.amount, s.rate, s.role, coalesce(s.manager_id, '{NOT_SET}') AS manager_id,
           coalesce(s.circle_id, '{NOT_SET}') AS circle_id, s.closed_on, s.closed_on - s.opened_on AS cycle_days,
           turn."on", turn.times * %(sign)s AS times
    FROM (SELECT s.* {_STATES} AND {{which}}) s
    CROSS JOIN LATERAL (VALUES (1, s.from_on), (-1, s.to_on)) AS turn(times, "on")
    WHERE turn."on" < '{END}'::date
"""
# What was known by the close needs no day of its own: nobody asks about deals that close after the as-of date.
_TURNS_OF_CLOSED: Final = f"""
    SELECT t.*, CASE WHEN t."on" <= t.closed_on THEN '{BEGINNING}'::date ELSE t."on" END AS known_on
    FROM ({_TURN.replace("{which}", "s.closed_on IS NOT NULL AND s.status <> 'open'")}) t
"""
_TURNS_OF_OPEN: Final = _TURN.replace("{which}", "s.status = 'open'")
# As frames.by_family tells it.
_PARTED: Final = """
    SELECT t.*, coalesce(p.family_id, '{nobody}') AS family_id,
           CASE WHEN t.amount IS NULL OR p.opportunity_id IS NULL OR p.is_whole THEN t.amount
                ELSE round(p.amount * t.rate, 4)::numeric(20, 4) END AS part_amount
    FROM turn t LEFT JOIN insights_dealpart p ON p.vendor_id = %(vendor)s AND p.program_id = %(program)s
        AND p.opportunity_id = t.opportunity_id
""".replace("{nobody}", str(NOT_SET))

_CLOSED: Final = f"""
WITH turn AS NOT MATERIALIZED ({_TURNS_OF_CLOSED}), day AS MATERIALIZED (
    SELECT 'manager' AS kind, t.closed_on AS starts_on, t.known_on, t.manager_id AS key, t.role, t.status,
           t.amount IS NULL AS lacks_amount, t.cycle_days IS NULL AS lacks_opening, sum(t.times) AS deals,
           sum(t.times * t.amount) AS amount, sum(t.times * t.cycle_days) AS cycle_days
    FROM turn t GROUP BY 2, 3, 4, 5, 6, 7, 8
    UNION ALL
    SELECT 'family', t.closed_on, t.known_on, t.family_id, t.role, t.status, t.part_amount IS NULL,
           t.cycle_days IS NULL, sum(t.times), sum(t.times * t.part_amount), sum(t.times * t.cycle_days)
    FROM ({_PARTED}) t GROUP BY 2, 3, 4, 5, 6, 7, 8
), each AS (
    SELECT 'day' AS level, d.* FROM day d
    UNION ALL
    SELECT 'month', d.kind, date_trunc('month', d.starts_on)::date, d.known_on, d.key, d.role, d.status, d.lacks_amount,
           d.lacks_opening, sum(d.deals), sum(d.amount), sum(d.cycle_days)
    FROM day d GROUP BY 2, 3, 4, 5, 6, 7, 8, 9
    UNION ALL
    SELECT 'year', 'circle', date_trunc('year', t.closed_on)::date, t.known_on, t.circle_id, '', t.status,
           t.amount IS NULL, t.cycle_days IS NULL, sum(t.times), sum(t.times * t.amount), sum(t.times * t.cycle_days)
    FROM turn t GROUP BY 3, 4, 5, 7, 8, 9
)
INSERT INTO insights_closedsum AS kept (
    vendor_id, program_id, level, kind, starts_on, known_on, key, role, status, lacks_amount, lacks_opening, deals,
    amount, cycle_days)
SELECT %(vendor)s, %(program)s, e.* FROM each e ORDER BY e.kind, e.level, e.starts_on, e.key
ON CONFLICT (vendor_id, program_id, kind, level, starts_on, known_on, key, role, status, lacks_amount, lacks_opening)
DO UPDATE SET deals = kept.deals + excluded.deals, amount = kept.amount + excluded.amount,
              cycle_days = kept.cycle_days + excluded.cycle_days
"""

_OPEN: Final = f"""
WITH turn AS NOT MATERIALIZED ({_TURNS_OF_OPEN}), day AS MATERIALIZED (
    SELECT 'manager' AS kind, t."on" AS starts_on, t.manager_id AS key, t.role, t.amount IS NULL AS lacks_amount,
           sum(t.times) AS deals, sum(t.times * t.amount) AS amount
    FROM turn t GROUP BY 2, 3, 4, 5
    UNION ALL
    SELECT 'family', t."on", t.family_id, t.role, t.part_amount IS NULL, sum(t.times), sum(t.times * t.part_amount)
    FROM ({_PARTED}) t GROUP BY 2, 3, 4, 5
), each AS (
    SELECT 'day' AS level, d.* FROM day d
    UNION ALL
    SELECT 'month', d.kind, date_trunc('month', d.starts_on)::date, d.key, d.role, d.lacks_amount, sum(d.deals),
           sum(d.amount)
    FROM day d GROUP BY 2, 3, 4, 5, 6
    UNION ALL
    SELECT 'always', 'circle', '{BEGINNING}'::date, t.circle_id, '', t.amount IS NULL, sum(t.times),
           sum(t.times * t.amount)
    FROM turn t GROUP BY 4, 6
    UNION ALL
    SELECT 'year', 'circle', date_trunc('year', t."on")::date, t.circle_id, '', t.amount IS NULL, sum(t.times),
           sum(t.times * t.amount)
    FROM turn t GROUP BY 3, 4, 6
)
INSERT INTO insights_opensum AS kept (
    vendor_id, program_id, level, kind, starts_on, key, role, lacks_amount, deals, amount)
SELECT %(vendor)s, %(program)s, e.* FROM each e ORDER BY e.kind, e.level, e.starts_on, e.key
ON CONFLICT (vendor_id, program_id, kind, level, starts_on, key, role, lacks_amount)
DO UPDATE SET deals = kept.deals + excluded.deals, amount = kept.amount + excluded.amount
"""

_CYCLES: Final = f"""
INSERT INTO insights_cyclesum AS kept (vendor_id, program_id, starts_on, known_on, role, cycle_days, deals)
SELECT %(vendor)s, %(program)s, date_trunc('month', t.closed_on)::date, t.known_on, t.role, t.cycle_days, sum(t.times)
FROM ({_TURNS_OF_CLOSED}) t WHERE t.status = 'won' AND t.cycle_days IS NOT NULL
GROUP BY 3, 4, 5, 6
ON CONFLICT (vendor_id, program_id, starts_on, known_on, role, cycle_days)
DO UPDATE SET deals = kept.deals + excluded.deals
"""

_FILLED: Final = f"""
INSERT INTO insights_sumsfilled AS kept (vendor_id, program_id, newest_on)
SELECT %(vendor)s, %(program)s, greatest(
    coalesce(max(s.from_on), '{BEGINNING}'), coalesce(max(s.to_on) FILTER (WHERE s.to_on < '{END}'), '{BEGINNING}'))
{_STATES}
ON CONFLICT (vendor_id, program_id) DO UPDATE SET newest_on = greatest(kept.newest_on, excluded.newest_on)
"""
