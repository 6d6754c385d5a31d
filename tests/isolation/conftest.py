"""Northwind has a row in every table; Eve looks at all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from cast import Cast, make_cast
from conftest import own_database
from isolation_catalogue import RowFactory, declared, rows

WORD = "Northwindsecret"


@dataclass
class World:
    """The cast, committed, and what was made for Northwind and for Umbra."""

    cast: Cast
    northwind: dict[str, dict[str, Any]]
    umbra: dict[str, dict[str, Any]]


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
        with transaction.atomic():
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
