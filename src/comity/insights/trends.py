"""What each partner brings, over the last year and beside its peers: three small marts on top of those of deals.

They exist so that a page of partners, and the page of one, never add up deals. All are of one day, the program's
data-as-of date; they are filled anew when the marts of deals were filled, and when that day moves. Peers are the
active partnerships of the same program.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from comity.insights.engine import quotient
from comity.insights.events import MartsFilled
from comity.insights.models import BEGINNING, PartnerFigures, PartnerTrend, PeerTrend
from comity.insights.question import today_of
from comity.platform.tenancy import current_organization_id
from comity.programs.events import DataAsOfMoved
from comity.programs.models import Program

POINTS: Final = 13
"""The data-as-of date and the same day of the twelve months before."""
WINDOW_MONTHS: Final = 12
BUCKETS: Final = POINTS + WINDOW_MONTHS - 1


@dataclass(frozen=True)
class Point:
    """One figure of a partner on one day, and the median of its peers; null where there is none."""

    on: date
    value: Decimal | None
    median: Decimal | None


@dataclass(frozen=True)
class Trend:
    """A figure over the last year; the last point is today's."""

    name: str
    points: tuple[Point, ...]
    peers: int

    @property
    def now(self) -> Point | None:
        """The figure of the data-as-of date."""
        return self.points[-1] if self.points else None


def month_points(as_of: date, count: int) -> list[date]:
    """The day and the same day of the months before it, the newest first; the last of a month that is too short."""
    found = []
    for back in range(count):
        year, month = divmod(as_of.year * 12 + as_of.month - 1 - back, 12)
        first = date(year, month + 1, 1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        found.append(first.replace(day=min(as_of.day, last.day)))
    return found


@transaction.atomic
def refill(program: Program, partnership_ids: Sequence[UUID] | None = None) -> None:
    """Fill the three marts of a program anew; figures and trends of these partnerships alone where they are named."""
    as_of = today_of(program)
    days = month_points(as_of, BUCKETS + 1)
    values: dict[str, Any] = {
        "vendor": program.vendor_id,
        "program": program.pk,
        "as_of": as_of,
        "chosen": list(partnership_ids or ()),
        "edges": [day + timedelta(days=1) for day in reversed(days)],
        "days": days[:POINTS],
        "first": days[POINTS - 1],
        "oldest": days[BUCKETS],
    }
    only = "{column} = ANY(%(chosen)s)" if partnership_ids is not None else "true"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL work_mem = '96MB'")
        if partnership_ids is None:
            cursor.execute("SET LOCAL enable_nestloop = off")  # see marts.py
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"trends {program.pk}"])
        for statement in (_FORGET_FIGURES, _FORGET_TRENDS, _TRENDS, _FIGURES):
            own = only.replace("{column}", "x.id" if statement is _TRENDS else "x.partnership_id")
            cursor.execute(
                statement.replace("{only}", own).replace("{part}", only.replace("{column}", "p.partnership_id")), values
            )
        cursor.execute(_FORGET_PEERS, values)
        cursor.execute(_PEERS, values)
        cursor.execute("SET LOCAL enable_nestloop = on")


_OF: Final = "x.vendor_id = %(vendor)s AND x.program_id = %(program)s"
_FORGET_FIGURES: Final = f"DELETE FROM insights_partnerfigures x WHERE {_OF} AND {{only}}"
_FORGET_TRENDS: Final = f"DELETE FROM insights_partnertrend x WHERE {_OF} AND {{only}}"
_FORGET_PEERS: Final = f"DELETE FROM insights_peertrend x WHERE {_OF}"

# Closed deals fall into months counted back from the day; a figure of a day is the sum of twelve of them. As the day
# knows them: later changes of a deal are not told. Nothing won is 0; won without any known amount is null.
_TRENDS: Final = f"""
WITH member AS (
    SELECT x.id FROM programs_partnership x WHERE {_OF} AND {{only}}
), part AS (
    SELECT p.partnership_id, p.opportunity_id FROM insights_dealpartner p
    WHERE p.vendor_id = %(vendor)s AND p.program_id = %(program)s AND {{part}}
), month AS (
    SELECT p.partnership_id, {BUCKETS} - width_bucket(s.closed_on, %(edges)s::date[]) AS back,
           sum(s.amount) FILTER (WHERE s.status = 'won') AS amount,
           count(*) FILTER (WHERE s.status = 'won') AS won,
           count(*) FILTER (WHERE s.status = 'lost') AS lost,
           count(*) FILTER (WHERE s.status = 'won' AND s.amount IS NULL) AS lacking
    FROM part p JOIN insights_dealstate s ON s.vendor_id = %(vendor)s AND s.opportunity_id = p.opportunity_id
    WHERE s.program_id = %(program)s AND s.closed_on > %(oldest)s AND s.closed_on <= %(as_of)s
      AND s.from_on <= %(as_of)s AND s.to_on > %(as_of)s AND s.status <> 'open'
    GROUP BY 1, 2
), day AS (
    SELECT d AS "on", place - 1 AS back FROM unnest(%(days)s::date[]) WITH ORDINALITY AS u(d, place)
), standing AS (
    SELECT p.partnership_id, d.back, sum(s.amount) AS pipeline, count(*) AS deals
    FROM part p JOIN insights_dealstate s ON s.vendor_id = %(vendor)s AND s.opportunity_id = p.opportunity_id
    JOIN day d ON s.from_on <= d."on" AND s.to_on > d."on"
    WHERE s.program_id = %(program)s AND s.status = 'open' AND s.from_on <= %(as_of)s AND s.to_on > %(first)s
    GROUP BY 1, 2
), rolled AS (
    SELECT m.id, step.back, sum(g.amount) OVER year AS amount, coalesce(sum(g.won) OVER year, 0) AS won,
           coalesce(sum(g.lost) OVER year, 0) AS lost, coalesce(sum(g.lacking) OVER year, 0) AS lacking
    FROM member m CROSS JOIN generate_series(0, {BUCKETS} - 1) AS step(back)
    LEFT JOIN month g ON g.partnership_id = m.id AND g.back = step.back
    WINDOW year AS (PARTITION BY m.id ORDER BY step.back ROWS BETWEEN CURRENT ROW AND {WINDOW_MONTHS - 1} FOLLOWING)
)
INSERT INTO insights_partnertrend (
    vendor_id, program_id, partnership_id, "on", revenue, won, lost, without_amount, pipeline)
SELECT %(vendor)s, %(program)s, r.id, d."on", CASE WHEN r.won = 0 THEN 0 ELSE r.amount END, r.won, r.lost, r.lacking,
       CASE WHEN o.deals IS NULL THEN 0 ELSE o.pipeline END
FROM rolled r JOIN day d ON d.back = r.back
LEFT JOIN standing o ON o.partnership_id = r.id AND o.back = r.back
ORDER BY r.id, d."on"
"""

_FIGURES: Final = f"""
INSERT INTO insights_partnerfigures (
    vendor_id, program_id, partnership_id, as_of, revenue, revenue_before, won, lost, without_amount, pipeline,
    open_deals, pipeline_moved_on, last_activity_on)
SELECT %(vendor)s, %(program)s, x.partnership_id, %(as_of)s, x.revenue, before.revenue, x.won, x.lost, x.without_amount,
       x.pipeline, coalesce(standing.deals, 0),
       standing.moved_on, active.last_on
FROM insights_partnertrend x
JOIN insights_partnertrend before ON before.vendor_id = x.vendor_id AND before.partnership_id = x.partnership_id
    AND before."on" = %(first)s
LEFT JOIN (
    SELECT p.partnership_id, count(*) AS deals, max(nullif(s.from_on, '{BEGINNING}'::date)) AS moved_on
    FROM insights_dealpartner p
    JOIN insights_dealstate s ON s.vendor_id = %(vendor)s AND s.opportunity_id = p.opportunity_id
    WHERE p.vendor_id = %(vendor)s AND p.program_id = %(program)s AND {{part}} AND s.program_id = %(program)s
      AND s.status = 'open' AND s.from_on <= %(as_of)s AND s.to_on > %(as_of)s
    GROUP BY 1
) standing ON standing.partnership_id = x.partnership_id
LEFT JOIN (
    SELECT p.partnership_id, max(p."on") AS last_on FROM insights_partneractivity p
    WHERE p.vendor_id = %(vendor)s AND p.program_id = %(program)s AND {{part}}
      AND p."on" <= %(as_of)s AND p.undone_on > %(as_of)s
    GROUP BY 1
) active ON active.partnership_id = x.partnership_id
WHERE {_OF} AND x."on" = %(as_of)s AND {{only}}
"""

# Only a drawing and a comparison need a median, so it may pass through floating point.
_PEERS: Final = f"""
INSERT INTO insights_peertrend (vendor_id, program_id, "on", peers, revenue, pipeline, win_rate, deal_size)
SELECT %(vendor)s, %(program)s, x."on", count(*),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY x.revenue)::numeric(20, 4),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY x.pipeline)::numeric(20, 4),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY x.won::numeric / nullif(x.won + x.lost, 0))::numeric(20, 10),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY x.revenue / nullif(x.won - x.without_amount, 0))::numeric(20, 4)
FROM insights_partnertrend x
JOIN programs_partnership m ON m.vendor_id = x.vendor_id AND m.id = x.partnership_id AND m.status = 'active'
WHERE {_OF} AND x."on" = ANY(%(days)s)
GROUP BY x."on"
"""


def trends_of(program: Program, partnership_id: UUID) -> dict[str, Trend]:
    """Revenue, pipeline, win rate and deal size of a partner over the last year, beside the peers. Two queries."""
    asked: dict[str, Any] = {"vendor_id": program.vendor_id, "program_id": program.pk}
    rows = list(PartnerTrend.objects.filter(**asked, partnership_id=partnership_id).order_by("on"))
    peers = {row.on: row for row in PeerTrend.objects.filter(**asked)}
    count = peers[rows[-1].on].peers if rows and rows[-1].on in peers else 0
    return {
        name: Trend(
            name,
            tuple(Point(row.on, value(row), getattr(peers.get(row.on), name, None)) for row in rows),
            count,
        )
        for name, value in _MEASURES.items()
    }


def figures_of(vendor_id: UUID, partnership_ids: Iterable[UUID]) -> Mapping[UUID, PartnerFigures]:
    """The figures of these partnerships that have some: one query."""
    found = PartnerFigures.objects.filter(vendor_id=vendor_id, partnership_id__in=list(partnership_ids))
    return {row.partnership_id: row for row in found}


def _win_rate(row: PartnerTrend) -> Decimal | None:
    return quotient(Decimal(row.won), Decimal(row.won + row.lost))


def _deal_size(row: PartnerTrend) -> Decimal | None:
    return quotient(row.revenue, Decimal(row.won - row.without_amount))


_MEASURES: Final = {
    "revenue": lambda row: row.revenue,
    "pipeline": lambda row: row.pipeline,
    "win_rate": _win_rate,
    "deal_size": _deal_size,
}


def refill_after_marts(event: MartsFilled) -> None:
    """The marts of deals were filled: all of a program, or what concerns some partnerships."""
    refill(_program(event.program_id), event.concerned)


def refill_for_the_day(event: DataAsOfMoved) -> None:
    """The day up to which the data are complete was moved."""
    refill(_program(event.program_id))


def _program(program_id: UUID) -> Program:
    return Program.objects.get(vendor_id=current_organization_id(), pk=program_id)
