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


def add(cursor: Any, parameters: dict[str, Any], deals: str, *, sign: int, is_first: bool = False) -> None:
    """Add what the states of these deals say to the sums; with a sign of -1 take it away again.

    Of sums that were cleared (`is_first`) no row is looked for.
    """
    values = {**parameters, "sign": sign}
    for statement in (_CIRCLES, _CLOSED, _OPEN, _CYCLES):
        wanted = statement.partition("ON CONFLICT")[0] if is_first else statement
        cursor.execute(wanted.replace("{deals}", deals), values)


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
           CASE WHEN turn.times > 0 THEN s.from_on ELSE s.to_on END AS "on", turn.times * %(sign)s AS times
    FROM (SELECT s.* {_STATES} AND {{which}}) s
    JOIN (VALUES (1), (-1)) AS turn(times) ON turn.times > 0 OR s.to_on < '{END}'::date
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
# Managers by day and circles by year come of one look at the deals: whatever is not grouped by is null there. Months
# are added up from days.
_START: Final = "date_trunc('{level}', {day}::timestamp)::date"
_YEAR: Final = _START.replace("{level}", "year")

_CLOSED: Final = f"""
WITH turn AS NOT MATERIALIZED ({_TURNS_OF_CLOSED}), counted AS MATERIALIZED (
    SELECT t.closed_on, t.year, t.known_on, t.manager_id, t.circle_id, t.role, t.status, t.lacks_amount,
           t.lacks_opening, sum(t.times) AS deals, sum(t.times * t.amount) AS amount,
           sum(t.times * t.cycle_days) AS cycle_days
    FROM (SELECT t.*, {_YEAR.format(day="t.closed_on")} AS year, t.amount IS NULL AS lacks_amount,
                 t.cycle_days IS NULL AS lacks_opening FROM turn t) t
    GROUP BY GROUPING SETS (
        (t.closed_on, t.known_on, t.manager_id, t.role, t.status, t.lacks_amount, t.lacks_opening),
        (t.year, t.known_on, t.circle_id, t.status, t.lacks_amount, t.lacks_opening))
), day AS MATERIALIZED (
    SELECT 'manager' AS kind, c.closed_on AS starts_on, c.known_on, c.manager_id AS key, c.role, c.status,
           c.lacks_amount, c.lacks_opening, c.deals, c.amount, c.cycle_days
    FROM counted c WHERE c.circle_id IS NULL
    UNION ALL
    SELECT 'family', t.closed_on, t.known_on, t.family_id, t.role, t.status, t.part_amount IS NULL,
           t.cycle_days IS NULL, sum(t.times), sum(t.times * t.part_amount), sum(t.times * t.cycle_days)
    FROM ({_PARTED}) t GROUP BY 2, 3, 4, 5, 6, 7, 8
), each AS (
    SELECT 'day' AS level, d.* FROM day d
    UNION ALL
    SELECT 'month', d.kind, {_START.format(level="month", day="d.starts_on")}, d.known_on, d.key, d.role, d.status,
           d.lacks_amount, d.lacks_opening, sum(d.deals), sum(d.amount), sum(d.cycle_days)
    FROM day d GROUP BY 2, 3, 4, 5, 6, 7, 8, 9
    UNION ALL
    SELECT 'year', 'circle', c.year, c.known_on, c.circle_id, '', c.status, c.lacks_amount, c.lacks_opening, c.deals,
           c.amount, c.cycle_days
    FROM counted c WHERE c.circle_id IS NOT NULL
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
WITH turn AS NOT MATERIALIZED ({_TURNS_OF_OPEN}), counted AS MATERIALIZED (
    SELECT t."on", t.year, t.manager_id, t.circle_id, t.role, t.lacks_amount, sum(t.times) AS deals,
           sum(t.times * t.amount) AS amount
    FROM (SELECT t.*, {_YEAR.format(day='t."on"')} AS year, t.amount IS NULL AS lacks_amount FROM turn t) t
    GROUP BY GROUPING SETS ((t."on", t.manager_id, t.role, t.lacks_amount), (t.year, t.circle_id, t.lacks_amount))
), day AS MATERIALIZED (
    SELECT 'manager' AS kind, c."on" AS starts_on, c.manager_id AS key, c.role, c.lacks_amount, c.deals, c.amount
    FROM counted c WHERE c.circle_id IS NULL
    UNION ALL
    SELECT 'family', t."on", t.family_id, t.role, t.part_amount IS NULL, sum(t.times), sum(t.times * t.part_amount)
    FROM ({_PARTED}) t GROUP BY 2, 3, 4, 5
), each AS (
    SELECT 'day' AS level, d.* FROM day d
    UNION ALL
    SELECT 'month', d.kind, {_START.format(level="month", day="d.starts_on")}, d.key, d.role, d.lacks_amount,
           sum(d.deals), sum(d.amount)
    FROM day d GROUP BY 2, 3, 4, 5, 6
    UNION ALL
    SELECT 'always', 'circle', '{BEGINNING}'::date, c.circle_id, '', c.lacks_amount, sum(c.deals), sum(c.amount)
    FROM counted c WHERE c.circle_id IS NOT NULL GROUP BY 4, 6
    UNION ALL
    SELECT 'year', 'circle', c.year, c.circle_id, '', c.lacks_amount, c.deals, c.amount
    FROM counted c WHERE c.circle_id IS NOT NULL
)
INSERT INTO insights_opensum AS kept (
    vendor_id, program_id, level, kind, starts_on, key, role, lacks_amount, deals, amount)
SELECT %(vendor)s, %(program)s, e.* FROM each e ORDER BY e.kind, e.level, e.starts_on, e.key
ON CONFLICT (vendor_id, program_id, kind, level, starts_on, key, role, lacks_amount)
DO UPDATE SET deals = kept.deals + excluded.deals, amount = kept.amount + excluded.amount
"""

_CYCLES: Final = f"""
INSERT INTO insights_cyclesum AS kept (vendor_id, program_id, starts_on, known_on, role, cycle_days, deals)
SELECT %(vendor)s, %(program)s, {_START.format(level="month", day="t.closed_on")}, t.known_on, t.role, t.cycle_days,
       sum(t.times)
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
