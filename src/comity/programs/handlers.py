"""Handlers of the wiring table: rates that one vendor loads are everybody's, so a job lets the others know."""

from __future__ import annotations

from typing import Final

from procrastinate.contrib.django import app

from comity.ledger.events import RatesLoaded
from comity.platform.tenancy import current_organization_id

TELL_VENDORS_OF_RATES: Final = "tell_vendors_of_rates"
"""The job of `tasks.py`."""


def tell_others_of_rates(event: RatesLoaded) -> None:
    """Start the job that lets the other vendors know, unless somebody told everybody at once."""
    if not event.everybody_told:
        app.configure_task(TELL_VENDORS_OF_RATES).defer(
            organization=str(current_organization_id()),
            first_on=event.first_on.isoformat(),
            last_on=event.last_on.isoformat(),
        )
