"""News between domains: written with the change that causes it, delivered later, never lost, never handled twice.

A service calls `announce(event)` inside its transaction. For each subscription of `project/wiring.py` a delivery and a
job are written in that same transaction. An attempt is counted before it is made, so that news which kills its worker
dies too; then the handler runs and the delivery is marked done in one transaction. It is tried again with growing
pauses, and after `MAX_ATTEMPTS` it lies in the dead-letter list, to be replayed by a person. What a handler does
outside of the database no rollback takes back: one that is marked `at_most_once` is not begun again by itself when its
worker was lost in the middle.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, Final, Protocol
from uuid import UUID

import structlog
from django.db import connection, connections, transaction
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from comity.kernel.errors import Conflict
from comity.kernel.words import words
from comity.platform.event_payloads import from_payload, to_payload
from comity.platform.models import Delivery, DeliveryState, OutboxEvent
from comity.platform.tenancy import current_organization_id, tenant

log = structlog.get_logger(__name__)
MAX_ATTEMPTS: Final = 6


class Event(Protocol):
    """A fact: a frozen dataclass whose fields are ids, dates, numbers and text, named `domain.Fact`."""

    name: ClassVar[str]
    version: ClassVar[int]
    __dataclass_fields__: ClassVar[dict[str, Any]]


class NotDead(Conflict):
    """Only news that was given up can be taken up again."""

    code, title = "not_dead", words("This delivery is not in the dead-letter list")


class OutcomeUnknown(Exception):
    """A handler cannot say whether what it did outside came about: only a person may have it done again."""


Handler = Callable[[Any], None]
_careful: set[str] = set()
LOST: Final = "The worker was lost in the middle: it may have been done. Trying it again may do it twice."
_events: dict[str, type[Event]] = {}
_handlers: dict[str, dict[str, Handler]] = {}


def at_most_once(handler: Handler) -> Handler:
    """Mark a handler that acts on the world outside: after a lost worker it waits for a person instead of a retry."""
    _careful.add(_name_of(handler))
    return handler


def _name_of(handler: Handler) -> str:
    return f"{handler.__module__}.{handler.__name__}"


def subscribe(table: Sequence[tuple[type[Event], Handler]]) -> None:
    """Take the wiring table: which handler hears which event."""
    for event_type, handler in table:
        _events[event_type.name] = event_type
        _handlers.setdefault(event_type.name, {})[_name_of(handler)] = handler


def subscriptions() -> dict[str, list[str]]:
    """Event name to the dotted names of its handlers, as wired."""
    return {name: sorted(handlers) for name, handlers in sorted(_handlers.items())}


def announce(event: Event) -> UUID:
    """Write the event and its deliveries in the running transaction; returns the event's id."""
    vendor_id = current_organization_id()
    record = OutboxEvent.objects.create(
        vendor_id=vendor_id, name=event.name, version=event.version, payload=to_payload(event)
    )
    for handler in _handlers.get(event.name, {}):
        delivery = Delivery.objects.create(vendor_id=vendor_id, event=record, handler=handler)
        _defer(delivery)
    return record.id


def deliver(*, organization_id: UUID, delivery_id: UUID) -> DeliveryState:
    """Run one delivery under its tenant; raises whatever the handler raised while attempts are left."""
    attempts = _count_attempt(organization_id, delivery_id)
    if attempts is None:
        return DeliveryState.DONE
    if attempts > MAX_ATTEMPTS:
        return _record_failure(organization_id, delivery_id, "", MAX_ATTEMPTS)
    try:
        with tenant(organization_id=organization_id, door="job"):
            _lift_limits()
            delivery = Delivery.objects.select_for_update(of=("self",)).select_related("event").get(pk=delivery_id)
            if delivery.state != DeliveryState.DONE:
                _handlers[delivery.event.name][delivery.handler](_read(delivery.event))
                delivery.state, delivery.in_hand = DeliveryState.DONE, False
                delivery.save(update_fields=["state", "in_hand", "updated_at"])
            return DeliveryState.DONE
    except OutcomeUnknown as unknown:
        return _record_failure(organization_id, delivery_id, f"{unknown}\n{LOST}", MAX_ATTEMPTS)
    except Exception:
        state = _record_failure(organization_id, delivery_id, traceback.format_exc(limit=8), attempts)
        if state == DeliveryState.PENDING:
            raise
        return state


def _count_attempt(organization_id: UUID, delivery_id: UUID) -> int | None:
    """Which attempt this is, written down for good; None when the news was handled already, or was given up."""
    with tenant(organization_id=organization_id, door="job"):
        delivery = Delivery.objects.select_for_update().get(pk=delivery_id)
        if delivery.state != DeliveryState.PENDING:
            return None
        if delivery.in_hand and delivery.handler in _careful:
            delivery.state, delivery.last_error = DeliveryState.DEAD, LOST
            delivery.save(update_fields=["state", "last_error", "updated_at"])
            return None
        delivery.attempts += 1
        delivery.in_hand = True
        delivery.save(update_fields=["attempts", "in_hand", "updated_at"])
        return delivery.attempts


def _lift_limits() -> None:
    """A job may take longer than a request, whose reader has gone by then."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")


def deliver_pending(*, organization_id: UUID, event_id: UUID, side_by_side: int = 1) -> None:
    """Deliver an event's news now, in this process, instead of waiting for a worker (commands do this).

    Call it after the announcing transaction, under no tenant. Handlers know nothing of each other, as with several
    workers, so that `side_by_side` of them may run at once, each on a connection of its own. If some fail, the others
    are done all the same, and the first failure is raised.
    """
    with tenant(organization_id=organization_id, door="job"):
        pending = Delivery.objects.filter(event_id=event_id).exclude(state=DeliveryState.DONE)
        delivery_ids = list(pending.order_by("pk").values_list("pk", flat=True))
    if side_by_side == 1:
        for delivery_id in delivery_ids:
            deliver(organization_id=organization_id, delivery_id=delivery_id)
        return
    with ThreadPoolExecutor(side_by_side) as threads:
        under_way = [threads.submit(_deliver_apart, organization_id, delivery_id) for delivery_id in delivery_ids]
    for one in under_way:
        one.result()


def _deliver_apart(organization_id: UUID, delivery_id: UUID) -> None:
    """Deliver in a thread, whose connections nobody else closes."""
    try:
        deliver(organization_id=organization_id, delivery_id=delivery_id)
    finally:
        connections.close_all()


# The delivery, not the job, knows when to give up: jobs of killed workers are counted by procrastinate as well.
@app.task(name="deliver_event", retry=RetryStrategy(exponential_wait=4))
def deliver_event(*, organization: str, delivery: str) -> None:
    """The job behind `announce`: hand one event to one handler, under the organization it belongs to."""
    deliver(organization_id=UUID(organization), delivery_id=UUID(delivery))


@transaction.atomic
def replay(*, delivery: Delivery) -> None:
    """Take a dead delivery up again from the start. Raises NotDead."""
    taken_up = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.DEAD)
    if not taken_up.update(state=DeliveryState.PENDING, attempts=0, in_hand=False, updated_at=timezone.now()):
        raise NotDead(words("It was handled or taken up again in the meantime; there is nothing to do."))
    delivery.refresh_from_db()
    _defer(delivery)


def _defer(delivery: Delivery) -> None:
    deliver_event.defer(organization=str(delivery.vendor_id), delivery=str(delivery.pk))


def _record_failure(organization_id: UUID, delivery_id: UUID, error: str, attempts: int) -> DeliveryState:
    """Keep the error; give up after the last attempt. News that another worker handled meanwhile stays handled."""
    with tenant(organization_id=organization_id, door="job"):
        delivery = Delivery.objects.select_for_update().get(pk=delivery_id)
        if delivery.state == DeliveryState.PENDING:
            delivery.last_error = error[-4000:] or delivery.last_error or "The worker was lost at each attempt."
            delivery.state = DeliveryState.DEAD if attempts >= MAX_ATTEMPTS else DeliveryState.PENDING
            delivery.attempts = min(delivery.attempts, MAX_ATTEMPTS)
            delivery.in_hand = False
            delivery.save(update_fields=["attempts", "last_error", "state", "in_hand", "updated_at"])
    log.error("delivery_failed", delivery=str(delivery_id), attempts=attempts, state=delivery.state)
    return DeliveryState(delivery.state)


def _read(record: OutboxEvent) -> Event:
    return from_payload(_events[record.name], record.payload)
