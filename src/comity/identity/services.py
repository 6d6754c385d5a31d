"""Getting people in and out: administrators, invitations, roles, tokens."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from comity.identity.actors import Actor
from comity.identity.models import ApiToken, Invitation, Membership, Organization, Person
from comity.identity.roles import PARTNER_ROLES, VENDOR_ROLES, Permission, Role
from comity.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from comity.kernel.ids import public_id, uuid7
from comity.kernel.names import clean_name
from comity.platform.tenancy import tenant

INVITATION_DAYS: Final = 14
SCOPES: Final = ("read", "write", "import")


class InvitationGone(NotFound):
    """The letter was used, taken back, or is too old."""

    code, title = "invitation_gone", "This invitation can no longer be used"


class AlreadyMember(Conflict):
    """The person is in that organization already."""

    code, title = "already_member", "This person is a member already"


class LastAdministrator(Conflict):
    """Somebody must be left who can let others in."""

    code, title = "last_administrator", "An organization keeps at least one administrator"


class UnknownScope(Invalid):
    """A token was asked for with a scope that does not exist."""

    code, title = "unknown_scope", "There is no such scope"


@dataclass(frozen=True)
class Issued[Thing]:
    """Something whose secret is shown once and never kept."""

    thing: Thing
    secret: str


def hash_secret(secret: str) -> str:
    """How tokens are kept: SHA-256 in hex. They are long and random, so a slow hash adds nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def create_person(*, email: str, name: str, password: str | None) -> Person:
    """Make a person, or find the one with this e-mail address; an existing password is left alone."""
    known = Person.objects.filter(email__iexact=email).first()
    if known is not None:
        return known
    return Person.objects.create_user(email, password, name=clean_name(name, max_length=200))


@transaction.atomic
def create_organization(*, name: str, website: str = "", country: str = "") -> Organization:
    """Make an organization of its own right (a vendor that is set up here, or one that signs itself up)."""
    organization = Organization(id=uuid7(), name=clean_name(name), website=website, country=country)
    with tenant(organization_id=organization.id):
        organization.save(force_insert=True)
    return organization


@transaction.atomic
def create_administrator(*, email: str, name: str, password: str, organization: str) -> Person:
    """Make (or find) a person and the organization of this name that they administer; for the operator's command."""
    person = create_person(email=email, name=name, password=password)
    with tenant(person_id=person.id):
        own = [membership.organization for membership in person.memberships.select_related("organization")]
    found = next((candidate for candidate in own if candidate.name.casefold() == organization.casefold()), None)
    chosen = found or create_organization(name=organization)
    with tenant(organization_id=chosen.id, person_id=person.id):
        membership, _ = Membership.objects.get_or_create(
            person=person, organization=chosen, ended_at=None, defaults={"role": Role.ADMINISTRATOR}
        )
        membership.role = Role.ADMINISTRATOR
        membership.save(update_fields=["role"])
    return person


@transaction.atomic
def add_member(*, person: Person, organization: Organization, role: Role) -> Membership:
    """Put a person into an organization. Raises AlreadyMember. Runs under that organization's scope."""
    if Membership.objects.filter(person=person, organization=organization, ended_at__isnull=True).exists():
        raise AlreadyMember(f"{person.email} is in {organization.name} already.")
    return Membership.objects.create(person=person, organization=organization, role=role)


@transaction.atomic
def invite(
    *, actor: Actor, email: str, role: Role, organization: Organization, inviting_name: str, at: datetime
) -> Issued[Invitation]:
    """Write an invitation into one's own organization, or (a vendor) into a partner organization it imported.

    Raises NotAllowed, Invalid. The secret goes into the letter and is not kept.
    """
    actor.require(Permission.MANAGE_PEOPLE if actor.is_vendor else Permission.PORTAL_PEOPLE)
    own = organization.id == actor.organization_id
    if not own and organization.private_to_id != actor.organization_id:
        raise NotAllowed(f"{organization.name} looks after its own people; its administrator can invite them.")
    allowed = (VENDOR_ROLES if actor.is_vendor else PARTNER_ROLES) if own else PARTNER_ROLES
    if role not in allowed:
        raise Invalid(
            f"The role {role.label} does not exist in {organization.name}.", fields={"role": "Choose a role."}
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
    return Issued(invitation, secret)


@transaction.atomic
def accept_invitation(*, secret: str, person: Person, at: datetime) -> Membership:
    """Follow an invitation. The first to enter an imported organization claims it: from then on it is its own.

    Raises InvitationGone, AlreadyMember.
    """
    with tenant(token=hash_secret(secret)):
        seen = Invitation.objects.filter(token_hash=hash_secret(secret)).first()
    if seen is None:
        raise InvitationGone("This link is not, or no longer, valid. Ask the person who invited you for a new one.")
    with tenant(organization_id=seen.inviting_id, person_id=person.id):
        invitation = Invitation.objects.select_for_update().get(pk=seen.pk)
        if invitation.accepted_at or invitation.revoked_at or invitation.expires_at <= at:
            raise InvitationGone("This link was used, taken back or is too old. Ask for a new one.")
        invitation.accepted_at, invitation.accepted_by = at, person
        invitation.save(update_fields=["accepted_at", "accepted_by"])
        _claim(invitation)
    with tenant(organization_id=invitation.organization_id, person_id=person.id):
        organization = Organization.objects.get(pk=invitation.organization_id)
        return add_member(person=person, organization=organization, role=Role(invitation.role))


def _claim(invitation: Invitation) -> None:
    """Give an imported organization to itself; in two scopes, since afterwards the vendor can no longer see it."""
    private = Organization.objects.filter(pk=invitation.organization_id, private_to_id=invitation.inviting_id)
    if private.exists():
        with tenant(organization_id=invitation.organization_id):
            Organization.objects.filter(pk=invitation.organization_id).update(private_to_id=None)


@transaction.atomic
def revoke_invitation(*, actor: Actor, invitation: Invitation, at: datetime) -> None:
    """Take a letter back before it is used."""
    actor.require(Permission.MANAGE_PEOPLE if actor.is_vendor else Permission.PORTAL_PEOPLE)
    Invitation.objects.filter(pk=invitation.pk, accepted_at__isnull=True).update(revoked_at=at)


@transaction.atomic
def change_role(*, actor: Actor, membership: Membership, role: Role) -> Membership:
    """Give a colleague another role. Raises LastAdministrator, Invalid."""
    actor.require(Permission.MANAGE_PEOPLE if actor.is_vendor else Permission.PORTAL_PEOPLE)
    if (role in VENDOR_ROLES) != (Role(membership.role) in VENDOR_ROLES):
        raise Invalid(f"The role {role.label} belongs to the other side.", fields={"role": "Choose a role."})
    _keep_an_administrator(membership, leaving=role)
    membership.role = role
    membership.save(update_fields=["role"])
    return membership


@transaction.atomic
def end_membership(*, actor: Actor, membership: Membership, at: datetime) -> None:
    """Let somebody go; what they did stays under their name. Raises LastAdministrator."""
    actor.require(Permission.MANAGE_PEOPLE if actor.is_vendor else Permission.PORTAL_PEOPLE)
    _keep_an_administrator(membership, leaving=None)
    membership.ended_at = at
    membership.save(update_fields=["ended_at"])


def _keep_an_administrator(membership: Membership, leaving: Role | None) -> None:
    heads = (Role.ADMINISTRATOR, Role.PARTNER_ADMIN)
    if membership.role not in heads or leaving in heads:
        return
    same = Membership.objects.select_for_update().filter(
        organization_id=membership.organization_id, role=membership.role, ended_at__isnull=True
    )
    if len(same) <= 1:
        raise LastAdministrator("Make somebody else administrator first, so that people can still be let in.")


@transaction.atomic
def issue_token(*, actor: Actor, name: str, scopes: list[str], expires_at: datetime | None = None) -> Issued[ApiToken]:
    """Make an API token; its secret is shown once. Raises UnknownScope."""
    actor.require(Permission.MANAGE_TOKENS)
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise UnknownScope(f"Choose from {', '.join(SCOPES)}.", fields={"scopes": f"Choose from {', '.join(SCOPES)}."})
    secret = f"cmty_{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(
        organization_id=actor.organization_id,
        name=clean_name(name, max_length=120),
        prefix=secret[:12],
        token_hash=hash_secret(secret),
        scopes=sorted(set(scopes)),
        created_by_id=actor.person_id,
        expires_at=expires_at,
    )
    return Issued(token, secret)


@transaction.atomic
def revoke_token(*, actor: Actor, token_id: UUID, at: datetime) -> None:
    """End a token at once."""
    actor.require(Permission.MANAGE_TOKENS)
    ApiToken.objects.filter(pk=token_id, organization_id=actor.organization_id).update(revoked_at=at)
