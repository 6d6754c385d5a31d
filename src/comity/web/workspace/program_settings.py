"""Settings of the program: its money and calendar, tiers, regions and quotas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from comity.identity.roles import Permission
from comity.kernel.errors import Invalid
from comity.programs.calendars import calendar_of
from comity.programs.models import Region, Tier
from comity.programs.queries import counted_regions_of, counted_tiers_of, quotas_visible_to, tiers_of
from comity.programs.services import (
    add_region,
    change_program,
    create_tier,
    remove_quota,
    remove_region,
    remove_tier,
    rename_region,
    rename_tier,
    reorder_tiers,
    set_data_as_of,
    set_quota,
)
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, attempt, tell
from comity.web.workspace.program_forms import LabelForm, ProgramForm, QuotaForm
from comity.web.workspace.settings_tabs import settings_frame


@require_http_methods(["GET", "POST"])
@workspace(Permission.MANAGE_PROGRAM)
def program_settings(request: WorkspaceRequest) -> HttpResponse:
    """Name, money, calendar, organisation model and data-as-of date."""
    program = request.program
    form = ProgramForm(request.POST) if request.method == "POST" else ProgramForm.filled(program)

    def save() -> None:
        change_program(program=program, actor=request.actor, draft=form.draft())
        if form.cleaned_data["data_as_of"] != program.data_as_of:
            set_data_as_of(program=program, actor=request.actor, on=form.cleaned_data["data_as_of"])

    if request.method == "POST" and accepts(form, save):
        tell(request, _("The program is saved."))
        return redirect("workspace:program_settings", program=program.slug)
    context = {**settings_frame(request, "program_settings"), "form": form}
    return render(request, "workspace/program_settings.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@workspace(Permission.MANAGE_PROGRAM)
def program_tiers(request: WorkspaceRequest) -> HttpResponse:
    """The tiers, the highest first; a new one goes to the end."""

    def save(form: LabelForm) -> None:
        create_tier(program=request.program, actor=request.actor, name=form.cleaned_data["name"])

    return _labels(request, "program_tiers", save, counted_tiers_of)


@require_POST
@workspace(Permission.MANAGE_PROGRAM)
def program_tier(request: WorkspaceRequest, tier: UUID) -> HttpResponse:
    """Rename a tier, move it up, or remove it, as the button says."""
    tiers = list(tiers_of(request.program))
    found = get_object_or_404(Tier, vendor_id=request.actor.organization_id, program=request.program, pk=tier)
    order = [item.pk for item in tiers]
    place = order.index(found.pk)
    if request.POST.get("do") == "up" and place > 0:
        order[place - 1], order[place] = order[place], order[place - 1]
        attempt(
            request,
            lambda: reorder_tiers(program=request.program, actor=request.actor, order=order),
            _("%(name)s moved up.") % {"name": found.name},
        )
    elif request.POST.get("do") == "remove":
        done = _("%(name)s is removed.") % {"name": found.name}
        attempt(request, lambda: remove_tier(tier=found, actor=request.actor), done)
    else:
        name = request.POST.get("name", "")
        attempt(request, lambda: rename_tier(tier=found, actor=request.actor, name=name), _("Renamed."))
    return redirect("workspace:program_tiers", program=request.program.slug)


@require_http_methods(["GET", "POST"])
@workspace(Permission.MANAGE_PROGRAM)
def program_regions(request: WorkspaceRequest) -> HttpResponse:
    """The regions by name."""

    def save(form: LabelForm) -> None:
        add_region(program=request.program, actor=request.actor, name=form.cleaned_data["name"])

    return _labels(request, "program_regions", save, counted_regions_of)


@require_POST
@workspace(Permission.MANAGE_PROGRAM)
def program_region(request: WorkspaceRequest, region: UUID) -> HttpResponse:
    """Rename a region or remove it, as the button says."""
    found = get_object_or_404(Region, vendor_id=request.actor.organization_id, program=request.program, pk=region)
    if request.POST.get("do") == "remove":
        done = _("%(name)s is removed.") % {"name": found.name}
        attempt(request, lambda: remove_region(region=found, actor=request.actor), done)
    else:
        name = request.POST.get("name", "")
        attempt(request, lambda: rename_region(region=found, actor=request.actor, name=name), _("Renamed."))
    return redirect("workspace:program_regions", program=request.program.slug)


@require_http_methods(["GET", "POST"])
@workspace(Permission.MANAGE_PROGRAM)
def program_quotas(request: WorkspaceRequest) -> HttpResponse:
    """The quotas by period, and a form for one more (or another amount for the same)."""
    form = QuotaForm(request.POST or None, request=request)

    def save() -> None:
        given = form.cleaned_data
        try:
            period = calendar_of(request.program).parse(given["period"].strip())
        except Invalid as error:
            raise Invalid(error.message, fields={"period": error.message}) from error
        set_quota(
            program=request.program,
            actor=request.actor,
            period=period,
            amount=given["amount"],
            manager=given["manager"],
            partnership=given["partnership"],
        )

    if request.method == "POST" and accepts(form, save):
        tell(request, _("The quota is saved."))
        return redirect("workspace:program_quotas", program=request.program.slug)
    context = {
        **settings_frame(request, "program_quotas"),
        "form": form,
        "quotas": quotas_visible_to(request.actor, request.program),
    }
    return render(request, "workspace/program_quotas.html", context, status=422 if form.is_bound else 200)


@require_POST
@workspace(Permission.MANAGE_PROGRAM)
def program_quota_remove(request: WorkspaceRequest, quota: UUID) -> HttpResponse:
    """Take a quota away."""
    found = get_object_or_404(quotas_visible_to(request.actor, request.program), pk=quota)
    attempt(request, lambda: remove_quota(quota=found, actor=request.actor), _("The quota is removed."))
    return redirect("workspace:program_quotas", program=request.program.slug)


def _labels(
    request: WorkspaceRequest, page: str, save: Callable[[LabelForm], None], rows: Callable[[Any], Any]
) -> HttpResponse:
    """A page of named parts with a form for one more."""
    form = LabelForm(request.POST or None)
    if request.method == "POST" and accepts(form, lambda: save(form)):
        tell(request, _("%(name)s is added.") % {"name": form.cleaned_data["name"]})
        return redirect(f"workspace:{page}", program=request.program.slug)
    context = {**settings_frame(request, page), "form": form, "rows": rows(request.program)}
    return render(request, f"workspace/{page}.html", context, status=422 if form.is_bound else 200)


urlpatterns: list[URLPattern] = [
    path("settings/program/", program_settings, name="program_settings"),
    path("settings/tiers/", program_tiers, name="program_tiers"),
    path("settings/tiers/<uuid:tier>/", program_tier, name="program_tier"),
    path("settings/regions/", program_regions, name="program_regions"),
    path("settings/regions/<uuid:region>/", program_region, name="program_region"),
    path("settings/quotas/", program_quotas, name="program_quotas"),
    path("settings/quotas/<uuid:quota>/remove/", program_quota_remove, name="program_quota_remove"),
]
