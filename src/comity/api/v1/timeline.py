"""The timeline: log entries, tasks and the next step of a partnership. A partner reads what was shared with it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router
from ninja.responses import Status as Reply
from pydantic import Field, StrictBool

from comity.api.fields import Day, Input, Instant, Named, Output, left_out, named
from comity.api.paging import ListQuery, Page, page_of
from comity.api.tokens import READ, WRITE
from comity.api.v1.lookups import partnership_of
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.timeline.drafts import MAX_STEP, MAX_TEXT, MAX_TITLE, LogDraft, StepDraft, TaskDraft
from comity.timeline.models import LogEntry, Task
from comity.timeline.queries import entries_visible_to, entry_visible_to, task_visible_to, tasks_visible_to, touches_of
from comity.timeline.services import (
    add_task,
    complete_task,
    edit_entry,
    edit_task,
    log_contact,
    reopen_task,
    set_next_step,
)
from comity.timeline.states import Kind

router = Router(tags=["Timeline"])
Body = Annotated[str, Field(max_length=MAX_TEXT)]
Title = Annotated[str, Field(min_length=1, max_length=MAX_TITLE)]


class Entry(Output):
    """A call, meeting, e-mail or note."""

    id: UUID
    partnership_id: UUID
    kind: Kind
    happened_at: datetime
    text: str
    shared_with_partner: bool
    written_by: Named | None
    created_at: datetime


class EntryPage(Page[Entry]):
    """Log entries, the newest written first."""


class EntryQuery(ListQuery):
    """The list of entries."""

    partnership: UUID | None = None
    kind: Kind | None = None


class NextStepIn(Input):
    """What comes next; an empty text says that nothing does."""

    text: Annotated[str, Field(max_length=MAX_STEP)] = ""
    due_on: Day | None = None


class NextStepOut(Output):
    """What comes next with a partner, and when it was last spoken with."""

    text: str
    due_on: date | None
    last_contact_at: datetime | None


class NewEntry(Input):
    """An entry to log; `next_step`, where given, replaces the present one."""

    partnership_id: UUID
    kind: Kind
    happened_at: Instant
    text: Body = ""
    shared_with_partner: StrictBool = False
    next_step: NextStepIn | None = None


class EntryChange(Input):
    """What to change; whatever is left out stays."""

    kind: Kind = left_out()
    happened_at: Instant = left_out()
    text: Body = left_out()
    shared_with_partner: StrictBool = left_out()


class TaskOut(Output):
    """Something to do; `owner` is the vendor's own business."""

    id: UUID
    partnership_id: UUID
    title: str
    due_on: date | None
    owner: Named | None
    done_at: datetime | None
    shared_with_partner: bool
    created_at: datetime


class TaskPage(Page[TaskOut]):
    """Tasks, the newest written first."""


class TaskQuery(ListQuery):
    """The list of tasks."""

    partnership: UUID | None = None
    owner: UUID | None = None
    open: bool | None = None


class NewTask(Input):
    """A task to add; the owner is somebody of your own people, or nobody."""

    partnership_id: UUID
    title: Title
    due_on: Day | None = None
    owner_id: UUID | None = None
    shared_with_partner: StrictBool = False


class TaskChange(Input):
    """What to change; whatever is left out stays, null takes away. `done` ticks the task off, or opens it again."""

    title: Title = left_out()
    due_on: Day | None = None
    owner_id: UUID | None = None
    shared_with_partner: StrictBool = left_out()
    done: StrictBool = left_out()


@router.get("/log-entries", response=EntryPage, auth=READ, summary="List log entries")
def list_log_entries(request: Any, query: Query[EntryQuery]) -> Any:
    """Calls, meetings, e-mails and notes; with a partner's token those shared with it."""
    actor: Actor = request.actor
    found = entries_visible_to(actor, partnership_of(actor, query.partnership) if query.partnership else None)
    if query.kind:
        found = found.filter(kind=query.kind)
    return page_of(request, found, query, _entry, newest_first=True)


@router.post("/log-entries", response={201: Entry}, auth=WRITE, summary="Log a contact or a note")
def add_log_entry(request: Any, new: NewEntry, response: HttpResponse) -> Any:
    """Log a call, meeting, e-mail or note, and with it what comes next."""
    actor: Actor = request.actor
    partnership = partnership_of(actor, new.partnership_id)
    draft = LogDraft(new.kind, new.happened_at, new.text, new.shared_with_partner)
    step = StepDraft(new.next_step.text, new.next_step.due_on) if new.next_step else None
    made = log_contact(partnership=partnership, actor=actor, draft=draft, at=request.received_at, next_step=step)
    response["Location"] = f"/api/v1/log-entries/{made.pk}"
    return Reply(201, _entry(entry_visible_to(actor, made.pk)))


@router.get("/log-entries/{uuid:entry_id}", response=Entry, auth=READ, summary="Read a log entry")
def read_log_entry(request: Any, entry_id: UUID) -> Any:
    """One entry."""
    return _entry(entry_visible_to(request.actor, entry_id))


@router.patch("/log-entries/{uuid:entry_id}", response=Entry, auth=WRITE, summary="Correct a log entry")
def change_log_entry(request: Any, entry_id: UUID, change: EntryChange) -> Any:
    """Correct an entry, or share it; what it said is kept in the history."""
    actor: Actor = request.actor
    found = entry_visible_to(actor, entry_id)
    values: dict[str, Any] = {"kind": Kind(found.kind), "happened_at": found.happened_at, "text": found.text}
    values |= {"shared_with_partner": found.shared_with_partner, **change.given()}
    edit_entry(entry=found, actor=actor, draft=LogDraft(**values), at=request.received_at)
    return _entry(found)


@router.get("/tasks", response=TaskPage, auth=READ, summary="List tasks")
def list_tasks(request: Any, query: Query[TaskQuery]) -> Any:
    """Tasks, open and done; with a partner's token those shared with it."""
    actor: Actor = request.actor
    partnership = partnership_of(actor, query.partnership) if query.partnership else None
    found = tasks_visible_to(actor, partnership=partnership, owner_id=query.owner, is_open=query.open)
    return page_of(request, found, query, lambda row: _task(actor, row), newest_first=True)


@router.post("/tasks", response={201: TaskOut}, auth=WRITE, summary="Add a task")
def add_a_task(request: Any, new: NewTask, response: HttpResponse) -> Any:
    """Plan something for a partner."""
    actor: Actor = request.actor
    partnership = partnership_of(actor, new.partnership_id)
    draft = TaskDraft(new.title, new.due_on, new.owner_id, new.shared_with_partner)
    made = add_task(partnership=partnership, actor=actor, draft=draft)
    response["Location"] = f"/api/v1/tasks/{made.pk}"
    return Reply(201, _task(actor, task_visible_to(actor, made.pk)))


@router.get("/tasks/{uuid:task_id}", response=TaskOut, auth=READ, summary="Read a task")
def read_task(request: Any, task_id: UUID) -> Any:
    """One task."""
    return _task(request.actor, task_visible_to(request.actor, task_id))


@router.patch("/tasks/{uuid:task_id}", response=TaskOut, auth=WRITE, summary="Change a task")
def change_task(request: Any, task_id: UUID, change: TaskChange) -> Any:
    """Change what is to be done, by when, by whom; or say that it is done."""
    actor: Actor = request.actor
    found = task_visible_to(actor, task_id)
    given = change.given()
    done = given.pop("done", None)
    values: dict[str, Any] = {"title": found.title, "due_on": found.due_on, "owner_id": found.owner_id}
    values |= {"shared_with_partner": found.shared_with_partner, **given}
    edit_task(task=found, actor=actor, draft=TaskDraft(**values))
    if done is not None:
        complete_task(task=found, actor=actor, at=request.received_at) if done else reopen_task(task=found, actor=actor)
    return _task(actor, task_visible_to(actor, task_id))


@router.get(
    "/partnerships/{uuid:partnership_id}/next-step", response=NextStepOut, auth=READ, summary="Read the next step"
)
def read_next_step(request: Any, partnership_id: UUID) -> Any:
    """What comes next with a partner, and when it was last spoken with; the vendor's own."""
    actor: Actor = request.actor
    actor.require(Permission.VIEW_PARTNERS)
    return _step(actor, partnership_of(actor, partnership_id).pk)


@router.put(
    "/partnerships/{uuid:partnership_id}/next-step", response=NextStepOut, auth=WRITE, summary="Set the next step"
)
def put_next_step(request: Any, partnership_id: UUID, step: NextStepIn) -> Any:
    """Say what comes next with a partner."""
    actor: Actor = request.actor
    partnership = partnership_of(actor, partnership_id)
    set_next_step(partnership=partnership, actor=actor, draft=StepDraft(step.text, step.due_on))
    return _step(actor, partnership.pk)


def _entry(row: LogEntry) -> Entry:
    values = {name: getattr(row, name) for name in Entry.model_fields if name != "written_by"}
    return Entry(**values, written_by=named(row.written_by))


def _task(actor: Actor, row: Task) -> TaskOut:
    values = {name: getattr(row, name) for name in TaskOut.model_fields if name != "owner"}
    return TaskOut(**values, owner=named(row.owner) if actor.is_vendor else None)


def _step(actor: Actor, partnership_id: UUID) -> NextStepOut:
    touch = touches_of(actor.organization_id, [partnership_id])[partnership_id]
    return NextStepOut(text=touch.next_step, due_on=touch.next_step_on, last_contact_at=touch.last_contact_at)
