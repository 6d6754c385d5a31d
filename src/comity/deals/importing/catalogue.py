"""What deals refer to: customer accounts, products and their families, stages."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from comity.platform.staging import Column, Upsert, Written, edits_by_people, rows_of, run, stage_rows
from comity.programs.importing import ImportTarget, merge_rows

OPEN_FIRST: Final = "array_position(ARRAY['open', 'won', 'lost'], kind)"


def import_accounts(target: ImportTarget) -> Written:
    """Customers first, then who belongs to whom: a parent may stand before or after its subsidiary."""
    fed = target.fed["account"]
    source = merge_rows(target, "account")
    # The partners' view of a deal carries the customer's name: those of renamed customers are made anew at the end.
    stage_rows(
        "renamed_account",
        f"""SELECT a.id FROM {source} s JOIN deals_customeraccount a
        ON a.vendor_id = %(vendor)s AND a.external_id = s.external_id AND a.name <> s.name""",
        target.values,
    )
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
            source=f"{source} s",
            edited="t.edited_fields",
        )
    )
    if "parent" in fed:
        _set_parents(target, source)
    return written


def _set_parents(target: ImportTarget, source: str) -> None:
    """A parent that is not known, is the customer itself, or would close a circle is left out, and noted."""
    stage_rows(
        "staged_parent",
        f"""SELECT s.external_id, s.parent, a.id, parent.id AS parent_id, parent.parent_id AS grandparent_id,
                   'parent' = ANY (a.edited_fields) AS is_edited, a.parent_id AS known_parent_id
        FROM {source} s
        JOIN deals_customeraccount a ON a.vendor_id = %(vendor)s AND a.external_id = s.external_id
        LEFT JOIN deals_customeraccount parent ON parent.vendor_id = %(vendor)s AND parent.external_id = s.parent
        WHERE s.parent IS NOT NULL""",
        target.values,
    )
    # Who would stand above itself once all of this is written: follow the wanted parents, else the known ones.
    stage_rows(
        "circular_parent",
        """WITH RECURSIVE above (start, at, steps) AS (
            SELECT id, parent_id, 1 FROM staged_parent WHERE parent_id IS NOT NULL AND NOT is_edited
            UNION ALL
            SELECT above.start, coalesce(s.parent_id, known.parent_id), above.steps + 1 FROM above
            JOIN deals_customeraccount known ON known.vendor_id = %(vendor)s AND known.id = above.at
            LEFT JOIN staged_parent s ON s.id = above.at
            WHERE above.at <> above.start AND above.steps < 100)
        SELECT DISTINCT start AS id FROM above WHERE at = start OR steps >= 100""",
        target.values,
    )
    target.note(
        """SELECT s.external_id, 'account parent', s.parent FROM staged_parent s
        WHERE s.parent_id IS NULL OR s.id IN (SELECT id FROM circular_parent)""",
        "is not known, or stands below this customer; the customer was taken without it",
    )
    run(
        """UPDATE deals_customeraccount a SET parent_id = s.parent_id FROM staged_parent s
        WHERE a.vendor_id = %(vendor)s AND a.id = s.id AND s.parent_id IS NOT NULL AND NOT s.is_edited
          AND s.id NOT IN (SELECT id FROM circular_parent) AND s.known_parent_id IS DISTINCT FROM s.parent_id""",
        target.values,
    )


def import_products(target: ImportTarget) -> Written:
    """Products with their families."""
    fed = target.fed["product"]
    source = merge_rows(target, "product")
    add_families(target, source)
    return target.write(
        Upsert(
            table="deals_product",
            key=("vendor_id", "external_id"),
            columns=(
                Column("external_id", "s.external_id"),
                Column("name", "s.name"),
                Column("family_id", "family.id", "family" in fed),
                Column("list_price", "s.list_price::numeric(20, 4)", "list_price" in fed),
                Column("cost", "s.cost::numeric(20, 4)", "cost" in fed),
            ),
            source=f"""{source} s
                LEFT JOIN deals_productfamily family ON family.vendor_id = %(vendor)s AND family.name = s.family""",
            edited=edits_by_people("deals_product", target.values),
        )
    )


def add_families(target: ImportTarget, table: str) -> None:
    """The families that a staged table names."""
    run(
        f"""INSERT INTO deals_productfamily (id, vendor_id, name)
        SELECT comity_uuid7(), %(vendor)s, family
        FROM (SELECT DISTINCT family FROM {table} WHERE family IS NOT NULL) s
        ON CONFLICT (vendor_id, name) DO NOTHING""",
        target.values,
    )


def import_stages(target: ImportTarget, declared: Sequence[tuple[str, str, Decimal | None]]) -> None:
    """Stages the mapping declares (name, meaning, probability 0 to 1), and those the export itself gives a meaning.

    A stage that the program has keeps its meaning; deals that say otherwise are held back by the checks.
    """
    known = {name for name, _, _ in declared}
    rows: list[tuple[str, str, Decimal | None]] = list(declared)
    if target.says("opportunity", "stage_kind"):
        rows += [
            (name, kind, None)
            for name, kind in rows_of(
                f"""SELECT stage, kind FROM (
                    SELECT stage, mode() WITHIN GROUP (ORDER BY stage_kind) AS kind FROM import_opportunity
                    WHERE stage_kind IS NOT NULL GROUP BY stage) s ORDER BY {OPEN_FIRST}, stage"""
            )
            if name not in known
        ]
    for name, kind, probability in rows:
        run(
            """INSERT INTO deals_stage (id, vendor_id, program_id, name, status, probability, position)
            SELECT comity_uuid7(), %(vendor)s, %(program)s, %(name)s, %(kind)s, %(probability)s,
                   (SELECT coalesce(max(position), 0) + 1 FROM deals_stage
                    WHERE vendor_id = %(vendor)s AND program_id = %(program)s)
            WHERE NOT EXISTS (SELECT FROM deals_stage WHERE vendor_id = %(vendor)s AND program_id = %(program)s
                              AND name = %(name)s)""",
            {**target.values, "name": name, "kind": kind, "probability": probability},
        )
