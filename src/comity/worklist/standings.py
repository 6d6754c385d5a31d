"""Filling pulse and standings: set-based, from the marts, when those were filled. The handler stands at the end.

Both are figures of one day, the program's data-as-of date. They exist so that the first page never aggregates deals.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from comity.insights.catalogue import METRICS
from comity.insights.comparison import same_stretch
from comity.insights.engine import Row, answer
from comity.insights.events import MartsFilled
from comity.insights.metric import Dimension
from comity.insights.question import Question, ask, today_of, twelve_months_to
from comity.kernel.periods import Period
from comity.platform.models import Delivery, DeliveryState
from comity.platform.tenancy import current_organization_id
from comity.programs.calendars import calendar_of
from comity.programs.events import DataAsOfMoved, QuotasChanged
from comity.programs.models import Manager, Program, Quota
from comity.worklist.models import WHOLE_PROGRAM, Standing

RECENT_DAYS: Final = 90
OF_THE_YEAR: Final = ("partner_revenue", "partner_sourced_revenue", "win_rate")
OF_THE_DAY: Final = ("partner_sourced_pipeline", "active_partners", "capacity_utilization")
OF_TODAY: Final = ("capacity_utilization",)
"""Counts the partners that managers have now, whatever day is asked about: there is no year before."""
QUOTA: Final = "quota_attainment"


@transaction.atomic
def refill(program: Program, partnerships: Sequence[UUID] | None = None) -> None:
    """Fill pulse and standings of a program anew; the pulse of these partnerships alone, where they are named.

    Then the standings wait for the last of several changes that are on their way: each counts the whole program.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL work_mem = '96MB'")
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"worklist {program.pk}"])
        _fill_pulse(cursor, program, partnerships)
    if partnerships is None or not _more_to_come(program):
        _fill_standings(program)


def _more_to_come(program: Program) -> bool:
    """Whether further news of this program's marts waits. The one that is being handled still counts as waiting; the
    lock lets the next look only when it is done."""
    waiting = Delivery.objects.filter(
        vendor_id=program.vendor_id,
        state=DeliveryState.PENDING,
        event__name=MartsFilled.name,
        event__payload__program_id=str(program.pk),
    )
    return waiting.count() > 1


def _fill_pulse(cursor: Any, program: Program, partnerships: Sequence[UUID] | None) -> None:
    as_of = today_of(program)
    values = {
        "vendor": program.vendor_id,
        "program": program.pk,
        "chosen": list(partnerships or ()),
        "as_of": as_of,
        "year_from": twelve_months_to(as_of),
        "recent_from": as_of - timedelta(days=RECENT_DAYS - 1),
        "former_to": _year_before(as_of),
        "former_from": _year_before(as_of) - timedelta(days=RECENT_DAYS - 1),
    }
    chosen = "true" if partnerships is None else "{column} = ANY(%(chosen)s)"
    if partnerships is None:
        cursor.execute("SET LOCAL enable_nestloop = off")
    cursor.execute(_FORGET.replace("{chosen}", chosen.replace("{column}", "x.partnership_id")), values)
    cursor.execute(_PULSE.replace("{chosen}", chosen.replace("{column}", "x.id")), values)
    cursor.execute("SET LOCAL enable_nestloop = on")


_FORGET: Final = """
DELETE FROM worklist_partnerpulse x WHERE x.vendor_id = %(vendor)s AND x.program_id = %(program)s AND {chosen}
"""
_PULSE: Final = """
WITH chosen AS (
    SELECT x.id FROM programs_partnership x
    WHERE x.vendor_id = %(vendor)s AND x.program_id = %(program)s AND {chosen}
), active AS (
    SELECT a.partnership_id, max(a."on") AS last_on FROM insights_partneractivity a
    WHERE a.vendor_id = %(vendor)s AND a.program_id = %(program)s AND a."on" <= %(as_of)s AND a.undone_on > %(as_of)s
      AND a.partnership_id IN (SELECT id FROM chosen)
    GROUP BY 1
), deal AS (
    SELECT p.partnership_id, s.status, s.amount, s.closed_on
    FROM insights_dealpartner p
    JOIN insights_dealstate s ON s.vendor_id = p.vendor_id AND s.opportunity_id = p.opportunity_id
    WHERE p.vendor_id = %(vendor)s AND p.program_id = %(program)s
      AND s.vendor_id = %(vendor)s AND s.program_id = %(program)s
      AND s.from_on <= %(as_of)s AND s.to_on > %(as_of)s
      AND (s.status = 'open' OR s.status = 'won' AND s.closed_on BETWEEN %(former_from)s AND %(as_of)s)
      AND p.partnership_id IN (SELECT id FROM chosen)
), sums AS (
    SELECT partnership_id,
           sum(amount) FILTER (WHERE status = 'won' AND closed_on >= %(year_from)s) AS year_amount,
           sum(amount) FILTER (WHERE status = 'won' AND closed_on >= %(recent_from)s) AS recent_amount,
           count(*) FILTER (WHERE status = 'won' AND closed_on >= %(recent_from)s) AS recent_deals,
           sum(amount) FILTER (WHERE status = 'won' AND closed_on <= %(former_to)s) AS former_amount,
           count(*) FILTER (WHERE status = 'won' AND closed_on <= %(former_to)s) AS former_deals,
           sum(amount) FILTER (WHERE status = 'open') AS open_amount,
           count(*) FILTER (WHERE status = 'open') AS open_deals
    FROM deal GROUP BY 1
)
INSERT INTO worklist_partnerpulse (vendor_id, program_id, partnership_id, as_of, last_activity_on, year_amount,
    recent_amount, recent_deals, former_amount, former_deals, open_amount, open_deals)
SELECT %(vendor)s, %(program)s, c.id, %(as_of)s, a.last_on, coalesce(s.year_amount, 0),
    coalesce(s.recent_amount, 0), coalesce(s.recent_deals, 0), coalesce(s.former_amount, 0),
    coalesce(s.former_deals, 0), coalesce(s.open_amount, 0), coalesce(s.open_deals, 0)
FROM chosen c LEFT JOIN active a ON a.partnership_id = c.id LEFT JOIN sums s ON s.partnership_id = c.id
"""


def _fill_standings(program: Program) -> None:
    as_of = today_of(program)
    year = calendar_of(program).year_of(as_of)
    managers = {
        external_id or str(key): key
        for key, external_id in Manager.objects.filter(vendor_id=program.vendor_id, program=program).values_list(
            "pk", "external_id"
        )
    }
    rows = _of_period(program, year, as_of, (*OF_THE_YEAR, *OF_THE_DAY), managers)
    quota_period = quota_period_of(program, as_of)
    if quota_period is not None:
        rows += _of_period(program, quota_period, as_of, (QUOTA,), managers)
    Standing.objects.filter(vendor_id=program.vendor_id, program_id=program.pk).delete()
    Standing.objects.bulk_create(rows)


def quota_period_of(program: Program, as_of: date) -> Period | None:
    """The quarter of the day if quotas lie within it, else the year; null if none do."""
    calendar = calendar_of(program)
    for period in (calendar.quarter_of(as_of), calendar.year_of(as_of)):
        within = {"starts_on__gte": period.starts_on, "ends_on__lte": period.ends_on, "starts_on__lte": as_of}
        if Quota.objects.filter(vendor_id=program.vendor_id, program=program, manager__isnull=False, **within).exists():
            return period
    return None


def _of_period(
    program: Program, period: Period, as_of: date, names: tuple[str, ...], managers: dict[str, UUID]
) -> list[Standing]:
    """Totals and managers' slices of a period, each beside the same stretch of the year before."""
    question = ask(program, from_on=period.starts_on, to_on=period.ends_on, as_of=as_of, by=Dimension.MANAGER)
    earlier = period.year_before()
    then = question.during(earlier, same_stretch(period, earlier, as_of))
    former = {key: row.value for key, row in _figures(then, names, managers).items()}
    return [
        Standing(
            vendor_id=program.vendor_id,
            program_id=program.pk,
            as_of=as_of,
            manager_id=manager,
            metric=metric,
            period="" if METRICS[metric].over.of_a_day else period.label,
            value=row.value,
            numerator=row.numerator,
            denominator=row.denominator,
            former_value=None if metric in OF_TODAY else former.get((manager, metric)),
            without_amount=row.rows_without_amount,
            reason=row.reason or "",
        )
        for (manager, metric), row in _figures(question, names, managers).items()
    ]


def _figures(question: Question, names: tuple[str, ...], managers: dict[str, UUID]) -> dict[tuple[UUID, str], Row]:
    found: dict[tuple[UUID, str], Row] = {}
    for row in answer(question, [METRICS[name] for name in names]):
        if row.key is None:
            found[WHOLE_PROGRAM, row.metric] = row
        elif row.dimension == Dimension.MANAGER and row.key in managers:
            found[managers[row.key], row.metric] = row
    return found


def _year_before(day: date) -> date:
    return Period(day, day).year_before().ends_on


def refill_after_move(event: DataAsOfMoved) -> None:
    """Today is another day for the data."""
    refill(_program(event.program_id))


@transaction.atomic
def refill_after_quota(event: QuotasChanged) -> None:
    """A target is another."""
    program = _program(event.program_id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"worklist {program.pk}"])
    _fill_standings(program)


def refill_after_marts(event: MartsFilled) -> None:
    """The marts follow the deals again."""
    program = _program(event.program_id)
    refill(program, event.concerned)


def _program(program_id: UUID) -> Program:
    return Program.objects.get(vendor_id=current_organization_id(), pk=program_id)
