"""Who is who, and who may see it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from comity.identity.actors import Actor
from comity.identity.models import ApiToken, Invitation, Membership, Organization
from comity.identity.roles import Role


def memberships_of(person_id: UUID) -> list[Membership]:
    """The open memberships of a person, oldest first, with their organizations."""
    found = Membership.objects.filter(person_id=person_id, ended_at__isnull=True).select_related("organization")
    return list(found.order_by("created_at", "id"))


def actor_of(membership: Membership, name: str = "") -> Actor:
    """The person of a membership, acting for its organization."""
    return Actor(
        person_id=membership.person_id,
        organization_id=membership.organization_id,
        role=Role(membership.role),
        name=name,
    )


def memberships_visible_to(actor: Actor) -> QuerySet[Membership]:
    """The people of the actor's own organization, with their roles."""
    return (
        Membership.objects.filter(organization_id=actor.organization_id, ended_at__isnull=True)
        .select_related("person")
        .order_by("person__name", "person__email")
    )


def invitations_visible_to(actor: Actor) -> QuerySet[Invitation]:
    """Letters the actor's organization has written, newest first."""
    return Invitation.objects.filter(inviting_id=actor.organization_id).order_by("-created_at")


def tokens_visible_to(actor: Actor) -> QuerySet[ApiToken]:
    """The API tokens of the actor's organization, newest first."""
    return ApiToken.objects.filter(organization_id=actor.organization_id).order_by("-created_at")


def token_in_force(token_hash: str, at: datetime) -> ApiToken | None:
    """The API token of this hash, unless revoked or expired. Needs a scope with that token."""
    live = Q(expires_at__isnull=True) | Q(expires_at__gt=at)
    return ApiToken.objects.filter(live, token_hash=token_hash, revoked_at__isnull=True).first()


def organization_of(actor: Actor) -> Organization:
    """The actor's own organization."""
    return Organization.objects.get(pk=actor.organization_id)
