"""Partner organizations and their partnerships."""

from __future__ import annotations

from comity.kernel.names import sort_key
from comity.platform.staging import Column, Upsert, Written, rows_of, run, stage_rows
from comity.programs.importing.target import ImportTarget, merge_rows
from comity.programs.states import TRANSITIONS


def know_partners(target: ImportTarget) -> None:
    """`known_partner`: the partnerships of the program by their external id."""
    stage_rows(
        "known_partner",
        """SELECT external_id::text AS key, id, partner_id, 'manager' = ANY (edited_fields) AS manager_is_set
        FROM programs_partnership
        WHERE vendor_id = %(vendor)s AND program_id = %(program)s AND external_id IS NOT NULL""",
        target.values,
    )


def import_partners(target: ImportTarget) -> Written:
    """Partner organizations (private to the vendor) with their partnerships, regions, tiers and distributors."""
    fed = target.fed["partner"]
    _stage_partners(target)
    _add_regions_and_tiers(target)
    _add_organizations(target)
    if "status" in fed:
        _refuse_illegal_moves(target)
    if "manager" in fed:
        target.note(
            """SELECT s.external_id, 'partner manager', s.manager FROM staged_partner s
            WHERE s.manager IS NOT NULL AND s.manager NOT IN (SELECT key FROM known_manager)""",
            "nobody is known by this; the partner was taken without it",
        )
    written = target.write(_partnerships(fed))
    if "distributor" in fed:
        _link_distributors(target)
    return written


def _stage_partners(target: ImportTarget) -> None:
    """One row a partner, with the key it is sorted by, which only Python can make, and what is known of it."""
    stage_rows(
        "staged_partner",
        f"""SELECT s.*, NULL::text AS sort_name, p.partner_id, p.status AS known_status,
                   coalesce(p.edited_fields, '{{}}') AS edited_fields
        FROM {merge_rows(target, "partner")} s LEFT JOIN programs_partnership p
          ON p.vendor_id = %(vendor)s AND p.program_id = %(program)s AND p.external_id = s.external_id""",
        target.values,
    )
    names = [name for (name,) in rows_of("SELECT DISTINCT name FROM staged_partner")]
    run(
        "UPDATE staged_partner s SET sort_name = k.sort_name, status = coalesce(s.status, s.known_status)"
        " FROM unnest(%(names)s::text[], %(keys)s::text[]) AS k (name, sort_name) WHERE k.name = s.name",
        {"names": names, "keys": [sort_key(name) for name in names]},
    )
    run("ANALYZE staged_partner")


def _add_regions_and_tiers(target: ImportTarget) -> None:
    run(
        """INSERT INTO programs_region (id, vendor_id, program_id, name)
        SELECT comity_uuid7(), %(vendor)s, %(program)s, region
        FROM (SELECT DISTINCT region FROM staged_partner WHERE region IS NOT NULL) s
        ON CONFLICT (vendor_id, program_id, name) DO NOTHING""",
        target.values,
    )
    run(
        """INSERT INTO programs_tier (id, vendor_id, program_id, name, rank)
        SELECT comity_uuid7(), %(vendor)s, %(program)s, s.tier,
               (SELECT coalesce(max(rank), 0) FROM programs_tier
                WHERE vendor_id = %(vendor)s AND program_id = %(program)s) + row_number() OVER (ORDER BY s.tier)
        FROM (SELECT DISTINCT tier FROM staged_partner WHERE tier IS NOT NULL) s
        WHERE NOT EXISTS (SELECT FROM programs_tier t WHERE t.vendor_id = %(vendor)s
                          AND t.program_id = %(program)s AND t.name = s.tier)""",
        target.values,
    )


def _add_organizations(target: ImportTarget) -> None:
    """New partners get an organization private to the vendor; the private ones follow the file, the claimed do not."""
    run(
        """WITH fresh AS (
            UPDATE staged_partner SET partner_id = comity_uuid7() WHERE partner_id IS NULL
            RETURNING partner_id, name, website, country)
        INSERT INTO identity_organization (id, name, website, country, about, time_zone, private_to_id)
        SELECT partner_id, name, coalesce(website, ''), coalesce(country, ''), '', 'UTC', %(vendor)s FROM fresh""",
        target.values,
    )
    run(
        """UPDATE identity_organization o SET name = s.name FROM staged_partner s
        WHERE o.id = s.partner_id AND o.private_to_id = %(vendor)s AND o.name <> s.name
          AND NOT ('name' = ANY (s.edited_fields))""",
        target.values,
    )


def _refuse_illegal_moves(target: ImportTarget) -> None:
    """A status the state machine does not allow from here is left and reported, not forced."""
    pairs = ", ".join(f"('{before}', '{after}')" for (before, _), after in TRANSITIONS.items())
    refused = f"""FROM staged_partner s WHERE s.known_status IS NOT NULL AND s.status <> s.known_status
        AND (s.known_status, s.status) NOT IN ({pairs})"""
    target.kept += [
        {"record": record, "field": "status", "kept": kept, "offered": offered}
        for record, kept, offered in rows_of(f"SELECT s.external_id, s.known_status, s.status {refused}")
    ]
    run(f"UPDATE staged_partner SET status = known_status WHERE external_id IN (SELECT s.external_id {refused})")


def _partnerships(fed: frozenset[str]) -> Upsert:
    blank = {name: f"coalesce(s.{name}, '')" for name in ("sub_type", "website", "country", "state", "city")}
    return Upsert(
        table="programs_partnership",
        key=("vendor_id", "program_id", "external_id"),
        columns=(
            Column("program_id", "%(program)s"),
            Column("external_id", "s.external_id"),
            Column("partner_id", "s.partner_id", False),
            Column("name", "s.name"),
            Column("sort_name", "s.sort_name", edit=("name",)),
            Column("types", "coalesce(s.types, '{}')::varchar[]", "types" in fed),
            *(Column(name, value, name in fed) for name, value in blank.items()),
            Column("status", "coalesce(s.status, 'active')", "status" in fed),
            Column("tier_id", "tier.id", "tier" in fed),
            Column("region_id", "region.id", "region" in fed),
            Column("manager_id", "manager.id", "manager" in fed),
            Column("started_on", "s.started_on", "started_on" in fed),
            Column("ended_on", "s.ended_on", "ended_on" in fed),
            Column("edited_fields", "'{}'::varchar[]", False),
        ),
        source="""staged_partner s
            LEFT JOIN programs_tier tier ON tier.vendor_id = %(vendor)s AND tier.program_id = %(program)s
             AND tier.name = s.tier
            LEFT JOIN programs_region region ON region.vendor_id = %(vendor)s AND region.program_id = %(program)s
             AND region.name = s.region
            LEFT JOIN known_manager manager ON manager.key = s.manager""",
        edited="t.edited_fields",
    )


def _link_distributors(target: ImportTarget) -> None:
    """Who buys through whom; a distributor that is unknown, or would stand above itself, is noted."""
    stage_rows(
        "staged_link",
        """SELECT s.external_id, s.distributor, below.id AS partnership_id, below.partner_id, above.id AS distributor_id
        FROM staged_partner s
        JOIN programs_partnership below ON below.vendor_id = %(vendor)s AND below.program_id = %(program)s
         AND below.external_id = s.external_id
        LEFT JOIN programs_partnership above ON above.vendor_id = %(vendor)s AND above.program_id = %(program)s
         AND above.external_id = s.distributor AND above.id <> below.id
        WHERE s.distributor IS NOT NULL""",
        target.values,
    )
    target.note(
        "SELECT external_id, 'partner distributor', distributor FROM staged_link WHERE distributor_id IS NULL",
        "no other partner is known by this; the partner was taken without it",
    )
    run(
        """INSERT INTO programs_distributorlink (id, vendor_id, partnership_id, distributor_id, partner_id)
        SELECT comity_uuid7(), %(vendor)s, partnership_id, distributor_id, partner_id FROM staged_link
        WHERE distributor_id IS NOT NULL ON CONFLICT (vendor_id, partnership_id, distributor_id) DO NOTHING""",
        target.values,
    )
