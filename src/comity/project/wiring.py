"""Who hears which news: the one table of subscriptions. It reads as the story of the business."""

from __future__ import annotations

from typing import Final

from comity.platform.outbox import Event, Handler

SUBSCRIPTIONS: Final[list[tuple[type[Event], Handler]]] = []
