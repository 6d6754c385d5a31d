"""Whose rows a transaction may see: the organization and the person, told to the database for one transaction.

The row-level security policies (``isolation.py``) read the two settings written here. They are local to the
transaction, so a pooled connection never carries one tenant's identity into the next request.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from django.db import connections, transaction

from comity.kernel.errors import DomainError


@dataclass(frozen=True)
class Scope:
    """Who acts, for which organization, through which door ("workspace", "api", "job", ...)."""

    organization_id: UUID | None = None
    person_id: UUID | None = None
    door: str = "system"
    token: str = ""
    """Hash of an API token or invitation, for the short moment before the organization is known."""

    def history_context(self) -> str:
        """What the history keeps beside each change, as JSON."""
        return json.dumps(
            {
                "person": str(self.person_id) if self.person_id else None,
                "organization": str(self.organization_id) if self.organization_id else None,
                "door": self.door,
            }
        )


NOBODY: Final = Scope()
_scope: ContextVar[Scope] = ContextVar("comity_scope", default=NOBODY)


class NoTenant(DomainError):
    """Tenant data were asked for before anybody said for which organization."""

    code, status, title = "no_tenant", 500, "No organization is set"


def current_scope() -> Scope:
    """The scope of the running transaction; `NOBODY` outside of any."""
    return _scope.get()


def current_organization_id() -> UUID:
    """The organization of the running transaction. Raises NoTenant."""
    organization_id = _scope.get().organization_id
    if organization_id is None:
        raise NoTenant("This needs an organization; wrap the call in tenant(organization_id=...).")
    return organization_id


@contextmanager
def tenant(
    *,
    organization_id: UUID | None = None,
    person_id: UUID | None = None,
    door: str | None = None,
    token: str = "",
    using: str = "default",
) -> Iterator[Scope]:
    """Open a transaction (or savepoint) in which only rows of this organization and person are visible.

    A nested call narrows or changes the scope and gives the outer one back at its end; whatever is not named
    here stays nobody, it is never inherited, except the door.
    """
    outer = _scope.get()
    scope = Scope(organization_id=organization_id, person_id=person_id, door=door or outer.door, token=token)
    with transaction.atomic(using=using):
        _tell_database(scope, using)
        mark = _scope.set(scope)
        try:
            yield scope
        finally:
            _scope.reset(mark)
        # After an exception the rollback restores the settings; after success they would live on.
        _tell_database(outer, using)


def switch_organization(organization_id: UUID | None, *, using: str = "default") -> Scope:
    """Change the organization within the running transaction, once the door has found out which it is."""
    scope = replace(_scope.get(), organization_id=organization_id, token="")
    _scope.set(scope)
    _tell_database(scope, using)
    return scope


def _tell_database(scope: Scope, using: str) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT set_config('comity.org', %s, true), set_config('comity.person', %s, true),"
            " set_config('comity.token', %s, true), set_config('pghistory.context_metadata', %s, true)",
            [
                str(scope.organization_id or ""),
                str(scope.person_id or ""),
                scope.token,
                scope.history_context(),
            ],
        )
