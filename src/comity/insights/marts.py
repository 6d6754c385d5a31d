"""Filling the marts: each is one set-based statement over the deals of an import run, one deal, or a whole program.

The statements run under the vendor's tenant, as the application's role. They delete and insert the same deals, so that
running them twice changes nothing. Handlers of the wiring table stand at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from comity.attribution.claims import accepted_claims
from comity.deals.events import OpportunitiesImported, OpportunityChanged
from comity.deals.models import Opportunity
from comity.deals.states import DIRECT, PartnerRole
from comity.insights import sums
from comity.insights.events import MartsFilled
from comity.insights.models import BEGINNING, END, NOT_SET, DealPartner
from comity.insights.partner_marts import refill_partners
from comity.ledger.events import RatesLoaded
from comity.platform.outbox import announce
from comity.platform.tenancy import current_organization_id
from comity.programs.events import ProgramCurrencyChanged
from comity.programs.models import Program

ROLES: Final = (*(role.value for role in PartnerRole), DIRECT)
"""In order of precedence: a total counts a deal once, under the first that any partner has on it."""
RATE_HOLDS_DAYS: Final = 10
"""Rates are not published on weekends and holidays; until then the last one stands. Older than this, there is none."""

RANKS: Final = " ".join(f"WHEN '{role}' THEN {rank}" for rank, role in enumerate(PartnerRole, start=1))
_ROLE: Final = " ".join(f"WHEN {rank} THEN '{role}'" for rank, role in enumerate(PartnerRole, start=1))


@dataclass(frozen=True)
class Scope:
    """Which deals of a program are refilled: a condition on the column that names the deal; all without one."""

    program: Program
    condition: str = "true"
    value: UUID | None = None
    is_bulk: bool = True

    def deals(self, column: str) -> str:
        """The condition on a column."""
        return self.condition.replace("{column}", column)

    @property
    def parameters(self) -> dict[str, UUID | str | None]:
        """What the statements bind."""
        return {
            "vendor": self.program.vendor_id,
            "program": self.program.pk,
            "currency": self.program.currency,
            "value": self.value,
        }


@transaction.atomic
def rebuild(program: Program) -> None:
    """Fill all marts of a program anew."""
    refill_partners(program)
    refill_scope(Scope(program))
    announce(MartsFilled(program_id=program.pk))


@transaction.atomic
def refill_run(program: Program, run_id: UUID) -> None:
    """Fill the marts for the deals that an import run wrote; for all if those are the larger part (it is faster)."""
    scope = Scope(program, f"{{column}} IN ({_OF_RUN})", run_id)
    with connection.cursor() as cursor:
        cursor.execute(_RUN_IS_MOST, scope.parameters)
        (is_most,) = cursor.fetchone()
    refill_scope(Scope(program) if is_most else scope)
    announce(MartsFilled(program_id=program.pk))


@transaction.atomic
def refill_deal(program: Program, opportunity_id: UUID) -> None:
    """Fill the marts for one deal; one that is gone leaves them."""
    deal = DealPartner.objects.filter(vendor_id=program.vendor_id, opportunity_id=opportunity_id)
    had = set(deal.values_list("partnership_id", flat=True))
    refill_scope(Scope(program, "{column} = %(value)s", opportunity_id, is_bulk=False))
    concerned = sorted(had | set(deal.values_list("partnership_id", flat=True)))
    announce(MartsFilled(program_id=program.pk, opportunity_id=opportunity_id, partnership_ids=tuple(concerned)))


_OF_PROGRAM: Final = "FROM deals_opportunity x WHERE x.vendor_id = %(vendor)s AND x.program_id = %(program)s"
_OF_RUN: Final = f"SELECT x.id {_OF_PROGRAM} AND x.import_run_id = %(value)s"
_RUN_IS_MOST: Final = f"SELECT count(*) FILTER (WHERE x.import_run_id = %(value)s) * 2 > count(*) {_OF_PROGRAM}"


def lock_marts(program: Program) -> None:
    """Hold the marts of a program until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"marts {program.pk}"])


@transaction.atomic
def refill_scope(scope: Scope) -> None:
    """In the order in which the marts build on each other; one refill of a program at a time."""
    with connection.cursor() as cursor:
        _prepare(cursor, scope)
        if scope.condition != "true" and not sums.are_filled(cursor, scope.parameters):
            scope = Scope(scope.program)
        is_whole, of_scope = scope.condition == "true", scope.deals("s.opportunity_id")
        if is_whole:
            sums.clear(cursor, scope.parameters)
        else:
            sums.add(cursor, scope.parameters, of_scope, sign=-1)
        _clear(cursor, scope)
        cursor.execute(_EXCHANGE, scope.parameters)
        cursor.execute("ANALYZE mart_exchange")
        with accepted_claims(scope.program, deals=scope.deals("o.id"), values=scope.parameters) as (roles, bound):
            cursor.execute(_PARTNER.replace("{roles}", roles), bound)
        for statement in (_PART, _STATE, _ACTIVITY):
            cursor.execute(statement.replace("{deals}", scope.deals("m.opportunity_id")), scope.parameters)
        cursor.execute("DROP TABLE mart_exchange")
        sums.add(cursor, scope.parameters, of_scope, sign=1, is_first=is_whole)
        sums.mark_filled(cursor, scope.parameters, of_scope)
        cursor.execute("SET LOCAL enable_nestloop = on")


def _prepare(cursor: Any, scope: Scope) -> None:
    cursor.execute("SET LOCAL statement_timeout = 0")
    cursor.execute("SET LOCAL work_mem = '96MB'")
    cursor.execute("SET LOCAL hash_mem_multiplier = 1")  # credit may be worked out at the same time
    if scope.is_bulk:
        # Right after an import the planner knows nothing of the vendor's new rows, expects one of each, and would
        # compare every deal with every other.
        cursor.execute("SET LOCAL enable_nestloop = off")
    lock_marts(scope.program)


def _clear(cursor: Any, scope: Scope) -> None:
    for table, deal, more in (
        ("insights_partneractivity", "source_id", f" AND kind = '{DEAL_WON}'"),
        ("insights_dealstate", "opportunity_id", ""),
        ("insights_dealpart", "opportunity_id", ""),
        ("insights_dealpartner", "opportunity_id", ""),
    ):
        cursor.execute(
            f"DELETE FROM {table} WHERE vendor_id = %(vendor)s AND program_id = %(program)s"
            f" AND {scope.deals(deal)}{more}",
            scope.parameters,
        )


DEAL_WON: Final = "deal_won"

_PARTNER: Final = f"""
INSERT INTO insights_dealpartner (vendor_id, program_id, opportunity_id, partnership_id, rank)
SELECT %(vendor)s, %(program)s, m.deal, m.partner, min(CASE m.role {RANKS} END)
FROM {{roles}} m GROUP BY m.deal, m.partner ORDER BY m.deal, m.partner
"""

# Part of a sum is not the sum: a family of which one line lacks its amount has none.
_PART: Final = f"""
INSERT INTO insights_dealpart (vendor_id, program_id, opportunity_id, family_id, amount, is_whole)
SELECT %(vendor)s, %(program)s, part.opportunity_id, part.family_id,
       CASE WHEN part.known = part.lines THEN part.amount END,
       part.known = 0 AND count(*) OVER (PARTITION BY part.opportunity_id) = 1
FROM (
    SELECT m.opportunity_id, coalesce(m.family_id, '{NOT_SET}') AS family_id,
           sum(m.amount) AS amount, count(m.amount) AS known, count(*) AS lines
    FROM deals_opportunityline m JOIN deals_opportunity o ON o.id = m.opportunity_id
    WHERE m.vendor_id = %(vendor)s AND o.vendor_id = %(vendor)s AND o.program_id = %(program)s AND {{deals}}
    GROUP BY 1, 2
) part
ORDER BY 3, 4
"""

# Rates are units for one euro, so an amount goes over the euro. In a table of its own: inside a large statement the
# planner expects millions of rows of it.
_EXCHANGE: Final = f"""
CREATE TEMPORARY TABLE mart_exchange ON COMMIT DROP AS
WITH foreign_money AS (
    SELECT DISTINCT x.currency {_OF_PROGRAM} AND x.currency <> %(currency)s
), published AS (
    SELECT r.currency, r.rate, r."on" + since AS day
    FROM (
        SELECT x.currency, x.rate, x."on", lead(x."on") OVER (PARTITION BY x.currency ORDER BY x."on") AS next_on
        FROM ledger_exchangerate x
        WHERE x.currency <> 'EUR' AND EXISTS (SELECT 1 FROM foreign_money)
          AND (x.currency = %(currency)s OR x.currency IN (SELECT f.currency FROM foreign_money f))
    ) r JOIN generate_series(0, {RATE_HOLDS_DAYS} - 1) AS since ON r.next_on IS NULL OR r."on" + since < r.next_on
), euro_rate AS (
    SELECT * FROM published UNION ALL SELECT 'EUR', 1, day FROM (SELECT DISTINCT day FROM published) each_day
)
SELECT theirs.currency, theirs.day, ours.rate / theirs.rate AS rate
FROM euro_rate theirs JOIN euro_rate ours ON ours.day = theirs.day AND ours.currency = %(currency)s
WHERE theirs.currency <> %(currency)s
"""

# A stretch lasts until the next change of a higher sequence; what that overtakes (an opening after the close) is gone.
# Its rate is that of the day on which it begins. One order serves all windows and the key of the mart.
_STATE: Final = f"""
WITH best AS (
    SELECT m.opportunity_id, min(m.rank) AS rank, {sums.CIRCLE} AS circle_id FROM insights_dealpartner m
    WHERE m.vendor_id = %(vendor)s AND m.program_id = %(program)s AND {{deals}} GROUP BY 1
), stretch AS (
    SELECT m.opportunity_id, m.sequence, o.opened_on, o.closed_on, o.manager_id, b.rank, b.circle_id, m.status,
           m.amount,
           CASE WHEN o.currency = %(currency)s THEN 1 ELSE e.rate END AS rate,
           coalesce(m."on", '{BEGINNING}'::date) AS from_on,
           coalesce(min(coalesce(m."on", '{BEGINNING}'::date)) OVER (
               PARTITION BY m.opportunity_id ORDER BY m.sequence ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
           ), '{END}'::date) AS to_on
    FROM deals_opportunity o JOIN deals_stagechange m ON m.vendor_id = o.vendor_id AND m.opportunity_id = o.id
    LEFT JOIN mart_exchange e ON e.currency = o.currency AND e.day = m."on"
    LEFT JOIN best b ON b.opportunity_id = m.opportunity_id
    WHERE m.vendor_id = %(vendor)s AND o.vendor_id = %(vendor)s AND o.program_id = %(program)s AND {{deals}}
), marked AS (
    SELECT *, status IS DISTINCT FROM lag(status) OVER (PARTITION BY opportunity_id ORDER BY sequence) AS is_turn
    FROM stretch WHERE from_on < to_on
), dated AS (
    SELECT *, max(from_on) FILTER (WHERE is_turn) OVER (PARTITION BY opportunity_id ORDER BY sequence) AS since
    FROM marked
)
INSERT INTO insights_dealstate (
    vendor_id, program_id, opportunity_id, from_on, to_on, status, amount, rate, opened_on, closed_on, role, manager_id,
    circle_id)
SELECT %(vendor)s, %(program)s, d.opportunity_id, d.from_on, d.to_on, d.status, d.amount * d.rate, d.rate, d.opened_on,
       CASE WHEN d.status <> 'open' THEN coalesce(nullif(d.since, '{BEGINNING}'::date), d.closed_on) END,
       CASE d.rank {_ROLE} ELSE '{DIRECT}' END, d.manager_id, d.circle_id
FROM dated d
"""

_ACTIVITY: Final = f"""
INSERT INTO insights_partneractivity (vendor_id, program_id, partnership_id, kind, source_id, "on", undone_on)
SELECT %(vendor)s, %(program)s, p.partnership_id, '{DEAL_WON}', p.opportunity_id, won.closed_on, won.undone_on
FROM (
    SELECT m.opportunity_id, m.closed_on, max(m.to_on) AS undone_on FROM insights_dealstate m
    WHERE m.vendor_id = %(vendor)s AND m.program_id = %(program)s AND m.status = 'won'
      AND m.closed_on IS NOT NULL AND {{deals}}
    GROUP BY 1, 2
) won
JOIN insights_dealpartner p ON p.vendor_id = %(vendor)s AND p.opportunity_id = won.opportunity_id
ORDER BY p.partnership_id, p.opportunity_id
"""


def _program(program_id: UUID) -> Program:
    return Program.objects.get(vendor_id=current_organization_id(), pk=program_id)


def refill_after_import(event: OpportunitiesImported) -> None:
    """An import run wrote deals."""
    refill_run(_program(event.program_id), event.run_id)


def refill_after_change(event: OpportunityChanged) -> None:
    """A person changed a deal."""
    refill_deal(_program(event.program_id), event.opportunity_id)


def refill_with_new_rates(event: RatesLoaded) -> None:
    """Rates were loaded: programs of the vendor that loaded them, and that have deals in other currencies."""
    for program in Program.objects.filter(vendor_id=current_organization_id()):
        deals = Opportunity.objects.filter(vendor_id=program.vendor_id, program=program)
        if deals.exclude(currency=program.currency).exists():
            rebuild(program)


def refill_in_new_currency(event: ProgramCurrencyChanged) -> None:
    """The program counts in another currency."""
    rebuild(_program(event.program_id))
