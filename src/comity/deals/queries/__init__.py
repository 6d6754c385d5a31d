"""Reads of deals and customers, and who may see what."""

from comity.deals.queries.board import Column, board_of, more_of_column
from comity.deals.queries.customers import customer_search, customers_visible_to
from comity.deals.queries.opportunities import (
    DEAL_ORDERS,
    DealFilter,
    deals_listed,
    deals_matching,
    opportunities_visible_to,
    stages_visible_to,
    with_parts,
)
from comity.deals.queries.shared import (
    SHARED_ORDERS,
    Performance,
    QuarterFigures,
    SharedFilter,
    Won,
    hidden_amounts_of,
    performance_of,
    shared_deals_matching,
    shared_deals_visible_to,
    won_in,
)

__all__ = [
    "DEAL_ORDERS",
    "SHARED_ORDERS",
    "Column",
    "DealFilter",
    "Performance",
    "QuarterFigures",
    "SharedFilter",
    "Won",
    "board_of",
    "customer_search",
    "customers_visible_to",
    "deals_listed",
    "deals_matching",
    "hidden_amounts_of",
    "more_of_column",
    "opportunities_visible_to",
    "performance_of",
    "shared_deals_matching",
    "shared_deals_visible_to",
    "stages_visible_to",
    "with_parts",
    "won_in",
]
