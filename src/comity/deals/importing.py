"""Customers, products and deals of an export, written set-based from staged rows.

The staged tables are `import_account`, `import_product`, `import_opportunity`, `import_opportunity_line` and
`import_opportunity_partner`; `import_held` names the deals that are held back whole because one line of theirs is bad.
A deal that ends up with the run's id in `import_run_id` was created or changed by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from comity.deals.sharing import refresh_shared_deals
from comity.deals.stage_history import write_stage_history
from comity.platform.staging import Column, Upsert, Written, rows_of, run
from comity.programs.importing import MANAGER_OF, ImportTarget

NOT_HELD: Final = "NOT EXISTS (SELECT FROM import_held h WHERE h.deal = {deal})"


@dataclass(frozen=True)
class Stranger:
    """A staged row that names something nobody knows: where it stands, what it names, and its deal if it has one."""

    file: int
    line: int
    column: str
    value: str
    reason: str
    deal: str | None = None


def import_accounts(target: ImportTarget) -> Written:
    """Customers first, then who belongs to whom: a parent may stand before or after its subsidiary."""
    fed = target.fed["account"]
    text = {name: f"coalesce(s.{name}, '')" for name in ("country", "city", "postcode", "industry")}
    written = target.write(
        Upsert(
            table="deals_customeraccount",
            key=("vendor_id", "external_id"),
            columns=(
                Column("external_id", "s.external_id"),
                Column("name", "s.name"),
                Column("domains", "coalesce(s.domains, '{}')::varchar[]", "domains" in fed),
                *(Column(name, value, name in fed) for name, value in text.items()),
                Column("annual_revenue", "s.annual_revenue", "annual_revenue" in fed),
                Column("employees", "s.employees", "employees" in fed),
                Column("edited_fields", "'{}'::varchar[]", False),
            ),
            source="(SELECT DISTINCT ON (external_id) * FROM import_account ORDER BY external_id, file, line) s",
            keeps_edits=True,
        )
    )
    if "parent" in fed:
        _set_parents(target)
    return written


def _set_parents(target: ImportTarget) -> None:
    """A parent that is not known, or would make a circle of two, is left out."""
    run(
        """UPDATE deals_customeraccount a SET parent_id = parent.id
        FROM import_account s JOIN deals_customeraccount parent
          ON parent.vendor_id = %(vendor)s AND parent.external_id = s.parent
        WHERE a.vendor_id = %(vendor)s AND a.external_id = s.external_id AND parent.id <> a.id
          AND parent.parent_id IS DISTINCT FROM a.id AND NOT ('parent' = ANY (a.edited_fields))
          AND a.parent_id IS DISTINCT FROM parent.id""",
        target.values,
    )


def import_products(target: ImportTarget) -> Written:
    """Products with their families."""
    fed = target.fed["product"]
    _add_families(target, "import_product")
    return target.write(
        Upsert(
            table="deals_product",
            key=("vendor_id", "external_id"),
            columns=(
                Column("external_id", "s.external_id"),
                Column("name", "s.name"),
                Column("family_id", "family.id", "family" in fed),
                Column("list_price", "s.list_price", "list_price" in fed),
                Column("cost", "s.cost", "cost" in fed),
            ),
            source="""(SELECT DISTINCT ON (external_id) * FROM import_product ORDER BY external_id, file, line) s
                LEFT JOIN deals_productfamily family ON family.vendor_id = %(vendor)s AND family.name = s.family""",
        )
    )


def _add_families(target: ImportTarget, table: str) -> None:
    run(
        f"""INSERT INTO deals_productfamily (id, vendor_id, name)
        SELECT comity_uuid7(), %(vendor)s, family
        FROM (SELECT DISTINCT family FROM {table} WHERE family IS NOT NULL) s
        ON CONFLICT (vendor_id, name) DO NOTHING""",
        target.values,
    )


def strangers(target: ImportTarget) -> Iterator[Stranger]:
    """Rows of deals that name a partner, customer, product, manager, stage or deal that is neither in the export nor
    known from before."""
    for statement, column, reason in _REFERENCES:
        table = statement.split()[0]
        if not target.says(table.removeprefix("import_"), column):
            continue
        name = f's."{column}"'
        deal = "s.external_id" if table == "import_opportunity" else "s.opportunity"
        found = rows_of(
            f"SELECT s.file, s.line, {name}, {deal} FROM {table} s WHERE {name} IS NOT NULL"
            f" AND {statement.split(' ', 1)[1]} ORDER BY s.file, s.line LIMIT 100001",
            target.values,
        )
        for file, line, value, of in found:
            yield Stranger(file, line, column, value, reason, of)


# staged table and condition, field, what to tell. A deal is known if the export or the program has it.
_REFERENCES: Final = (
    (
        "import_opportunity NOT EXISTS (SELECT FROM deals_customeraccount k WHERE k.vendor_id = %(vendor)s"
        " AND k.external_id = s.account)",
        "account",
        "is no customer account of this export or known before",
    ),
    (
        f"import_opportunity {MANAGER_OF.format(key='s.manager')} IS NULL",
        "manager",
        "is no manager of this export or known before",
    ),
    (
        "import_opportunity NOT EXISTS (SELECT FROM deals_stage k WHERE k.vendor_id = %(vendor)s"
        " AND k.program_id = %(program)s AND k.name = s.stage)",
        "stage",
        "is no stage of the program",
    ),
    (
        "import_opportunity_line NOT EXISTS (SELECT FROM deals_product k WHERE k.vendor_id = %(vendor)s"
        " AND k.external_id = s.product)",
        "product",
        "is no product of this export or known before",
    ),
    (
        "import_opportunity_line NOT EXISTS (SELECT FROM import_opportunity k WHERE k.external_id = s.opportunity)"
        " AND NOT EXISTS (SELECT FROM deals_opportunity k WHERE k.vendor_id = %(vendor)s"
        " AND k.program_id = %(program)s AND k.external_id = s.opportunity)",
        "opportunity",
        "is no deal of this export or known before",
    ),
    (
        "import_opportunity_partner NOT EXISTS (SELECT FROM programs_partnership k WHERE k.vendor_id = %(vendor)s"
        " AND k.program_id = %(program)s AND k.external_id = s.partner)",
        "partner",
        "is no partner of this export or known before",
    ),
    (
        "import_opportunity_partner NOT EXISTS (SELECT FROM import_opportunity k WHERE k.external_id = s.opportunity)"
        " AND NOT EXISTS (SELECT FROM deals_opportunity k WHERE k.vendor_id = %(vendor)s"
        " AND k.program_id = %(program)s AND k.external_id = s.opportunity)",
        "opportunity",
        "is no deal of this export or known before",
    ),
)


def repeated_deals(target: ImportTarget, summed: bool) -> Iterator[Stranger]:
    """The second and later rows of one deal in an export that has one row a deal."""
    if summed:
        return
    for file, line, deal, first in rows_of(
        """SELECT file, line, external_id, first FROM (
            SELECT file, line, external_id, row_number() OVER deal AS turn, first_value(line) OVER deal AS first
            FROM import_opportunity
            WHERE external_id IN (SELECT external_id FROM import_opportunity GROUP BY 1 HAVING count(*) > 1)
            WINDOW deal AS (PARTITION BY external_id ORDER BY file, line)) s
        WHERE turn > 1 ORDER BY file, line LIMIT 100001"""
    ):
        yield Stranger(
            file, line, "external_id", deal, f"stands on line {first} already; a deal has one row here", deal
        )


def import_stages(target: ImportTarget, declared: list[tuple[str, str, object]]) -> None:
    """Stages the mapping declares (name, meaning, probability 0 to 1), and those the export itself gives a meaning."""
    rows = list(declared)
    if target.says("opportunity", "stage_kind"):
        known = {name for name, _, _ in rows}
        rows += [
            (name, kind, None)
            for name, kind in rows_of(
                "SELECT stage, min(stage_kind) FROM import_opportunity WHERE stage_kind IS NOT NULL GROUP BY 1 ORDER BY 1"
            )
            if name not in known
        ]
    for position, (name, kind, probability) in enumerate(rows, start=1):
        run(
            """INSERT INTO deals_stage (id, vendor_id, program_id, name, status, probability, position)
            VALUES (comity_uuid7(), %(vendor)s, %(program)s, %(name)s, %(kind)s, %(probability)s, %(position)s)
            ON CONFLICT (vendor_id, program_id, name) DO NOTHING""",
            {**target.values, "name": name, "kind": kind, "probability": probability, "position": position},
        )


def import_opportunities(target: ImportTarget, summed: frozenset[str]) -> Written:
    """Deals, one row each, out of one or several staged rows."""
    _stage_deals(target, summed)
    written = target.write(_opportunities(target.fed["opportunity"]))
    run(
        """CREATE TEMPORARY TABLE staged_deal_id ON COMMIT DROP AS
        SELECT o.external_id, o.id, o.edited_fields FROM staged_deal s JOIN deals_opportunity o
          ON o.vendor_id = %(vendor)s AND o.program_id = %(program)s AND o.external_id = s.external_id""",
        target.values,
    )
    run("ANALYZE staged_deal_id")
    run("CREATE TEMPORARY TABLE touched_deal (id uuid) ON COMMIT DROP")
    return written


def _stage_deals(target: ImportTarget, summed: frozenset[str]) -> None:
    """`staged_deal`: an amount is summed over the rows of the deal, unknown if one row lacks it; of what else the
    rows say, the first counts."""
    fields = sorted(target.fed["opportunity"] - {"external_id"})
    if not summed:
        columns = ", ".join(f's."{name}"' for name in fields)
        body = (
            f"SELECT s.external_id, {columns} FROM import_opportunity s WHERE {NOT_HELD.format(deal='s.external_id')}"
        )
    else:
        parts = [
            f'CASE WHEN count(*) = count(s."{name}") THEN sum(s."{name}") END AS "{name}"'
            if name in summed
            else f'(array_agg(s."{name}" ORDER BY s.file, s.line))[1] AS "{name}"'
            for name in fields
        ]
        body = (
            f"SELECT s.external_id, {', '.join(parts)} FROM import_opportunity s"
            f" WHERE {NOT_HELD.format(deal='s.external_id')} GROUP BY s.external_id"
        )
    run(f"CREATE TEMPORARY TABLE staged_deal ON COMMIT DROP AS {body}", target.values)
    missing = _ALL_FIELDS - set(fields)
    for name in sorted(missing):
        run(f'ALTER TABLE staged_deal ADD COLUMN "{name}" {_FIELD_TYPES[name]}')
    run("ANALYZE staged_deal")


_FIELD_TYPES: Final = {
    "name": "text", "account": "text", "kind": "text", "stage": "text", "opened_on": "date", "closed_on": "date",
    "amount": "numeric", "recurring_amount": "numeric", "currency": "text", "term_months": "int",
    "list_amount": "numeric", "manager": "text", "family": "text", "loss_reason": "text", "competitors": "text[]",
    "updated_at": "timestamptz",
}  # fmt: skip
_ALL_FIELDS: Final = frozenset(_FIELD_TYPES)


def _opportunities(fed: frozenset[str]) -> Upsert:
    stage = ("stage",)
    return Upsert(
        table="deals_opportunity",
        key=("vendor_id", "program_id", "external_id"),
        columns=(
            Column("program_id", "%(program)s"),
            Column("external_id", "s.external_id"),
            Column("name", "coalesce(s.name, account.name || ' (' || s.external_id || ')', s.external_id)"),
            Column("account_id", "account.id", "account" in fed),
            Column("kind", "coalesce(s.kind, 'new')", "kind" in fed),
            Column("stage_id", "stage.id", edit=stage),
            Column("status", "stage.status", edit=stage),
            Column("opened_on", "s.opened_on", "opened_on" in fed),
            Column("closed_on", "CASE WHEN stage.status <> 'open' THEN s.closed_on END", edit=("closed_on", "stage")),
            Column("currency", "coalesce(s.currency, %(currency)s)", "currency" in fed),
            Column("amount", "s.amount::numeric(20, 4)", "amount" in fed, ("amount", "lines")),
            Column("recurring_amount", "s.recurring_amount::numeric(20, 4)", "recurring_amount" in fed),
            Column("term_months", "s.term_months::smallint", "term_months" in fed),
            Column("list_amount", "s.list_amount::numeric(20, 4)", "list_amount" in fed),
            Column("manager_id", "manager.id", "manager" in fed),
            Column("loss_reason", "coalesce(s.loss_reason, '')", "loss_reason" in fed),
            Column("competitors", "coalesce(s.competitors, '{}')::varchar[]", "competitors" in fed),
            Column("edited_fields", "'{}'::varchar[]", False),
        ),
        stamp=(Column("import_run_id", "%(run)s"),),
        source="""staged_deal s
            JOIN deals_stage stage ON stage.vendor_id = %(vendor)s AND stage.program_id = %(program)s
             AND stage.name = s.stage
            LEFT JOIN deals_customeraccount account ON account.vendor_id = %(vendor)s
             AND account.external_id = s.account
            LEFT JOIN LATERAL """
        + MANAGER_OF.format(key="s.manager")
        + " AS manager (id) ON true",
        keeps_edits=True,
    )


def import_lines(target: ImportTarget) -> None:
    """The lines of each deal, by their order in the export; the lines of a deal a person has set are left alone."""
    _add_lines_of_families(target)
    run(
        f"""CREATE TEMPORARY TABLE staged_line ON COMMIT DROP AS
        SELECT d.id AS opportunity_id, row_number() OVER (PARTITION BY d.id ORDER BY l.file, l.line) AS position,
               product.id AS product_id, coalesce(product.family_id, family.id) AS family_id, l.quantity, l.unit_price,
               l.amount::numeric(20, 4) AS amount, l.cost
        FROM import_opportunity_line l
        JOIN staged_deal_id d ON d.external_id = l.opportunity AND NOT ('lines' = ANY (d.edited_fields))
        LEFT JOIN deals_product product ON product.vendor_id = %(vendor)s AND product.external_id = l.product
        LEFT JOIN deals_productfamily family ON family.vendor_id = %(vendor)s AND family.name = l.family
        WHERE {NOT_HELD.format(deal="l.opportunity")}""",
        target.values,
    )
    run("ANALYZE staged_line")
    run(
        """WITH gone AS (
            DELETE FROM deals_opportunityline l
            USING (SELECT opportunity_id, max(position) AS last FROM staged_line GROUP BY 1) s
            WHERE l.vendor_id = %(vendor)s AND l.opportunity_id = s.opportunity_id AND l.position > s.last
            RETURNING l.opportunity_id
        ), written AS (
            INSERT INTO deals_opportunityline AS t (id, vendor_id, opportunity_id, position, product_id, family_id,
                quantity, unit_price, amount, cost)
            SELECT comity_uuid7(), %(vendor)s, opportunity_id, position, product_id, family_id, quantity, unit_price,
                amount, cost FROM staged_line
            ON CONFLICT (vendor_id, opportunity_id, position) DO UPDATE SET
                product_id = excluded.product_id, family_id = excluded.family_id, quantity = excluded.quantity,
                unit_price = excluded.unit_price, amount = excluded.amount, cost = excluded.cost
            WHERE (t.product_id, t.family_id, t.quantity, t.unit_price, t.amount, t.cost) IS DISTINCT FROM
                (excluded.product_id, excluded.family_id, excluded.quantity, excluded.unit_price, excluded.amount,
                 excluded.cost)
            RETURNING t.opportunity_id
        ) INSERT INTO touched_deal SELECT opportunity_id FROM gone UNION SELECT opportunity_id FROM written""",
        target.values,
    )


def _add_lines_of_families(target: ImportTarget) -> None:
    """A deal that names a family of its whole, and has no line, gets one line of that family."""
    run("ALTER TABLE import_opportunity_line ADD COLUMN family text")
    if not target.says("opportunity", "family"):
        return
    _add_families(target, "staged_deal")
    run(
        """INSERT INTO import_opportunity_line (file, line, opportunity, amount, family)
        SELECT 0, 0, s.external_id, s.amount, s.family FROM staged_deal s WHERE s.family IS NOT NULL
          AND NOT EXISTS (SELECT FROM import_opportunity_line l WHERE l.opportunity = s.external_id)""",
        target.values,
    )


def import_deal_partners(target: ImportTarget) -> None:
    """Partners on deals with their roles. A role that an earlier import declared and this one does not is taken back;
    deals whose partners a person has set are left alone."""
    run(
        f"""CREATE TEMPORARY TABLE staged_role ON COMMIT DROP AS
        SELECT DISTINCT ON (d.id, p.id, r.role) d.id AS opportunity_id, p.id AS partnership_id, p.partner_id, r.role,
               (r.share / 100)::numeric(7, 6) AS share
        FROM import_opportunity_partner r
        JOIN staged_deal_id d ON d.external_id = r.opportunity AND NOT ('partners' = ANY (d.edited_fields))
        JOIN programs_partnership p ON p.vendor_id = %(vendor)s AND p.program_id = %(program)s
         AND p.external_id = r.partner
        WHERE {NOT_HELD.format(deal="r.opportunity")}
        ORDER BY d.id, p.id, r.role, r.file, r.line""",
        target.values,
    )
    run("ANALYZE staged_role")
    run(
        """WITH gone AS (
            DELETE FROM deals_opportunitypartner k
            WHERE k.vendor_id = %(vendor)s AND k.declared_by_import
              AND k.opportunity_id IN (SELECT opportunity_id FROM staged_role)
              AND NOT EXISTS (SELECT FROM staged_role s WHERE s.opportunity_id = k.opportunity_id
                              AND s.partnership_id = k.partnership_id AND s.role = k.role)
            RETURNING k.opportunity_id
        ), written AS (
            INSERT INTO deals_opportunitypartner AS t (id, vendor_id, opportunity_id, partnership_id, partner_id, role,
                share, declared_by_import)
            SELECT comity_uuid7(), %(vendor)s, opportunity_id, partnership_id, partner_id, role, share, true
            FROM staged_role
            ON CONFLICT (vendor_id, opportunity_id, partnership_id, role) DO UPDATE SET share = excluded.share
            WHERE t.share IS DISTINCT FROM excluded.share
            RETURNING t.opportunity_id
        ) INSERT INTO touched_deal SELECT opportunity_id FROM gone UNION SELECT opportunity_id FROM written""",
        target.values,
    )


def conclude(target: ImportTarget, *, amounts_known: str) -> int:
    """Stage history and the partners' view of every deal that changed; returns how many deals those are."""
    run(
        """UPDATE deals_opportunity o SET import_run_id = %(run)s
        WHERE o.vendor_id = %(vendor)s AND o.id IN (SELECT id FROM touched_deal)
          AND o.import_run_id IS DISTINCT FROM %(run)s""",
        target.values,
    )
    [(changed, by_hand)] = rows_of(
        """SELECT count(*), count(*) FILTER (WHERE edited_fields && '{stage,amount,opened_on,closed_on}'::varchar[])
        FROM deals_opportunity WHERE vendor_id = %(vendor)s AND program_id = %(program)s AND import_run_id = %(run)s""",
        target.values,
    )
    known_in = _amounts_known(target) if amounts_known == "updated" else None
    if by_hand:
        # Steps that a person took are better than what follows from an export.
        chosen = rows_of(
            """SELECT id FROM deals_opportunity WHERE vendor_id = %(vendor)s AND program_id = %(program)s
            AND import_run_id = %(run)s AND NOT (edited_fields && '{stage,amount,opened_on,closed_on}'::varchar[])""",
            target.values,
        )
        ids = [key for (key,) in chosen]
        write_stage_history(vendor_id=target.program.vendor_id, opportunity_ids=ids, amounts_known_in=known_in)
    elif changed:
        write_stage_history(vendor_id=target.program.vendor_id, import_run_id=target.run_id, amounts_known_in=known_in)
    if changed:
        refresh_shared_deals(vendor_id=target.program.vendor_id, import_run_id=target.run_id)
    return int(changed)


def _amounts_known(target: ImportTarget) -> str:
    run(
        """CREATE TEMPORARY TABLE amount_known ON COMMIT DROP AS
        SELECT d.id AS opportunity_id, s.updated_at::date AS known_on
        FROM staged_deal s JOIN staged_deal_id d USING (external_id) WHERE s.updated_at IS NOT NULL""",
        target.values,
    )
    return "amount_known"


def newest_fact(target: ImportTarget) -> object:
    """The latest opened or closed date among the staged deals, the day up to which the data speak."""
    return rows_of(
        """SELECT greatest(max(s.opened_on), max(CASE WHEN stage.status <> 'open' THEN s.closed_on END))
        FROM staged_deal s JOIN deals_stage stage ON stage.vendor_id = %(vendor)s
         AND stage.program_id = %(program)s AND stage.name = s.stage""",
        target.values,
    )[0][0]
