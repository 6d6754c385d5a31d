"""A small export of a shop with partners, its mapping, and what is left in the database after importing it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from django.db import connection

from comity.connectors.models import ImportRun, Reject
from comity.connectors.report import import_from_command_line
from comity.platform.tenancy import tenant
from comity.programs.models import Program
from comity.programs.operator import find_program

MAPPING: Final = """
[mapping]
name = "shop"
title = "A shop and its partners"
currency = "EUR"

[formats]
null_words = ["NULL"]

[[stage]]
name = "Open"
kind = "open"
[[stage]]
name = "Won"
kind = "won"
[[stage]]
name = "Lost"
kind = "lost"

[[source]]
file = "managers.csv"
[source.manager]
external_id = "id"
name = "name"
title = "title"
manager = "boss"

[[source]]
file = "partners.csv"
[source.partner]
external_id = "id"
name = "name"
types = { constant = "reseller" }
status = "status"
region = "region"
manager = "manager"
distributor = "above"

[[source]]
file = "accounts.csv"
[source.account]
external_id = "id"
name = "name"
parent = "parent"

[[source]]
file = "products.csv"
[source.product]
external_id = "id"
name = "name"
family = "family"
list_price = "price"

[[source]]
file = "deals.csv"
[source.opportunity]
external_id = "id"
name = "name"
account = "account"
stage = "stage"
opened_on = "opened"
closed_on = "closed"
amount = "amount"
manager = "owner"
loss_reason = "why"

[[source]]
file = "lines.csv"
optional = true
[source.opportunity_line]
opportunity = "deal"
product = "product"
quantity = "quantity"
amount = "amount"

[[source]]
file = "roles.csv"
optional = true
[source.opportunity_partner]
opportunity = "deal"
partner = "partner"
role = "role"
"""

FILES: Final = {
    "managers.csv": "id,name,title,boss\nM1,Ada,Lead,\nM2,Olga,Manager,M1\n",
    "partners.csv": (
        "id,name,status,region,manager,above\n"
        "P1,Fabrikam,active,EMEA,M1,\nP2,Contoso,active,APAC,M2,P3\nP3,Tailspin,prospect,EMEA,M2,\n"
    ),
    "accounts.csv": "id,name,parent\nA1,Acme,\nA2,Acme Labs,A1\n",
    "products.csv": "id,name,family,price\nS1,Engine,Machines,10\nS2,Wheel,Parts,5\n",
    "deals.csv": (
        "id,name,account,stage,opened,closed,amount,owner,why\n"
        "D1,First,A1,Won,2024-01-05,2024-02-01,100.50,M1,\n"
        "D2,Second,A2,Open,2024-03-01,2024-09-30,200,M2,\n"
        "D3,Third,,Lost,,2024-04-02,,M2,Price\n"
    ),
    "lines.csv": "deal,product,quantity,amount\nD1,S1,1,60.50\nD1,S2,8,40\nD2,S1,20,200\n",
    "roles.csv": "deal,partner,role\nD1,P1,sourced\nD1,P2,fulfilled\nD2,P2,sourced\n",
}

TABLES: Final = (
    "identity_organization", "programs_program", "programs_region", "programs_manager", "programs_partnership",
    "programs_managerassignment", "programs_distributorlink", "programs_quota", "deals_customeraccount",
    "deals_productfamily", "deals_product", "deals_stage", "deals_opportunity", "deals_opportunityline",
    "deals_opportunitypartner", "deals_stagechange", "deals_shareddeal", "insights_dealstate", "insights_dealpartner",
    "insights_dealpart", "insights_partneractivity", "platform_outboxevent", "platform_delivery",
    "deals_opportunityevent", "programs_partnershipevent", "deals_customeraccountevent", "programs_managerevent",
)  # fmt: skip


@dataclass
class Shop:
    """A folder of files, the vendor it is imported into, and what the last import said."""

    folder: Path
    vendor: str = "Wide World"
    program: str = "wide-world"
    said: list[str] = field(default_factory=list)

    def write(self, **texts: str | bytes) -> None:
        """Put files in place, by name without ending; None takes one away."""
        for name, text in texts.items():
            data = text if isinstance(text, bytes) else text.encode()
            (self.folder / f"{name}.csv").write_bytes(data)

    def change(self, name: str, old: str, new: str) -> None:
        """Edit a file."""
        path = self.folder / f"{name}.csv"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def load(self, path: Path | None = None, **how: bool) -> int:
        """Import as the command does; returns its status."""
        self.said.clear()
        return import_from_command_line(
            path=path or self.folder,
            mapping=str(self.folder.parent / "shop.toml"),
            vendor=self.vendor,
            program=self.program,
            dry_run=how.get("dry_run", False),
            strict=how.get("strict", False),
            report=self.said.append,
        )

    @contextmanager
    def scope(self) -> Iterator[Program]:
        """The vendor's tenant."""
        found = find_program(self.program, vendor=self.vendor)
        with tenant(organization_id=found.vendor_id):
            yield Program.objects.get(pk=found.program_id)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """A query under the vendor's tenant."""
        with self.scope(), connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())

    def change_by_hand(self, statement: str) -> None:
        """A statement under the vendor's tenant, as if a service had done it."""
        with self.scope(), connection.cursor() as cursor:
            cursor.execute(statement)

    def versions(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row version of every table that an import may write."""
        return {table: self.rows(f"SELECT ctid::text, xmin::text FROM {table} ORDER BY 1") for table in TABLES}

    def run(self) -> ImportRun:
        """The last run."""
        with self.scope():
            return ImportRun.objects.order_by("-created_at", "-id").first()  # type: ignore[return-value]

    def rejects(self) -> list[tuple[str, int, str, str, str]]:
        """The rejects of the last run: file, line, column, value, reason."""
        with self.scope():
            found = Reject.objects.filter(run_id=self.run().pk).order_by("file", "line")
            return [(one.file, one.line, one.column, one.value, one.reason) for one in found]

    def deals(self) -> dict[str, tuple[Any, ...]]:
        """External id to name, stage, amount, opened, closed."""
        return {
            key: rest
            for key, *rest in self.rows(
                "SELECT o.external_id, o.name, s.name, o.amount::text, o.opened_on::text, o.closed_on::text"
                " FROM deals_opportunity o JOIN deals_stage s ON s.id = o.stage_id ORDER BY 1"
            )
        }

    def events(self) -> int:
        """How many imports were announced."""
        return self.rows("SELECT count(*) FROM platform_outboxevent WHERE name = 'deals.OpportunitiesImported'")[0][0]


def make_shop(folder: Path) -> Shop:
    """The export as it comes."""
    (folder / "shop.toml").write_text(MAPPING)
    export = folder / "export"
    export.mkdir()
    for name, text in FILES.items():
        (export / name).write_text(text)
    return Shop(export)


def table(text: str) -> list[dict[str, str]]:
    """CSV as dictionaries."""
    return list(csv.DictReader(io.StringIO(text)))
