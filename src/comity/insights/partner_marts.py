"""Filling the marts of what partners claim and are offered: registrations, offers of leads; and their activity.

Each is one set-based statement over one registration, one lead, or all of a program. It deletes and inserts the same
rows, so that running it twice changes nothing. Handlers of the wiring table stand at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from comity.deals.events import (
    ConflictFound,
    ConflictSettled,
    RegistrationAppealed,
    RegistrationMoved,
    RegistrationsBroughtOver,
)
from comity.deals.models import DealConflict, Registration, RegistrationAppeal
from comity.deals.registration.figures import DECIDING
from comity.deals.states.registrations import Move
from comity.insights.events import MartsFilled
from comity.insights.models import END
from comity.leads.events import LeadMoved
from comity.leads.states import IN_HAND
from comity.platform.outbox import announce
from comity.platform.staging import rows_of
from comity.platform.tenancy import current_organization_id
from comity.programs.models import Program


@dataclass(frozen=True)
class Filling:
    """How one of the marts is filled: its rows, then the activity that they are. `{which}` says of which source row."""

    table: str
    row_id: str
    kind: str
    rows: str
    activity: str


@transaction.atomic
def refill_partners(program: Program) -> None:
    """Fill them anew for a whole program."""
    for filling in (REGISTRATIONS, LEADS):
        _refill(program, filling)
    refill_touches(program)


_TOUCHES: Final = "t.vendor_id = %(vendor)s AND t.program_id = %(program)s"
_OF_THESE: Final = "x.vendor_id = %(vendor)s AND x.program_id = %(program)s AND x.kind = 'touch_confirmed'"
_ACTIVE: Final = f"""
INSERT INTO insights_partneractivity (vendor_id, program_id, partnership_id, kind, source_id, "on", undone_on)
SELECT %(vendor)s, %(program)s, t.partnership_id, 'touch_confirmed', t.id,
       (t.happened_at AT TIME ZONE %(zone)s)::date, '{END}'
FROM attribution_touch t WHERE {_TOUCHES} AND t.state = 'confirmed' AND {{which}}
"""
_NEWEST: Final = """
SELECT x.partnership_id, max(x."on") FROM insights_partneractivity x
WHERE x.vendor_id = %(vendor)s AND x.partnership_id IN (
    SELECT t.partnership_id FROM attribution_touch t WHERE t.vendor_id = %(vendor)s AND t.id = ANY(%(touches)s))
GROUP BY 1
"""


@transaction.atomic
def refill_touches(program: Program, touch_ids: tuple[UUID, ...] | None = None) -> list[UUID]:
    """Fill the activity of confirmed touches anew, of these or of all of a program.

    Returns the partnerships whose newest activity is of another day now; none for a whole program.
    """
    values: dict[str, Any] = {"vendor": program.vendor_id, "program": program.pk, "zone": program.time_zone,
              "touches": list(touch_ids or ())}  # fmt: skip
    chosen = "true" if touch_ids is None else "{column} = ANY(%(touches)s)"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"touches of {program.pk}"])
        before = set() if touch_ids is None else set(rows_of(_NEWEST, values))
        gone = (
            f"DELETE FROM insights_partneractivity x WHERE {_OF_THESE} AND {chosen.replace('{column}', 'x.source_id')}"
        )
        cursor.execute(gone, values)
        cursor.execute(_ACTIVE.replace("{which}", chosen.replace("{column}", "t.id")), values)
        after = set() if touch_ids is None else set(rows_of(_NEWEST, values))
    return sorted({partner for partner, _day in before ^ after})


@transaction.atomic
def _follow(program: Program, filling: Filling, source_id: UUID) -> None:
    """Fill them anew for one registration or lead; what stands on activity hears of one that is new."""
    active = _refill(program, filling, source_id)
    if active:
        announce(MartsFilled(program_id=program.pk, partnership_ids=tuple(active)))


def _refill(program: Program, filling: Filling, source_id: UUID | None = None) -> list[UUID]:
    """For one source row, or all; returns the partnerships that got an activity they did not have."""
    one = source_id is not None
    values: dict[str, Any] = {
        "vendor": program.vendor_id,
        "program": program.pk,
        "zone": program.time_zone,
        "id": source_id,
    } | _CODES
    mine = "vendor_id = %(vendor)s AND program_id = %(program)s"
    which, which_row = ("x.id = %(id)s", f"x.{filling.row_id} = %(id)s") if one else ("true", "true")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{filling.table} of {program.pk}"])
        cursor.execute(f"DELETE FROM {filling.table} x WHERE {mine} AND {which_row}", values)
        if not one:
            cursor.execute("SET LOCAL enable_nestloop = off")  # see marts.py
            cursor.execute(f"DELETE FROM insights_partneractivity WHERE {mine} AND kind = '{filling.kind}'", values)
        cursor.execute(filling.rows.replace("{which}", which), values)
        cursor.execute(filling.activity.replace("{which}", which_row), values)
        found = [row[0] for row in cursor.fetchall()]
        cursor.execute("SET LOCAL enable_nestloop = on")
    return found


_CODES: Final[dict[str, Any]] = {
    "deciding": [move.value for move in DECIDING],
    "approving": [Move.APPROVE.value, Move.APPROVE_WITH_CONDITIONS.value],
    "rejecting": Move.REJECT.value,
    "in_hand": [state.value for state in IN_HAND],
    "rivals": ["first_registrant", "incumbent"],
}
"""Moves, states and, as deals.registration.rules names them, the rules that find another partner in the way."""

# A decision is the first step of its kind, as the page of the queue counts it; what an older system decided has none.
# A protection that was handed over is no registration of who got it. Conflicts count from the first verdict that found
# them, or from the day on which a deal of the vendor's came to stand on the customer.
REGISTRATIONS: Final = Filling(
    table="insights_submittedregistration",
    row_id="registration_id",
    kind="registration_submitted",
    rows="""
WITH claim AS MATERIALIZED (
    SELECT x.id, x.partnership_id, x.submitted_at, h.order_number < 0 AS is_old
    FROM deals_registration x JOIN deals_handling h ON h.vendor_id = x.vendor_id AND h.registration_id = x.id
    WHERE x.vendor_id = %(vendor)s AND x.program_id = %(program)s AND x.submitted_at IS NOT NULL AND {which}
), step AS (
    SELECT s.registration_id, min(s.at) FILTER (WHERE s.move = ANY(%(deciding)s)) AS decided_at,
           min(s.at) FILTER (WHERE s.move = ANY(%(approving)s)) AS approved_at,
           min(s.at) FILTER (WHERE s.move = %(rejecting)s) AS rejected_at,
           bool_or(s.move = ANY(%(approving)s) AND s.reason = 'handed_over') AS is_handed_over
    FROM claim c JOIN deals_registrationstep s ON s.vendor_id = %(vendor)s AND s.registration_id = c.id GROUP BY 1
), appeal AS (
    SELECT a.registration_id, min(a.filed_at) AS filed_at,
           min(a.decided_at) FILTER (WHERE a.state = 'granted') AS granted_at,
           min(a.decided_at) FILTER (WHERE a.state = 'dismissed') AS dismissed_at
    FROM claim c JOIN deals_registrationappeal a ON a.vendor_id = %(vendor)s AND a.registration_id = c.id GROUP BY 1
), finding AS (
    SELECT v.registration_id, min(v.at) FILTER (WHERE f ->> 'rule' = ANY(%(rivals)s)) AS rival_at,
           min(v.at) FILTER (WHERE f ->> 'rule' = 'vendor_activity') AS deal_at,
           min(v.at) FILTER (WHERE f ->> 'rule' = 'existing_customer') AS customer_at
    FROM claim c JOIN deals_registrationverdict v ON v.vendor_id = %(vendor)s AND v.registration_id = c.id
    CROSS JOIN LATERAL jsonb_array_elements(v.body -> 'findings') f
    WHERE f ->> 'effect' <> 'holds' GROUP BY 1
), conflict AS (
    SELECT d.registration_id, min(d.found_at) AS found_at
    FROM claim c JOIN deals_dealconflict d ON d.vendor_id = %(vendor)s AND d.registration_id = c.id
    WHERE d.resolution <> 'no_conflict' GROUP BY 1
), told AS (
    SELECT c.*, s.*, a.*, f.rival_at, f.customer_at, least(f.deal_at, d.found_at) AS deal_at
    FROM claim c LEFT JOIN step s ON s.registration_id = c.id LEFT JOIN appeal a ON a.registration_id = c.id
    LEFT JOIN finding f ON f.registration_id = c.id LEFT JOIN conflict d ON d.registration_id = c.id
    WHERE s.is_handed_over IS NOT TRUE
)
INSERT INTO insights_submittedregistration (
    vendor_id, program_id, registration_id, partnership_id, submitted_on, decided_on, seconds, approved_on,
    rejected_on, appealed_on, granted_on, dismissed_on, rival_on, deal_on, customer_on)
SELECT %(vendor)s, %(program)s, t.id, t.partnership_id, (t.submitted_at AT TIME ZONE %(zone)s)::date,
       (t.decided_at AT TIME ZONE %(zone)s)::date,
       CASE WHEN NOT t.is_old THEN extract(epoch FROM t.decided_at - t.submitted_at) END,
       (t.approved_at AT TIME ZONE %(zone)s)::date, (t.rejected_at AT TIME ZONE %(zone)s)::date,
       (t.filed_at AT TIME ZONE %(zone)s)::date, (t.granted_at AT TIME ZONE %(zone)s)::date,
       (t.dismissed_at AT TIME ZONE %(zone)s)::date, (t.rival_at AT TIME ZONE %(zone)s)::date,
       (t.deal_at AT TIME ZONE %(zone)s)::date, (t.customer_at AT TIME ZONE %(zone)s)::date
FROM told t ORDER BY t.submitted_at
""",
    activity=f"""
INSERT INTO insights_partneractivity (vendor_id, program_id, partnership_id, kind, source_id, "on", undone_on)
SELECT %(vendor)s, %(program)s, x.partnership_id, 'registration_submitted', x.registration_id, x.submitted_on, '{END}'
FROM insights_submittedregistration x WHERE x.vendor_id = %(vendor)s AND x.program_id = %(program)s AND {{which}}
ON CONFLICT DO NOTHING RETURNING partnership_id
""",
)

# From one offer to the next: its answer is the step after it, what came of it are the steps of who has the lead.
LEADS: Final = Filling(
    table="insights_offeredlead",
    row_id="lead_id",
    kind="lead_accepted",
    rows="""
WITH step AS (
    SELECT s.lead_id, s.sequence, s.at, s.move, s.from_state, s.side, s.reason, s.partnership_id,
           max(s.sequence) FILTER (WHERE s.move = 'offer') OVER (PARTITION BY s.lead_id ORDER BY s.sequence) AS of
    FROM leads_lead x JOIN leads_leadstep s ON s.vendor_id = x.vendor_id AND s.lead_id = x.id
    WHERE x.vendor_id = %(vendor)s AND x.program_id = %(program)s AND {which}
), offer AS (
    SELECT s.lead_id, s.of, (array_agg(s.partnership_id) FILTER (WHERE s.move = 'offer'))[1] AS partnership_id,
           min(s.at) FILTER (WHERE s.move = 'offer') AS offered_at,
           min(s.at) FILTER (WHERE s.move = 'accept') AS accepted_at,
           min(s.at) FILTER (WHERE s.move = 'pass_on') AS passed_at,
           bool_or(s.move = 'pass_on' AND s.side = 'partner') AS is_declined,
           bool_or(s.move = 'pass_on' AND s.reason = 'run_out') AS ran_out,
           min(s.at) FILTER (WHERE s.move = 'return') AS returned_at,
           max(s.at) FILTER (WHERE s.move = 'convert' AND s.from_state = ANY(%(in_hand)s)) AS converted_at,
           max(s.sequence) FILTER (WHERE s.move = 'convert' AND s.from_state = ANY(%(in_hand)s))
               < max(s.sequence) FILTER (WHERE s.from_state = 'converted') AS is_undone
    FROM step s WHERE s.of IS NOT NULL GROUP BY 1, 2
), told AS (
    SELECT o.*, coalesce(o.accepted_at, o.passed_at) AS answered_at,
           CASE WHEN o.accepted_at IS NOT NULL THEN 'accepted' WHEN o.is_declined THEN 'declined'
                WHEN o.ran_out THEN 'ran_out' WHEN o.passed_at IS NOT NULL THEN 'taken_back' ELSE '' END AS answer,
           CASE WHEN o.is_undone IS NOT TRUE THEN (o.converted_at AT TIME ZONE %(zone)s)::date END AS converted_on
    FROM offer o
)
INSERT INTO insights_offeredlead (
    vendor_id, program_id, lead_id, sequence, partnership_id, offered_on, answer, answered_on, seconds, returned_on,
    converted_on, conversion_days)
SELECT %(vendor)s, %(program)s, t.lead_id, t.of, t.partnership_id, (t.offered_at AT TIME ZONE %(zone)s)::date,
       t.answer, (t.answered_at AT TIME ZONE %(zone)s)::date,
       CASE WHEN t.answer IN ('accepted', 'declined') THEN extract(epoch FROM t.answered_at - t.offered_at) END,
       (t.returned_at AT TIME ZONE %(zone)s)::date, t.converted_on,
       t.converted_on - (t.accepted_at AT TIME ZONE %(zone)s)::date
FROM told t ORDER BY t.offered_at
""",
    activity=f"""
INSERT INTO insights_partneractivity (vendor_id, program_id, partnership_id, kind, source_id, "on", undone_on)
SELECT %(vendor)s, %(program)s, x.partnership_id, 'lead_accepted', x.lead_id, x.answered_on, '{END}'
FROM insights_offeredlead x WHERE x.vendor_id = %(vendor)s AND x.program_id = %(program)s AND x.answer = 'accepted'
  AND {{which}}
ON CONFLICT DO NOTHING RETURNING partnership_id
""",
)


def follow_registration(event: RegistrationMoved) -> None:
    """A registration was submitted, decided, answered or ended."""
    _follow(_program(event.program_id), REGISTRATIONS, event.registration_id)


def follow_appeal(event: RegistrationAppealed) -> None:
    """A partner appealed, or its appeal was answered."""
    appeal = RegistrationAppeal.objects.filter(vendor_id=current_organization_id(), pk=event.appeal_id).first()
    _follow_registration_of(appeal)


def follow_conflict(event: ConflictFound | ConflictSettled) -> None:
    """A deal of the vendor's came to stand on a promised customer, or a person said what is to become of that."""
    conflict = DealConflict.objects.filter(vendor_id=current_organization_id(), pk=event.conflict_id).first()
    _follow_registration_of(conflict)


@transaction.atomic
def follow_cut_over(event: RegistrationsBroughtOver) -> None:
    """The registrations of an older system were brought over: many at once."""
    program = _program(event.program_id)
    _refill(program, REGISTRATIONS)
    announce(MartsFilled(program_id=program.pk))


def follow_lead(event: LeadMoved) -> None:
    """A lead was offered, answered, worked on or ended."""
    _follow(_program(event.program_id), LEADS, event.lead_id)


def _follow_registration_of(found: RegistrationAppeal | DealConflict | None) -> None:
    if found is not None:
        registration = Registration.objects.get(vendor_id=found.vendor_id, pk=found.registration_id)
        _follow(_program(registration.program_id), REGISTRATIONS, registration.pk)


def _program(program_id: UUID) -> Program:
    return Program.objects.get(vendor_id=current_organization_id(), pk=program_id)
