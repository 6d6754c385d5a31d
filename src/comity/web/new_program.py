"""A vendor's first (or next) program: the one page of the workspace that stands before any program."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from comity.deals.services import create_default_stages
from comity.identity.actors import Actor
from comity.identity.models import Person
from comity.identity.queries import actor_of, memberships_of
from comity.identity.roles import Permission
from comity.platform.tenancy import switch_organization
from comity.programs.models import Program
from comity.programs.services import create_program
from comity.programs.states import OrganizationModel
from comity.web.form_answers import accepts, tell
from comity.web.signed_in import signed_in
from comity.web.workspace.program_forms import ProgramForm


@require_http_methods(["GET", "POST"])
@signed_in
def program_new(request: HttpRequest) -> HttpResponse:
    """Name, money and calendar of a program of the vendor that the person administrates."""
    actor = _administrator(request)
    initial = {"currency": "EUR", "time_zone": "UTC", "organization_model": OrganizationModel.CENTRALIZED.value}
    form = ProgramForm(request.POST) if request.method == "POST" else ProgramForm(initial=initial)
    del form.fields["data_as_of"]  # there are no data yet
    made: list[Program] = []

    def save() -> None:
        program = create_program(actor=actor, draft=form.draft())
        create_default_stages(program=program, actor=actor)
        made.append(program)

    if request.method == "POST" and accepts(form, save):
        tell(
            request, _("The programme is there. Import your partners next, or add the first one."), draft="program-new"
        )
        return redirect(reverse("workspace:home", args=[made[0].slug]))
    context = {"form": form, "page_title": _("New programme")}
    return render(request, "program_new.html", context, status=422 if form.is_bound else 200)


def _administrator(request: HttpRequest) -> Actor:
    """The person, acting for the first of their organizations in which they may make a program. Raises Http404."""
    if not isinstance(request.user, Person):
        raise Http404("Nobody is signed in.")
    for membership in memberships_of(request.user.pk):
        actor = actor_of(membership, str(request.user))
        if actor.can(Permission.MANAGE_PROGRAM):
            switch_organization(membership.organization_id)
            return actor
    raise Http404("No organization in which this person may make a program.")


urlpatterns: list[URLPattern] = [path("programs/new", program_new, name="program_new")]
