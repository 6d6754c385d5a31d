"""The two doors of the pages: `@workspace` for the vendor's people, `@portal` for the partner's.

A door finds the program (or partnership) of the address among the person's own organizations, tells the database
which organization that is, and hands the view an actor. What is not found is 404, whether it exists or not.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol
from uuid import UUID

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from comity.identity.actors import Actor
from comity.identity.models import Membership
from comity.identity.queries import actor_of, memberships_of
from comity.identity.roles import Permission, Role, is_vendor_role, may_enter_portal
from comity.platform.tenancy import switch_organization
from comity.programs.models import Partnership, Program
from comity.web.signed_in import signed_in


class WorkspaceRequest(HttpRequest):
    """A request inside a program of the vendor."""

    door: str
    actor: Actor
    program: Program
    memberships: list[Membership]
    received_at: datetime.datetime


class PortalRequest(HttpRequest):
    """A request inside a partnership, from the partner's side."""

    door: str
    actor: Actor
    partnership: Partnership
    program: Program
    memberships: list[Membership]
    received_at: datetime.datetime


class View(Protocol):
    """Any view of a door."""

    def __call__(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase: ...


def workspace(permission: Permission) -> Callable[[View], View]:
    """Let the vendor's people in who may do this. The address's `program` is the slug."""

    def decorate(view: View) -> View:
        @signed_in
        @wraps(view)
        def enter(request: Any, *args: Any, program: str, **kwargs: Any) -> HttpResponseBase:
            _enter_program(request, program)
            request.door = "workspace"
            request.actor.require(permission)
            return view(request, *args, **kwargs)

        return enter

    return decorate


def portal(permission: Permission) -> Callable[[View], View]:
    """Let a partner's people in who may do this. The address's `partnership` is its id."""

    def decorate(view: View) -> View:
        @signed_in
        @wraps(view)
        def enter(request: Any, *args: Any, partnership: UUID, **kwargs: Any) -> HttpResponseBase:
            _enter_partnership(request, partnership)
            request.door = "portal"
            request.actor.require(permission)
            return view(request, *args, **kwargs)

        return enter

    return decorate


def _enter_program(request: Any, slug: str) -> None:
    request.memberships = memberships_of(request.user.pk)
    for membership in request.memberships:
        if not is_vendor_role(Role(membership.role)):
            continue
        switch_organization(membership.organization_id, door="workspace")
        found = Program.objects.filter(vendor_id=membership.organization_id, slug=slug).first()
        if found is not None:
            request.program, request.actor = found, actor_of(membership, str(request.user))
            return
    switch_organization(None)
    raise Http404("No such program.")


def _enter_partnership(request: Any, partnership_id: UUID) -> None:
    request.memberships = memberships_of(request.user.pk)
    for membership in request.memberships:
        if not may_enter_portal(Role(membership.role)):
            continue
        switch_organization(membership.organization_id, door="portal")
        found = (
            Partnership.objects.filter(partner_id=membership.organization_id, pk=partnership_id)
            .select_related("program", "tier", "region")
            .first()
        )
        if found is not None:
            request.partnership, request.program = found, found.program
            request.actor = actor_of(membership, str(request.user))
            return
    switch_organization(None)
    raise Http404("No such partnership.")
