"""Somebody acting for an organization, with what they may do there. Services and queries take an actor, no request."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from comity.identity.roles import Permission, Role, is_vendor_role, permissions_of
from comity.kernel.errors import NotAllowed
from comity.kernel.words import words


@dataclass(frozen=True)
class Actor:
    """A person (or an API token of theirs) in one organization."""

    person_id: UUID
    organization_id: UUID
    role: Role
    name: str = ""
    scopes: frozenset[str] | None = None
    """Of an API token; null for a person at a page, who is limited by the role alone."""

    def can(self, permission: Permission) -> bool:
        """Whether the role allows this."""
        return permission in permissions_of(self.role)

    def require(self, permission: Permission) -> None:
        """Raise NotAllowed unless the role allows this."""
        if not self.can(permission):
            raise NotAllowed(
                words(
                    "Your role (%(role)s) may not do this (%(permission)s).",
                    role=self.role.label,
                    permission=permission.replace("_", " "),
                )
            )

    @property
    def is_vendor(self) -> bool:
        """Whether the actor works for the vendor's side."""
        return is_vendor_role(self.role)
