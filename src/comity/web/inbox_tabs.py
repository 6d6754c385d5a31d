"""The three pages of the portal's inbox, as tabs."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from comity.timeline.conversation.queries import unread_messages


def tabs_of(request: Any, current: str) -> list[dict[str, Any]]:
    """Notifications, messages, notes: the three pages of the inbox, for a request of the portal."""
    unread = 0 if current == "messages" else unread_messages(request.actor, request.partnership)
    pages = (("notices", _("Notifications"), ""), ("messages", _("Messages"), unread or ""), ("shared", _("Notes"), ""))
    return [
        {
            "label": label,
            "url": reverse(f"portal:{name}", args=[request.partnership.pk]),
            "current": name == current,
            "count": count,
        }
        for name, label, count in pages
    ]
