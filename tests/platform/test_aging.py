"""Handled news is dropped when it is old; what failed, what is new and other people's news that waits stays."""

from __future__ import annotations

from django.db import connections

from cast import make_cast
from comity.kernel.ids import uuid7
from comity.platform import aging
from comity.platform.models import Delivery, OutboxEvent
from comity.platform.tenancy import tenant


def test_only_old_news_that_everybody_has_handled_goes(committed_database):
    cast = make_cast()
    told = {}
    for vendor in (cast.northwind, cast.umbra):
        with tenant(organization_id=vendor.pk):
            for name, states in {"handled": ("done", "done"), "dead": ("done", "dead"), "waits": ("pending",)}.items():
                for days in (91, 20):
                    event = OutboxEvent.objects.create(vendor_id=vendor.pk, name=name, payload={"days": days})
                    told[event.pk] = (vendor.pk, name, days)
                    for state in states:
                        Delivery.objects.create(vendor_id=vendor.pk, event=event, handler=str(uuid7()), state=state)
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE platform_outboxevent SET created_at = now() - make_interval(days => (payload->>'days')::int)"
            " WHERE payload ? 'days'"
        )
    with tenant(organization_id=cast.northwind.pk):
        assert aging.forget_handled_news() == 2
        assert aging.forget_handled_news(days=0) == 0  # thirty days at least
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT id FROM platform_outboxevent WHERE payload ? 'days'")
        left = {told[event] for (event,) in cursor.fetchall()}
    assert left == set(told.values()) - {(cast.northwind.pk, "handled", 91), (cast.umbra.pk, "handled", 91)}
