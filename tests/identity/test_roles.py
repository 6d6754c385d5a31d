"""The table of roles: whole, sensible, and the same in the reference."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from comity.identity.roles import PARTNER_ROLES, VENDOR_ROLES, Permission, Role, is_vendor_role, permissions_of

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "roles.md"


def test_every_role_belongs_to_one_side():
    assert set(VENDOR_ROLES) | set(PARTNER_ROLES) == set(Role)
    assert not set(VENDOR_ROLES) & set(PARTNER_ROLES)
    assert {role.label for role in Role} == {role.label for role in Role if role.label}


@pytest.mark.parametrize("permission", Permission)
def test_the_administrator_may_do_everything(permission):
    assert permission in permissions_of(Role.ADMINISTRATOR)


@pytest.mark.parametrize("role", PARTNER_ROLES)
def test_a_partner_never_gets_what_is_the_vendors(role):
    assert all(permission.startswith("portal_") for permission in permissions_of(role))
    assert not is_vendor_role(role)


@pytest.mark.parametrize("role", [role for role in VENDOR_ROLES if role != Role.ADMINISTRATOR])
def test_the_vendors_people_stay_out_of_the_portal(role):
    assert not any(permission.startswith("portal_") for permission in permissions_of(role))


def test_the_reference_shows_the_same_table():
    text = REFERENCE.read_text("utf-8")
    written: dict[str, set[str]] = {}
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in block.strip().splitlines()]
        for name, *marks in rows[2:]:
            held = {role for role, mark in zip(rows[0][1:], marks, strict=True) if mark == "yes"}
            written.setdefault(name.strip("`"), set()).update(held)
    expected = {
        permission.value: {role.label for role in Role if permission in permissions_of(role)}
        for permission in Permission
    }
    assert written == expected
