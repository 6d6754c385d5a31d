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
_depth: ContextVar[int] = ContextVar("comity_scope_depth", default=0)
"""How many savepoints deep the innermost `tenant()` stands: where its scope may be switched."""


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
    connection = connections[using]
    is_outermost = not connection.in_atomic_block
    with transaction.atomic(using=using):
        _tell_database(scope, using)
        marks = _scope.set(scope), _depth.set(len(connection.savepoint_ids))
        try:
            yield scope
        finally:
            _scope.reset(marks[0])
            _depth.reset(marks[1])
        # After an exception, or when somebody asked for a rollback, PostgreSQL gives the outer settings back by itself,
        # and with the end of a transaction they are gone; after the success of a savepoint they would live on.
        if not is_outermost and not connection.needs_rollback:
            _tell_database(outer, using)


def switch_organization(organization_id: UUID | None, *, door: str | None = None, using: str = "default") -> Scope:
    """Change the organization within the running transaction, once the door has found out which it is.

    Only directly in the block of `tenant()`: the rollback of a savepoint within would take the database back to the
    old organization, and Python would go on believing in the new one. Raises RuntimeError.
    """
    outer = _scope.get()
    if not connections[using].in_atomic_block or len(connections[using].savepoint_ids) != _depth.get():
        raise RuntimeError("switch_organization() belongs directly into the block of tenant(), not into a savepoint.")
    scope = replace(outer, organization_id=organization_id, token="", door=door or outer.door)
    _tell_database(scope, using)
    _scope.set(scope)
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
