"""News between domains: written with the change that causes it, delivered later, never lost, never handled twice.

A service calls `announce(event)` inside its transaction. For each subscription of `project/wiring.py` a delivery and a
job are written in that same transaction. The job runs the handler and marks the delivery done in one transaction; it is
tried again with growing pauses, and after `MAX_ATTEMPTS` it lies in the dead-letter list, to be replayed by a person.
"""

from __future__ import annotations

import dataclasses
import datetime
import traceback
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final, Protocol
from uuid import UUID

import structlog
from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from comity.platform.models import Delivery, DeliveryState, OutboxEvent
from comity.platform.tenancy import current_organization_id, current_scope, tenant

log = structlog.get_logger(__name__)
MAX_ATTEMPTS: Final = 6


class Event(Protocol):
    """A fact: a frozen dataclass whose fields are ids, dates, numbers and text, named `domain.Fact`."""

    name: ClassVar[str]
    version: ClassVar[int]
    __dataclass_fields__: ClassVar[dict[str, Any]]


Handler = Callable[[Any], None]
_events: dict[str, type[Event]] = {}
_handlers: dict[str, dict[str, Handler]] = {}


def subscribe(table: Sequence[tuple[type[Event], Handler]]) -> None:
    """Take the wiring table: which handler hears which event."""
    for event_type, handler in table:
        _events[event_type.name] = event_type
        _handlers.setdefault(event_type.name, {})[f"{handler.__module__}.{handler.__name__}"] = handler


def subscriptions() -> dict[str, list[str]]:
    """Event name to the dotted names of its handlers, as wired."""
    return {name: sorted(handlers) for name, handlers in sorted(_handlers.items())}


def announce(event: Event) -> UUID:
    """Write the event and its deliveries in the running transaction; returns the event's id."""
    vendor_id = current_organization_id()
    payload = {key: _as_json(value) for key, value in dataclasses.asdict(event).items()}
    record = OutboxEvent.objects.create(vendor_id=vendor_id, name=event.name, version=event.version, payload=payload)
    for handler in _handlers.get(event.name, {}):
        delivery = Delivery.objects.create(vendor_id=vendor_id, event=record, handler=handler)
        _defer(delivery)
    return record.id


def deliver(*, organization_id: UUID, delivery_id: UUID) -> DeliveryState:
    """Run one delivery under its tenant; raises whatever the handler raised while attempts are left."""
    try:
        with tenant(organization_id=organization_id, door="job"):
            delivery = Delivery.objects.select_for_update().select_related("event").get(pk=delivery_id)
            if delivery.state == DeliveryState.DONE:
                return DeliveryState.DONE
            handler = _handlers[delivery.event.name][delivery.handler]
            handler(_read(delivery.event))
            delivery.state, delivery.attempts = DeliveryState.DONE, delivery.attempts + 1
            delivery.save(update_fields=["state", "attempts", "updated_at"])
            return DeliveryState.DONE
    except Exception:
        state = _record_failure(organization_id, delivery_id, traceback.format_exc(limit=8))
        if state == DeliveryState.DEAD:
            return state
        raise


def deliver_pending(*, event_id: UUID) -> None:
    """Deliver an event's news now, in this process, instead of waiting for a worker (commands do this)."""
    organization_id = current_scope().organization_id or OutboxEvent.objects.get(pk=event_id).vendor_id
    pending = Delivery.objects.filter(vendor_id=organization_id, event_id=event_id).exclude(state=DeliveryState.DONE)
    for delivery_id in list(pending.values_list("pk", flat=True)):
        deliver(organization_id=organization_id, delivery_id=delivery_id)


@app.task(name="deliver_event", retry=RetryStrategy(max_attempts=MAX_ATTEMPTS, exponential_wait=4))
def deliver_event(*, organization: str, delivery: str) -> None:
    """The job behind `announce`: hand one event to one handler, under the organization it belongs to."""
    deliver(organization_id=UUID(organization), delivery_id=UUID(delivery))


@transaction.atomic
def replay(*, delivery: Delivery) -> None:
    """Take a dead delivery up again from the start."""
    delivery.state, delivery.attempts = DeliveryState.PENDING, 0
    delivery.save(update_fields=["state", "attempts", "updated_at"])
    _defer(delivery)


def _defer(delivery: Delivery) -> None:
    deliver_event.defer(organization=str(delivery.vendor_id), delivery=str(delivery.pk))


def _record_failure(organization_id: UUID, delivery_id: UUID, error: str) -> DeliveryState:
    with tenant(organization_id=organization_id, door="job"):
        delivery = Delivery.objects.select_for_update().get(pk=delivery_id)
        delivery.attempts += 1
        delivery.last_error = error[-4000:]
        delivery.state = DeliveryState.DEAD if delivery.attempts >= MAX_ATTEMPTS else DeliveryState.PENDING
        delivery.save(update_fields=["attempts", "last_error", "state", "updated_at"])
    log.error("delivery_failed", delivery=str(delivery_id), attempts=delivery.attempts, state=delivery.state)
    return DeliveryState(delivery.state)


def _read(record: OutboxEvent) -> Event:
    event_type = _events[record.name]
    hints = {field.name: str(field.type) for field in dataclasses.fields(event_type)}
    return event_type(**{key: _from_json(value, hints.get(key, "")) for key, value in record.payload.items()})


def _as_json(value: Any) -> Any:
    return str(value) if isinstance(value, UUID | datetime.date) else value


def _from_json(value: Any, hint: str) -> Any:
    if isinstance(value, str) and "UUID" in hint:
        return UUID(value)
    if isinstance(value, str) and "date" in hint:
        return datetime.date.fromisoformat(value)
    return value
