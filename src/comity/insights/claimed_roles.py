"""Roles in the marts follow attribution: what it credited anew, and what touches make of deals that are not won.

Most credit says what the marts say already (an import declares its roles itself), so deals are compared first, and
those alone that differ are filled anew. The handlers of the wiring table stand at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from comity.attribution.claims import CREDITED_IN, TOUCHED_BY, accepted_claims
from comity.attribution.events import CreditChanged, TouchesChanged
from comity.insights.events import MartsFilled
from comity.insights.marts import RANKS, Scope, lock_marts, refill_scope
from comity.insights.partner_marts import refill_touches
from comity.platform.outbox import announce
from comity.platform.staging import rows_of, run, stage_rows
from comity.platform.tenancy import current_organization_id
from comity.programs.models import Program

FEW: Final = 1_000
"""Up to so many deals and partners are filled one by one; more of them set by set."""
_ASKED: Final = """
SELECT o.id AS deal FROM deals_opportunity o
WHERE o.vendor_id = %(vendor)s AND o.program_id = %(program)s AND {deals}
"""
_COMPARED: Final = f"""
WITH wanted AS (
    SELECT m.deal, m.partner, min(CASE m.role {RANKS} END)::smallint AS rank FROM {{roles}} m GROUP BY 1, 2
), kept AS (
    SELECT k.opportunity_id, k.partnership_id, k.rank
    FROM roles_asked a JOIN insights_dealpartner k ON k.vendor_id = %(vendor)s AND k.opportunity_id = a.deal
), differing AS (
    (SELECT * FROM wanted EXCEPT SELECT * FROM kept) UNION ALL (SELECT * FROM kept EXCEPT SELECT * FROM wanted)
)
SELECT DISTINCT d.deal, everybody.partner FROM (SELECT DISTINCT deal FROM differing) d
JOIN (SELECT deal, partner FROM wanted UNION SELECT opportunity_id, partnership_id FROM kept) everybody
    ON everybody.deal = d.deal
"""


@transaction.atomic
def follow_roles(program: Program, *, deals: str, values: Mapping[str, Any], is_bulk: bool = False) -> int:
    """Fill the marts anew for those of these deals whose roles are others now; how many that are.

    `deals` is a condition over the alias `o` of the opportunities, with its `values`.
    """
    run("SET LOCAL statement_timeout = 0")
    lock_marts(program)  # whoever fills them now may have read the roles of before
    if is_bulk:
        run("SET LOCAL enable_nestloop = off")  # see marts.py
    bound = {**values, "vendor": program.vendor_id, "program": program.pk}
    stage_rows("roles_asked", _ASKED.replace("{deals}", deals), bound)  # with statistics, for it is joined often
    asked = "o.id IN (SELECT x.deal FROM pg_temp.roles_asked x)"
    with accepted_claims(program, deals=asked, values={}) as (roles, bound):
        stage_rows("roles_differing", _COMPARED.replace("{roles}", roles), bound)
    partners = [row[0] for row in rows_of("SELECT DISTINCT partner FROM roles_differing ORDER BY 1")]
    ((count,),) = rows_of("SELECT count(DISTINCT deal) FROM roles_differing")
    if count:
        condition = "{column} IN (SELECT x.deal FROM pg_temp.roles_differing x)"
        refill_scope(Scope(program, condition, is_bulk=count > FEW))
        told = tuple(partners) if len(partners) <= FEW else ()
        announce(MartsFilled(program_id=program.pk, partnership_ids=told))
    run("DROP TABLE pg_temp.roles_asked, pg_temp.roles_differing")
    run("SET LOCAL enable_nestloop = on")
    return int(count)


def follow_credit(event: CreditChanged) -> None:
    """A run changed the credit of won deals."""
    is_bulk = event.deals > FEW
    follow_roles(_program(event.program_id), deals=CREDITED_IN, values={"change": event.change_id}, is_bulk=is_bulk)


@transaction.atomic
def follow_touches(event: TouchesChanged) -> None:
    """Touches came to count, or count no more: as activity, and for deals that are not credited."""
    program = _program(event.program_id)
    active = refill_touches(program, event.touch_ids)
    if active:
        announce(MartsFilled(program_id=program.pk, partnership_ids=tuple(active)))
    follow_roles(program, deals=TOUCHED_BY, values={"touches": list(event.touch_ids)})


def _program(program_id: UUID) -> Program:
    return Program.objects.get(vendor_id=current_organization_id(), pk=program_id)
