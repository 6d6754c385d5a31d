"""The job that lets the other vendors know of rates that one of them loaded."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import connection
from procrastinate.contrib.django import app

from comity.ledger.events import RatesLoaded
from comity.platform.outbox import announce
from comity.platform.tenancy import tenant
from comity.programs.handlers import TELL_VENDORS_OF_RATES


@app.task(name=TELL_VENDORS_OF_RATES)
def tell_vendors_of_rates(*, organization: str, first_on: str, last_on: str) -> None:
    """The same news under each other vendor's own tenant. Heard twice, after a lost worker, it changes nothing more."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT vendor_id FROM comity_vendors_with_programs()")
        vendors = [vendor_id for (vendor_id,) in cursor.fetchall()]
    news = RatesLoaded(date.fromisoformat(first_on), date.fromisoformat(last_on), everybody_told=True)
    for vendor_id in vendors:
        if vendor_id != UUID(organization):
            with tenant(organization_id=vendor_id, door="job"):
                announce(news)
