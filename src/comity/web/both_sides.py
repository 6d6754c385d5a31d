"""Pages that stand in the workspace and in the portal alike: how one knows where it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.urls import reverse

from comity.identity.roles import Permission
from comity.programs.models import Partnership
from comity.web.doors import PortalRequest, View, WorkspaceRequest

type DoorRequest = WorkspaceRequest | PortalRequest


def partnership_of(request: DoorRequest) -> Partnership | None:
    """The partnership whose portal it is; None in the workspace."""
    return getattr(request, "partnership", None)


def place_of(request: DoorRequest) -> UUID | str:
    """What an address names the place by: the partnership's id in the portal, the program's slug in the workspace."""
    partnership = partnership_of(request)
    return partnership.pk if partnership else request.program.slug


def address(request: DoorRequest, page: str, *more: object) -> str:
    """A page of this name on the side where the reader stands."""
    return reverse(f"{request.door}:{page}", args=[place_of(request), *more])


def guard(door: Any, permission: Permission) -> Callable[[View, Any], View]:
    """`guard(portal, permission)(view, require_GET)` is the view behind that door, for that method."""

    def behind(view: View, method: Any) -> View:
        guarded: View = method(door(permission)(view))
        return guarded

    return behind
