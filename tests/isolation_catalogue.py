"""The database's own list of what there is, and one row of Northwind's in each table, made from the columns alone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connections

from comity.kernel.ids import uuid7
from comity.platform.isolation import THIRD_PARTY, TenantTable, declared_tables


@dataclass
class Column:
    """One column as the catalogue describes it."""

    name: str
    type: str
    nullable: bool
    has_default: bool
    length: int | None


@dataclass
class Table:
    """A table with its columns and keys."""

    name: str
    columns: dict[str, Column] = field(default_factory=dict)
    keys: list[tuple[tuple[str, ...], str, tuple[str, ...]]] = field(default_factory=list)
    """(columns here, target table, columns there) of each foreign key."""
    checks: dict[str, list[str]] = field(default_factory=dict)


def rows(statement: str, values: list[Any] | None = None, using: str = "owner") -> list[tuple[Any, ...]]:
    """What a query gives."""
    with connections[using].cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def tables() -> dict[str, Table]:
    """Every table of the database, whoever made it; read once a database."""
    place = connections["owner"].settings_dict
    return _tables(f"{place['HOST']}/{place['NAME']}")


@cache
def _tables(database: str) -> dict[str, Table]:
    found: dict[str, Table] = {}
    for name, column, kind, nullable, default, length, identity in rows(
        "SELECT c.table_name, c.column_name, c.udt_name, c.is_nullable = 'YES',"
        " c.column_default IS NOT NULL, c.character_maximum_length, c.is_identity = 'YES'"
        " FROM information_schema.columns c"
        " JOIN pg_class k ON k.oid = ('public.' || quote_ident(c.table_name))::regclass"
        " WHERE c.table_schema = 'public' AND k.relkind IN ('r', 'p') ORDER BY c.table_name, c.ordinal_position"
    ):
        table = found.setdefault(name, Table(name))
        table.columns[column] = Column(column, kind, nullable, default or identity, length)
    for name, here, target, there in rows(
        "SELECT k.conrelid::regclass::text, "
        " (SELECT array_agg(a.attname::text ORDER BY o) FROM unnest(k.conkey) WITH ORDINALITY u(n, o)"
        "  JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n), k.confrelid::regclass::text,"
        " (SELECT array_agg(a.attname::text ORDER BY o) FROM unnest(k.confkey) WITH ORDINALITY u(n, o)"
        "  JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.n)"
        " FROM pg_constraint k WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace"
    ):
        found[name].keys.append((tuple(here), target, tuple(there)))
    return found


def declared() -> dict[str, TenantTable]:
    """What the code says of each table."""
    return {table.name: table for table in declared_tables()}


def is_ours(name: str) -> bool:
    """Whether one of Comity's own models stands behind the table."""
    return name not in THIRD_PARTY


class RowFactory:
    """Makes one row a table for one vendor, as the owner, following keys to rows it made before.

    A new table needs nothing here unless a constraint of its own asks for a particular value.
    """

    SPECIAL: dict[str, dict[str, Any]] = {
        "deals_mailbox": {"security": "tls", "problem": "no_answer"},
        "deals_receivedmessage": {"outcome": "waiting", "reason": "", "files": "[]", "missing": "[]"},
        "identity_organization": {"private_to_id": None},
        "programs_program": {"fiscal_year_starts": 1, "currency": "EUR", "time_zone": "UTC"},
        "programs_programevent": {"fiscal_year_starts": 1, "currency": "EUR", "time_zone": "UTC"},
        "programs_partnership": {"status": "active"},
        "programs_quota": {"partnership_id": None},
        "programs_distributorlink": {},
        "deals_opportunity": {"status": "open", "closed_on": None},
        "deals_registration": {"state": "submitted"},
        "deals_engagementrules": {"to_on": None, "clauses": "{}"},
        "deals_engagementdraft": {"clauses": "{}"},
        "deals_rulestrial": {"clauses": "{}", "moves": "[]", "state": "done"},
        "leads_lead": {"holder_id": None, "referred_by_id": None, "registration_id": None},
        "leads_leadoffer": {"registration_id": None},
        "leads_leadroute": {"chosen_id": None},
        "leads_routingversion": {"to_on": None, "clauses": "{}"},
        "attribution_attributionsettings": {"to_on": None, "body": "{}"},
        "cosell_checklistversion": {"to_on": None, "items": "[]"},
        "cosell_member": {"share": None},
        "cosell_planstep": {"state": "open", "owner_side": "partner", "done_at": None, "done_on": None},
        "deals_legacybatch": {"signed_off_at": None, "signed_off_by_id": None},
        "deals_handling": {"queued_behind_id": None},
        "matching_knowncompany": {"keys": "{7}"},
        "procrastinate_jobs": {"status": "todo", "abort_requested": False},
        "procrastinate_events": {"type": "deferred"},
    }

    def __init__(self, vendor_id: UUID, partner_id: UUID, person_id: UUID, word: str) -> None:
        self.vendor_id, self.partner_id, self.person_id, self.word = vendor_id, partner_id, person_id, word
        self.tables = tables()
        self.made: dict[str, dict[str, Any]] = {}
        self.counter = 0
        self.choices = {
            (model._meta.db_table, column.column): column.choices[0][0]
            for model in apps.get_models()
            for column in model._meta.concrete_fields
            if column.choices
        }

    def row_of(self, name: str) -> dict[str, Any]:
        """The vendor's row in this table, made now if it is not there."""
        if name not in self.made:
            self.made[name] = {}
            self.made[name] = self._insert(self.tables[name])
        return self.made[name]

    def another(self, name: str) -> dict[str, Any]:
        """One more row, where a key needs two different ones (a distributor is not above itself)."""
        table = self.tables[name]
        return self._insert(table, {"partner_id": self.vendor_id} if "partner_id" in table.columns else {})

    def _insert(self, table: Table, instead: dict[str, Any] | None = None) -> dict[str, Any]:
        values = self._values(table) | (instead or {})
        names = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join("%s" for _ in values)
        given = f"({names}) VALUES ({marks})" if values else "DEFAULT VALUES"
        statement = f'INSERT INTO "{table.name}" {given} RETURNING to_jsonb("{table.name}")::text'
        return dict(json.loads(rows(statement, list(values.values()))[0][0]))

    def _values(self, table: Table) -> dict[str, Any]:
        values: dict[str, Any] = dict(self.SPECIAL.get(table.name, {}))
        taken: set[str] = set()
        for here, target, there in sorted(table.keys, key=lambda key: -len(key[0])):
            wanted = [column for column in here if column not in ("vendor_id", "partner_id")]
            if target == table.name:
                values |= dict.fromkeys(wanted)
            if any(column in values for column in wanted) or self._known(target, here):
                continue
            other = self.another(target) if target in taken and len(here) > 1 else self._target(target)
            taken.add(target)
            values |= {mine: other[theirs] for mine, theirs in zip(here, there, strict=True)}
        for column in table.columns.values():
            if column.name in values or (column.has_default and column.name not in self._owners()):
                continue
            choice = self.choices.get((table.name, column.name))
            values[column.name] = self._owners().get(column.name) or choice or self._value(column)
        return values

    def _known(self, target: str, here: tuple[str, ...]) -> bool:
        """Whether the key leads to one of the cast, who are there already."""
        return target.startswith("identity_") and all(column in self._owners() for column in here)

    def _target(self, name: str) -> dict[str, Any]:
        return self.row_of(name)

    def _owners(self) -> dict[str, Any]:
        return {
            "vendor_id": self.vendor_id,
            "partner_id": self.partner_id,
            "organization_id": self.vendor_id,
            "inviting_id": self.vendor_id,
            "person_id": self.person_id,
        }

    def _value(self, column: Column) -> Any:
        self.counter += 1
        text = f"{self.word}{self.counter}"
        match column.type:
            case "uuid":
                return uuid7()
            case "int2" | "int4" | "int8":
                return self.counter % 90 + 1
            case "numeric" | "float8":
                return "0.1"
            case "bool":
                return False
            case "date":
                return "2026-01-02"
            case "timestamptz":
                return "2026-01-02T03:04:05Z"
            case "jsonb":
                return json.dumps({"organization": str(self.vendor_id), "word": self.word})
            case kind if kind.startswith("_"):
                return "{}"
            case _:
                return text[-column.length :] if column.length and column.length < len(text) else text
