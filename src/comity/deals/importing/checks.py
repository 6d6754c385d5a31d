"""Which rows name what nobody knows, or stand twice; and the deals that are held back for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from comity.platform.staging import copy_rows, rows_of, run, stage_rows
from comity.programs.importing import ImportTarget

MOST: Final = 100_001
"""More findings than an import may have rejects, so that a cut list is always refused."""
OF_DEALS: Final = {
    "opportunity": "external_id",
    "opportunity_line": "opportunity",
    "opportunity_partner": "opportunity",
    "assignment": "opportunity",
}
"""Targets whose rows belong to a deal, with the field that says to which."""


@dataclass(frozen=True)
class Stranger:
    """A staged row that cannot be taken: where it stands, what it says, why not, and its deal."""

    file: int
    line: int
    column: str
    value: str
    reason: str
    deal: str


_ANY_DEAL: Final = "(SELECT external_id AS key FROM import_opportunity UNION ALL SELECT key FROM known_deal)"
# Target, field, the table of what is known (key), what to tell.
_REFERENCES: Final = (
    ("opportunity", "account", "known_account", "is no customer account of this export or known before"),
    ("opportunity", "manager", "known_manager", "is no manager of this export or known before"),
    ("opportunity", "stage", "known_stage", "is no stage of the program"),
    ("opportunity_line", "product", "known_product", "is no product of this export or known before"),
    ("opportunity_line", "opportunity", _ANY_DEAL, "is no deal of this export or known before"),
    ("opportunity_partner", "partner", "known_partner", "is no partner of this export or known before"),
    ("opportunity_partner", "opportunity", _ANY_DEAL, "is no deal of this export or known before"),
    ("assignment", "partner", "known_partner", "is no partner of this export or known before"),
    ("assignment", "manager", "known_manager", "is no manager of this export or known before"),
)


def know_references(target: ImportTarget) -> None:
    """What the rows of deals may refer to: `known_account`, `known_product`, `known_stage`, and `known_deal` for those
    that the program has already."""
    stage_rows(
        "known_account",
        """SELECT a.external_id::text AS key, a.id, a.name::text FROM deals_customeraccount a
        WHERE a.vendor_id = %(vendor)s AND a.external_id IN (SELECT account FROM import_opportunity)""",
        target.values,
    )
    stage_rows(
        "known_product",
        """SELECT p.external_id::text AS key, p.id, p.family_id FROM deals_product p
        WHERE p.vendor_id = %(vendor)s AND p.external_id IN (SELECT product FROM import_opportunity_line)""",
        target.values,
    )
    stage_rows(
        "known_stage",
        """SELECT name::text AS key, id, status::text, position FROM deals_stage
        WHERE vendor_id = %(vendor)s AND program_id = %(program)s""",
        target.values,
    )
    named = " UNION ALL ".join(f"SELECT {field} FROM import_{name}" for name, field in OF_DEALS.items())
    stage_rows(
        "known_deal",
        f"""SELECT o.external_id::text AS key, o.id, o.edited_fields FROM deals_opportunity o
        WHERE o.vendor_id = %(vendor)s AND o.program_id = %(program)s AND o.external_id IN ({named})""",
        target.values,
    )


def strangers(target: ImportTarget) -> Iterator[Stranger]:
    """Rows of deals that name a partner, customer, product, manager, stage or deal that is neither in the export nor
    known from before, or that give a stage another meaning than the program does."""
    know_references(target)
    for name, column, known, reason in _REFERENCES:
        if target.says(name, column):
            found = rows_of(
                f"""SELECT s.file, s.line, s."{column}", s."{OF_DEALS[name]}" FROM import_{name} s
                LEFT JOIN {known} k ON k.key = s."{column}"
                WHERE s."{column}" IS NOT NULL AND k.key IS NULL ORDER BY s.file, s.line LIMIT {MOST}"""
            )
            for file, line, value, deal in found:
                yield Stranger(file, line, column, value, reason, deal)
    if target.says("opportunity", "stage_kind"):
        for file, line, stage, kind, status, deal in rows_of(
            f"""SELECT s.file, s.line, s.stage, s.stage_kind, k.status, s.external_id FROM import_opportunity s
            JOIN known_stage k ON k.key = s.stage AND k.status <> s.stage_kind
            ORDER BY s.file, s.line LIMIT {MOST}"""
        ):
            yield Stranger(file, line, "stage", stage, f"means {status} in this program, but {kind} here", deal)


def repeated_deals(summed: bool) -> Iterator[Stranger]:
    """The second and later rows of one deal in an export with one row a deal: nobody can tell which one is right."""
    if summed:
        return
    for file, line, deal, first in rows_of(
        f"""SELECT file, line, external_id, first FROM (
            SELECT file, line, external_id, row_number() OVER deal AS turn, first_value(line) OVER deal AS first
            FROM import_opportunity
            WHERE external_id IN (SELECT external_id FROM import_opportunity GROUP BY 1 HAVING count(*) > 1)
            WINDOW deal AS (PARTITION BY external_id ORDER BY file, line)) s
        WHERE turn > 1 ORDER BY file, line LIMIT {MOST}"""
    ):
        reason = f"stands on line {first} already; a deal has one row here, so none is taken: keep the right one"
        yield Stranger(file, line, "external_id", deal, reason, deal)


def hold_back(deals: Iterable[str]) -> None:
    """Take all rows of these deals out of the staged tables."""
    copy_rows("import_held", ["deal"], ((deal,) for deal in deals))
    run("ANALYZE import_held")
    for name, field in (*OF_DEALS.items(),):
        if run(f"DELETE FROM import_{name} s USING import_held h WHERE h.deal = s.{field}"):
            run(f"ANALYZE import_{name}")
    run("DELETE FROM known_deal k USING import_held h WHERE h.deal = k.key")
