"""Who changed what, across every table of the organization."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from comity.identity.models import Membership, Person
from comity.identity.roles import Permission
from comity.platform.audit import PAGE_SIZE, AuditFilter, audited_tables, changes_of
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_fields import choice_field
from comity.web.templatetags.figures import spoken
from comity.web.typed import DayField
from comity.web.workspace.settings_tabs import settings_frame


class AuditForm(forms.Form):
    """What to look for."""

    table = forms.ChoiceField(
        label=gettext_lazy("What"), required=False, widget=forms.Select({"aria-label": gettext_lazy("What")})
    )
    person = forms.ChoiceField(
        label=gettext_lazy("Who"), required=False, widget=forms.Select({"aria-label": gettext_lazy("Who")})
    )
    record = forms.UUIDField(required=False, widget=forms.HiddenInput)
    since = DayField(label=gettext_lazy("From"), required=False)
    until = DayField(label=gettext_lazy("To"), required=False)

    def __init__(self, request: WorkspaceRequest) -> None:
        super().__init__(request.GET)
        members = Membership.objects.filter(organization_id=request.actor.organization_id).select_related("person")
        people = sorted({(str(member.person_id), str(member.person)) for member in members}, key=lambda pair: pair[1])
        choice_field(self, "person").choices = [("", _("Everybody")), *people]
        choice_field(self, "table").choices = [
            ("", _("Everything")),
            *((name, spoken(name)) for name in audited_tables()),
        ]

    def wanted(self, zone: ZoneInfo, before: str) -> AuditFilter:
        """The filter; what is not understood does not limit. Both days are included, in the program's time zone."""
        self.is_valid()
        values: dict[str, Any] = self.cleaned_data
        until = values.get("until")
        return AuditFilter(
            table=values.get("table") or "",
            person_id=values.get("person") or None,
            record_id=values.get("record"),
            since=_start(values.get("since"), zone),
            until=_start(until + timedelta(days=1) if until else None, zone),
            before=before,
        )


@require_GET
@workspace(Permission.VIEW_AUDIT)
def audit(request: WorkspaceRequest) -> HttpResponse:
    """The list, newest first."""
    form = AuditForm(request)
    wanted = form.wanted(ZoneInfo(request.program.time_zone), request.GET.get("before", ""))
    found = changes_of(request.actor.organization_id, wanted)
    shown = found[:PAGE_SIZE]
    names = {person.pk: str(person) for person in Person.objects.filter(pk__in={change.person_id for change in shown})}
    given = {name: str(value) for name, value in request.GET.items() if name != "before" and value}
    context = {
        **settings_frame(request, "audit"),
        "form": form,
        "changes": [(change, names.get(change.person_id) if change.person_id else None) for change in shown],
        "following": "?" + urlencode({**given, "before": shown[-1].mark}) if len(found) > PAGE_SIZE else "",
        "is_filtered": bool(given),
        "is_later_page": bool(wanted.before),
    }
    return render(request, "workspace/audit.html", context)


def _start(day: Any, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time.min, tzinfo=zone) if day else None


urlpatterns: list[URLPattern] = [path("settings/audit/", audit, name="audit")]
