"""Exchange rates of the day, as the European Central Bank publishes them (units of a currency for one euro)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from comity.platform.isolation import Isolation, exempt


class ExchangeRate(models.Model):
    """How many units of `currency` one euro bought on a day. Public facts, the same for every vendor."""

    id = models.BigAutoField(primary_key=True)
    on = models.DateField()
    currency = models.CharField(max_length=3)
    rate = models.DecimalField(max_digits=18, decimal_places=8)
    source = models.CharField(max_length=60, default="ECB")

    isolation: ClassVar[Isolation] = exempt("published reference rates, the same for everybody")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["currency", "on"], name="one_rate_a_day"),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="rate_is_positive"),
        ]
