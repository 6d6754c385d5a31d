"""Rates of a day, and amounts converted with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from django.db.models import Count, Max, Min

from comity.kernel.currencies import minor_units
from comity.kernel.errors import Invalid
from comity.kernel.money import Money
from comity.kernel.words import words
from comity.ledger.models import ExchangeRate

BASE: Final = "EUR"
MAX_AGE_DAYS: Final = 7
"""No rates are published on weekends and holidays; the longest gap of the European Central Bank is five days."""


class RateMissing(Invalid):
    """No rate was published on the day or in the week before it. Details: `currency`, `on`."""

    code, title = "rate_missing", words("There is no exchange rate for that day")


@dataclass(frozen=True)
class CurrencyCoverage:
    """From when to when a currency's rates are known, and the newest one."""

    currency: str
    first_on: date
    last_on: date
    days: int
    newest: Decimal


def rate(on: date, from_currency: str, to_currency: str) -> Decimal:
    """Units of `to_currency` for one unit of `from_currency`, by the last rates published on or before the day.

    Crossed through the euro: (to per EUR) ÷ (from per EUR), each at most seven days old.
    Raises RateMissing, UnknownCurrency.
    """
    minor_units(from_currency)
    minor_units(to_currency)
    if from_currency == to_currency:
        return Decimal(1)
    return _per_euro(on, to_currency) / _per_euro(on, from_currency)


def converted(money: Money, to_currency: str, on: date) -> Money:
    """The amount in another currency at the rate of the day, not rounded. Raises RateMissing, UnknownCurrency."""
    return money.converted(to=to_currency, rate=rate(on, money.currency, to_currency))


def currencies_covered() -> list[CurrencyCoverage]:
    """Every currency with rates, by code. Two queries."""
    spans = {
        row["currency"]: row
        for row in ExchangeRate.objects.values("currency").annotate(
            first_on=Min("on"), last_on=Max("on"), days=Count("pk")
        )
    }
    newest = ExchangeRate.objects.order_by("currency", "-on").distinct("currency")
    return [CurrencyCoverage(**spans[row.currency], newest=row.rate) for row in newest if row.currency in spans]


def newest_day() -> date | None:
    """The newest day with any rate."""
    found: date | None = ExchangeRate.objects.aggregate(newest=Max("on"))["newest"]
    return found


def _per_euro(on: date, currency: str) -> Decimal:
    if currency == BASE:
        return Decimal(1)
    oldest = on - timedelta(days=MAX_AGE_DAYS)
    published = ExchangeRate.objects.filter(currency=currency, on__lte=on, on__gte=oldest).order_by("-on")
    found = published.values_list("rate", flat=True).first()
    if found is None:
        raise RateMissing(
            words(
                "No rate for %(currency)s was published on %(on)s or in the week before. Load a newer table of rates.",
                currency=currency,
                on=on,
            ),
            currency=currency,
            on=on,
        )
    return found
