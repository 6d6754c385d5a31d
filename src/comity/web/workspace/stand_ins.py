"""Stand-ins: who decides registrations for whom while somebody is away."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from comity.deals.models import StandIn
from comity.deals.registration.stand_ins import deciders, name_stand_in, stand_ins_visible_to, take_back_stand_in
from comity.identity.roles import Permission
from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.programs.calendars import today_in
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, tell
from comity.web.workspace.deals import tabs
from comity.web.workspace.registration_forms import StandInForm


@require_http_methods(["GET", "POST"])
@workspace(Permission.DECIDE_REGISTRATIONS)
def stand_ins(request: WorkspaceRequest) -> HttpResponse:
    """Who is away from today on, and a form to name somebody."""
    today, own = today_in(request.program, request.received_at), str(request.actor.person_id)
    people = [(str(one.person_id), one.person.name or one.person.email) for one in deciders(request.actor)]
    for_all = request.actor.can(Permission.MANAGE_PROGRAM)
    away = people if for_all else [one for one in people if one[0] == own]
    form = StandInForm(request.POST or None, people=people, away=away, initial={"person": own, "from_on": today})

    def save() -> None:
        given = form.cleaned_data
        name_stand_in(
            actor=request.actor, person_id=UUID(given["person"]), stand_in_id=UUID(given["stand_in"]),
            from_on=given["from_on"], to_on=given["to_on"], today=today,
        )  # fmt: skip

    if request.method == "POST" and accepts(form, save):
        tell(request, _("Written down. Letters and the list of what waits go to the stand-in on these days."))
        return redirect("workspace:stand_ins", program=request.program.slug)
    slug = request.program.slug
    rows = stand_ins_visible_to(request.actor, today)
    context = {
        "page_title": _("Stand-ins"),
        "breadcrumbs": [
            (_("Deals"), reverse("workspace:deals", args=[slug])),
            (_("Registrations"), reverse("workspace:registrations", args=[slug])),
            (_("Stand-ins"), ""),
        ],
        "tabs": tabs(request, "registrations"),
        "form": form,
        "rows": [(row, for_all or row.person_id == request.actor.person_id) for row in rows],
        "today": today,
    }
    return render(request, "workspace/stand_ins.html", context, status=422 if form.errors else 200)


@require_POST
@workspace(Permission.DECIDE_REGISTRATIONS)
def stand_in_end(request: WorkspaceRequest, stand_in: UUID) -> HttpResponse:
    """Take a stand-in back."""
    found = StandIn.objects.filter(vendor_id=request.actor.organization_id, pk=stand_in).first()
    if found is None:
        raise NotFound(words("There is no such stand-in."))
    take_back_stand_in(stand_in=found, actor=request.actor)
    tell(request, _("Taken back."))
    return redirect("workspace:stand_ins", program=request.program.slug)


urlpatterns: list[URLPattern] = [
    path("deals/stand-ins/", stand_ins, name="stand_ins"),
    path("deals/stand-ins/<uuid:stand_in>/", stand_in_end, name="stand_in_end"),
]
