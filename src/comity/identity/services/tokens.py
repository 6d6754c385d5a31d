"""Keys to the API."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from comity.identity.actors import Actor
from comity.identity.models import ApiToken
from comity.identity.roles import Permission, Role, is_vendor_role
from comity.identity.services.secrets_shown_once import Issued, hash_secret
from comity.kernel.errors import Invalid, NotFound
from comity.kernel.names import clean_name
from comity.kernel.words import words

SCOPES: Final = ("read", "write", "import")
PARTNER_SCOPES: Final = ("read", "write")


def scopes_for(role: Role) -> tuple[str, ...]:
    """What a token of this role may be given. A partner's imports nothing; its role keeps it to its own side."""
    return SCOPES if is_vendor_role(role) else PARTNER_SCOPES


def _require(actor: Actor) -> None:
    """Each side looks after its own tokens. Raises NotAllowed."""
    actor.require(Permission.MANAGE_TOKENS if actor.is_vendor else Permission.PORTAL_TOKENS)


class UnknownScope(Invalid):
    """A token was asked for with a scope that does not exist."""

    code, title = "unknown_scope", words("There is no such scope")


@transaction.atomic
def issue_token(*, actor: Actor, name: str, scopes: list[str], expires_at: datetime | None = None) -> Issued[ApiToken]:
    """Make an API token; its secret is shown once. Raises UnknownScope, NotAllowed."""
    _require(actor)
    offered = scopes_for(actor.role)
    if set(scopes) - set(offered) or not scopes:
        message = words("Choose from %(listed)s.", listed=offered)
        raise UnknownScope(message, fields={"scopes": message})
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
def revoke_token(*, actor: Actor, token_id: UUID, at: datetime) -> ApiToken:
    """End a token at once; a second time changes nothing. Raises NotFound, NotAllowed."""
    _require(actor)
    token = ApiToken.objects.select_for_update().filter(pk=token_id, organization_id=actor.organization_id).first()
    if token is None:
        raise NotFound(words("There is no such token in your organization."))
    if token.revoked_at is None:
        token.revoked_at = at
        token.save(update_fields=["revoked_at"])
    return token
