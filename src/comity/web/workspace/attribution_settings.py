"""The settings of attribution: in sentences, in versions, built in a form and read back before they are published."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from comity.attribution.models import AttributionSettings
from comity.attribution.queries import settings_visible_to
from comity.attribution.rules import PERCENT, Settings
from comity.attribution.settings import publish_settings, settings_of, version_on
from comity.identity.roles import Permission
from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.programs.calendars import today_in
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, tell
from comity.web.touch_words import KINDS, settings_told
from comity.web.typed import DayField
from comity.web.workspace.settings_tabs import settings_frame

MOST_DAYS: Final = 3_650


def _days(label: Any, help_text: Any, *, least: int = 1) -> forms.IntegerField:
    return forms.IntegerField(label=label, help_text=help_text, min_value=least, max_value=MOST_DAYS)


class AttributionForm(forms.Form):
    """Every number of a version, and from when it holds."""

    window_days = _days(
        gettext_lazy("Days before the opening"),
        gettext_lazy("Touches from that many days before a deal was opened until its close count."),
        least=0,
    )
    half_life_days = _days(
        gettext_lazy("Half-life in days"),
        gettext_lazy("Under time decay a touch weighs half as much for every so many days before the close."),
    )
    first_percent = forms.IntegerField(
        label=gettext_lazy("Part of the first touch, in per cent"), min_value=0, max_value=PERCENT,
        help_text=gettext_lazy("Under the position-based model."),
    )  # fmt: skip
    last_percent = forms.IntegerField(
        label=gettext_lazy("Part of the last touch, in per cent"), min_value=0, max_value=PERCENT,
        help_text=gettext_lazy("Those between share what is left."),
    )  # fmt: skip
    idle_days = _days(
        gettext_lazy("Days of silence"),
        gettext_lazy("A claim made after the opening sources the deal only if you did nothing on it for so many days."),
    )
    confirmed_kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Touches of partners that count at once"), required=False,
        widget=forms.CheckboxSelectMultiple, choices=[(kind.value, label) for kind, label in KINDS.items()],
        help_text=gettext_lazy("All others wait until one of your people confirms them."),
    )  # fmt: skip
    from_on = DayField(
        label=gettext_lazy("In force from"),
        help_text=gettext_lazy("For deals won from that day on. What was won before keeps its settings."),
    )
    note = forms.CharField(label=gettext_lazy("Why it was made"), required=False)

    def clean(self) -> dict[str, Any]:
        """The ends together have no more than the whole."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("first_percent", 0) + given.get("last_percent", 0) > PERCENT:
            self.add_error("last_percent", _("The first and the last touch have more than 100 % together."))
        return given

    def settings(self) -> dict[str, Any]:
        """The numbers, as the service takes them."""
        return {name: self.cleaned_data[name] for name in Settings.model_fields}


@require_GET
@workspace(Permission.MANAGE_PROGRAM)
def attribution_settings(request: WorkspaceRequest) -> HttpResponse:
    """Today's settings, read back as sentences; earlier and planned versions beside them."""
    return _show(request, version_on(request.program, today_in(request.program, request.received_at)))


@require_GET
@workspace(Permission.MANAGE_PROGRAM)
def attribution_settings_version(request: WorkspaceRequest, settings_version: UUID) -> HttpResponse:
    """One version."""
    found = settings_visible_to(request.actor, request.program).filter(pk=settings_version).first()
    if found is None:
        raise NotFound(words("There is no such version of the settings."))
    return _show(request, found)


@require_http_methods(["GET", "POST"])
@workspace(Permission.MANAGE_PROGRAM)
def attribution_settings_new(request: WorkspaceRequest) -> HttpResponse:
    """A new version: fill the form, read it back, publish it."""
    today = today_in(request.program, request.received_at)
    current = settings_of(version_on(request.program, today))
    form = AttributionForm(request.POST or None, initial={**current.model_dump(mode="json"), "from_on": today})
    sentences: list[str] = []
    if request.method == "POST" and form.is_valid():
        if "read" in request.POST:
            sentences = settings_told(Settings.model_validate(form.settings()))
        elif accepts(form, lambda: _publish(request, form)):
            tell(request, _("The new settings are published."), draft="attribution")
            return redirect("workspace:attribution_settings", program=request.program.slug)
    context = {
        **settings_frame(request, "attribution_settings", page=_("New version")),
        "form": form,
        "sentences": sentences,
        "back": reverse("workspace:attribution_settings", args=[request.program.slug]),
    }
    return render(request, "workspace/attribution_settings_form.html", context, status=422 if form.errors else 200)


def _publish(request: WorkspaceRequest, form: AttributionForm) -> object:
    return publish_settings(
        program=request.program, actor=request.actor, values=form.settings(), at=request.received_at,
        from_on=form.cleaned_data["from_on"], note=form.cleaned_data["note"],
    )  # fmt: skip


def _show(request: WorkspaceRequest, shown: AttributionSettings) -> HttpResponse:
    today = today_in(request.program, request.received_at)
    slug = request.program.slug
    context = {
        **settings_frame(request, "attribution_settings"),
        "shown": shown,
        "holds": shown.from_on <= today and (shown.to_on is None or today < shown.to_on),
        "today": today,
        "sentences": settings_told(settings_of(shown)),
        "versions": [
            (version, reverse("workspace:attribution_settings_version", args=[slug, version.pk]))
            for version in settings_visible_to(request.actor, request.program)
        ],
    }
    return render(request, "workspace/attribution_settings.html", context)


urlpatterns: list[URLPattern] = [
    path("settings/attribution/", attribution_settings, name="attribution_settings"),
    path("settings/attribution/new/", attribution_settings_new, name="attribution_settings_new"),
    path(
        "settings/attribution/<uuid:settings_version>/", attribution_settings_version,
        name="attribution_settings_version",
    ),
]  # fmt: skip
