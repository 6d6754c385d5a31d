"""The deals of a program by stage: some of each column, with how many stand there and what they are worth.

A column costs the same whether a hundred or a million deals stand in it: cards come by an index, and no more than
`COUNTED` deals of a column are counted and added up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from comity.deals.models import Opportunity, Stage
from comity.deals.paging import COUNTED, Order, Slice, Tally, slice_of
from comity.deals.queries.opportunities import DealFilter, deals_matching, stages_visible_to
from comity.deals.states import DealStatus
from comity.identity.actors import Actor
from comity.kernel.money import Money
from comity.ledger.queries import RateMissing, converted
from comity.programs.models import Program

CARDS: Final = 20
"""So many deals of a column are shown at once."""
CLOSED_DAYS: Final = 90
"""A board is about work: of what is won or lost it shows the last so many days, unless other days are asked for."""
_NEWEST_OPEN: Final = Order("opened", "opened_on", "day", nullable=True, descending=True)
_NEWEST_CLOSED: Final = Order("closed", "closed_on", "day", nullable=False, descending=True)


@dataclass(frozen=True)
class Column:
    """One stage: its newest deals, how many there are, and their one-off amounts in the program's currency."""

    stage: Stage
    cards: Slice[Opportunity]
    count: Tally
    amount: Decimal | None
    """None: no amount is known, or more deals stand here than are added up."""
    without_amount: int
    """Deals that the amount leaves out: without one, or in a currency without a rate for the day."""
    since: date | None
    """The first closing day shown; None for open stages and where the filter names the days."""


def board_of(actor: Actor, program: Program, wanted: DealFilter, *, as_of: date) -> list[Column]:
    """Every stage with its deals that match. Amounts in other currencies at the rate of `as_of`."""
    rows = deals_matching(actor, program, wanted)
    stages = list(stages_visible_to(actor, program))
    parts = {stage.pk: _of_stage(rows, stage, wanted, as_of) for stage in stages}
    sums = _sums(parts, program, as_of)
    return [
        Column(
            stage=stage,
            cards=_cards(parts[stage.pk], stage, ""),
            **sums[stage.pk],
            since=_since(stage, wanted, as_of),
        )
        for stage in stages
    ]


def more_of_column(
    actor: Actor, program: Program, wanted: DealFilter, *, stage: Stage, after: str, as_of: date
) -> Slice[Opportunity]:
    """The deals of a column behind a mark."""
    rows = _of_stage(deals_matching(actor, program, wanted), stage, wanted, as_of)
    return _cards(rows, stage, after)


def _of_stage(rows: QuerySet[Opportunity], stage: Stage, wanted: DealFilter, as_of: date) -> QuerySet[Opportunity]:
    is_open = stage.status == DealStatus.OPEN
    # The status follows from the stage; said, since the indexes are by status.
    rows = rows.filter(stage_id=stage.pk, status=stage.status, closed_on__isnull=is_open)
    since = _since(stage, wanted, as_of)
    return rows if since is None else rows.filter(closed_on__gte=since)


def _since(stage: Stage, wanted: DealFilter, as_of: date) -> date | None:
    if stage.status == DealStatus.OPEN or wanted.closed_from or wanted.closed_to:
        return None
    return as_of - timedelta(days=CLOSED_DAYS - 1)


def _cards(rows: QuerySet[Opportunity], stage: Stage, after: str) -> Slice[Opportunity]:
    order = _NEWEST_OPEN if stage.status == DealStatus.OPEN else _NEWEST_CLOSED
    return slice_of(rows.select_related("account", "manager"), order, after=after, size=CARDS)


def _sums(parts: dict[UUID, QuerySet[Opportunity]], program: Program, as_of: date) -> dict[UUID, dict[str, Any]]:
    """Count and amount of each column, in one statement; a row a column and currency."""
    statements: list[str] = []
    values: list[Any] = []
    for key, rows in parts.items():
        limited = rows.order_by().values_list("currency", "amount")[: COUNTED + 1]
        try:
            text, given = limited.query.sql_with_params()
        except EmptyResultSet:  # a search that found nothing: Django knows the answer without the database
            continue
        statements.append(
            "SELECT %s::uuid, part.currency, count(*), count(part.amount), sum(part.amount)"
            f" FROM ({text}) part (currency, amount) GROUP BY part.currency"
        )
        values += [key, *given]
    found: list[Any] = []
    if statements:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(statements), values)
            found = cursor.fetchall()
    return {key: _sum([row[1:] for row in found if row[0] == key], program, as_of) for key in parts}


def _sum(rows: list[Any], program: Program, as_of: date) -> dict[str, Any]:
    counted = sum(count for _currency, count, _known, _amount in rows)
    total, included = Decimal(0), 0
    for currency, _count, known, amount in rows:
        if not known:
            continue
        try:
            total += converted(Money(amount, currency), program.currency, as_of).amount
        except RateMissing:
            continue
        included += known
    exact = counted <= COUNTED
    return {
        "count": Tally(min(counted, COUNTED), exact),
        "amount": Money(total, program.currency).rounded().amount if included and exact else None,
        "without_amount": counted - included if exact else 0,
    }
