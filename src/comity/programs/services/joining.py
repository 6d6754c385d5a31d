"""A partner that is here already: its partnership with a new vendor is put beside those it has."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from comity.identity.models import Invitation, Membership, Organization, Person
from comity.identity.roles import HEADS, Role
from comity.identity.services import InvitationGone, read_invitation, take_invitation, void_other_letters
from comity.kernel.errors import Conflict, NotAllowed
from comity.kernel.words import words
from comity.platform.tenancy import tenant
from comity.programs.models import Partnership


class AlreadyPartners(Conflict):
    """The vendor has a partnership with that organization: two of its records are one company."""

    code, title = "already_partners", words("This vendor knows your organization already")


class OthersWorkThere(Conflict):
    """The imported organization has people of its own, who would lose their access."""

    code, title = "others_work_there", words("Others have joined under the name the vendor used")


def organizations_to_join_with(person: Person, invitation: Invitation) -> list[Organization]:
    """The organizations that may take the invitation's partnership: those the person administrates, where the letter
    is for the administrator of an organization that nobody has claimed."""
    if Role(invitation.role) != Role.PARTNER_ADMIN or invitation.organization_id == invitation.inviting_id:
        return []
    with tenant(person_id=person.pk):
        memberships = Membership.objects.filter(person=person, role__in=HEADS, ended_at__isnull=True)
        own = [membership.organization for membership in memberships.select_related("organization")]
    taken = (invitation.organization_id, invitation.inviting_id)
    return [organization for organization in own if organization.pk not in taken]


@transaction.atomic
def join_with_own_organization(
    *, secret: str, person: Person, organization: Organization, at: datetime
) -> list[Partnership]:
    """Follow an invitation with an organization that one administrates: the vendor's partnerships with the imported one
    become partnerships with it, and what hangs on them follows. The vendor's own record stays as it is.

    Raises InvitationGone, NotAllowed, AlreadyPartners, OthersWorkThere.
    """
    seen = read_invitation(secret=secret, at=at)
    if organization.pk not in {own.pk for own in organizations_to_join_with(person, seen)}:
        raise NotAllowed(
            words("Only an administrator of %(organization)s can let it join.", organization=organization.name)
        )
    _require_nobody_in(seen.organization_id)
    # As the vendor, whose rows these are, and as the person, by whom the database knows that the organization agrees.
    with tenant(organization_id=seen.inviting_id, person_id=person.pk):
        invitation = take_invitation(seen, person=person, at=at)
        if Partnership.objects.filter(vendor_id=seen.inviting_id, partner_id=organization.pk).exists():
            raise AlreadyPartners(
                words(
                    "%(inviting_name)s has a partnership with %(organization)s already; ask them to join "
                    "their two records.",
                    inviting_name=seen.inviting_name,
                    organization=organization.name,
                )
            )
        imported = Partnership.objects.filter(vendor_id=seen.inviting_id, partner_id=seen.organization_id)
        moved = list(imported.select_for_update())
        if not moved:
            raise InvitationGone(
                words(
                    "%(inviting_name)s has no partnership with %(organization_name)s any more.",
                    inviting_name=seen.inviting_name,
                    organization_name=seen.organization_name,
                )
            )
        imported.update(partner_id=organization.pk)
        void_other_letters(invitation, at=at)
        return list(Partnership.objects.filter(pk__in=[partnership.pk for partnership in moved]))


def _require_nobody_in(organization_id: UUID) -> None:
    """Raises OthersWorkThere."""
    with tenant(organization_id=organization_id):
        if Membership.objects.filter(organization_id=organization_id, ended_at__isnull=True).exists():
            raise OthersWorkThere(words("Accept the invitation as it stands, or ask the vendor for a new one."))
