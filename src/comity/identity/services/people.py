"""People in organizations: administrators, roles, leaving."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db import transaction

from comity.identity.actors import Actor
from comity.identity.models import ApiToken, Membership, Organization, Person
from comity.identity.roles import HEADS, VENDOR_ROLES, Permission, Role
from comity.kernel.errors import Conflict, Invalid, NotAllowed
from comity.kernel.ids import uuid7
from comity.kernel.names import clean_name
from comity.kernel.words import words
from comity.platform.tenancy import tenant


class AlreadyMember(Conflict):
    """The person is in that organization already."""

    code, title = "already_member", words("This person is a member already")


class LastAdministrator(Conflict):
    """Somebody must be left who can let others in."""

    code, title = "last_administrator", words("An organization keeps at least one administrator")


@transaction.atomic
def create_person(*, email: str, name: str, password: str | None, language: str = "en") -> Person:
    """Make a person, or find the one with this e-mail address; an existing password is left alone.

    The caller answers for the address: it was proved by a letter, or given by the operator.
    """
    known = Person.objects.filter(email__iexact=email).first()
    if known is not None:
        return known
    person = Person.objects.create_user(email, password, name=clean_name(name, max_length=200), language=language)
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


@transaction.atomic
def create_organization(*, name: str, website: str = "", country: str = "") -> Organization:
    """Make an organization of its own right (a vendor that is set up here, or one that signs itself up)."""
    organization = Organization(id=uuid7(), name=clean_name(name), website=website, country=country)
    with tenant(organization_id=organization.id):
        organization.save(force_insert=True)
    return organization


@transaction.atomic
def create_administrator(
    *, email: str, name: str, password: str, organization: str, organization_id: UUID | None = None
) -> Person:
    """Make (or find) a person and the organization that they administer; for the operator's command.

    `organization_id` is an organization that stands already (an import made its vendor); without it the person's own
    one of this name counts, else a new one is made.
    """
    person = create_person(email=email, name=name, password=password)
    with tenant(person_id=person.id):
        own = [membership.organization for membership in person.memberships.filter(ended_at__isnull=True)]
    if organization_id is None:
        found = next((candidate for candidate in own if candidate.name.casefold() == organization.casefold()), None)
        organization_id = (found or create_organization(name=organization)).id
    with tenant(organization_id=organization_id, person_id=person.id):
        membership, _ = Membership.objects.get_or_create(
            person=person, organization_id=organization_id, ended_at=None, defaults={"role": Role.ADMINISTRATOR}
        )
        membership.role = Role.ADMINISTRATOR
        membership.save(update_fields=["role"])
    return person


@transaction.atomic
def add_member(*, person: Person, organization: Organization, role: Role) -> Membership:
    """Put a person into an organization. Raises AlreadyMember. Runs under that organization's scope."""
    if Membership.objects.filter(person=person, organization=organization, ended_at__isnull=True).exists():
        raise AlreadyMember(
            words("%(email)s is in %(organization)s already.", email=person.email, organization=organization.name)
        )
    return Membership.objects.create(person=person, organization=organization, role=role)


@transaction.atomic
def change_profile(*, person_id: UUID, name: str, time_zone: str, language: str) -> Person:
    """What a person says of themselves: their name, the clock they live by and the language they read."""
    person = Person.objects.select_for_update().get(pk=person_id)
    person.name, person.time_zone, person.language = clean_name(name, max_length=200), time_zone, language
    person.save(update_fields=["name", "time_zone", "language"])
    return person


def require_people(actor: Actor) -> None:
    """Raise NotAllowed unless the actor looks after the people of the organization."""
    actor.require(Permission.MANAGE_PEOPLE if actor.is_vendor else Permission.PORTAL_PEOPLE)


def require_right_to_give(actor: Actor, role: Role) -> None:
    """Raise NotAllowed for a role above one's own: only an administrator makes, and unmakes, administrators."""
    if role in HEADS and actor.role not in HEADS:
        raise NotAllowed(words("Only an administrator can make somebody administrator, or take that role away."))


@transaction.atomic
def change_role(*, actor: Actor, membership: Membership, role: Role) -> Membership:
    """Give a colleague another role. Raises NotAllowed, LastAdministrator, Invalid."""
    before = _colleague(actor, membership)
    require_right_to_give(actor, role)
    other_side = (role in VENDOR_ROLES) != (before in VENDOR_ROLES)
    if other_side and actor.role != Role.ADMINISTRATOR:
        raise Invalid(
            words("The role %(role)s belongs to the other side.", role=role.label),
            fields={"role": words("Choose a role.")},
        )
    _keep_an_administrator(membership, becoming=role)
    membership.role = role
    membership.save(update_fields=["role"])
    return membership


@transaction.atomic
def end_membership(*, actor: Actor, membership: Membership, at: datetime) -> None:
    """Let somebody go; what they did stays under their name, their API tokens end. Raises LastAdministrator."""
    _colleague(actor, membership)
    _keep_an_administrator(membership, becoming=None)
    membership.ended_at = at
    membership.save(update_fields=["ended_at"])
    ApiToken.objects.filter(
        organization_id=membership.organization_id, created_by_id=membership.person_id, revoked_at__isnull=True
    ).update(revoked_at=at)


def _colleague(actor: Actor, membership: Membership) -> Role:
    """The role of somebody whom the actor may look after. Raises NotAllowed."""
    require_people(actor)
    if membership.organization_id != actor.organization_id or membership.ended_at is not None:
        raise NotAllowed(words("This person is not, or no longer, in your organization."))
    require_right_to_give(actor, Role(membership.role))
    return Role(membership.role)


def _keep_an_administrator(membership: Membership, becoming: Role | None) -> None:
    before = Role(membership.role)
    # An administrator looks after the partner's side as well, but not the other way round.
    enough = HEADS if before == Role.PARTNER_ADMIN else (Role.ADMINISTRATOR,)
    if before not in HEADS or becoming in enough:
        return
    others = (
        Membership.objects.select_for_update()
        .filter(organization_id=membership.organization_id, role__in=enough, ended_at__isnull=True)
        .order_by("id")
    )
    if not [other for other in others if other.pk != membership.pk]:
        raise LastAdministrator(words("Make somebody else administrator first, so that people can still be let in."))
