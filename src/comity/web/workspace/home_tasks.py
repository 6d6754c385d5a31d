"""Tasks ticked off on Home, and opened again for whoever ticked the wrong one."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from comity.identity.roles import Permission
from comity.kernel.errors import NotFound
from comity.timeline.models import Task
from comity.timeline.queries import task_visible_to
from comity.timeline.services import complete_task, reopen_task
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import tell
from comity.worklist.needs import Need, NeedKind


@require_POST
@workspace(Permission.LOG_CONTACTS)
def home_task(request: WorkspaceRequest, task: UUID) -> HttpResponse:
    """Tick a task off and offer to take that back; or take it back."""
    one = task_visible_to(request.actor, task)
    query = {"show": "all"} if request.POST.get("show") == "all" else {}
    if "undo" in request.POST:
        reopen_task(task=one, actor=request.actor)
        tell(request, _("Open again: %(task)s.") % {"task": one.title})
    else:
        complete_task(task=one, actor=request.actor, at=request.received_at)
        query["done"] = str(one.pk)
    address = reverse("workspace:home", args=[request.program.slug])
    return redirect(f"{address}?{urlencode(query)}" if query else address)


def ticked_off(request: WorkspaceRequest) -> Task | None:
    """The task that the address says was just done, while it still is."""
    try:
        one = task_visible_to(request.actor, UUID(request.GET.get("done", "")))
    except (ValueError, NotFound):
        return None
    return one if one.done_at is not None and one.partnership.program_id == request.program.pk else None


def tick_of(request: WorkspaceRequest, need: Need) -> str:
    """Where a need is ticked off; "" for what is no task, or for whoever may not."""
    if need.kind != NeedKind.TASK_DUE or not request.actor.can(Permission.LOG_CONTACTS):
        return ""
    return reverse("workspace:home_task", args=[request.program.slug, need.subject_id])


urlpatterns: list[URLPattern] = [path("home/tasks/<uuid:task>/", home_task, name="home_task")]
