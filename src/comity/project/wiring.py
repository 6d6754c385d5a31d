"""Who hears which news: the one table of subscriptions. It reads as the story of the business."""

from __future__ import annotations

from typing import Final

from comity.deals.events import OpportunitiesImported, OpportunityChanged
from comity.insights import marts
from comity.ledger.events import RatesLoaded
from comity.platform.outbox import Event, Handler
from comity.programs.events import ProgramCurrencyChanged

SUBSCRIPTIONS: Final[list[tuple[type[Event], Handler]]] = [
    (OpportunitiesImported, marts.refill_after_import),
    (OpportunityChanged, marts.refill_after_change),
    (RatesLoaded, marts.refill_with_new_rates),
    (ProgramCurrencyChanged, marts.refill_in_new_currency),
]
