"""Who calls: the token of the Authorization header, and the person it stands for today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest
from ninja.security import HttpBearer

from comity.api.problems import NotAuthenticated, ScopeMissing
from comity.identity.actors import Actor
from comity.identity.models import ApiToken, Membership
from comity.identity.queries import token_in_force
from comity.identity.roles import Role
from comity.identity.services import hash_secret
from comity.platform.tenancy import tenant

USE_NOTED_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Caller:
    """A token in force, and the actor behind it: its maker, in the role they have now."""

    token_id: UUID
    token_name: str
    actor: Actor


def caller_of(request: HttpRequest, at: datetime) -> Caller:
    """Find the caller by the Authorization header; a session is never looked at. Raises NotAuthenticated."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise NotAuthenticated("Send an API token: “Authorization: Bearer cmty_…”.")
    digest = hash_secret(secret.strip())
    with tenant(token=digest, door="api"):
        token = token_in_force(digest, at)
    if token is None:
        raise NotAuthenticated("This token is unknown, has expired or was revoked.")
    with tenant(organization_id=token.organization_id, person_id=token.created_by_id, door="api"):
        membership = (
            Membership.objects.filter(
                organization_id=token.organization_id, person_id=token.created_by_id, ended_at__isnull=True
            )
            .filter(person__is_active=True)
            .first()
        )
    if membership is None:
        raise NotAuthenticated("Whoever made this token no longer works here, so it has ended.")
    _note_use(token, at)
    actor = Actor(
        person_id=token.created_by_id,
        organization_id=token.organization_id,
        role=Role(membership.role),
        name=token.name,
        scopes=frozenset(token.scopes),
    )
    return Caller(token.id, token.name, actor)


def _note_use(token: ApiToken, at: datetime) -> None:
    """Write when the token was last used, at most once a minute, and without waiting for anybody who holds the row."""
    due = at - USE_NOTED_EVERY
    if token.last_used_at is not None and token.last_used_at > due:
        return
    with tenant(organization_id=token.organization_id, using="outside"):
        tokens = ApiToken.objects.using("outside")
        stale = tokens.filter(Q(last_used_at__isnull=True) | Q(last_used_at__lte=due), pk=token.pk)
        for held in stale.select_for_update(skip_locked=True, no_key=True):
            tokens.filter(pk=held.pk).update(last_used_at=at)


class Token(HttpBearer):
    """Declares the scope of an operation; the door has authenticated the caller before."""

    def __init__(self, scope: str) -> None:
        """`scope` is one of identity's SCOPES."""
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Any:
        """The caller, if the token has the scope. Raises ScopeMissing."""
        caller: Caller = request.caller  # type: ignore[attr-defined]
        if self.scope not in (caller.actor.scopes or ()):
            raise ScopeMissing(f"This needs a token with the scope “{self.scope}”.", scope=self.scope)
        return caller

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """Not used: see `caller_of`."""
        raise NotImplementedError


READ: Final = Token("read")
WRITE: Final = Token("write")
IMPORT: Final = Token("import")
