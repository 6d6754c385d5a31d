"""The deals themselves: staged as they should be, the new ones inserted, the known ones compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from comity.deals.importing.catalogue import add_families
from comity.platform.bulk import fresh_ids, insert_new
from comity.platform.staging import KEPT_EDITS_LISTED, Column, Written, listed_edits, run, stage_rows
from comity.programs.importing import ImportTarget

_FIELDS: Final = {
    "name": "text", "account": "text", "kind": "text", "stage": "text", "opened_on": "date", "closed_on": "date",
    "expected_close_on": "date", "amount": "numeric", "recurring_amount": "numeric", "currency": "text",
    "term_months": "int", "list_amount": "numeric", "manager": "text", "family": "text", "loss_reason": "text",
    "competitors": "text[]", "updated_at": "timestamptz",
}  # fmt: skip
"""What an export may say of a deal, and how it is staged."""
_LISTS: Final = ("competitors",)
_WITH_STAGE: Final = ("stage",)


def import_opportunities(target: ImportTarget, summed: frozenset[str]) -> Written:
    """Deals, one row each, out of one or several staged rows; `staged_deal` has them as they should be.

    An export of lines or partners alone has no deals, and the table is empty.
    """
    stage_rows("touched_deal", "SELECT NULL::uuid AS id WHERE false")
    single_deal = _one_row_a_deal(target, summed)
    if target.says("opportunity", "family"):
        add_families(target, single_deal)
    stage_rows("staged_deal", _SHAPE.format(single_deal=single_deal, fresh=fresh_ids()), target.values)
    target.kept += _kept_edits(target)
    updated = _update(target)  # before there are new deals to look through
    return Written(_insert(target), updated)


def _one_row_a_deal(target: ImportTarget, summed: frozenset[str]) -> str:
    """What stands behind FROM for one row a deal, with the alias `s`.

    An amount is summed over the rows of the deal, unknown if one row lacks it. Of what else they say, the first that
    says anything counts, and others that say something else are noted.
    """
    fed = target.fed.get("opportunity", frozenset())
    values = {name: f"NULL::{kind}" for name, kind in _FIELDS.items()}
    if not summed:
        values |= {name: f's."{name}"' for name in _FIELDS if name in fed}
        return f"(SELECT s.external_id, {_listed(values)} FROM import_opportunity s) s"
    for name in fed & _FIELDS.keys():
        values[name] = (
            f'CASE WHEN count(*) = count(s."{name}") THEN sum(s."{name}") END'
            if name in summed
            else f'(array_agg(s."{name}" ORDER BY s.file, s.line) FILTER (WHERE s."{name}" IS NOT NULL))[1]'
        )
    _note_disagreements(target, sorted((fed & _FIELDS.keys()) - summed - set(_LISTS)))
    stage_rows("single_deal", f"SELECT external_id, {_listed(values)} FROM import_opportunity s GROUP BY external_id")
    return "single_deal s"


def _listed(values: Mapping[str, str]) -> str:
    return ", ".join(f'{value} AS "{name}"' for name, value in values.items())


def _note_disagreements(target: ImportTarget, fields: list[str]) -> None:
    """Lines of one deal that say different things of the deal."""
    pairs = ", ".join(f'(\'{one}\', min(s."{one}")::text, max(s."{one}")::text)' for one in fields)
    target.note(
        f"""SELECT d.external_id, 'deal ' || replace(v.field, '_', ' '), v.least || ' / ' || v.most
        FROM (SELECT s.external_id, ARRAY(SELECT v FROM (VALUES {pairs}) AS v (field, least, most)
                     WHERE v.least <> v.most) AS differing
              FROM import_opportunity s GROUP BY s.external_id) d
        CROSS JOIN LATERAL unnest(d.differing) AS v (field text, least text, most text)""",
        "lines of the deal disagree; the first one counts",
    )


# One statement resolves every reference and decides each id; what is written below reads only this.
_SHAPE: Final = """
SELECT s.external_id, coalesce(k.id, {fresh}) AS id, k.id IS NULL AS is_new,
       coalesce(k.edited_fields, '{{}}') AS edited_fields,
       coalesce(s.name, left(account.name, 300 - 3 - length(s.external_id)) || ' (' || s.external_id || ')',
                s.external_id) AS name,
       account.id AS account_id, account.name AS account_name, coalesce(s.kind, 'new') AS kind,
       stage.id AS stage_id, stage.key AS stage_name, stage.status, s.opened_on,
       CASE WHEN stage.status <> 'open' THEN s.closed_on END AS closed_on,
       CASE WHEN stage.status = 'open' THEN s.expected_close_on END AS expected_close_on,
       coalesce(s.currency, %(currency)s) AS currency, s.amount::numeric(20, 4) AS amount,
       s.recurring_amount::numeric(20, 4) AS recurring_amount, s.term_months::smallint AS term_months,
       s.list_amount::numeric(20, 4) AS list_amount, manager.id AS manager_id,
       coalesce(s.loss_reason, '') AS loss_reason, coalesce(s.competitors, '{{}}')::varchar[] AS competitors,
       s.family, s.updated_at::date AS updated_on
FROM {single_deal} JOIN known_stage stage ON stage.key = s.stage
LEFT JOIN known_deal k ON k.key = s.external_id
LEFT JOIN known_account account ON account.key = s.account
LEFT JOIN known_manager manager ON manager.key = s.manager
"""


def _columns(fed: frozenset[str]) -> tuple[Column, ...]:
    plain = ("kind", "opened_on", "currency", "amount", "recurring_amount", "term_months", "list_amount",
             "loss_reason", "competitors", "expected_close_on")  # fmt: skip
    edit = {"amount": ("amount", "lines")}
    return (
        Column("name", "s.name"),
        Column("account_id", "s.account_id", "account" in fed),
        Column("stage_id", "s.stage_id", edit=_WITH_STAGE),
        Column("status", "s.status", edit=_WITH_STAGE),
        Column("closed_on", "s.closed_on", edit=("closed_on", "stage")),
        Column("manager_id", "s.manager_id", "manager" in fed),
        *(Column(name, f"s.{name}", name in fed, edit.get(name, ())) for name in plain),
    )


def _insert(target: ImportTarget) -> int:
    columns = _columns(frozenset())
    values = ", ".join(column.value for column in columns)
    return insert_new(
        "deals_opportunity",
        ["id", "vendor_id", "program_id", "external_id", "import_run_id", "edited_fields",
         *(column.name for column in columns)],
        f"""SELECT s.id, %(vendor)s, %(program)s, s.external_id, %(run)s, '{{}}', {values}
        FROM staged_deal s WHERE s.is_new""",
        target.values,
    )  # fmt: skip


def _kept(column: Column) -> str:
    """Whether a person's value of a known deal stays. A day of closing is no use to a deal that is open again."""
    if column.name == "closed_on":
        return (
            "('stage' = ANY (t.edited_fields) OR 'closed_on' = ANY (t.edited_fields)"
            " AND t.status <> 'open' AND s.status <> 'open')"
        )
    return f"t.edited_fields && ARRAY[{column.edits}]::varchar[]"


def _update(target: ImportTarget) -> int:
    """Known deals that say something else now; how many."""
    changed = [column for column in _columns(target.fed.get("opportunity", frozenset())) if column.fed]
    new = {column.name: f"CASE WHEN {_kept(column)} THEN t.{column.name} ELSE {column.value} END" for column in changed}
    stage_rows(
        "changed_deal",
        f"""SELECT s.id, {", ".join(f"{value} AS {name}" for name, value in new.items())}
        FROM staged_deal s JOIN deals_opportunity t ON t.vendor_id = %(vendor)s AND t.id = s.id
        WHERE NOT s.is_new
          AND ({", ".join(f"t.{name}" for name in new)}) IS DISTINCT FROM ({", ".join(new.values())})""",
        target.values,
    )
    run("INSERT INTO touched_deal SELECT id FROM changed_deal")
    return run(
        f"""UPDATE deals_opportunity t SET import_run_id = %(run)s, {", ".join(f"{name} = c.{name}" for name in new)}
        FROM changed_deal c WHERE t.vendor_id = %(vendor)s AND t.id = c.id""",
        target.values,
    )


def _kept_edits(target: ImportTarget) -> list[dict[str, str]]:
    """What people set on deals of this export, where the export says otherwise."""
    compared = ", ".join(
        f"('{column.field}', t.{column.name}::text, ({column.value})::text, {_kept(column)})"
        for column in _columns(target.fed.get("opportunity", frozenset()))
        if column.fed and column.name != "stage_id"
    )
    return listed_edits(
        f"""SELECT s.external_id, c.field, c.kept, c.offered
        FROM staged_deal s JOIN deals_opportunity t ON t.vendor_id = %(vendor)s AND t.id = s.id
        CROSS JOIN LATERAL (VALUES {compared}) AS c (field, kept, offered, is_kept)
        WHERE s.edited_fields <> '{{}}' AND c.is_kept AND c.kept IS DISTINCT FROM c.offered
        LIMIT {KEPT_EDITS_LISTED}""",
        target.values,
    )


def add_known_assignments(target: ImportTarget) -> None:
    """Deals of the same partners that this export leaves out show who served them, too: add them to the evidence.

    Without them the history of a partner would be what one corrected line says.
    """
    run(
        """INSERT INTO import_assignment (file, line, opportunity, partner, manager, "on")
        SELECT 0, 0, o.external_id, p.key, m.key, coalesce(o.closed_on, o.opened_on)
        FROM (SELECT DISTINCT partner FROM import_assignment) a
        JOIN known_partner p ON p.key = a.partner
        JOIN deals_opportunitypartner r ON r.vendor_id = %(vendor)s AND r.partnership_id = p.id
        JOIN deals_opportunity o ON o.vendor_id = %(vendor)s AND o.program_id = %(program)s AND o.id = r.opportunity_id
        JOIN (SELECT DISTINCT ON (id) id, key FROM known_manager) m ON m.id = o.manager_id
        WHERE o.external_id IS NOT NULL AND coalesce(o.closed_on, o.opened_on) IS NOT NULL
          AND NOT EXISTS (SELECT FROM import_assignment known WHERE known.opportunity = o.external_id)""",
        target.values,
    )
    run("ANALYZE import_assignment")
