"""Pages of a long list by key, not by number: each page costs the same, however far down the list it lies.

The order is a column and then the id, in a direction that one index serves both ways. Rows without a value come first
when descending and last when ascending, as PostgreSQL's indexes keep them; they are read as a stretch of their own,
since no comparison reaches them.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

from django.db.models import Model, Q, QuerySet

PAGE_SIZE: Final = 50
COUNTED: Final = 10_000
"""Up to here lists count their rows exactly; beyond they say "10,000+"."""


@dataclass(frozen=True)
class Order:
    """A column to sort by. `kind` says how its value is written in an address: day, number or text."""

    key: str
    column: str
    kind: str
    nullable: bool = False
    descending: bool = False

    def reversed(self) -> Order:
        """The same rows the other way round."""
        return Order(self.key, self.column, self.kind, self.nullable, not self.descending)


@dataclass(frozen=True)
class Mark:
    """The row a page begins behind: its value and its id."""

    value: date | Decimal | str | None
    id: UUID


@dataclass(frozen=True)
class Slice[Row: Model]:
    """One page: its rows, and the marks of the pages around it (None where there is none)."""

    rows: Sequence[Row]
    next: str | None = None
    previous: str | None = None


@dataclass(frozen=True)
class Tally:
    """How many rows there are; at most `COUNTED` are counted."""

    rows: int
    exact: bool


def order_of(text: str, orders: Sequence[Order], default: str) -> Order:
    """The order an address asks for (`closed` or `-closed`); an unknown one is the default."""
    known = {order.key: order for order in orders}
    chosen = text if text.removeprefix("-") in known else default
    order = known[chosen.removeprefix("-")]
    return Order(order.key, order.column, order.kind, order.nullable, chosen.startswith("-"))


def slice_of[Row: Model](
    rows: QuerySet[Row],
    order: Order,
    *,
    after: str = "",
    before: str = "",
    size: int = PAGE_SIZE,
    missing: bool | None = None,
) -> Slice[Row]:
    """The page behind (or before) a mark; the first one without. At most two queries.

    A mark of another order is ignored. `missing` says of the column, where that is known, that all rows lack it (True)
    or none does (False): the other stretch is then not looked through.
    """
    mark = _read(before or after, order)
    backwards = bool(before) and mark is not None
    found = _fetch(rows, order.reversed() if backwards else order, mark, size + 1, missing)
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    if not found:
        return Slice([])
    ahead = more if not backwards else True
    behind = more if backwards else mark is not None
    return Slice(found, _write(found[-1], order) if ahead else None, _write(found[0], order) if behind else None)


def tally(rows: QuerySet[Any]) -> Tally:
    """Count the rows, up to `COUNTED`. One query."""
    found = rows.order_by()[: COUNTED + 1].count()
    return Tally(min(found, COUNTED), found <= COUNTED)


def _fetch[Row: Model](
    rows: QuerySet[Row], order: Order, mark: Mark | None, size: int, known: bool | None
) -> list[Row]:
    """Up to `size` rows behind the mark, stretch by stretch."""
    sign, id_sign = ("-", "") if order.descending else ("", "-")
    stretches = [False, True] if not order.descending else [True, False]  # is null?
    if not order.nullable:
        stretches = [False]
    elif mark is not None:
        stretches = stretches[stretches.index(mark.value is None) :]
    found: list[Row] = []
    for missing in stretches:
        if known is not None and order.nullable and missing != known:
            continue
        part = rows.filter(**{f"{order.column}__isnull": missing}) if order.nullable else rows
        if mark is not None and missing == (mark.value is None):
            part = part.filter(_behind(order, mark))
        # Also where the column is null throughout: so said, the index gives the order.
        found += part.order_by(f"{sign}{order.column}", f"{id_sign}id")[: size - len(found)]
        if len(found) >= size:
            break
    return found


def _behind(order: Order, mark: Mark) -> Q:
    id_behind = Q(id__gt=mark.id) if order.descending else Q(id__lt=mark.id)
    if mark.value is None:
        return id_behind
    side = "lt" if order.descending else "gt"
    # The first clause bounds the index scan; the second breaks the ties at the mark.
    bound = Q(**{f"{order.column}__{side}e": mark.value})
    return bound & (Q(**{f"{order.column}__{side}": mark.value}) | id_behind)


def _write(row: Model, order: Order) -> str:
    value = getattr(row, order.column)
    told = [order.key, None if value is None else str(value), str(row.pk)]
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")


def _read(text: str, order: Order) -> Mark | None:
    if not text or len(text) > 2000:
        return None
    try:
        key, value, row_id = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if key != order.key or (value is None and not order.nullable):
            return None
        return Mark(_value(value, order.kind), UUID(row_id))
    except (ValueError, TypeError, AttributeError, binascii.Error, InvalidOperation):
        return None


def _value(text: str | None, kind: str) -> date | Decimal | str | None:
    if text is None:
        return None
    if kind == "day":
        return date.fromisoformat(text)
    if kind == "number":
        number = Decimal(text)
        if not number.is_finite() or abs(number) >= Decimal(10) ** 16:
            raise ValueError(text)
        return number
    if "\x00" in text:
        raise ValueError(text)
    return text
