"""Seeded random copies of the two sets: different facts, still valid exports, with the same dirt.

Kept on purpose: CRLF where the file has it, `NULL`, `GTXPro`, `Ware House`, the literal 0 of a lost deal, missing
accounts and engage dates, identifiers without duplicates, and that a reseller lies in one sales territory.
"""

import csv
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

Record = dict[str, str]
CENT = Decimal("0.01")


@dataclass
class Table:
    """A CSV file in memory, with what is needed to write it back in the same form."""

    name: str
    columns: list[str]
    records: list[Record]
    line_end: str

    @classmethod
    def read(cls, folder: Path, name: str) -> "Table":
        """Read a file as text."""
        text = (folder / name).read_bytes().decode("utf-8")
        line_end = "\r\n" if "\r\n" in text else "\n"
        reader = csv.DictReader(text.splitlines())
        return cls(name, list(reader.fieldnames or ()), list(reader), line_end)

    def write(self, folder: Path) -> None:
        """Write it back: quotes only where needed, the line ends as they were."""
        with (folder / self.name).open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, self.columns, lineterminator=self.line_end)
            writer.writeheader()
            writer.writerows(self.records)


def perturb(source_dir: Path, target_dir: Path, seed: int, kind: str) -> Path:
    """Write a perturbed copy of the set in `source_dir` to `target_dir`; kind is `adventureworks` or `crm-sales`."""
    target_dir.mkdir(parents=True, exist_ok=True)
    for file in sorted(source_dir.iterdir()):
        shutil.copyfile(file, target_dir / file.name)
    KINDS[kind](target_dir, random.Random(f"{kind} {seed}"))
    return target_dir


def _scaled(amount: str, factor: Decimal, places: Decimal = CENT) -> str:
    return str(max((Decimal(amount) * factor).quantize(places), places))


def _factor(chance: random.Random) -> Decimal:
    return Decimal(chance.randint(5, 300)) / 100


def _perturb_adventure_works(folder: Path, chance: random.Random) -> None:
    sales = Table.read(folder, "FactResellerSales.csv")
    orders: dict[str, list[Record]] = {}
    for line in sales.records:
        orders.setdefault(line["SalesOrderNumber"], []).append(line)
    employees = sorted({line["EmployeeKey"] for line in sales.records})
    sellers: dict[str, set[str]] = {}
    for line in sales.records:
        sellers.setdefault(line["SalesTerritoryKey"], set()).add(line["ResellerKey"])
    silenced = set(chance.sample(sorted({line["ResellerKey"] for line in sales.records}), 25))
    for number in sorted(orders):
        lines = orders[number]
        if lines[0]["ResellerKey"] in silenced or chance.random() < 0.10:
            del orders[number]
            continue
        _perturb_order(lines, chance, employees, sellers)
        orders[number] = [lines[0], *(line for line in lines[1:] if chance.random() > 0.05)]
    sales.records = [line for lines in orders.values() for line in lines]
    chance.shuffle(sales.records)
    sales.write(folder)

    quotas = Table.read(folder, "SalesQuota.csv")
    quotas.records = [quota for quota in quotas.records if chance.random() > 0.08]
    for quota in quotas.records:
        if chance.random() < 0.3:
            quota["SalesAmountQuota"] = _scaled(quota["SalesAmountQuota"], _factor(chance))
    quotas.write(folder)

    resellers = Table.read(folder, "Resellers.csv")
    for reseller in resellers.records:
        if reseller["BusinessType"] == "Warehouse" and chance.random() < 0.2:
            reseller["BusinessType"] = "Ware House"
    resellers.write(folder)


def _perturb_order(
    lines: list[Record], chance: random.Random, employees: list[str], sellers: dict[str, set[str]]
) -> None:
    """Change whole orders, so that an order keeps one date, reseller and employee."""
    first = lines[0]
    employee = chance.choice(employees) if chance.random() < 0.15 else first["EmployeeKey"]
    reseller = first["ResellerKey"]
    if chance.random() < 0.08:  # within the territory, as the region of a reseller is that of its sales
        reseller = chance.choice(sorted(sellers[first["SalesTerritoryKey"]]))
    shift = timedelta(days=chance.randint(-75, 20) if chance.random() < 0.25 else 0)
    ordered_on = str(date.fromisoformat(first["OrderDate"]) + shift)
    factor = _factor(chance) if chance.random() < 0.25 else Decimal(1)
    for line in lines:
        line |= {"EmployeeKey": employee, "ResellerKey": reseller, "OrderDate": ordered_on}
        if factor != 1:  # the amount stays quantity times unit price
            line["UnitPrice"] = _scaled(line["UnitPrice"], factor, Decimal("0.0001"))
            line["SalesAmount"] = str(Decimal(line["UnitPrice"]) * int(line["OrderQuantity"]))
        if chance.random() < 0.01:
            line["TotalProductCost"] = "NULL"


def _perturb_crm_sales(folder: Path, chance: random.Random) -> None:
    teams = Table.read(folder, "sales_teams.csv")
    office_of = {agent["manager"]: agent["regional_office"] for agent in teams.records}
    for agent in teams.records:
        if chance.random() < 0.25:
            agent["manager"] = chance.choice(sorted(office_of))
            agent["regional_office"] = office_of[agent["manager"]]
    teams.write(folder)

    pipeline = Table.read(folder, "sales_pipeline.csv")
    agents = sorted(agent["sales_agent"] for agent in teams.records)
    leaving = set(chance.sample(agents, 3))
    products = sorted({deal["product"] for deal in pipeline.records})
    pipeline.records = [deal for deal in pipeline.records if chance.random() > 0.10]
    for deal in pipeline.records:
        if chance.random() < 0.15:
            deal["sales_agent"] = chance.choice(agents)
        if chance.random() < 0.05:
            deal["product"] = chance.choice(products)
        if chance.random() < 0.03:
            deal["account"] = ""
        _perturb_course(deal, chance)
    pipeline.records = [
        deal
        for deal in pipeline.records
        if deal["sales_agent"] not in leaving or not deal["close_date"] or chance.random() < 0.3
    ]
    chance.shuffle(pipeline.records)
    pipeline.write(folder)


def _perturb_course(deal: Record, chance: random.Random) -> None:
    """Change dates, stage and value in ways that the source itself shows."""
    if deal["close_date"]:
        if chance.random() < 0.20:
            opened, closed = _day(deal["engage_date"]), _day(deal["close_date"])
            shift = timedelta(days=chance.randint(-90, 20))
            cycle = chance.randint(0, 150) if chance.random() < 0.5 else (closed - opened).days
            deal["engage_date"] = _written(closed + shift - timedelta(days=cycle))
            deal["close_date"] = _written(closed + shift)
        if deal["deal_stage"] == "Won" and chance.random() < 0.25:
            places = CENT if chance.random() < 0.3 else Decimal(1)
            deal["close_value"] = _scaled(deal["close_value"], _factor(chance), places)
        if deal["deal_stage"] == "Won" and chance.random() < 0.03:
            deal["close_value"] = ""
        if chance.random() < 0.03:
            deal |= {"deal_stage": "Engaging", "close_date": "", "close_value": ""}
        elif chance.random() < 0.03:
            lost = deal["deal_stage"] == "Won"
            deal |= {"deal_stage": "Lost", "close_value": "0"} if lost else {"deal_stage": "Won", "close_value": "777"}
        elif chance.random() < 0.02:
            deal["engage_date"] = ""
    elif deal["engage_date"] and chance.random() < 0.05:
        deal |= {"deal_stage": "Prospecting", "engage_date": ""}


def _day(written: str) -> date:
    month, day, year = map(int, written.split("/"))
    return date(year, month, day)


def _written(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year}"


KINDS: dict[str, Callable[[Path, random.Random], None]] = {
    "adventureworks": _perturb_adventure_works,
    "crm-sales": _perturb_crm_sales,
}
