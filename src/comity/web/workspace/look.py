"""The look of the programme: its page in the settings, and its logo in the workspace."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from comity.identity.roles import Permission
from comity.programs.branding import HUES, LOGO_BYTES, logo_for_vendor, set_branding
from comity.web.brand import image_answer
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, tell
from comity.web.workspace.settings_tabs import settings_frame


class LookForm(forms.Form):
    """The hue of the accent, and a logo."""

    hue = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)
    logo = forms.FileField(required=False, label=gettext_lazy("Logo"))
    without_logo = forms.BooleanField(required=False, label=gettext_lazy("No logo"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        hue: Any = self.fields["hue"]
        hue.choices = [("", ""), *((str(value), str(value)) for value in HUES)]


@require_http_methods(["GET", "POST"])
@workspace(Permission.MANAGE_PROGRAM)
def look(request: WorkspaceRequest) -> HttpResponse:
    """Choose the hue and the logo; the page shows at once how both look."""
    program = request.program
    form = LookForm(request.POST, request.FILES) if request.method == "POST" else LookForm()

    def save() -> None:
        set_branding(program=program, actor=request.actor, **form.cleaned_data)

    if request.method == "POST" and accepts(form, save):
        tell(request, _("The look is saved. Partners see it from their next page on."))
        return redirect("workspace:look", program=program.slug)
    context = {
        **settings_frame(request, "look"),
        "form": form,
        "hues": HUES,
        "chosen": form.data.get("hue", "") if form.is_bound else program.brand_hue,
        "logo_kilobytes": LOGO_BYTES // 1000,
    }
    return render(request, "workspace/look.html", context, status=422 if form.is_bound else 200)


@require_GET
@workspace(Permission.VIEW_PARTNERS)
def logo(request: WorkspaceRequest, file_id: UUID) -> HttpResponse:
    """The logo; its address changes with it, so that browsers may keep it."""
    return image_answer(logo_for_vendor(request.program, request.actor), file_id)


urlpatterns: list[URLPattern] = [
    path("settings/look/", look, name="look"),
    path("logo/<uuid:file_id>", logo, name="logo"),
]
