"""Managers, partners, hand-overs and quotas of an export, written set-based from staged rows.

The staged tables are `import_manager`, `import_partner`, `import_assignment` and `import_quota`, with the fields of the
import's vocabulary as columns; `fed` says which of them the export speaks of.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from comity.kernel.names import sort_key
from comity.platform.staging import Column, Upsert, Written, rows_of, run
from comity.programs.models import Program
from comity.programs.states import TRANSITIONS


@dataclass
class ImportTarget:
    """Into which program, by which run, and what was found out on the way.

    Attributes:
        fed: target to the fields that the export speaks of.
        kept: fields that a person set since, left as they are.
    """

    program: Program
    run_id: UUID
    fed: dict[str, frozenset[str]]
    currency: str
    kept: list[dict[str, str]] = field(default_factory=list)

    @property
    def values(self) -> dict[str, Any]:
        """The parameters of every statement."""
        return {
            "vendor": self.program.vendor_id,
            "program": self.program.pk,
            "run": self.run_id,
            "currency": self.currency,
        }

    def says(self, target: str, name: str) -> bool:
        """Whether the export feeds this field."""
        return name in self.fed.get(target, frozenset())

    def write(self, upsert: Upsert, *, label: str = "s.external_id") -> Written:
        """Do an upsert and remember which edits it left alone."""
        self.kept += upsert.kept_edits(self.values, label=label)
        return upsert.write(self.values)


MANAGER_OF: Final = """
(SELECT m.id FROM programs_manager m WHERE m.vendor_id = %(vendor)s AND m.program_id = %(program)s
 AND (m.external_id = {key} OR (m.external_id IS NULL AND m.name = {key})) ORDER BY m.external_id LIMIT 1)
"""


def import_managers(target: ImportTarget) -> Written:
    """Managers first, then who reports to whom: a superior may stand after, or not be in the export at all."""
    fed = target.fed["manager"]
    source = "(SELECT DISTINCT ON (external_id) * FROM import_manager ORDER BY external_id, file, line) s"
    regions = "(SELECT array_agg(DISTINCT r ORDER BY r) FROM import_manager i, unnest(i.regions) r" \
        " WHERE i.external_id = s.external_id)"  # fmt: skip
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
                Column("regions", f"coalesce({regions}, '{{}}')::varchar[]", "regions" in fed),
                Column("capacity", "s.capacity", "capacity" in fed),
                Column("partner_types", "'{}'::varchar[]", False),
                Column("is_active", "true", False),
            ),
            source=source,
        )
    )
    if "manager" in fed:
        run(
            """UPDATE programs_manager m SET reports_to_id = superior.id
            FROM import_manager s JOIN programs_manager superior ON superior.vendor_id = %(vendor)s
             AND superior.program_id = %(program)s AND superior.external_id = s.manager
            WHERE m.vendor_id = %(vendor)s AND m.program_id = %(program)s AND m.external_id = s.external_id
              AND superior.id <> m.id AND m.reports_to_id IS DISTINCT FROM superior.id""",
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


def import_partners(target: ImportTarget) -> Written:
    """Partner organizations (private to the vendor) with their partnerships, regions, tiers and distributors."""
    fed = target.fed["partner"]
    _stage_partners()
    _add_regions_and_tiers(target)
    _add_organizations(target)
    if "status" in fed:
        _refuse_illegal_moves(target)
    written = target.write(_partnerships(fed))
    if "distributor" in fed:
        _link_distributors(target)
    return written


def _stage_partners() -> None:
    """One row a partner, with the key it is sorted by, which only Python can make."""
    run(
        """CREATE TEMPORARY TABLE staged_partner ON COMMIT DROP AS
        SELECT DISTINCT ON (external_id) *, NULL::text AS sort_name, NULL::uuid AS partner_id
        FROM import_partner ORDER BY external_id, file, line"""
    )
    names = [name for (name,) in rows_of("SELECT DISTINCT name FROM staged_partner")]
    run(
        "UPDATE staged_partner s SET sort_name = k.sort_name"
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
    """New partners get an organization private to the vendor; known ones keep theirs, and the private follow the file."""
    run(
        """UPDATE staged_partner s SET partner_id = p.partner_id FROM programs_partnership p
        WHERE p.vendor_id = %(vendor)s AND p.program_id = %(program)s AND p.external_id = s.external_id""",
        target.values,
    )
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
        WHERE o.id = s.partner_id AND o.private_to_id = %(vendor)s AND o.name <> s.name""",
        target.values,
    )


def _refuse_illegal_moves(target: ImportTarget) -> None:
    """A status the state machine does not allow from here is left and reported, not forced."""
    pairs = ", ".join(f"('{source}', '{after}')" for source, after in {(s, t) for (s, _), t in TRANSITIONS.items()})
    found = rows_of(
        f"""UPDATE staged_partner s SET status = p.status FROM programs_partnership p, staged_partner before
        WHERE p.vendor_id = %(vendor)s AND p.program_id = %(program)s AND p.external_id = s.external_id
          AND before.external_id = s.external_id AND s.status <> p.status
          AND (p.status, s.status) NOT IN ({pairs})
        RETURNING s.external_id, p.status, before.status""",
        target.values,
    )
    target.kept += [
        {"record": record, "field": "status", "kept": kept, "offered": offered} for record, kept, offered in found
    ]


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
            Column("manager_id", MANAGER_OF.format(key="s.manager"), "manager" in fed),
            Column("started_on", "s.started_on", "started_on" in fed),
            Column("ended_on", "s.ended_on", "ended_on" in fed),
            Column("edited_fields", "'{}'::varchar[]", False),
        ),
        source="""staged_partner s
            LEFT JOIN programs_tier tier ON tier.vendor_id = %(vendor)s AND tier.program_id = %(program)s
             AND tier.name = s.tier
            LEFT JOIN programs_region region ON region.vendor_id = %(vendor)s AND region.program_id = %(program)s
             AND region.name = s.region""",
        keeps_edits=True,
    )


def _link_distributors(target: ImportTarget) -> None:
    run(
        """INSERT INTO programs_distributorlink (id, vendor_id, partnership_id, distributor_id, partner_id)
        SELECT comity_uuid7(), %(vendor)s, below.id, above.id, below.partner_id
        FROM staged_partner s
        JOIN programs_partnership below ON below.vendor_id = %(vendor)s AND below.program_id = %(program)s
         AND below.external_id = s.external_id
        JOIN programs_partnership above ON above.vendor_id = %(vendor)s AND above.program_id = %(program)s
         AND above.external_id = s.distributor AND above.id <> below.id
        ON CONFLICT (vendor_id, partnership_id, distributor_id) DO NOTHING""",
        target.values,
    )


def import_assignments(target: ImportTarget) -> None:
    """Hand-over history from who served a partner when: the latest is the manager, the earlier ones its history.

    Several on one day count by the last deal of that day. Partnerships whose manager a person has set are left alone.
    """
    run(
        f"""CREATE TEMPORARY TABLE staged_assignment ON COMMIT DROP AS
        WITH last_of_day AS (
            SELECT DISTINCT ON (s.partner, s."on") p.id AS partnership_id, s."on",
                   {MANAGER_OF.format(key="s.manager")} AS manager_id
            FROM import_assignment s
            JOIN programs_partnership p ON p.vendor_id = %(vendor)s AND p.program_id = %(program)s
             AND p.external_id = s.partner AND NOT ('manager' = ANY (p.edited_fields))
            ORDER BY s.partner, s."on", length(s.opportunity) DESC, s.opportunity DESC
        ), turns AS (
            SELECT *, manager_id IS DISTINCT FROM lag(manager_id) OVER (PARTITION BY partnership_id ORDER BY "on")
                   AS is_turn
            FROM last_of_day WHERE manager_id IS NOT NULL
        )
        SELECT partnership_id, manager_id, "on" AS from_on,
               lead("on") OVER (PARTITION BY partnership_id ORDER BY "on") AS to_on
        FROM turns WHERE is_turn""",
        target.values,
    )
    run(
        """WITH stale AS (
            DELETE FROM programs_managerassignment a
            WHERE a.vendor_id = %(vendor)s AND a.imported
              AND a.partnership_id IN (SELECT partnership_id FROM staged_assignment)
              AND NOT EXISTS (SELECT FROM staged_assignment s WHERE s.partnership_id = a.partnership_id
                              AND s.manager_id = a.manager_id AND s.from_on = a.from_on
                              AND s.to_on IS NOT DISTINCT FROM a.to_on))
        SELECT 1""",
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
            source=f"""(SELECT DISTINCT ON (m, p.id, q.starts_on, q.ends_on) m AS manager_id, p.id AS partnership_id,
                    q.starts_on, q.ends_on, q.amount, coalesce(q.currency, %(currency)s) AS currency
                FROM import_quota q
                LEFT JOIN LATERAL {MANAGER_OF.format(key="q.manager")} AS found (m) ON true
                LEFT JOIN programs_partnership p ON p.vendor_id = %(vendor)s AND p.program_id = %(program)s
                 AND p.external_id = q.partner
                WHERE m IS NOT NULL OR p.id IS NOT NULL
                ORDER BY m, p.id, q.starts_on, q.ends_on, q.file DESC, q.line DESC) s""",
        )
    )
