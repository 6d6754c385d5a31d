"""A small program in which everything odd happens: several partners and roles, foreign money, reopened deals, gaps."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from cast import Cast
from comity.deals.models import (
    Opportunity,
    OpportunityLine,
    OpportunityPartner,
    ProductFamily,
    Stage,
    StageChange,
)
from comity.insights.marts import rebuild
from comity.ledger.models import ExchangeRate
from comity.programs.models import Manager, Partnership, Program, Quota

Change = tuple[date | None, str, str | None]
"""From when, in which status, with which amount."""


def stage(program: Program, status: str) -> Stage:
    """A stage that means this status."""
    made, _ = Stage.objects.get_or_create(
        vendor_id=program.vendor_id, program=program, name=status, defaults={"status": status}
    )
    return made


def odd_deal(
    program: Program,
    changes: list[Change],
    *,
    roles: list[tuple[Partnership, str]] = (),
    lines: list[tuple[ProductFamily | None, str | None]] = (),
    manager: Manager | None = None,
    currency: str | None = None,
    name: str = "Deal",
    opened_on: date | str | None = "first",
) -> Opportunity:
    """A deal with exactly this history, which services would not all write."""
    last_on, status, amount = changes[-1]
    deal = Opportunity.objects.create(
        vendor_id=program.vendor_id,
        program=program,
        name=name,
        stage=stage(program, status),
        status=status,
        opened_on=changes[0][0] if opened_on == "first" else opened_on,
        closed_on=None if status == "open" else last_on,
        currency=currency or program.currency,
        amount=None if amount is None else Decimal(amount),
        manager=manager,
    )
    for sequence, (on, state, known) in enumerate(changes, start=1):
        StageChange.objects.create(
            vendor_id=program.vendor_id,
            opportunity=deal,
            sequence=sequence,
            on=on,
            stage=stage(program, state),
            status=state,
            amount=None if known is None else Decimal(known),
        )
    for partnership, role in roles:
        OpportunityPartner.objects.create(
            vendor_id=program.vendor_id,
            opportunity=deal,
            partnership=partnership,
            partner_id=partnership.partner_id,
            role=role,
        )
    for position, (family, known) in enumerate(lines, start=1):
        OpportunityLine.objects.create(
            vendor_id=program.vendor_id,
            opportunity=deal,
            position=position,
            family=family,
            amount=None if known is None else Decimal(known),
        )
    return deal


def load_rates() -> None:
    """A dollar and a pound for one euro, on some days only."""
    for on, currency, rate in (
        (date(2025, 3, 3), "USD", "1.05"),
        (date(2025, 8, 1), "USD", "1.15"),
        (date(2025, 8, 1), "GBP", "0.86"),
        (date(2026, 1, 5), "USD", "1.17"),
    ):
        ExchangeRate.objects.create(on=on, currency=currency, rate=Decimal(rate))


def odd_program(cast: Cast, seed: int = 7) -> Program:
    """Northwind's program with some eighty deals drawn at random, most of them strange, in filled marts."""
    chance = random.Random(seed)
    load_rates()
    with cast.scope("ada"):
        program = cast.program
        managers = [cast.ada_manager, Manager.objects.create(vendor_id=program.vendor_id, program=program, name="Ben")]
        for manager in managers:
            for quarter, month in ((date(2025, 7, 1), 9), (date(2025, 10, 1), 12)):
                ends_on = date(2025, month, 30 if month == 9 else 31)
                Quota.objects.create(
                    vendor_id=program.vendor_id, program=program, manager=manager, starts_on=quarter, ends_on=ends_on,
                    amount=Decimal(chance.randint(500, 3000)), currency=program.currency,
                )  # fmt: skip
        for _ in range(80):
            _draw(chance, cast, program, managers)
        rebuild(program)
    return program


def _draw(chance: random.Random, cast: Cast, program: Program, managers: list[Manager]) -> None:
    day = date(2025, 2, 1) + timedelta(days=chance.randint(0, 330))
    changes: list[Change] = [(None if chance.random() < 0.15 else day, "open", _amount(chance))]
    for _ in range(chance.randint(0, 4)):
        day += timedelta(days=chance.randint(0, 60))
        changes.append((day, chance.choice(["open", "won", "won", "lost"]), _amount(chance)))
    partners = [cast.of_fabrikam, cast.of_contoso]
    roles = {
        (chance.choice(partners).pk, chance.choice(["sourced", "influenced", "fulfilled", "implemented", "supported"]))
        for _ in range(chance.randint(0, 3))
    }
    by_id: dict[UUID, Any] = {partner.pk: partner for partner in partners}
    odd_deal(
        program,
        changes,
        roles=[(by_id[key], role) for key, role in roles],
        manager=chance.choice([*managers, None]),
        currency=chance.choice(["EUR", "EUR", "USD", "GBP"]),
    )


def _amount(chance: random.Random) -> str | None:
    return None if chance.random() < 0.3 else str(Decimal(chance.randint(1, 999_999)) / 100)
