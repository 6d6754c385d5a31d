"""Northwind has a row in every table; Eve looks at all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.http import SimpleCookie
from django.test import Client, override_settings

from cast import Cast, make_cast
from conftest import QUICK_HASHERS, own_database
from isolation_catalogue import RowFactory, declared, rows

WORD = "Northwindsecret"


@dataclass
class World:
    """The cast, committed, and what was made for Northwind and for Umbra."""

    cast: Cast
    northwind: dict[str, dict[str, Any]]
    umbra: dict[str, dict[str, Any]]
    sessions: dict[str, str] = field(default_factory=dict)

    def browser(self, name: str) -> Client:
        """A fresh client in which this person is signed in; one session serves them all."""
        if name not in self.sessions:
            self.sessions[name] = self.cast.browser(name).cookies.output(header="", sep=";")
        client = Client()
        client.cookies = SimpleCookie(self.sessions[name])
        return client


def fill(vendor_id: UUID, partner_id: UUID, person_id: UUID, word: str) -> dict[str, dict[str, Any]]:
    factory = RowFactory(vendor_id, partner_id, person_id, word)
    for name, table in declared().items():
        if name in factory.tables and not table.isolation.exempt:
            factory.row_of(name)
    return factory.made


@pytest.fixture(scope="module")
def world(_template: str, django_db_setup: str, django_db_blocker) -> Iterator[World]:
    """A database of this module's own, filled as the owner once; tests only look, or are refused."""
    with django_db_blocker.unblock(), own_database(_template, django_db_setup, "isolation"):
        with transaction.atomic(), override_settings(PASSWORD_HASHERS=QUICK_HASHERS):
            cast = make_cast()
        made = []
        people = cast.people
        for vendor, partner, person, word in (
            (cast.northwind, cast.fabrikam, people["ada"], WORD),
            (cast.umbra, cast.contoso, people["eve"], "Umbra"),
        ):
            made.append(fill(vendor.pk, partner.pk, person.pk, word))
        yield World(cast, *made)


__all__ = ["rows"]
