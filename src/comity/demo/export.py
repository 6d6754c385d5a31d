"""The story as a CRM would export it: a folder of CSV files that `mapping.toml` reads."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from comity.demo.deals import DealLine
from comity.demo.story import FIRST_DAY, LAST_DAY, Story

_PARTNER_COLUMNS = (
    "key", "name", "types", "sub_type", "status", "tier", "region", "manager", "started_on", "ended_on", "website",
    "country", "city", "distributor",
)  # fmt: skip


def write_export(folder: Path, story: Story, deals: Sequence[DealLine]) -> None:
    """Write every file of the export into an empty folder."""
    _write(
        folder / "managers.csv",
        ("id", "name", "email", "title", "reports_to", "regions", "capacity"),
        (
            (one.key, one.name, "", one.title, one.reports_to, ";".join(one.regions), one.capacity)
            for one in story.managers
        ),
    )
    _write(folder / "partners.csv", ("id", *_PARTNER_COLUMNS[1:]), _partners(story))
    columns = ("name", "parent", "domain", "country", "city", "industry", "annual_revenue", "employees")
    _write(
        folder / "customers.csv",
        ("id", *columns),
        ((one.key, *(getattr(one, column) for column in columns)) for one in story.customers),
    )
    _write(
        folder / "products.csv",
        ("id", "name", "family", "list_price", "cost"),
        ((one.key, one.name, one.family, one.list_price, one.cost) for one in story.products),
    )
    _write_deals(folder, story, deals)
    header = ("manager", "partner", "starts_on", "period", "amount", "currency")
    _write(folder / "quotas.csv", header, ((*quota, story.currency) for quota in _quotas(story, deals)))


def _partners(story: Story) -> Iterable[Sequence[object]]:
    for partner in story.partners:
        before = {"types": ";".join(partner.types), "manager": story.manager_of(partner, FIRST_DAY)}
        yield [before.get(column, getattr(partner, column)) for column in _PARTNER_COLUMNS]


def _write_deals(folder: Path, story: Story, deals: Sequence[DealLine]) -> None:
    columns = (
        "id", "name", "customer", "kind", "stage", "opened_on", "closed_on", "amount", "recurring_amount", "currency",
        "term_months", "list_amount", "manager", "family", "loss_reason", "competitors",
    )  # fmt: skip
    _write(folder / "opportunities.csv", columns, (_opportunity(deal, story.currency) for deal in deals))
    _write(
        folder / "opportunity_lines.csv",
        ("opportunity", "product", "quantity", "unit_price", "amount", "cost"),
        (
            (deal.key, sold.product.key, sold.quantity, sold.unit_price, sold.amount, sold.product.cost * sold.quantity)
            for deal in deals
            for sold in deal.lines
        ),
    )
    _write(
        folder / "opportunity_partners.csv",
        ("opportunity", "partner", "role", "share"),
        ((deal.key, partner, role, share) for deal in deals for partner, role, share in deal.roles),
    )


def _opportunity(deal: DealLine, currency: str) -> Sequence[object]:
    last = deal.steps[-1]
    listed = sum((sold.product.list_price * sold.quantity for sold in deal.lines), Decimal(0))
    return (
        deal.key, deal.name, deal.customer.key, deal.kind, last.stage, deal.steps[0].on,
        last.on if deal.is_closed else None, last.amount, last.recurring, currency,
        deal.term_months if last.recurring else None, listed or None, deal.manager, deal.family, deal.loss_reason,
        ";".join(deal.competitors),
    )  # fmt: skip


def _quotas(story: Story, deals: Sequence[DealLine]) -> Iterable[Sequence[object]]:
    """A manager's quota of a quarter: a tenth more than the year before, or than the first quarters brought."""
    won: dict[tuple[str, date], Decimal] = {}
    for deal in deals:
        if deal.steps[-1].stage == "Won":
            key = deal.manager, _quarter(deal.steps[-1].on)
            won[key] = won.get(key, Decimal(0)) + (deal.steps[-1].amount or 0)
    for manager in story.managers:
        own = {quarter: amount for (key, quarter), amount in won.items() if key == manager.key}
        if not own:
            continue
        typical = sum(own.values(), Decimal(0)) / len(own)
        for number, quarter in enumerate(_quarters(max(FIRST_DAY, manager.since))):
            before = own.get(quarter.replace(year=quarter.year - 1), typical * (8 + number) / 14)
            season = Decimal("1.1") * (before + typical) / 2
            yield manager.key, "", quarter, "quarter", max(Decimal(20_000), season.quantize(Decimal("1E+4")))
    for partner in story.partners:
        if partner.tier == "Platinum" and partner.weight > 2:
            for quarter in _quarters(date(LAST_DAY.year, 1, 1)):
                yield "", partner.key, quarter, "quarter", Decimal(60_000)


def _quarters(first: date) -> Iterable[date]:
    """The first days of the quarters from that of a day to the one after the story."""
    quarter = _quarter(first)
    while quarter <= LAST_DAY or (quarter - LAST_DAY).days == 1:
        yield quarter
        quarter = _quarter(quarter + timedelta(days=93))


def _quarter(day: date) -> date:
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for row in rows:
            writer.writerow(["" if cell is None else _plain(cell) for cell in row])


def _plain(cell: object) -> str:
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)
