"""What happened with a partner, as one list: entries, finished tasks, and the changes of its record woven in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from comity.identity.actors import Actor
from comity.programs.models import Partnership
from comity.programs.queries import Change, history_of
from comity.timeline.conversation.queries import messages_visible_to
from comity.timeline.models import LogEntry, Message, Task
from comity.timeline.queries import entries_visible_to, tasks_visible_to

PAGE_SIZE: Final = 40
ICONS: Final = {"call": "phone", "meeting": "users", "email": "mail", "note": "file-text"}


@dataclass(frozen=True)
class Happening:
    """One line of the story; `at` in the program's time zone."""

    at: datetime
    icon: str
    title: str
    text: str = ""
    entry: LogEntry | None = None
    change: Change | None = None


def story_of(
    actor: Actor, partnership: Partnership, zone: ZoneInfo, *, before: datetime | None = None, kind: str = ""
) -> list[Happening]:
    """The newest happenings before an instant, one more than a page; all kinds, or one kind of entry, or changes."""
    found: list[Happening] = []
    if kind not in ("changes", "messages"):
        entries = entries_visible_to(actor, partnership)
        if kind:
            entries = entries.filter(kind=kind)
        if before:
            entries = entries.filter(happened_at__lt=before)
        found += [_entry(one, zone) for one in entries[: PAGE_SIZE + 1]]
    if kind in ("", "messages"):
        said = messages_visible_to(actor, partnership)
        if before:
            said = said.filter(created_at__lt=before)
        found += [_message(one, zone) for one in said[: PAGE_SIZE + 1]]
    if not kind:
        done = tasks_visible_to(actor, partnership=partnership, is_open=False).select_related("done_by")
        if before:
            done = done.filter(done_at__lt=before)
        found += [_task(one, zone) for one in done.order_by("-done_at")[: PAGE_SIZE + 1]]
    if kind in ("", "changes"):
        found += _changes(history_of(partnership), zone, before)
    return sorted(found, key=lambda one: one.at, reverse=True)[: PAGE_SIZE + 1]


def _entry(entry: LogEntry, zone: ZoneInfo) -> Happening:
    kinds = {"call": _("Call"), "meeting": _("Meeting"), "email": _("E-mail"), "note": _("Note")}
    title = kinds[entry.kind]
    if entry.written_by:
        title = _("%(kind)s, %(person)s") % {"kind": title, "person": entry.written_by}
    return Happening(entry.happened_at.astimezone(zone), ICONS[entry.kind], title, entry.text, entry=entry)


def _message(message: Message, zone: ZoneInfo) -> Happening:
    title = _("Message, %(person)s") % {"person": message.author_name}
    return Happening(message.created_at.astimezone(zone), "mail", title, message.text)


def _task(task: Task, zone: ZoneInfo) -> Happening:
    assert task.done_at is not None  # asked for
    who = _("Task done by %(person)s") % {"person": task.done_by} if task.done_by else _("Task done")
    return Happening(task.done_at.astimezone(zone), "circle-check", who, task.title)


def _changes(changes: Iterable[Change], zone: ZoneInfo, before: datetime | None) -> list[Happening]:
    doors = {"job": _("Import or job"), "command": _("Import or job"), "": _("Entered the program")}
    return [
        Happening(
            change.at.astimezone(zone),
            "pencil" if change.changes else "plus",
            change.person
            or doors.get(change.door, _("Entered the program") if not change.changes else _("The system")),
            change=change,
        )
        for change in changes
        if before is None or change.at < before
    ]
