"""Who am I: the token, its maker, and what it may do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ninja import Router

from comity.api.fields import Named, Output
from comity.api.tokens import READ
from comity.identity.models import Person
from comity.identity.queries import organization_of
from comity.identity.roles import permissions_of

router = Router(tags=["Me"])


class TokenOut(Output):
    """The token of this request."""

    id: UUID
    name: str
    scopes: list[str]


class Me(Output):
    """Who calls, for whom, and what is allowed."""

    token: TokenOut
    organization: Named
    person: Named
    role: str
    permissions: list[str]


@router.get("/me", response=Me, auth=READ, summary="Who am I")
def read_me(request: Any) -> Me:
    """The token of this request, the person and organization it acts for, their role and what it permits."""
    actor, caller = request.actor, request.caller
    organization = organization_of(actor)
    person = Person.objects.get(pk=actor.person_id)
    return Me(
        token=TokenOut(id=caller.token_id, name=caller.token_name, scopes=sorted(actor.scopes)),
        organization=Named(id=organization.pk, name=organization.name),
        person=Named(id=person.pk, name=str(person)),
        role=actor.role,
        permissions=sorted(permissions_of(actor.role)),
    )
