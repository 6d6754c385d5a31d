"""How the decisions of a program go, month by month: how many, how long, in time or not, and what appeals changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db import connection

from comity.deals.states.registrations import Move
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.programs.models import Program

DECIDING: Final = (Move.APPROVE, Move.APPROVE_WITH_CONDITIONS, Move.QUEUE, Move.REJECT, Move.RETURN)
# The first decision of each registration counts, against the clock of its first verdict: a place that is drawn anew, an
# appeal or a queue moves later clocks.
_BY_MONTH: Final = """
WITH claim AS (
    SELECT r.id, date_trunc('month', r.submitted_at AT TIME ZONE %(zone)s)::date AS month, r.submitted_at,
           (SELECT min(step.at) FROM deals_registrationstep step WHERE step.vendor_id = %(vendor)s
              AND step.registration_id = r.id AND step.move = ANY(%(moves)s)) AS decided_at,
           (SELECT (verdict.body ->> 'due_at')::timestamptz FROM deals_registrationverdict verdict
            WHERE verdict.vendor_id = %(vendor)s AND verdict.registration_id = r.id
            ORDER BY verdict.id LIMIT 1) AS due_at
    FROM deals_registration r
    WHERE r.vendor_id = %(vendor)s AND r.program_id = %(program)s AND r.submitted_at IS NOT NULL
      AND (r.submitted_at AT TIME ZONE %(zone)s)::date >= %(from_on)s
), appeal AS (
    SELECT claim.month, count(*) AS filed, count(*) FILTER (WHERE a.state = 'granted') AS granted,
           count(*) FILTER (WHERE a.state = 'dismissed') AS dismissed
    FROM deals_registrationappeal a JOIN claim ON claim.id = a.registration_id
    WHERE a.vendor_id = %(vendor)s GROUP BY claim.month
), timed AS (
    SELECT *, extract(epoch FROM decided_at - submitted_at)::float8 / 3600 AS hours FROM claim
)
SELECT timed.month, count(*), count(decided_at),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY hours), percentile_cont(0.9) WITHIN GROUP (ORDER BY hours),
       count(*) FILTER (WHERE decided_at <= due_at),
       coalesce(max(appeal.filed), 0), coalesce(max(appeal.granted), 0), coalesce(max(appeal.dismissed), 0)
FROM timed LEFT JOIN appeal ON appeal.month = timed.month
GROUP BY timed.month ORDER BY timed.month DESC
"""


@dataclass(frozen=True)
class MonthOfDecisions:
    """The registrations that were submitted in one month of the program's time zone."""

    month: date
    submitted: int
    decided: int
    median_hours: float | None
    """From the submission to the first decision, by the clock on the wall."""
    p90_hours: float | None
    in_time: int
    """Of those decided: before the clock of business hours ran out."""
    appeals: int
    granted: int
    dismissed: int

    @property
    def share_in_time(self) -> float | None:
        """In time among those decided."""
        return self.in_time / self.decided if self.decided else None


def decisions_by_month(actor: Actor, program: Program, today: date) -> list[MonthOfDecisions]:
    """This month and the eleven before, the newest first; vendor only."""
    if not (actor.is_vendor and actor.can(Permission.VIEW_DEALS)):
        return []
    values: dict[str, Any] = {
        "vendor": program.vendor_id, "program": program.pk, "zone": program.time_zone,
        "moves": [move.value for move in DECIDING], "from_on": date(today.year - 1, today.month, 1),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_BY_MONTH, values)
        return [MonthOfDecisions(*row) for row in cursor.fetchall()][:12]
