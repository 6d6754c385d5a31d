"""The verbs of the timeline: log a contact, plan and finish tasks, say what comes next, share, attach files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from comity.identity.actors import Actor
from comity.identity.models import Membership
from comity.identity.roles import Permission, Role, is_vendor_role
from comity.kernel.errors import Invalid
from comity.kernel.ids import uuid7
from comity.kernel.words import words
from comity.notices.services import Fact, readers, tell
from comity.platform.file_types import CSV, JPEG, PDF, PNG, SPREADSHEET, ZIP
from comity.platform.files import Upload, remove_file, store_file
from comity.programs.models import Partnership
from comity.timeline.drafts import LogDraft, StepDraft, TaskDraft
from comity.timeline.models import AttachedFile, LogEntry, NextStep, Task

FILE_PURPOSE: Final = "partner"
FILE_TYPES: Final = (PDF, PNG, JPEG, SPREADSHEET, CSV, ZIP)
"""Documents of offices are ZIP archives inside, so these are what people send each other."""
MAX_FILE_BYTES: Final = 25 * 1024 * 1024


@dataclass(frozen=True)
class PastEntry:
    """An entry that is brought in from elsewhere, with whoever wrote it there."""

    partnership: Partnership
    draft: LogDraft
    written_by_id: UUID | None = None


@dataclass(frozen=True)
class PastTask:
    """A task that is brought in from elsewhere, perhaps done already."""

    partnership: Partnership
    draft: TaskDraft
    done_at: datetime | None = None


@dataclass(frozen=True)
class Past:
    """A whole timeline to bring in at once."""

    entries: Sequence[PastEntry] = ()
    tasks: Sequence[PastTask] = ()
    steps: Sequence[tuple[Partnership, StepDraft]] = field(default=())


@transaction.atomic
def log_contact(
    *, partnership: Partnership, actor: Actor, draft: LogDraft, at: datetime, next_step: StepDraft | None = None
) -> LogEntry:
    """Log a call, meeting, e-mail or note, and with it what comes next (None leaves the next step as it is).

    Raises NotAllowed, Invalid.
    """
    actor.require(Permission.LOG_CONTACTS)
    _refuse({**draft.problems(at), **(next_step.problems() if next_step else {})}, words("Nothing was logged."))
    entry = LogEntry.objects.create(
        vendor_id=partnership.vendor_id,
        partnership=partnership,
        partner_id=partnership.partner_id,
        kind=draft.kind.value,
        happened_at=draft.happened_at,
        text=draft.text.strip(),
        shared_with_partner=draft.shared_with_partner,
        written_by_id=actor.person_id,
    )
    if next_step is not None:
        _write_step(partnership, actor.person_id, next_step)
    return entry


@transaction.atomic
def edit_entry(*, entry: LogEntry, actor: Actor, draft: LogDraft, at: datetime) -> LogEntry:
    """Correct an entry; the history keeps what it said. Raises NotAllowed, Invalid."""
    actor.require(Permission.LOG_CONTACTS)
    _refuse(draft.problems(at), words("The entry was not saved."))
    values = {
        "kind": draft.kind.value,
        "happened_at": draft.happened_at,
        "text": draft.text.strip(),
        "shared_with_partner": draft.shared_with_partner,
    }
    changed = [name for name, value in values.items() if getattr(entry, name) != value]
    for name in changed:
        setattr(entry, name, values[name])
    if changed:
        entry.save(update_fields=changed)
    return entry


@transaction.atomic
def remove_entry(*, entry: LogEntry, actor: Actor) -> None:
    """Take an entry out of the timeline; the history keeps it. Raises NotAllowed."""
    actor.require(Permission.LOG_CONTACTS)
    entry.delete()


@transaction.atomic
def share_entry(*, entry: LogEntry, actor: Actor, shared: bool) -> LogEntry:
    """Let the partner's people read an entry, or no longer. Raises NotAllowed."""
    actor.require(Permission.LOG_CONTACTS)
    if entry.shared_with_partner != shared:
        entry.shared_with_partner = shared
        entry.save(update_fields=["shared_with_partner"])
    return entry


@transaction.atomic
def add_task(*, partnership: Partnership, actor: Actor, draft: TaskDraft) -> Task:
    """Plan something for a partner. Raises NotAllowed, Invalid."""
    actor.require(Permission.LOG_CONTACTS)
    _refuse({**draft.problems(), **_unknown_owner(partnership, draft.owner_id)}, "The task was not saved.")
    task = Task.objects.create(
        vendor_id=partnership.vendor_id,
        partnership=partnership,
        partner_id=partnership.partner_id,
        title=draft.title.strip(),
        due_on=draft.due_on,
        owner_id=draft.owner_id,
        written_by_id=actor.person_id,
        shared_with_partner=draft.shared_with_partner,
    )
    _tell_owner(task, actor)
    return task


@transaction.atomic
def edit_task(*, task: Task, actor: Actor, draft: TaskDraft) -> Task:
    """Change what is to be done, by when, by whom. Raises NotAllowed, Invalid."""
    actor.require(Permission.LOG_CONTACTS)
    unknown = _unknown_owner(task.partnership, draft.owner_id) if draft.owner_id != task.owner_id else {}
    _refuse({**draft.problems(), **unknown}, words("The task was not saved."))
    values = {
        "title": draft.title.strip(),
        "due_on": draft.due_on,
        "owner_id": draft.owner_id,
        "shared_with_partner": draft.shared_with_partner,
    }
    changed = [name for name, value in values.items() if getattr(task, name) != value]
    for name in changed:
        setattr(task, name, values[name])
    if changed:
        task.save(update_fields=changed)
    if "owner_id" in changed:
        _tell_owner(task, actor)
    return task


@transaction.atomic
def complete_task(*, task: Task, actor: Actor, at: datetime) -> Task:
    """Tick a task off; one that is done stays as it is. Raises NotAllowed."""
    actor.require(Permission.LOG_CONTACTS)
    if task.done_at is None:
        task.done_at, task.done_by_id = at, actor.person_id
        task.save(update_fields=["done_at", "done_by"])
    return task


@transaction.atomic
def reopen_task(*, task: Task, actor: Actor) -> Task:
    """Take the tick off again. Raises NotAllowed."""
    actor.require(Permission.LOG_CONTACTS)
    if task.done_at is not None:
        task.done_at, task.done_by = None, None
        task.save(update_fields=["done_at", "done_by"])
    return task


@transaction.atomic
def set_next_step(*, partnership: Partnership, actor: Actor, draft: StepDraft) -> NextStep | None:
    """Say what comes next with a partner; an empty text says that nothing does. Raises NotAllowed, Invalid."""
    actor.require(Permission.LOG_CONTACTS)
    _refuse(draft.problems(), words("The next step was not saved."))
    return _write_step(partnership, actor.person_id, draft)


@transaction.atomic
def attach_file(*, partnership: Partnership, actor: Actor, upload: Upload) -> AttachedFile:
    """Keep a file with a partner. Raises NotAllowed, FileTooLarge, FileTypeRefused."""
    actor.require(Permission.LOG_CONTACTS)
    stored = store_file(
        vendor_id=partnership.vendor_id,
        upload=upload,
        purpose=FILE_PURPOSE,
        allowed=FILE_TYPES,
        max_bytes=MAX_FILE_BYTES,
        uploaded_by_id=actor.person_id,
    )
    return AttachedFile.objects.create(
        vendor_id=partnership.vendor_id, partnership=partnership, file=stored, attached_by_id=actor.person_id
    )


@transaction.atomic
def remove_attachment(*, attached: AttachedFile, actor: Actor) -> None:
    """Take a file away from a partner, with its bytes. Raises NotAllowed."""
    actor.require(Permission.LOG_CONTACTS)
    stored = attached.file
    attached.delete()
    remove_file(stored)


@transaction.atomic
def bring_in(*, actor: Actor, past: Past, at: datetime) -> int:
    """Write a timeline that was kept elsewhere, set-based; the number of rows. Raises NotAllowed, Invalid."""
    actor.require(Permission.IMPORT_DATA)
    for entry in past.entries:
        _refuse(entry.draft.problems(at), words("An entry cannot be brought in."))
    for problem in [task.draft.problems() for task in past.tasks] + [step.problems() for _, step in past.steps]:
        _refuse(problem, words("A task or next step cannot be brought in."))
    entries = LogEntry.objects.bulk_create(
        LogEntry(
            **_of(one.partnership),
            partner_id=one.partnership.partner_id,
            kind=one.draft.kind.value,
            happened_at=one.draft.happened_at,
            text=one.draft.text.strip(),
            shared_with_partner=one.draft.shared_with_partner,
            written_by_id=one.written_by_id,
        )
        for one in past.entries
    )
    tasks = Task.objects.bulk_create(
        Task(
            **_of(one.partnership),
            partner_id=one.partnership.partner_id,
            title=one.draft.title.strip(),
            due_on=one.draft.due_on,
            owner_id=one.draft.owner_id,
            written_by_id=one.draft.owner_id,
            done_at=one.done_at,
            done_by_id=one.draft.owner_id if one.done_at else None,
            shared_with_partner=one.draft.shared_with_partner,
        )
        for one in past.tasks
    )
    steps = NextStep.objects.bulk_create(
        NextStep(**_of(partnership), text=draft.text.strip(), due_on=draft.due_on, set_by_id=actor.person_id)
        for partnership, draft in past.steps
    )
    return len(entries) + len(tasks) + len(steps)


def _of(partnership: Partnership) -> dict[str, object]:
    return {"vendor_id": partnership.vendor_id, "partnership_id": partnership.pk}


def _write_step(partnership: Partnership, person_id: UUID, draft: StepDraft) -> NextStep | None:
    known = NextStep.objects.select_for_update().filter(vendor_id=partnership.vendor_id, partnership=partnership)
    step = known.first()
    text = " ".join(draft.text.split())
    if not text:
        known.delete()
        return None
    if step is None:
        return NextStep.objects.create(**_of(partnership), text=text, due_on=draft.due_on, set_by_id=person_id)
    if (step.text, step.due_on) != (text, draft.due_on):
        step.text, step.due_on, step.set_by_id = text, draft.due_on, person_id
        step.save(update_fields=["text", "due_on", "set_by"])
    return step


def _tell_owner(task: Task, actor: Actor) -> None:
    """Whoever is given a task learns of it, unless they took it themselves."""
    if task.owner_id in (None, actor.person_id):
        return
    partnership = Partnership.objects.select_related("program").get(pk=task.partnership_id)
    fact = Fact(
        kind="task_assigned",
        key=str(uuid7()),  # given anew is told anew
        path=f"/workspace/{partnership.program.slug}/partners/{partnership.pk}/timeline/",
        values={"who": actor.name, "partner": partnership.name, "task": task.title},
    )
    tell(vendor_id=task.vendor_id, to=readers(task.owner_id), fact=fact)


def _unknown_owner(partnership: Partnership, owner_id: UUID | None) -> dict[str, str]:
    """A task is done by somebody of the vendor's own."""
    if owner_id is None:
        return {}
    roles = Membership.objects.filter(
        organization_id=partnership.vendor_id, person_id=owner_id, ended_at__isnull=True
    ).values_list("role", flat=True)
    if any(is_vendor_role(Role(role)) for role in roles):
        return {}
    return {"owner_id": words("Choose somebody of your own people.")}


def _refuse(problems: dict[str, str], what: str) -> None:
    if problems:
        raise Invalid(" ".join([what, *problems.values()]), fields=problems)
