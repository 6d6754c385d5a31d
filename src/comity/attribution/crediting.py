"""Credit of won deals, worked out set-based: for one deal, an import run, or a batch of a whole program.

A deal that has its credit is frozen: its weights and roles stay, only the amount follows the deal. It is worked out
anew only where the caller *thaws* it: a reversal by a person, or an import, each kept as a step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from comity.attribution import staging
from comity.attribution.events import CreditChanged
from comity.attribution.models import AttributionSettings
from comity.attribution.rules import decay_weights
from comity.attribution.settings import first_version, settings_of
from comity.attribution.sharing import POSTGRESQL, amounts, weights
from comity.attribution.states import TOUCH_MODELS, Cause, Model, StepKind
from comity.kernel.currencies import minor_units
from comity.kernel.ids import uuid7
from comity.platform.bulk import insert_new
from comity.platform.outbox import announce
from comity.platform.staging import rows_of, run, stage_rows
from comity.programs.models import Program

_STEP_COLUMNS: Final = (
    "vendor_id", "opportunity_id", "sequence", "at", "kind", "cause", "reason", "person_id", "person_name",
    "settings_number", "change_id",
)  # fmt: skip
_DEAL_COLUMNS: Final = (
    "vendor_id", "program_id", "opportunity_id", "settings_id", "closed_on", "role", "amount", "touches",
    "change_id", "frozen_at",
)  # fmt: skip
_PARTNER_COLUMNS: Final = (
    "vendor_id", "program_id", "opportunity_id", "partnership_id", "partner_id", "closed_on", "role",
    "basis", "fulfilled", "touches",
)  # fmt: skip


@dataclass(frozen=True)
class Occasion:
    """Why credit is worked out, by whom.

    Attributes:
        thaw: whether deals that have their credit are worked out anew.
        change_id: names the run; rows it changes carry it.
    """

    cause: Cause
    at: datetime
    thaw: bool = False
    reason: str = ""
    person_id: UUID | None = None
    person_name: str = ""
    change_id: UUID = field(default_factory=uuid7)


@transaction.atomic
def credit(
    program: Program,
    occasion: Occasion,
    *,
    deals: str,
    values: Mapping[str, Any],
    tell: bool = True,
    is_bulk: bool = True,
) -> int:
    """Bring the credit of these deals up to date; returns how many changed, and announces one event if any did.

    `deals` is SQL over the alias `o` of the opportunities, with its `values`. Doing it twice changes nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"attribution of {program.pk}"])
        cursor.execute("SET LOCAL statement_timeout = 0")
        if is_bulk:
            # What this transaction staged has statistics, what it joins may not have any yet (an import just wrote it):
            # the planner would expect one row of each, and compare every deal with every other.
            cursor.execute("SET LOCAL enable_nestloop = off")
    first_version(program)
    bound = {
        **values,
        "vendor": program.vendor_id,
        "program": program.pk,
        "currency": program.currency,
        "zone": program.time_zone,
        "digits": minor_units(program.currency),
        "thaw": occasion.thaw,
    }
    changed = _withdraw(occasion, deals, bound)
    if stage_rows("credit_deals", staging.DEALS.replace("{deals}", deals), bound):
        _stage(program, bound)
        changed += _write(program, occasion, bound)
        _drop("touches", "activity", "claimed", "declared", "holders", "wanted", "stored", "changed", "weights")
    _drop("deals")
    run("SET LOCAL enable_nestloop = on")
    if changed and tell:
        announce(CreditChanged(change_id=occasion.change_id, program_id=program.pk, deals=changed))
    return changed


def credit_deal(program: Program, occasion: Occasion, opportunity_id: UUID) -> int:
    """Bring the credit of one deal up to date."""
    return credit(program, occasion, deals="o.id = %(deal)s", values={"deal": opportunity_id}, is_bulk=False)


def _drop(*names: str) -> None:
    run(f"DROP TABLE IF EXISTS {', '.join(f'pg_temp.credit_{name}' for name in names)}")


def _stage(program: Program, bound: dict[str, Any]) -> None:
    stage_rows("credit_touches", staging.TOUCHES, bound)
    stage_rows("credit_activity", staging.ACTIVITY, bound)
    run("CREATE INDEX ON credit_activity (deal, day)")
    stage_rows("credit_claimed", staging.CLAIMED, bound)
    stage_rows("credit_declared", staging.DECLARED, bound)
    stage_rows("credit_holders", staging.HOLDERS, bound)
    columns = ", ".join(f"{model} bigint" for model in TOUCH_MODELS)
    run(f"CREATE TEMPORARY TABLE credit_weights (deal uuid, partner uuid, {columns}) ON COMMIT DROP")
    used = rows_of("SELECT DISTINCT settings FROM credit_touches WHERE in_window")
    for version in AttributionSettings.objects.filter(vendor_id=program.vendor_id, pk__in=[row[0] for row in used]):
        settings = settings_of(version)
        table = list(decay_weights(settings.half_life_days))
        decay = "(SELECT n - 1 AS age, weight FROM unnest(%(decay)s::bigint[]) WITH ORDINALITY AS u (weight, n))"
        query = weights(touches=f"{staging.COUNTED} c", decay=decay, settings=settings)
        run(f"INSERT INTO credit_weights {query}", {**bound, "settings": version.pk, "decay": table})
    run("ANALYZE credit_weights")
    stage_rows("credit_wanted", staging.WANTED, bound)
    stage_rows("credit_stored", staging.STORED, bound)
    stage_rows("credit_changed", staging.CHANGED, bound)


def _withdraw(occasion: Occasion, deals: str, bound: Mapping[str, Any]) -> int:
    """Take back the credit of deals that are not won any more."""
    gone = stage_rows(
        "credit_gone",
        "SELECT o.id AS deal, 'gone' AS change FROM attribution_dealcredit c"
        " JOIN deals_opportunity o ON o.id = c.opportunity_id"
        " AND o.vendor_id = %(vendor)s WHERE c.vendor_id = %(vendor)s AND c.program_id = %(program)s"
        f" AND o.status <> 'won' AND {deals}",
        bound,
    )
    if gone:
        _steps(occasion, bound, StepKind.WITHDRAWN, "credit_gone", "gone", cause=Cause.REOPENED)
        for table in ("partnercredit", "dealcredit"):
            run(
                f"DELETE FROM attribution_{table} c USING credit_gone g"
                " WHERE c.vendor_id = %(vendor)s AND c.opportunity_id = g.deal",
                bound,
            )
    _drop("gone")
    return gone


def _write(program: Program, occasion: Occasion, bound: dict[str, Any]) -> int:
    changed = int(rows_of("SELECT count(*) FROM credit_changed")[0][0])
    if not changed:
        return 0
    bound |= {"change": occasion.change_id, "at": occasion.at}
    split = amounts(
        POSTGRESQL,
        deals="(SELECT deal, units FROM credit_deals)",
        weighted="(SELECT * FROM credit_new)",
        models=tuple(Model),
    )
    stage_rows(
        "credit_new",
        f"SELECT {staging.COLUMNS} FROM credit_wanted WHERE deal IN (SELECT deal FROM credit_changed)"
        f" UNION ALL SELECT {staging.COLUMNS} FROM credit_stored WHERE deal IN"
        " (SELECT c.deal FROM credit_changed c JOIN credit_deals d ON d.deal = c.deal WHERE NOT d.is_open)",
    )
    stage_rows("credit_amounts", split)
    _keep_steps(occasion, bound)
    _write_deals(bound)
    _write_partners(bound)
    run(
        "UPDATE attribution_attributionsettings s SET used_at = %(at)s WHERE s.vendor_id = %(vendor)s"
        " AND s.used_at IS NULL AND s.id IN (SELECT settings FROM credit_deals)",
        bound,
    )
    _drop("new", "amounts", "summed")
    return changed


def _keep_steps(occasion: Occasion, bound: dict[str, Any]) -> None:
    _steps(occasion, bound, StepKind.REVERSED, "credit_changed", "other")
    _steps(occasion, bound, StepKind.CREDITED, "credit_changed", "other")
    _steps(occasion, bound, StepKind.CREDITED, "credit_changed", "new", cause=Cause.WON)
    _steps(occasion, bound, StepKind.REVALUED, "credit_changed", "amount", cause=Cause.AMOUNT)


def _steps(
    occasion: Occasion, bound: Mapping[str, Any], kind: StepKind, table: str, change: str, *, cause: Cause | None = None
) -> None:
    """One step for each deal of a table with this change."""
    settings = (
        " LEFT JOIN credit_deals d ON d.deal = g.deal"
        " LEFT JOIN attribution_attributionsettings s ON s.vendor_id = %(vendor)s AND s.id = d.settings"
    )
    is_gone = kind is StepKind.WITHDRAWN
    insert_new(
        "attribution_creditstep",
        _STEP_COLUMNS,
        "SELECT %(vendor)s, g.deal, 1 + coalesce((SELECT max(x.sequence) FROM attribution_creditstep x"
        " WHERE x.vendor_id = %(vendor)s AND x.opportunity_id = g.deal), 0), %(at)s, %(kind)s, %(cause)s, %(reason)s,"
        f" %(person)s::uuid, %(person_name)s, {'NULL::int' if is_gone else 's.number'}, %(change)s"
        f" FROM {table} g{'' if is_gone else settings} WHERE g.change = %(of)s",
        {
            **bound,
            "at": occasion.at,
            "kind": kind.value,
            "cause": (cause or occasion.cause).value,
            "reason": occasion.reason,
            "person": occasion.person_id,
            "person_name": occasion.person_name,
            "change": occasion.change_id,
            "of": change,
        },
    )


_SUMMED: Final = """
SELECT d.deal,
       CASE WHEN bool_or(n.role = 'sourced') THEN 'sourced' WHEN bool_or(n.role = 'influenced') THEN 'influenced'
            WHEN bool_or(n.fulfilled) THEN 'fulfilled' ELSE 'direct' END AS role,
       coalesce(sum(n.touches), 0) AS touches, d.closed_on, d.amount, d.settings, d.credit, g.change
FROM credit_changed g JOIN credit_deals d ON d.deal = g.deal LEFT JOIN credit_new n ON n.deal = d.deal
GROUP BY d.deal, d.closed_on, d.amount, d.settings, d.credit, g.change
"""


def _write_deals(bound: Mapping[str, Any]) -> None:
    stage_rows("credit_summed", _SUMMED)
    run(
        "UPDATE attribution_dealcredit c SET closed_on = d.closed_on, amount = d.amount, settings_id = d.settings,"
        " change_id = %(change)s, role = d.role, touches = d.touches,"
        " frozen_at = CASE WHEN d.change = 'other' THEN %(at)s ELSE c.frozen_at END"
        " FROM credit_summed d WHERE c.vendor_id = %(vendor)s AND c.id = d.credit",
        bound,
    )
    insert_new(
        "attribution_dealcredit",
        _DEAL_COLUMNS,
        "SELECT %(vendor)s, %(program)s, d.deal, d.settings, d.closed_on, d.role, d.amount, d.touches,"
        " %(change)s, %(at)s FROM credit_summed d WHERE d.change = 'new' ORDER BY d.deal",
        bound,
    )


def _write_partners(bound: Mapping[str, Any]) -> None:
    money = {model: f"a.{model} / power(10::numeric, %(digits)s)" for model in Model}
    run(
        "DELETE FROM attribution_partnercredit c USING credit_changed g"
        " WHERE c.vendor_id = %(vendor)s AND c.opportunity_id = g.deal AND g.change = 'other'",
        bound,
    )
    sets = ", ".join(f"{model}_amount = {money[model]}" for model in Model)
    run(
        f"UPDATE attribution_partnercredit c SET closed_on = d.closed_on, {sets}"
        " FROM credit_changed g JOIN credit_deals d ON d.deal = g.deal JOIN credit_amounts a ON a.deal = g.deal"
        " WHERE g.change = 'amount' AND c.vendor_id = %(vendor)s AND c.opportunity_id = g.deal"
        " AND c.partnership_id = a.partner",
        bound,
    )
    fixed = _PARTNER_COLUMNS
    each = [f"{model}_{part}" for model in Model for part in ("weight", "amount")]
    values = ", ".join(f"n.{model}, {money[model]}" for model in Model)
    insert_new(
        "attribution_partnercredit",
        [*fixed, *each],
        "SELECT %(vendor)s, %(program)s, n.deal, n.partner, p.partner_id, d.closed_on, n.role, n.basis,"
        f" n.fulfilled, n.touches, {values} FROM credit_new n JOIN credit_changed g ON g.deal = n.deal"
        " JOIN credit_deals d ON d.deal = n.deal JOIN credit_amounts a ON a.deal = n.deal AND a.partner = n.partner"
        " JOIN programs_partnership p ON p.vendor_id = %(vendor)s AND p.id = n.partner"
        " WHERE g.change IN ('new', 'other') ORDER BY n.deal, n.partner",
        bound,
    )
