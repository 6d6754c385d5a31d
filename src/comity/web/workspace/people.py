"""The vendor's people: who is in, with which role, who is invited, and what each role may do."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from comity.identity.models import Organization
from comity.identity.queries import invitations_visible_to, memberships_visible_to, organization_of
from comity.identity.roles import PARTNER_ROLES, VENDOR_ROLES, Permission, Role, permissions_of
from comity.identity.services import (
    change_role,
    end_membership,
    invite,
    invite_again,
    revoke_invitation,
    roles_to_give,
)
from comity.programs.models import Partnership
from comity.web.doors import WorkspaceRequest, workspace
from comity.web.form_answers import accepts, attempt, tell
from comity.web.form_fields import choice_field
from comity.web.workspace.settings_tabs import settings_frame


class InvitationForm(forms.Form):
    """Whom to invite, where to, as what."""

    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)
    place = forms.ChoiceField(label=gettext_lazy("Into"))
    role = forms.ChoiceField(label=gettext_lazy("Role"))

    def __init__(self, request: WorkspaceRequest, data: Any = None) -> None:
        super().__init__(data)
        self.own = organization_of(request.actor)
        self.places = {str(place.pk): place for place in (self.own, *_imported_partners(request))}
        choice_field(self, "place").choices = [(key, place.name) for key, place in self.places.items()]
        ours, theirs = roles_to_give(request.actor, own=True), roles_to_give(request.actor, own=False)
        choice_field(self, "role").choices = [
            (self.own.name, [(role.value, role.label) for role in ours if role in VENDOR_ROLES]),
            (_("A partner"), [(role.value, role.label) for role in theirs]),
        ]

    def clean(self) -> dict[str, Any]:
        """A role of the place that was chosen."""
        values: dict[str, Any] = super().clean() or {}
        if values.get("role") in VENDOR_ROLES and values.get("place") not in (None, str(self.own.pk)):
            self.add_error("role", _("This role is for your own people; choose a partner's role."))
        return values


@require_GET
@workspace(Permission.MANAGE_PEOPLE)
def people(request: WorkspaceRequest) -> HttpResponse:
    """Everybody who is in, and the letters that are out."""
    letters = invitations_visible_to(request.actor).filter(accepted_at__isnull=True, revoked_at__isnull=True)
    roles = roles_to_give(request.actor, own=True)
    context = {
        **settings_frame(request, "people"),
        "members": [(membership, Role(membership.role)) for membership in memberships_visible_to(request.actor)],
        "letters": [(letter, Role(letter.role).label) for letter in letters[:200]],
        "roles": [(role.value, role.label) for role in roles],
        "role_values": [role.value for role in roles],
        "now": request.received_at,
    }
    return render(request, "workspace/people.html", context)


@require_http_methods(["GET", "POST"])
@workspace(Permission.MANAGE_PEOPLE)
def people_invite(request: WorkspaceRequest) -> HttpResponse:
    """Write an invitation."""
    form = InvitationForm(request, request.POST or None)

    def save() -> None:
        invite(
            actor=request.actor,
            email=form.cleaned_data["email"],
            role=Role(form.cleaned_data["role"]),
            organization=form.places[form.cleaned_data["place"]],
            inviting_name=form.own.name,
            at=request.received_at,
        )

    if request.method == "POST" and accepts(form, save):
        tell(request, _("The letter to %(email)s is on its way.") % {"email": form.cleaned_data["email"]})
        return redirect("workspace:people", program=request.program.slug)
    context = {**settings_frame(request, "people", page=_("Invite somebody")), "form": form}
    return render(request, "workspace/people_invite.html", context, status=422 if form.is_bound else 200)


@require_POST
@workspace(Permission.MANAGE_PEOPLE)
def people_member(request: WorkspaceRequest, membership: UUID) -> HttpResponse:
    """Give a colleague another role, or let them go, as the button says."""
    found = get_object_or_404(memberships_visible_to(request.actor), pk=membership)
    name = {"name": str(found.person)}
    if request.POST.get("do") == "end":
        attempt(
            request,
            lambda: end_membership(actor=request.actor, membership=found, at=request.received_at),
            _("%(name)s is no longer in your organization.") % name,
        )
    elif request.POST.get("role") in set(Role):
        role = Role(request.POST["role"])
        attempt(
            request,
            lambda: change_role(actor=request.actor, membership=found, role=role),
            _("%(name)s is now: %(role)s.") % {**name, "role": role.label},
        )
    return redirect("workspace:people", program=request.program.slug)


@require_POST
@workspace(Permission.MANAGE_PEOPLE)
def people_letter(request: WorkspaceRequest, invitation: UUID) -> HttpResponse:
    """Send an invitation again, or take it back, as the button says."""
    found = get_object_or_404(invitations_visible_to(request.actor), pk=invitation)
    email = {"email": found.email}
    if request.POST.get("do") == "again":
        attempt(
            request,
            lambda: invite_again(actor=request.actor, invitation=found, at=request.received_at),
            _("A new letter to %(email)s is on its way; the old link no longer works.") % email,
        )
    else:
        attempt(
            request,
            lambda: revoke_invitation(actor=request.actor, invitation=found, at=request.received_at),
            _("The invitation of %(email)s is taken back.") % email,
        )
    return redirect("workspace:people", program=request.program.slug)


SHORT: Final = {
    Role.ADMINISTRATOR: gettext_lazy("Admin"),
    Role.EXECUTIVE: gettext_lazy("VP"),
    Role.PARTNER_MANAGER: gettext_lazy("Manager"),
    Role.OPERATIONS: gettext_lazy("Operations"),
    Role.MARKETING: gettext_lazy("Marketing"),
    Role.PRODUCT: gettext_lazy("Product"),
    Role.SALES: gettext_lazy("Sales"),
}
"""Heads of the table, which is to fit a screen."""


@require_GET
@workspace(Permission.MANAGE_PEOPLE)
def people_roles(request: WorkspaceRequest) -> HttpResponse:
    """What each role may do, as one table."""
    tables = [
        (
            label,
            [(role.label, SHORT.get(role, role.label)) for role in roles],
            [
                (one.removeprefix("portal_"), [(role.label, one in permissions_of(role)) for role in roles])
                for one in rows
            ],
        )
        for label, roles, rows in (
            (_("Your own people"), VENDOR_ROLES, [one for one in Permission if not one.startswith("portal_")]),
            (_("A partner's people"), PARTNER_ROLES, [one for one in Permission if one.startswith("portal_")]),
        )
    ]
    context = {**settings_frame(request, "people", page=_("Roles")), "tables": tables}
    return render(request, "workspace/people_roles.html", context)


def _imported_partners(request: WorkspaceRequest) -> list[Organization]:
    """Partner organizations that nobody of theirs has claimed yet; the others look after their own people."""
    partners = Partnership.objects.filter(vendor_id=request.actor.organization_id).values("partner_id")
    imported = Organization.objects.filter(private_to_id=request.actor.organization_id, pk__in=partners)
    return list(imported.order_by("name"))


urlpatterns: list[URLPattern] = [
    path("settings/people/", people, name="people"),
    path("settings/people/invite/", people_invite, name="people_invite"),
    path("settings/people/roles/", people_roles, name="people_roles"),
    path("settings/people/<uuid:membership>/", people_member, name="people_member"),
    path("settings/invitations/<uuid:invitation>/", people_letter, name="people_letter"),
]
