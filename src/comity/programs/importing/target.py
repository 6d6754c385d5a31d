"""What the steps of an import share: where it goes, what it speaks of, how several rows of a record become one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from comity.platform.staging import KEPT_EDITS_LISTED, Upsert, Written, rows_of, run, stage_rows
from comity.programs.models import Program

LISTS: Final = frozenset({"regions", "types", "domains"})
"""Fields of records that hold lists."""


@dataclass
class ImportTarget:
    """Into which program, by which run, and what was found out on the way.

    Attributes:
        fed: target to the fields that the export speaks of.
        kept: fields that a person set since, left as they are.
        notes: what the export says twice and differently, or names in vain; it was imported all the same.
    """

    program: Program
    run_id: UUID
    fed: dict[str, frozenset[str]]
    currency: str
    kept: list[dict[str, str]] = field(default_factory=list)
    notes: list[dict[str, str]] = field(default_factory=list)

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

    def note(self, statement: str, why: str) -> None:
        """Remember what a query finds: record, field, value."""
        self.notes += [
            {"record": record, "field": name, "value": value or "", "why": why}
            for record, name, value in rows_of(f"{statement} LIMIT {KEPT_EDITS_LISTED}", self.values)
        ]


def merge_rows(target: ImportTarget, name: str) -> str:
    """Several staged rows of one record become one: `merged_…`. The first that says anything of a field counts, and
    where another says something else, that is noted (lists are put together instead)."""
    fields = sorted(target.fed[name] - {"external_id"})
    rows, merged = f"import_{name}", f"merged_{name}"
    alike = f"SELECT external_id FROM {rows} GROUP BY 1 HAVING count(*) = 1"
    stage_rows(merged, f"SELECT * FROM {rows} JOIN ({alike}) one USING (external_id)")
    run(
        f"""INSERT INTO {merged} (file, line, external_id, {", ".join(f'"{one}"' for one in fields)})
        SELECT min(file), min(line), external_id, {", ".join(_merged(rows, one) for one in fields)}
        FROM {rows} i GROUP BY external_id HAVING count(*) > 1"""
    )
    run(f"ANALYZE {merged}")
    for one in fields:
        if one not in LISTS:
            target.note(
                f"""SELECT DISTINCT external_id, '{name} {one.replace("_", " ")}', i."{one}"::text
                FROM {rows} i JOIN {merged} m USING (external_id) WHERE m."{one}" <> i."{one}" """,
                "another line says something else; the first one counts",
            )
    return merged


def _merged(rows: str, name: str) -> str:
    if name in LISTS:
        return f'(SELECT array_agg(DISTINCT v) FROM {rows} x, unnest(x."{name}") v WHERE x.external_id = i.external_id)'
    return f'(array_agg("{name}" ORDER BY file, line) FILTER (WHERE "{name}" IS NOT NULL))[1]'
