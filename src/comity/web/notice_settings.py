"""How a person wants to hear of what: one choice a kind, for every vendor alike."""

from __future__ import annotations

from typing import Any, Final, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from comity.identity.models import Person
from comity.identity.queries import memberships_of
from comity.identity.roles import Role, is_vendor_role, may_enter_portal
from comity.notices.kinds import Kind, kinds_for
from comity.notices.queries import ways_of
from comity.notices.services import choose_ways
from comity.notices.states import Side, Way
from comity.web.form_answers import accepts, tell
from comity.web.signed_in import signed_in

WAYS: Final = (
    (Way.AT_ONCE.value, gettext_lazy("E-mail at once")),
    (Way.DAILY.value, gettext_lazy("E-mail once a day")),
    (Way.WEEKLY.value, gettext_lazy("E-mail on Mondays")),
    (Way.INBOX.value, gettext_lazy("Only in the inbox")),
    (Way.OFF.value, gettext_lazy("Not at all")),
)


class WaysForm(forms.Form):
    """One choice a kind."""

    def __init__(self, kinds: list[Kind], *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for kind in kinds:
            self.fields[kind.name] = forms.ChoiceField(label=kind.label, choices=WAYS)


@require_http_methods(["GET", "POST"])
@signed_in
def notice_settings(request: HttpRequest) -> HttpResponse:
    """The kinds that the person's roles can be told of, each with its way."""
    person = cast(Person, request.user)
    kinds = kinds_for(_sides_of(person))
    ways = {name: way.value for name, way in ways_of(person.pk).items()}
    form = WaysForm(kinds, request.POST or None, initial=ways)
    if request.method == "POST" and accepts(form, lambda: choose_ways(person_id=person.pk, ways=form.cleaned_data)):
        tell(request, _("Saved. It holds for every vendor, from the next notification on."))
        return redirect("notice_settings")
    context = {"form": form, "person": person}
    return render(request, "account/notices.html", context, status=422 if form.is_bound else 200)


def _sides_of(person: Person) -> list[Side]:
    roles = [Role(membership.role) for membership in memberships_of(person.pk)]
    sides = []
    if any(is_vendor_role(role) for role in roles):
        sides.append(Side.VENDOR)
    if any(may_enter_portal(role) for role in roles):
        sides.append(Side.PARTNER)
    return sides


urlpatterns: list[URLPattern] = [path("profile/notices/", notice_settings, name="notice_settings")]
