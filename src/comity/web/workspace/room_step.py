"""A step of a close plan changed by the vendor: what is to do, who does it, by when."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from comity.cosell.planning import edit_step
from comity.cosell.queries import room_visible_to, steps_visible_to
from comity.cosell.states import UNDONE
from comity.identity.roles import Permission
from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, tell
from comity.web.room_forms import StepEditForm
from comity.web.workspace.room import owners_of_steps


@require_http_methods(["GET", "POST"])
@workspace(Permission.EDIT_DEALS)
def room_step(request: WorkspaceRequest, room: UUID, room_step: UUID) -> HttpResponse:
    """One step that is not done yet, to be changed; whoever it is given to is told."""
    found, slug = room_visible_to(request.actor, room, request.program), request.program.slug
    known = steps_visible_to(request.actor, vendor_id=found.vendor_id, room_id=found.pk)
    step = known.filter(pk=room_step, state__in=UNDONE).select_related("circle").first()
    if step is None:
        raise NotFound(words("There is no such step in this room, or it is done."))
    owners = owners_of_steps(request, found, [step.circle])
    form = StepEditForm(request.POST or None, step=step, owners=owners)

    def save() -> None:
        edit_step(step=step, actor=request.actor, draft=form.draft())

    if request.method == "POST" and accepts(form, save):
        tell(request, _("The step is changed."), draft=f"room-step-{step.pk}")
        return redirect("workspace:room", program=slug, room=found.pk)
    here = reverse("workspace:room", args=[slug, found.pk])
    context = {
        "page_title": _("Change a step"),
        "breadcrumbs": [
            (_("Deals"), reverse("workspace:deals", args=[slug])),
            (_("Co-sell"), reverse("workspace:rooms", args=[slug])),
            (found.opportunity.name, here), (_("Change a step"), ""),
        ],
        "form": form,
        "step": step,
        "back": here,
    }  # fmt: skip
    return render(request, "workspace/room_step.html", context, status=422 if form.errors else 200)


urlpatterns: list[URLPattern] = [
    path("deals/rooms/<uuid:room>/plan/<uuid:room_step>/", room_step, name="room_step"),
]
