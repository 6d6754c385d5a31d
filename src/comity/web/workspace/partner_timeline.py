"""The timeline of a partner: log what happened in ten seconds, tick tasks off, say what comes next, keep files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from comity.identity.roles import Permission
from comity.kernel.errors import Invalid, NotFound
from comity.kernel.words import words
from comity.programs.calendars import today_in
from comity.programs.models import Partnership
from comity.timeline.models import LogEntry, Task
from comity.timeline.queries import entry_visible_to, files_visible_to, task_visible_to, tasks_visible_to
from comity.timeline.services import (
    add_task,
    attach_file,
    complete_task,
    edit_entry,
    edit_task,
    log_contact,
    remove_attachment,
    remove_entry,
    reopen_task,
    set_next_step,
)
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, attempt, tell
from comity.web.workspace.partner_frame import address, frame, load, trail
from comity.web.workspace.partner_story import PAGE_SIZE, story_of
from comity.web.workspace.timeline_forms import KINDS, EntryForm, LogForm, StepForm, TaskForm, new_log_form

FILTERS: Final = (
    *((kind, label) for kind, label in KINDS),
    ("messages", gettext_lazy("Messages")),
    ("changes", gettext_lazy("Changes")),
)


@require_http_methods(["GET", "POST"])
@workspace(Permission.VIEW_PARTNERS)
def partner_timeline(request: WorkspaceRequest, partnership: UUID) -> HttpResponse:
    """What happened; and the quick log."""
    found = load(request, partnership)
    if request.method != "POST":
        return _timeline(request, found)
    form = LogForm(request.POST, program=request.program)

    def save() -> None:
        log_contact(
            partnership=found, actor=request.actor, draft=form.draft(), at=request.received_at, next_step=form.step()
        )

    if accepts(form, save):
        tell(request, _("Logged with %(name)s.") % {"name": found.name}, draft=f"log-{found.pk}")
        return _back(request, found, "partner_timeline")
    return _timeline(request, found, log_form=form)


@require_http_methods(["GET", "POST"])
@workspace(Permission.LOG_CONTACTS)
def partner_entry(request: WorkspaceRequest, partnership: UUID, entry: UUID) -> HttpResponse:
    """Correct an entry, share it, or take it out."""
    found = load(request, partnership)
    one = _of(found, entry_visible_to(request.actor, entry))
    if "remove" in request.POST:
        attempt(request, lambda: remove_entry(entry=one, actor=request.actor), _("The entry is gone."))
        return redirect(address(request, found, "partner_timeline"))
    form = EntryForm(request.POST or None, program=request.program, initial=EntryForm.values_of(one))

    def save() -> None:
        edit_entry(entry=one, actor=request.actor, draft=form.draft(), at=request.received_at)

    if request.method == "POST" and accepts(form, save):
        tell(request, _("Saved."))
        return redirect(address(request, found, "partner_timeline"))
    return _form_page(request, found, form, _("Correct the entry"))


@require_POST
@workspace(Permission.LOG_CONTACTS)
def partner_tasks(request: WorkspaceRequest, partnership: UUID) -> HttpResponse:
    """Plan something."""
    found = load(request, partnership)
    form = TaskForm(request.POST, program=request.program)
    if accepts(form, lambda: add_task(partnership=found, actor=request.actor, draft=form.draft())):
        tell(request, _("Task added."))
        return _back(request, found, "partner_timeline")
    return _timeline(request, found, task_form=form)


@require_http_methods(["GET", "POST"])
@workspace(Permission.LOG_CONTACTS)
def partner_task(request: WorkspaceRequest, partnership: UUID, task: UUID) -> HttpResponse:
    """Tick a task off, open it again, or change it."""
    found = load(request, partnership)
    one = _of(found, task_visible_to(request.actor, task))
    moves: dict[str, tuple[Callable[[], object], str]] = {
        "done": (lambda: complete_task(task=one, actor=request.actor, at=request.received_at), _("Done: %(task)s.")),
        "reopen": (lambda: reopen_task(task=one, actor=request.actor), _("Open again: %(task)s.")),
    }
    if chosen := moves.get(request.POST.get("move", "")):
        attempt(request, chosen[0], chosen[1] % {"task": one.title})
        return _back(request, found, "partner_timeline")
    form = TaskForm(request.POST or None, program=request.program, initial=TaskForm.values_of(one))
    if request.method == "POST" and accepts(form, lambda: edit_task(task=one, actor=request.actor, draft=form.draft())):
        tell(request, _("Saved."))
        return redirect(address(request, found, "partner_timeline"))
    return _form_page(request, found, form, _("Change the task"))


@require_POST
@workspace(Permission.LOG_CONTACTS)
def partner_step(request: WorkspaceRequest, partnership: UUID) -> HttpResponse:
    """Say what comes next."""
    found = load(request, partnership)
    form = StepForm(request.POST)
    if accepts(form, lambda: set_next_step(partnership=found, actor=request.actor, draft=form.draft())):
        tell(request, _("Next step saved."))
        return _back(request, found, "partner")
    return _form_page(request, found, form, _("Next step"))


@require_http_methods(["GET", "POST"])
@workspace(Permission.VIEW_PARTNERS)
def partner_files(request: WorkspaceRequest, partnership: UUID) -> HttpResponse:
    """Files that belong to the partner."""
    found = load(request, partnership)
    problem = ""
    if request.method == "POST":
        upload = request.FILES.get("file")
        try:
            if upload is None:
                raise Invalid(_("Choose a file first."))
            attach_file(partnership=found, actor=request.actor, upload=upload)
        except Invalid as refused:
            problem = refused.message
        else:
            tell(request, _("%(name)s is kept with the partner.") % {"name": upload.name})
            return redirect(address(request, found, "partner_files"))
    context = {
        **frame(request, found, "partner_files"),
        "files": files_visible_to(request.actor, found),
        "problem": problem,
    }
    return render(request, "workspace/partner_files.html", context, status=422 if problem else 200)


@require_POST
@workspace(Permission.LOG_CONTACTS)
def partner_file(request: WorkspaceRequest, partnership: UUID, attached: UUID) -> HttpResponse:
    """Take a file away."""
    found = load(request, partnership)
    one = files_visible_to(request.actor, found).filter(pk=attached).first()
    if one is None:
        raise NotFound(words("There is no such file here."))
    name = one.file.name
    attempt(
        request, lambda: remove_attachment(attached=one, actor=request.actor), _("%(name)s is gone.") % {"name": name}
    )
    return redirect(address(request, found, "partner_files"))


def _timeline(request: WorkspaceRequest, found: Partnership, **bound: Any) -> HttpResponse:
    """The page, with the form that was refused where there is one."""
    kind = request.GET.get("kind", "")
    kind = kind if kind in dict(FILTERS) else ""
    story = story_of(
        request.actor, found, ZoneInfo(request.program.time_zone), before=_instant(request.GET.get("before", "")),
        kind=kind,
    )  # fmt: skip
    shown = story[:PAGE_SIZE]
    older = {"kind": kind, "before": shown[-1].at.isoformat()} if len(story) > PAGE_SIZE else {}
    context = {
        **frame(request, found, "partner_timeline"),
        "story": shown,
        "older": f"?{urlencode({name: value for name, value in older.items() if value})}" if older else "",
        "kind": kind,
        "kinds": FILTERS,
        "tasks": tasks_visible_to(request.actor, partnership=found, is_open=True),
        "today": today_in(request.program, request.received_at),
        "log_form": new_log_form(request.program),
        "task_form": TaskForm(program=request.program, initial={"owner_id": request.actor.person_id}),
        **bound,
    }
    return render(request, "workspace/partner_timeline.html", context, status=422 if bound else 200)


def _form_page(request: WorkspaceRequest, found: Partnership, form: Any, title: str) -> HttpResponse:
    context = {
        "form": form,
        "page_title": title,
        "breadcrumbs": [*trail(request, found), (title, "")],
        "back": address(request, found, "partner_timeline"),
        "removes": isinstance(form, EntryForm),
    }
    return render(request, "workspace/partner_entry.html", context, status=422 if form.is_bound else 200)


def _of[Row: (LogEntry, Task)](found: Partnership, row: Row) -> Row:
    """The row, if it belongs to the partner of the address. Raises NotFound."""
    if row.partnership_id != found.pk:
        raise NotFound(words("There is no such entry here."))
    return row


def _back(request: WorkspaceRequest, found: Partnership, page: str) -> HttpResponse:
    """To where the form stood: it says so by `next`, else to the page."""
    wanted = request.POST.get("next", "")
    if wanted.startswith("/workspace/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return redirect(wanted)
    return redirect(address(request, found, page))


def _instant(text: str) -> datetime | None:
    """The mark of an address; one that is none begins at the newest."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo and found.year > 1 else None


_OF: Final = "partners/<uuid:partnership>"
urlpatterns: list[URLPattern] = [
    path(f"{_OF}/timeline/", partner_timeline, name="partner_timeline"),
    path(f"{_OF}/timeline/<uuid:entry>/", partner_entry, name="partner_entry"),
    path(f"{_OF}/tasks/", partner_tasks, name="partner_tasks"),
    path(f"{_OF}/tasks/<uuid:task>/", partner_task, name="partner_task"),
    path(f"{_OF}/next-step/", partner_step, name="partner_step"),
    path(f"{_OF}/files/", partner_files, name="partner_files"),
    path(f"{_OF}/files/<uuid:attached>/", partner_file, name="partner_file"),
]
