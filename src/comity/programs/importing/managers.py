"""The vendor's managers, who served a partner when, and the quotas."""

from __future__ import annotations

from comity.platform.staging import Column, Upsert, Written, edits_by_people, rows_of, run, stage_rows
from comity.programs.importing.target import ImportTarget, merge_rows


def know_managers(target: ImportTarget) -> None:
    """`known_manager`: how an export may name a manager. The external id comes before the name of another."""
    run("DROP TABLE IF EXISTS known_manager")
    stage_rows(
        "known_manager",
        """WITH m AS (SELECT id, external_id, name FROM programs_manager
                      WHERE vendor_id = %(vendor)s AND program_id = %(program)s)
        SELECT external_id::text AS key, id FROM m WHERE external_id IS NOT NULL
        UNION ALL
        SELECT name, (array_agg(id))[1] FROM m
        WHERE name NOT IN (SELECT external_id FROM m WHERE external_id IS NOT NULL)
        GROUP BY name HAVING count(*) = 1""",
        target.values,
    )


def import_managers(target: ImportTarget) -> Written:
    """Managers first, then who reports to whom: a superior may stand after, or not be in the export at all."""
    fed = target.fed["manager"]
    source = merge_rows(target, "manager")
    edited = edits_by_people("programs_manager", target.values)
    written = target.write(
        Upsert(
            table="programs_manager",
            key=("vendor_id", "program_id", "external_id"),
            columns=(
                Column("program_id", "%(program)s"),
                Column("external_id", "s.external_id"),
                Column("name", "s.name"),
                Column("email", "coalesce(s.email, '')", "email" in fed),
                Column("title", "coalesce(s.title, '')", "title" in fed),
                Column("regions", "coalesce(s.regions, '{}')::varchar[]", "regions" in fed),
                Column("capacity", "s.capacity::numeric(6, 1)", "capacity" in fed),
                Column("partner_types", "'{}'::varchar[]", False),
                Column("is_active", "true", False),
            ),
            source=f"{source} s",
            edited=edited,
        )
    )
    if "manager" in fed:
        unless = f"AND NOT ('reports_to' = ANY ({edited.replace('t.id', 'm.id')}))" if edited else ""
        run(
            f"""UPDATE programs_manager m SET reports_to_id = superior.id
            FROM {source} s JOIN programs_manager superior ON superior.vendor_id = %(vendor)s
             AND superior.program_id = %(program)s AND superior.external_id = s.manager
            WHERE m.vendor_id = %(vendor)s AND m.program_id = %(program)s AND m.external_id = s.external_id
              AND superior.id <> m.id AND m.reports_to_id IS DISTINCT FROM superior.id {unless}""",
            target.values,
        )
    return written


def add_named_managers(target: ImportTarget, table: str) -> None:
    """Where an export has no list of managers, whoever it names on partners or deals becomes one."""
    run(
        f"""INSERT INTO programs_manager (id, vendor_id, program_id, external_id, name, email, title, regions,
            partner_types, is_active)
        SELECT comity_uuid7(), %(vendor)s, %(program)s, s.manager, s.manager, '', '', '{{}}', '{{}}', true
        FROM (SELECT DISTINCT manager FROM {table} WHERE manager IS NOT NULL) s
        WHERE NOT EXISTS (SELECT FROM programs_manager m WHERE m.vendor_id = %(vendor)s
                          AND m.program_id = %(program)s AND s.manager IN (m.external_id, m.name))""",
        target.values,
    )


def import_assignments(target: ImportTarget) -> None:
    """Hand-over history from who served a partner when: the latest is the manager, the earlier ones its history.

    Several on one day count by the last deal of that day. Partnerships whose manager a person has set are left alone.
    """
    _stage_turns()
    run(
        """DELETE FROM programs_managerassignment a
        WHERE a.vendor_id = %(vendor)s AND a.imported
          AND a.partnership_id IN (SELECT partnership_id FROM staged_assignment)
          AND NOT EXISTS (SELECT FROM staged_assignment s WHERE s.partnership_id = a.partnership_id
                          AND s.manager_id = a.manager_id AND s.from_on = a.from_on
                          AND s.to_on IS NOT DISTINCT FROM a.to_on)""",
        target.values,
    )
    run(
        """INSERT INTO programs_managerassignment (id, vendor_id, partnership_id, manager_id, from_on, to_on, imported)
        SELECT comity_uuid7(), %(vendor)s, s.partnership_id, s.manager_id, s.from_on, s.to_on, true
        FROM staged_assignment s
        WHERE NOT EXISTS (SELECT FROM programs_managerassignment a WHERE a.vendor_id = %(vendor)s
                          AND a.partnership_id = s.partnership_id AND a.from_on IS NOT DISTINCT FROM s.from_on)""",
        target.values,
    )
    run(
        """UPDATE programs_partnership p SET manager_id = s.manager_id FROM staged_assignment s
        WHERE p.vendor_id = %(vendor)s AND p.id = s.partnership_id AND s.to_on IS NULL
          AND p.manager_id IS DISTINCT FROM s.manager_id""",
        target.values,
    )


def _stage_turns() -> None:
    """`staged_assignment`: from when to when each manager served each partner, out of the deals that show it."""
    stage_rows(
        "staged_assignment",
        """WITH last_of_day AS (
            SELECT DISTINCT ON (p.id, s."on") p.id AS partnership_id, s."on", m.id AS manager_id
            FROM import_assignment s
            JOIN known_partner p ON p.key = s.partner AND NOT p.manager_is_set
            JOIN known_manager m ON m.key = s.manager
            ORDER BY p.id, s."on", length(s.opportunity) DESC, s.opportunity DESC, m.id
        ), turns AS (
            SELECT *, manager_id IS DISTINCT FROM lag(manager_id) OVER (PARTITION BY partnership_id ORDER BY "on")
                   AS is_turn
            FROM last_of_day
        )
        SELECT partnership_id, manager_id, "on" AS from_on,
               lead("on") OVER (PARTITION BY partnership_id ORDER BY "on") AS to_on
        FROM turns WHERE is_turn""",
    )


def import_quotas(target: ImportTarget) -> Written:
    """Quotas of managers and partnerships; the last one given for a period counts."""
    return target.write(
        Upsert(
            table="programs_quota",
            key=("vendor_id", "program_id", "manager_id", "partnership_id", "starts_on", "ends_on"),
            columns=(
                Column("program_id", "%(program)s"),
                Column("manager_id", "s.manager_id"),
                Column("partnership_id", "s.partnership_id"),
                Column("starts_on", "s.starts_on"),
                Column("ends_on", "s.ends_on"),
                Column("amount", "s.amount"),
                Column("currency", "s.currency"),
            ),
            source="""(SELECT DISTINCT ON (m.id, p.id, q.starts_on, q.ends_on) m.id AS manager_id,
                    p.id AS partnership_id, q.starts_on, q.ends_on, q.amount,
                    coalesce(q.currency, %(currency)s) AS currency
                FROM import_quota q
                LEFT JOIN known_manager m ON m.key = q.manager LEFT JOIN known_partner p ON p.key = q.partner
                WHERE m.id IS NOT NULL OR p.id IS NOT NULL
                ORDER BY m.id, p.id, q.starts_on, q.ends_on, q.file DESC, q.line DESC) s""",
            edited=edits_by_people("programs_quota", target.values),
        ),
        label="s.starts_on",
    )


def unknown_quota_owners(target: ImportTarget) -> list[tuple[int, int, str, str]]:
    """Quotas of managers or partners that nobody knows: file, line, field, value."""
    found = []
    for name, known in (("manager", "known_manager"), ("partner", "known_partner")):
        if target.says("quota", name):
            found += rows_of(
                f"""SELECT file, line, '{name}', {name} FROM import_quota
                WHERE {name} IS NOT NULL AND {name} NOT IN (SELECT key FROM {known}) ORDER BY file, line LIMIT 100001"""
            )
    return [(file, line, name, value) for file, line, name, value in found]
