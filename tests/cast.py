"""The known cast. Northwind is the vendor; Fabrikam and Contoso are its partners and rivals; Eve is a stranger.

Ada manages partners at Northwind, Olga runs operations, Vera is the executive, Di is finance, Root administrates.
Bo sells and Ann administrates at Fabrikam; Cy sells at Contoso; Eve administrates Umbra, a vendor of its own.
Everything is made through services where they exist, under the scope of who would do it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client

from comity.identity.actors import Actor
from comity.identity.models import Membership, Organization, Person
from comity.identity.queries import actor_of
from comity.identity.roles import Role
from comity.identity.services import add_member, create_organization, create_person
from comity.kernel.names import sort_key
from comity.platform.tenancy import tenant
from comity.programs.models import Manager, Partnership, Program, Region, Tier

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"


@dataclass
class Cast:
    """Everybody, with what they work in."""

    northwind: Organization
    fabrikam: Organization
    contoso: Organization
    umbra: Organization
    program: Program
    umbra_program: Program
    of_fabrikam: Partnership
    of_contoso: Partnership
    of_umbra: Partnership
    ada_manager: Manager
    people: dict[str, Person] = field(default_factory=dict)
    memberships: dict[str, Membership] = field(default_factory=dict)

    def actor(self, name: str) -> Actor:
        """One of the cast, as services know them."""
        return actor_of(self.memberships[name], name.title())

    def person(self, name: str) -> Person:
        """One of the cast."""
        return self.people[name]

    def scope(self, name: str):  # the context manager of tenancy
        """Work under this person's organization."""
        actor = self.actor(name)
        return tenant(organization_id=actor.organization_id, person_id=actor.person_id)

    def browser(self, name: str) -> Client:
        """A client in which this person is signed in."""
        client = Client()
        client.force_login(self.people[name], backend="allauth.account.auth_backends.AuthenticationBackend")
        return client


CREW = {
    "ada": ("northwind", Role.PARTNER_MANAGER),
    "olga": ("northwind", Role.OPERATIONS),
    "vera": ("northwind", Role.EXECUTIVE),
    "di": ("northwind", Role.FINANCE),
    "root": ("northwind", Role.ADMINISTRATOR),
    "ann": ("fabrikam", Role.PARTNER_ADMIN),
    "bo": ("fabrikam", Role.PARTNER_SELLER),
    "cy": ("contoso", Role.PARTNER_SELLER),
    "eve": ("umbra", Role.ADMINISTRATOR),
}


def _program(vendor: Organization, slug: str) -> Program:
    program = Program.objects.create(
        vendor_id=vendor.id, slug=slug, name=f"{vendor.name} Partners", vendor_name=vendor.name, currency="EUR"
    )
    for rank, name in enumerate(("Gold", "Silver"), start=1):
        Tier.objects.create(vendor_id=vendor.id, program=program, name=name, rank=rank)
    Region.objects.create(vendor_id=vendor.id, program=program, name="EMEA")
    return program


def make_partnership(program: Program, partner_id: UUID, name: str, **fields: object) -> Partnership:
    """An active partnership, made under the vendor's scope."""
    defaults: dict[str, object] = {"types": ["reseller"], "status": "active", "started_on": date(2025, 1, 1)}
    return Partnership.objects.create(
        vendor_id=program.vendor_id,
        program=program,
        partner_id=partner_id,
        name=name,
        sort_name=sort_key(name),
        **{**defaults, **fields},
    )


@contextmanager
def _without_savepoints() -> Iterator[None]:
    """Nobody goes back to the middle of the cast's making, which a thousand tests begin with."""
    connection.features.uses_savepoints = False
    try:
        yield
    finally:
        connection.features.uses_savepoints = True


@_without_savepoints()
def make_cast() -> Cast:
    """Put everybody on the stage."""
    places = {name: create_organization(name=name.title()) for name in ("northwind", "fabrikam", "contoso", "umbra")}
    northwind, umbra = places["northwind"], places["umbra"]
    people = {
        name: create_person(email=f"{name}@{place}.example", name=name.title(), password=PASSWORD)
        for name, (place, _role) in CREW.items()
    }
    memberships = {}
    for place, crew in groupby(CREW, key=lambda name: CREW[name][0]):
        with tenant(organization_id=places[place].id):
            for name in crew:
                memberships[name] = add_member(person=people[name], organization=places[place], role=CREW[name][1])
    with tenant(organization_id=northwind.id):
        program = _program(northwind, "northwind")
        ada = Manager.objects.create(
            vendor_id=northwind.id, program=program, name="Ada", person=people["ada"], capacity=15
        )
        tier = Tier.objects.get(program=program, rank=1)
    # Fabrikam and Contoso are organizations of their own right: only somebody of theirs can bring them in.
    with tenant(organization_id=northwind.id, person_id=people["ann"].pk):
        of_fabrikam = make_partnership(program, places["fabrikam"].id, "Fabrikam", manager=ada, tier=tier)
    with tenant(organization_id=northwind.id, person_id=people["cy"].pk):
        of_contoso = make_partnership(program, places["contoso"].id, "Contoso", manager=ada)
    with tenant(organization_id=umbra.id):
        umbra_program = _program(umbra, "umbra")
        private = Organization.objects.create(name="Initech", private_to_id=umbra.id)
        of_umbra = make_partnership(umbra_program, private.id, "Initech")
    return Cast(
        northwind=northwind,
        fabrikam=places["fabrikam"],
        contoso=places["contoso"],
        umbra=umbra,
        program=program,
        umbra_program=umbra_program,
        of_fabrikam=of_fabrikam,
        of_contoso=of_contoso,
        of_umbra=of_umbra,
        ada_manager=ada,
        people=people,
        memberships=memberships,
    )


@pytest.fixture
def cast(db: None) -> Cast:
    """Everybody, in a transaction that is rolled back after the test."""
    return make_cast()
