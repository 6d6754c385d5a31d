"""A vendor on its first day: a program and its administrator, and nothing else. Shows what empty pages say."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from comity.demo.loading import NewPerson, Report, SignIn, has_signed_up, hire
from comity.identity.models import Organization
from comity.identity.roles import Role
from comity.platform.tenancy import tenant
from comity.programs.operator import find_or_create_program, find_or_create_vendor

VENDOR: Final = "Firstday"
PROGRAM: Final = "Firstday Partners"
NORA: Final = "nora@firstday.example"
SIGN_IN: Final = SignIn("A first day", NORA)


@transaction.atomic
def load_blank(report: Report) -> None:
    """Make the vendor unless it is there. Not part of `./comity demo`."""
    if has_signed_up(NORA):
        return
    report(f"Adding {VENDOR}, which has nothing yet")
    vendor_id = find_or_create_vendor(VENDOR)
    find_or_create_program(vendor_id, PROGRAM, currency="EUR", time_zone="Europe/Berlin")
    with tenant(organization_id=vendor_id):
        organization = Organization.objects.get(pk=vendor_id)
    hire(organization, [NewPerson(NORA, "Nora Berg", Role.ADMINISTRATOR)])
