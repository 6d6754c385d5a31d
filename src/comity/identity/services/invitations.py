"""How people come in: a letter with a link that works once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from comity.identity.actors import Actor
from comity.identity.letters import send_invitation
from comity.identity.models import Invitation, Membership, Organization, Person
from comity.identity.roles import PARTNER_ROLES, VENDOR_ROLES, Role
from comity.identity.services.people import (
    add_member,
    create_person,
    require_people,
    require_right_to_give,
)
from comity.identity.services.secrets_shown_once import Issued, hash_secret
from comity.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from comity.kernel.ids import public_id
from comity.kernel.words import words
from comity.platform.tenancy import tenant

INVITATION_DAYS: Final = 14


class InvitationGone(NotFound):
    """The letter was used, taken back, or is too old."""

    code, title = "invitation_gone", words("This invitation can no longer be used")


class AddressKnown(Conflict):
    """Somebody has signed in with this address before: the letter alone must not open their account."""

    code, title = "address_known", words("This address has an account already")


def roles_to_give(actor: Actor, *, own: bool) -> tuple[Role, ...]:
    """The roles an invitation of the actor may carry, into their own organization or into one that they imported."""
    if not own or not actor.is_vendor:
        return PARTNER_ROLES
    return (*VENDOR_ROLES, *PARTNER_ROLES) if actor.role == Role.ADMINISTRATOR else VENDOR_ROLES[1:]


@transaction.atomic
def invite(
    *, actor: Actor, email: str, role: Role, organization: Organization, inviting_name: str, at: datetime
) -> Issued[Invitation]:
    """Write an invitation into one's own organization, or (a vendor) into a partner organization it imported.

    Raises NotAllowed, Invalid. The letter is sent once the transaction is committed; its secret is not kept.
    """
    require_people(actor)
    own = organization.id == actor.organization_id
    if not own and organization.private_to_id != actor.organization_id:
        raise NotAllowed(
            words(
                "%(organization)s looks after its own people; its administrator can invite them.",
                organization=organization.name,
            )
        )
    if own:
        require_right_to_give(actor, role)
    if role not in roles_to_give(actor, own=own):
        raise Invalid(
            words(
                "The role %(role)s does not exist in %(organization)s.", role=role.label, organization=organization.name
            ),
            fields={"role": words("Choose a role.")},
        )
    secret = public_id(40)
    invitation = Invitation.objects.create(
        inviting_id=actor.organization_id,
        organization=organization,
        organization_name=organization.name,
        inviting_name=inviting_name,
        email=email.strip().lower(),
        role=role,
        token_hash=hash_secret(secret),
        invited_by_id=actor.person_id,
        expires_at=at + timedelta(days=INVITATION_DAYS),
    )
    transaction.on_commit(lambda: send_invitation(invitation, secret, invited_by=actor.name), robust=True)
    return Issued(invitation, secret)


@transaction.atomic
def invite_again(*, actor: Actor, invitation: Invitation, at: datetime) -> Issued[Invitation]:
    """Write the same letter anew; the link of the old one stops working. Raises NotAllowed, InvitationGone."""
    if invitation.accepted_at is not None:
        raise InvitationGone(words("This invitation was accepted; there is nothing to send again."))
    organization = Organization.objects.filter(pk=invitation.organization_id).first()
    if organization is None:
        raise NotAllowed(
            words(
                "%(organization_name)s looks after its own people by now.",
                organization_name=invitation.organization_name,
            )
        )
    revoke_invitation(actor=actor, invitation=invitation, at=at)
    return invite(
        actor=actor,
        email=invitation.email,
        role=Role(invitation.role),
        organization=organization,
        inviting_name=invitation.inviting_name,
        at=at,
    )


@transaction.atomic
def revoke_invitation(*, actor: Actor, invitation: Invitation, at: datetime) -> None:
    """Take a letter back before it is used; a second time, or once used, changes nothing. Raises NotAllowed."""
    require_people(actor)
    own = Invitation.objects.filter(pk=invitation.pk, inviting_id=actor.organization_id)
    own.filter(accepted_at__isnull=True, revoked_at__isnull=True).update(revoked_at=at)


def read_invitation(*, secret: str, at: datetime) -> Invitation:
    """The invitation of a link, as long as it can be accepted. Raises InvitationGone."""
    with tenant(token=hash_secret(secret)):
        seen = Invitation.objects.filter(token_hash=hash_secret(secret)).first()
    if seen is None or seen.accepted_at or seen.revoked_at or seen.expires_at <= at:
        raise InvitationGone(
            words("This link was used, taken back or is too old. Ask the person who invited you for a new one.")
        )
    return seen


@transaction.atomic
def accept_invitation(*, secret: str, person: Person, at: datetime) -> Membership:
    """Follow an invitation. The first administrator of an imported organization claims it: it is its own from then on.

    Raises InvitationGone, AlreadyMember.
    """
    seen = read_invitation(secret=secret, at=at)
    with tenant(organization_id=seen.inviting_id, person_id=person.id):
        invitation = take_invitation(seen, person=person, at=at)
        private = Organization.objects.filter(pk=invitation.organization_id, private_to_id=invitation.inviting_id)
        claims = Role(invitation.role) == Role.PARTNER_ADMIN and private.exists()
        if claims:
            void_other_letters(invitation, at=at)
    with tenant(organization_id=invitation.organization_id, person_id=person.id):
        if claims:
            Organization.objects.filter(pk=invitation.organization_id).update(private_to_id=None)
        organization = Organization.objects.get(pk=invitation.organization_id)
        return add_member(person=person, organization=organization, role=Role(invitation.role))


@transaction.atomic
def accept_as_new_person(*, secret: str, name: str, password: str, at: datetime, language: str = "en") -> Person:
    """Follow an invitation with an account of one's own, under the address that the letter was sent to.

    The language is the one in which the person read the invitation.

    Raises InvitationGone, AddressKnown: who has an account signs in first.
    """
    invitation = read_invitation(secret=secret, at=at)
    if Person.objects.filter(email__iexact=invitation.email).exists():
        raise AddressKnown(
            words("%(email)s has an account already: sign in, then follow the link again.", email=invitation.email)
        )
    person = create_person(email=invitation.email, name=name, password=password, language=language)
    accept_invitation(secret=secret, person=person, at=at)
    return person


def take_invitation(seen: Invitation, *, person: Person, at: datetime) -> Invitation:
    """Use up an invitation, under the scope of who wrote it. Raises InvitationGone, also when two follow it at once."""
    invitation = Invitation.objects.select_for_update(of=("self",)).get(pk=seen.pk)
    if invitation.accepted_at or invitation.revoked_at or invitation.expires_at <= at:
        raise InvitationGone(words("This link was used, taken back or is too old. Ask for a new one."))
    rules = Organization.objects.filter(pk=invitation.organization_id)
    if invitation.organization_id != invitation.inviting_id:
        # Once claimed, an organization is its own: a letter of the vendor's from before must not open it.
        rules = rules.filter(private_to_id=invitation.inviting_id)
    if not rules.exists():
        raise InvitationGone(
            words(
                "%(organization_name)s looks after its own people by now; ask its administrator to invite you.",
                organization_name=invitation.organization_name,
            )
        )
    invitation.accepted_at, invitation.accepted_by = at, person
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    return invitation


def void_other_letters(invitation: Invitation, *, at: datetime) -> None:
    """End the vendor's other letters into the same organization, which looks after its own people from now on."""
    others = Invitation.objects.filter(organization_id=invitation.organization_id, accepted_at__isnull=True)
    others.filter(revoked_at__isnull=True).exclude(pk=invitation.pk).update(revoked_at=at)
