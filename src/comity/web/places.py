"""Where a person works: the programs of their vendors and the partnerships of their companies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from comity.identity.models import Membership
from comity.identity.roles import Role, is_vendor_role, may_enter_portal
from comity.platform.tenancy import current_scope, switch_organization
from comity.programs.models import Partnership, Program


@dataclass(frozen=True)
class Place:
    """One place to go: a program in the workspace, or a partnership in the portal."""

    url: str
    name: str
    vendor_name: str
    organization_name: str
    key: str
    """The program's slug, or the partnership's id."""
    status: str = ""
    current: bool = False


def programs_of(membership: Membership, *, current: str = "") -> list[Place]:
    """The programs of a vendor, by name. One query, in that organization's scope."""
    rows = Program.objects.filter(vendor_id=membership.organization_id).order_by("name", "id")
    return [
        Place(
            url=reverse("workspace:home", args=[row.slug]),
            name=row.name,
            vendor_name=row.vendor_name,
            organization_name=membership.organization.name,
            key=row.slug,
            current=row.slug == current,
        )
        for row in rows
    ]


def partnerships_of(membership: Membership, *, current: str = "") -> list[Place]:
    """The partnerships of a partner company, by vendor. One query, in that organization's scope."""
    rows = Partnership.objects.filter(partner_id=membership.organization_id).select_related("program")
    return [
        Place(
            url=reverse("portal:home", args=[row.pk]),
            name=row.program.name,
            vendor_name=row.program.vendor_name,
            organization_name=membership.organization.name,
            key=str(row.pk),
            status=row.status,
            current=str(row.pk) == current,
        )
        for row in rows.order_by("program__vendor_name", "program__name", "id")
    ]


def every_place(memberships: Sequence[Membership]) -> tuple[list[Place], list[Place]]:
    """All programs and all partnerships of a person, across their organizations; one query an organization.

    Leaves the scope as it found it.
    """
    programs: list[Place] = []
    partnerships: list[Place] = []
    before = current_scope().organization_id
    for membership in memberships:
        switch_organization(membership.organization_id)
        role = Role(membership.role)
        if is_vendor_role(role):
            programs += programs_of(membership)
        if may_enter_portal(role):  # an administrator looks after both sides
            partnerships += partnerships_of(membership)
    switch_organization(before)
    return programs, partnerships
