"""A person's own pages: following an invitation, the profile, ending a session."""

from __future__ import annotations

import zoneinfo
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from allauth.usersessions.models import UserSession
from django import forms
from django.conf import settings
from django.contrib.auth import login, password_validation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from comity.identity.models import Invitation, Organization, Person
from comity.identity.roles import Role
from comity.identity.services import accept_as_new_person, accept_invitation, change_profile, read_invitation
from comity.platform.languages import supported
from comity.programs.services.joining import join_with_own_organization, organizations_to_join_with
from comity.web.form_answers import accepts, attempt, tell
from comity.web.form_fields import choice_field
from comity.web.signed_in import signed_in

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class NewAccountForm(forms.Form):
    """Name and password of somebody who comes in for the first time."""

    name = forms.CharField(
        label=gettext_lazy("Your name"), max_length=200, widget=forms.TextInput({"autocomplete": "name"})
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 10 characters."),
    )

    def __init__(self, invitation: Invitation, data: Any = None) -> None:
        super().__init__(data)
        self.invitation = invitation

    def clean(self) -> dict[str, Any]:
        """A password that is not easily guessed, from the name or the address for one."""
        values: dict[str, Any] = super().clean() or {}
        if values.get("password"):
            somebody = Person(email=self.invitation.email, name=values.get("name", ""))
            try:
                password_validation.validate_password(values["password"], somebody)
            except forms.ValidationError as problem:
                self.add_error("password", problem)
        return values


@never_cache
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Show who invites, and let the reader join: as they are signed in, or with a new account."""
    found = read_invitation(secret=secret, at=timezone.now())
    person = request.user if isinstance(request.user, Person) else None
    known = Person.objects.filter(email__iexact=found.email).exists()
    form = NewAccountForm(found, request.POST if request.method == "POST" and person is None else None)
    own = organizations_to_join_with(person, found) if person else []
    if request.method == "POST":
        joined = _join(request, secret, person, own) if person else not known and _come_in(request, secret, form)
        if joined:
            return redirect("/")
    here = reverse("invitation", args=[secret])
    context = {
        "invitation": found,
        "role": Role(found.role).label,
        "into_own": found.organization_id == found.inviting_id,
        "form": form,
        "known": known,
        "own": own,
        "is_other_address": person is not None and person.email.lower() != found.email.lower(),
        "sign_in": f"{reverse('account_login')}?{urlencode({'next': here})}",
        "sign_out": f"{reverse('account_logout')}?{urlencode({'next': here})}",
    }
    return render(request, "account/invitation.html", context, status=422 if request.method == "POST" else 200)


def _join(request: HttpRequest, secret: str, person: Person, own: list[Organization]) -> bool:
    now = timezone.now()
    wanted = request.POST.get("organization")
    chosen = next((organization for organization in own if str(organization.pk) == wanted), None)
    if chosen is None:
        return attempt(
            request, lambda: accept_invitation(secret=secret, person=person, at=now), _("Welcome: you are in.")
        )
    return attempt(
        request,
        lambda: join_with_own_organization(secret=secret, person=person, organization=chosen, at=now),
        _("Welcome: the new partnership stands beside those of %(name)s.") % {"name": chosen.name},
    )


def _come_in(request: HttpRequest, secret: str, form: NewAccountForm) -> bool:
    made: list[Person] = []

    def save() -> None:
        values = {"name": form.cleaned_data["name"], "password": form.cleaned_data["password"]}
        language = supported(translation.get_language() or "")
        made.append(accept_as_new_person(secret=secret, at=timezone.now(), language=language, **values))

    if not accepts(form, save):
        return False
    login(request, made[0], backend=BACKEND)
    tell(request, _("Welcome, %(name)s: you are in.") % {"name": made[0].name})
    return True


class ProfileForm(forms.Form):
    """What others read of a person, which language they read, and which clock they live by."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200, widget=forms.TextInput({"autocomplete": "name"}))
    language = forms.ChoiceField(
        label=gettext_lazy("Language"), choices=lambda: settings.LANGUAGES,
        help_text=gettext_lazy("Of pages, letters and notices. Each language is called by its own name."),
    )  # fmt: skip
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"))

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        zones = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone and not zone.startswith("Etc/"))
        choice_field(self, "time_zone").choices = [("UTC", "UTC"), *((zone, zone) for zone in zones)]


@require_http_methods(["GET", "POST"])
@signed_in
def profile(request: HttpRequest) -> HttpResponse:
    """One's own name, language and time zone."""
    person = cast(Person, request.user)
    said = {"name": person.name, "time_zone": person.time_zone, "language": supported(person.language)}
    form = ProfileForm(request.POST or None, initial=said)
    if request.method == "POST" and accepts(form, lambda: change_profile(person_id=person.pk, **form.cleaned_data)):
        translation.activate(form.cleaned_data["language"])  # the answer is in the language just chosen
        tell(request, _("Your profile is saved."))
        return redirect("profile")
    return render(request, "account/profile.html", {"form": form}, status=422 if form.is_bound else 200)


@require_POST
@signed_in
def session_end(request: HttpRequest, session: int) -> HttpResponse:
    """Sign one browser out; at once, since its session is gone."""
    found = get_object_or_404(UserSession, pk=session, user_id=cast(UUID, request.user.pk))
    found.end()
    tell(request, _("That browser is signed out."))
    return redirect("usersessions_list")


urlpatterns: list[URLPattern] = [
    path("invitation/<str:secret>", invitation, name="invitation"),
    path("profile/", profile, name="profile"),
    path("profile/sessions/<int:session>/end/", session_end, name="session_end"),
]
