"""Lines and partners of deals: those of new deals are inserted, those of known ones compared."""

from __future__ import annotations

from typing import Final

from comity.platform.bulk import insert_new
from comity.platform.staging import KEPT_EDITS_LISTED, listed_edits, run, stage_rows
from comity.programs.importing import ImportTarget


def know_owners(target: ImportTarget) -> None:
    """`deal_id`: every deal that rows of this export belong to, be it in the export itself or known from before."""
    stage_rows(
        "deal_id",
        """SELECT external_id AS key, id, is_new, edited_fields FROM staged_deal
        UNION ALL
        SELECT k.key, k.id, false, k.edited_fields FROM known_deal k
        WHERE k.key NOT IN (SELECT external_id FROM staged_deal)""",
    )


def import_lines(target: ImportTarget) -> None:
    """The lines of each deal, by their order in the export; the lines of a deal a person has set are left alone."""
    _stage_lines(target)
    insert_new(
        "deals_opportunityline",
        ["vendor_id", *_LINE.split(", ")],
        f"SELECT %(vendor)s, {_LINE} FROM staged_line WHERE is_new",
        target.values,
    )
    target.kept += listed_edits(
        f"""SELECT d.key, 'lines', count(DISTINCT t.id)::text || ' lines', count(DISTINCT s.position)::text || ' lines'
        FROM deal_id d JOIN staged_line s ON s.opportunity_id = d.id
        LEFT JOIN deals_opportunityline t ON t.vendor_id = %(vendor)s AND t.opportunity_id = d.id
        WHERE s.is_edited GROUP BY d.key
        HAVING array_agg(DISTINCT (t.position, t.product_id, t.quantity, t.unit_price, t.amount))
           IS DISTINCT FROM array_agg(DISTINCT (s.position, s.product_id, s.quantity, s.unit_price, s.amount))
        LIMIT {KEPT_EDITS_LISTED}""",
        target.values,
    )
    run(_REPLACE_LINES, target.values)


_LINE: Final = "opportunity_id, position, product_id, family_id, quantity, unit_price, amount, cost"


def _stage_lines(target: ImportTarget) -> None:
    """`staged_line`: the lines of the export; a deal that names a family of its whole, and has no line, gets one."""
    whole = ""
    if target.says("opportunity", "family"):
        whole = """
        UNION ALL
        SELECT s.id, s.is_new, 'lines' = ANY (s.edited_fields), 1, NULL, family.id, NULL, NULL, s.amount, NULL
        FROM staged_deal s
        JOIN deals_productfamily family ON family.vendor_id = %(vendor)s AND family.name = s.family
        WHERE s.external_id NOT IN (SELECT opportunity FROM import_opportunity_line)"""
    stage_rows(
        "staged_line",
        f"""SELECT d.id AS opportunity_id, d.is_new, 'lines' = ANY (d.edited_fields) AS is_edited,
               row_number() OVER (PARTITION BY d.id ORDER BY l.file, l.line)::int AS position,
               product.id AS product_id, product.family_id, l.quantity::numeric(14, 4) AS quantity,
               l.unit_price::numeric(20, 4) AS unit_price, l.amount::numeric(20, 4) AS amount,
               l.cost::numeric(20, 4) AS cost
        FROM import_opportunity_line l JOIN deal_id d ON d.key = l.opportunity
        LEFT JOIN known_product product ON product.key = l.product {whole}""",
        target.values,
    )


_REPLACE_LINES: Final = f"""
WITH mine AS (
    SELECT * FROM staged_line WHERE NOT is_new AND NOT is_edited
), gone AS (
    DELETE FROM deals_opportunityline l
    USING (SELECT opportunity_id, max(position) AS last FROM mine GROUP BY 1) s
    WHERE l.vendor_id = %(vendor)s AND l.opportunity_id = s.opportunity_id AND l.position > s.last
    RETURNING l.opportunity_id
), written AS (
    INSERT INTO deals_opportunityline AS t (id, vendor_id, {_LINE})
    SELECT comity_uuid7(), %(vendor)s, {_LINE} FROM mine
    ON CONFLICT (vendor_id, opportunity_id, position) DO UPDATE SET
        product_id = excluded.product_id, family_id = excluded.family_id, quantity = excluded.quantity,
        unit_price = excluded.unit_price, amount = excluded.amount, cost = excluded.cost
    WHERE (t.product_id, t.family_id, t.quantity, t.unit_price, t.amount, t.cost) IS DISTINCT FROM
        (excluded.product_id, excluded.family_id, excluded.quantity, excluded.unit_price, excluded.amount,
         excluded.cost)
    RETURNING t.opportunity_id
) INSERT INTO touched_deal SELECT opportunity_id FROM gone UNION SELECT opportunity_id FROM written"""


def import_deal_partners(target: ImportTarget) -> None:
    """Partners on deals with their roles. A role that an earlier import declared and this one does not is taken back;
    deals whose partners a person has set are left alone."""
    stage_rows(
        "staged_role",
        """SELECT opportunity_id, is_new, is_edited, partnership_id, partner_id, role, min(share) AS share FROM (
            SELECT d.id AS opportunity_id, d.is_new, 'partners' = ANY (d.edited_fields) AS is_edited,
                   p.id AS partnership_id, p.partner_id, r.role, (r.share / 100)::numeric(7, 6) AS share
            FROM import_opportunity_partner r JOIN deal_id d ON d.key = r.opportunity
            JOIN known_partner p ON p.key = r.partner) one
        GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1""",
        target.values,
    )
    insert_new(
        "deals_opportunitypartner",
        ["vendor_id", *_ROLE.split(", "), "declared_by_import"],
        f"SELECT %(vendor)s, {_ROLE}, true FROM staged_role WHERE is_new",
        target.values,
    )
    target.kept += _kept_partners(target)
    run(_REPLACE_ROLES, target.values)


_ROLE: Final = "opportunity_id, partnership_id, partner_id, role, share"
_REPLACE_ROLES: Final = f"""
WITH mine AS (
    SELECT * FROM staged_role WHERE NOT is_new AND NOT is_edited
), gone AS (
    DELETE FROM deals_opportunitypartner k
    WHERE k.vendor_id = %(vendor)s AND k.declared_by_import
      AND k.opportunity_id IN (SELECT opportunity_id FROM mine)
      AND NOT EXISTS (SELECT FROM mine s WHERE s.opportunity_id = k.opportunity_id
                      AND s.partnership_id = k.partnership_id AND s.role = k.role)
    RETURNING k.opportunity_id
), written AS (
    INSERT INTO deals_opportunitypartner AS t (id, vendor_id, {_ROLE}, declared_by_import)
    SELECT comity_uuid7(), %(vendor)s, {_ROLE}, true FROM mine
    ON CONFLICT (vendor_id, opportunity_id, partnership_id, role) DO UPDATE SET share = excluded.share
    WHERE t.share IS DISTINCT FROM excluded.share
    RETURNING t.opportunity_id
) INSERT INTO touched_deal SELECT opportunity_id FROM gone UNION SELECT opportunity_id FROM written"""


def _kept_partners(target: ImportTarget) -> list[dict[str, str]]:
    """Deals whose partners a person set, where the export names others."""
    return listed_edits(
        f"""WITH offered AS (
            SELECT s.opportunity_id, string_agg(p.name || ' (' || s.role || ')', ', ' ORDER BY p.name, s.role) AS said
            FROM staged_role s JOIN programs_partnership p ON p.vendor_id = %(vendor)s AND p.id = s.partnership_id
            WHERE s.is_edited GROUP BY 1
        ), kept AS (
            SELECT t.opportunity_id, string_agg(p.name || ' (' || t.role || ')', ', ' ORDER BY p.name, t.role) AS said
            FROM deals_opportunitypartner t JOIN programs_partnership p ON p.vendor_id = %(vendor)s
             AND p.id = t.partnership_id
            WHERE t.vendor_id = %(vendor)s AND t.opportunity_id IN (SELECT opportunity_id FROM offered) GROUP BY 1
        ) SELECT d.key, 'partners', kept.said, offered.said FROM offered JOIN deal_id d ON d.id = offered.opportunity_id
        LEFT JOIN kept ON kept.opportunity_id = offered.opportunity_id
        WHERE kept.said IS DISTINCT FROM offered.said LIMIT {KEPT_EDITS_LISTED}""",
        target.values,
    )
