"""A page of a long list by key: its rows, and where the pages around it are."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from comity.deals.paging import PAGE_SIZE, Order, slice_of


def page_by(column: str, *, descending: bool = True) -> Order:
    """By one column that every row has, the newest first."""
    return Order(column, column, "text", descending=descending)


def page_of_list[Row: Model](
    request: HttpRequest, rows: QuerySet[Row], order: Order, **kept: str
) -> tuple[Sequence[Row], dict[str, str]]:
    """The rows of the page that the address asks for, and the addresses `next` and `previous` for the pager.

    `kept`: filters that the other pages have as well. At most two queries.
    """
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = slice_of(rows, order, after=after, before=before, size=PAGE_SIZE)
    filters = {name: value for name, value in kept.items() if value}
    return page.rows, {
        "next": f"?{urlencode({**filters, 'after': page.next})}" if page.next else "",
        "previous": f"?{urlencode({**filters, 'before': page.previous})}" if page.previous else "",
    }
