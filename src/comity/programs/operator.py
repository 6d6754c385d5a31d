"""What the operator's commands need before any organization is known: find a vendor or a program by its name.

The operator has the owner's login and looks up ids with it, nothing else; the work itself then runs under the
vendor's tenant as comity_app, like everybody's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connections

from comity.identity.actors import Actor
from comity.identity.roles import Role
from comity.identity.services import create_organization
from comity.kernel.errors import Conflict, NotFound
from comity.kernel.names import slugify
from comity.platform.tenancy import tenant
from comity.programs.models import Program
from comity.programs.services.programs import ProgramDraft, create_program

NOBODY: Final = UUID(int=0)


class ProgramNotFound(NotFound):
    """No program has this name or slug."""

    code, title = "program_not_found", "There is no such program"


class ProgramAmbiguous(Conflict):
    """Several vendors have a program of this name."""

    code, title = "program_ambiguous", "Several programs have this name"


@dataclass(frozen=True)
class Found:
    """A program and whose it is."""

    program_id: UUID
    vendor_id: UUID
    slug: str
    name: str
    vendor_name: str


def operator_of(vendor_id: UUID) -> Actor:
    """The operator, acting for a vendor."""
    return Actor(person_id=NOBODY, organization_id=vendor_id, role=Role.ADMINISTRATOR, name="operator")


def all_programs() -> list[Found]:
    """Every program of the installation."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT p.id, p.vendor_id, p.slug, p.name, o.name FROM programs_program p"
            " JOIN identity_organization o ON o.id = p.vendor_id ORDER BY o.name, p.slug"
        )
        return [Found(*row) for row in cursor.fetchall()]


def find_program(name: str, *, vendor: str | None = None) -> Found:
    """The program of this name or slug. Raises ProgramNotFound, ProgramAmbiguous."""
    known = all_programs()
    found = [one for one in known if _is(name, one.slug, one.name)]
    if vendor is not None:
        found = [one for one in found if _is(vendor, one.vendor_name)]
    if not found:
        there = ", ".join(sorted({one.slug for one in known})) or "none yet"
        raise ProgramNotFound(f"There is no program “{name}”{f' of “{vendor}”' if vendor else ''}; there is: {there}.")
    if len(found) > 1:
        owners = ", ".join(one.vendor_name for one in found)
        raise ProgramAmbiguous(f"Several vendors have a program “{name}” ({owners}); say which with --vendor.")
    return found[0]


def find_vendor(name: str) -> UUID | None:
    """The vendor of this name (or the slug of its name), the oldest if there are several.

    Companies that somebody imported are not vendors: they are private to whoever imported them.
    """
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT id, name FROM identity_organization WHERE private_to_id IS NULL ORDER BY created_at, id")
        return next((UUID(str(key)) for key, known in cursor.fetchall() if _is(name, known)), None)


def find_or_create_vendor(name: str) -> UUID:
    """The vendor of this name (or the slug of its name); made if there is none."""
    return find_vendor(name) or create_organization(name=_spoken(name)).id


def find_or_create_program(
    vendor_id: UUID, name: str, *, currency: str = "USD", time_zone: str = "UTC", fiscal_year_starts: int = 1
) -> Program:
    """The vendor's program of this name or slug; made if there is none."""
    with tenant(organization_id=vendor_id, door="command"):
        for program in Program.objects.filter(vendor_id=vendor_id):
            if _is(name, program.slug, program.name):
                return program
        draft = ProgramDraft(
            name=_spoken(name), currency=currency, time_zone=time_zone, fiscal_year_starts=fiscal_year_starts
        )
        return create_program(actor=operator_of(vendor_id), draft=draft)


def _is(asked: str, *names: str) -> bool:
    wanted = {asked.casefold(), slugify(asked)}
    return any(wanted & {name.casefold(), slugify(name)} for name in names)


def _spoken(name: str) -> str:
    """A name for people where only a slug was given: adventure-works becomes Adventure Works."""
    is_slug = name == slugify(name)
    return name.replace("-", " ").title() if is_slug else name
