"""The partner's company: its profile, its people, and the letters that invite more of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from comity.identity.queries import invitations_visible_to, memberships_visible_to, organization_of
from comity.identity.roles import PARTNER_ROLES, Permission, Role
from comity.identity.services import change_role, end_membership, invite, revoke_invitation
from comity.identity.services.organizations import edit_organization
from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.programs.queries import capabilities_of
from comity.programs.services import CapabilitiesDraft, declare_capabilities
from comity.programs.services.capabilities import MOST_PEOPLE
from comity.web.capabilities import declared_facts
from comity.web.doors import PortalRequest, portal
from comity.web.form_answers import accepts, attempt, tell
from comity.web.typed import ListField

ROLES = [(role.value, role.label) for role in PARTNER_ROLES]


class ProfileForm(forms.Form):
    """What the company says of itself."""

    name = forms.CharField(label=gettext_lazy("Name"))
    website = forms.CharField(label=gettext_lazy("Website"), required=False)
    country = forms.CharField(label=gettext_lazy("Country"), required=False)
    about = forms.CharField(label=gettext_lazy("What you do"), required=False, widget=forms.Textarea(attrs={"rows": 4}))


class CapabilitiesForm(forms.Form):
    """What the company can do, as it says itself."""

    skills = ListField(
        label=gettext_lazy("Skills"),
        required=False,
        help_text=gettext_lazy("Parted by commas, like: migration, SQL."),
    )
    certifications = ListField(
        label=gettext_lazy("Certifications"), required=False,
        help_text=gettext_lazy("Of any issuer, parted by commas. They are shown as what you say yourselves."),
    )  # fmt: skip
    regions = ListField(
        label=gettext_lazy("Regions you work in"), required=False, help_text=gettext_lazy("Parted by commas.")
    )
    capacity = forms.IntegerField(
        label=gettext_lazy("People who work with customers"), required=False, min_value=0, max_value=MOST_PEOPLE
    )


class InviteForm(forms.Form):
    """A colleague to be let in."""

    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=ROLES, initial=Role.PARTNER_SELLER.value)


@require_http_methods(["GET", "POST"])
@portal(Permission.PORTAL_COMPANY)
def company(request: PortalRequest) -> HttpResponse:
    """The profile and the people; the administrator changes both."""
    if request.method != "POST":
        return _page(request)
    form = ProfileForm(request.POST)
    if accepts(form, lambda: edit_organization(actor=request.actor, **form.cleaned_data)):
        tell(request, _("The profile is saved."), draft="company")
        return redirect("portal:company", partnership=request.partnership.pk)
    return _page(request, profile=form)


@require_POST
@portal(Permission.PORTAL_EDIT_COMPANY)
def company_capabilities(request: PortalRequest) -> HttpResponse:
    """Tell the vendor what we can do."""
    form = CapabilitiesForm(request.POST)

    def save() -> None:
        draft = CapabilitiesDraft(**form.cleaned_data)
        declare_capabilities(partnership=request.partnership, actor=request.actor, draft=draft, at=request.received_at)

    if accepts(form, save):
        tell(request, _("Noted. %(vendor)s sees it from now on.") % {"vendor": request.program.vendor_name})
        return redirect("portal:company", partnership=request.partnership.pk)
    return _page(request, capabilities=form)


@require_POST
@portal(Permission.PORTAL_PEOPLE)
def company_invite(request: PortalRequest) -> HttpResponse:
    """Write to a colleague."""
    form = InviteForm(request.POST)

    def save() -> None:
        own = organization_of(request.actor)
        invite(
            actor=request.actor,
            email=form.cleaned_data["email"],
            role=Role(form.cleaned_data["role"]),
            organization=own,
            inviting_name=own.name,
            at=request.received_at,
        )

    if accepts(form, save):
        done = _("The letter to %(email)s is on its way.") % {"email": form.cleaned_data["email"]}
        tell(request, done)
        return redirect("portal:company", partnership=request.partnership.pk)
    return _page(request, invitation=form)


@require_POST
@portal(Permission.PORTAL_PEOPLE)
def company_revoke(request: PortalRequest, invitation: UUID) -> HttpResponse:
    """Take a letter back."""
    letter = invitations_visible_to(request.actor).filter(pk=invitation).first()
    if letter is None:
        raise NotFound(words("There is no such invitation."))
    attempt(
        request,
        lambda: revoke_invitation(actor=request.actor, invitation=letter, at=request.received_at),
        _("The invitation of %(email)s is taken back.") % {"email": letter.email},
    )
    return redirect("portal:company", partnership=request.partnership.pk)


@require_POST
@portal(Permission.PORTAL_PEOPLE)
def company_member(request: PortalRequest, member: UUID) -> HttpResponse:
    """Give a colleague another role, or with `end` let them go."""
    membership = memberships_visible_to(request.actor).filter(pk=member).first()
    if membership is None:
        raise NotFound(words("There is no such colleague."))
    if "end" in request.POST:
        attempt(
            request,
            lambda: end_membership(actor=request.actor, membership=membership, at=request.received_at),
            _("%(name)s can no longer come in.") % {"name": membership.person},
        )
        return redirect("portal:company", partnership=request.partnership.pk)
    try:
        role = Role(request.POST.get("role", ""))
    except ValueError:
        raise NotFound(words("There is no such role.")) from None
    attempt(
        request,
        lambda: change_role(actor=request.actor, membership=membership, role=role),
        _("%(name)s: %(role)s.") % {"name": membership.person, "role": role.label},
    )
    return redirect("portal:company", partnership=request.partnership.pk)


def _page(request: PortalRequest, **bound: Any) -> HttpResponse:
    own = organization_of(request.actor)
    said = {name: getattr(own, name) for name in ProfileForm.base_fields}
    kept = capabilities_of(request.partnership)
    told = {name: getattr(kept, name) for name in CapabilitiesForm.base_fields} if kept else {}
    may_invite = request.actor.can(Permission.PORTAL_PEOPLE)
    letters = invitations_visible_to(request.actor).filter(accepted_at__isnull=True, revoked_at__isnull=True)
    context = {
        "page_title": _("Company"),
        "breadcrumbs": [(_("Company"), "")],
        "company": own,
        "members": memberships_visible_to(request.actor),
        "letters": letters.filter(expires_at__gt=request.received_at) if may_invite else [],
        "roles": ROLES,
        "may_edit": request.actor.can(Permission.PORTAL_EDIT_COMPANY),
        "may_invite": may_invite,
        "may_make_tokens": request.actor.can(Permission.PORTAL_TOKENS),
        "profile": ProfileForm(initial=said),
        "invitation": InviteForm(),
        "capabilities": CapabilitiesForm(initial=told),
        "declared": declared_facts(kept),
        "declared_at": kept.declared_at if kept else None,
        **bound,
    }
    return render(request, "portal/company.html", context, status=422 if bound else 200)


urlpatterns: list[URLPattern] = [
    path("company/", company, name="company"),
    path("company/capabilities/", company_capabilities, name="company_capabilities"),
    path("company/invitations/", company_invite, name="company_invite"),
    path("company/invitations/<uuid:invitation>/", company_revoke, name="company_revoke"),
    path("company/people/<uuid:member>/", company_member, name="company_member"),
]
