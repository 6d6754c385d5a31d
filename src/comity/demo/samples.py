"""The two public data sets, each imported into a vendor of its own, with a sign-in of a manager."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from django.db import transaction

from comity.connectors.report import import_from_command_line
from comity.demo.loading import DOOR, NewPerson, Report, SignIn, has_signed_up, hire
from comity.identity.models import Organization, Person
from comity.identity.roles import Role
from comity.kernel.errors import Invalid
from comity.platform.tenancy import tenant
from comity.programs.models import Manager, Program
from comity.programs.operator import find_or_create_vendor, find_program
from comity.programs.services import ManagerDraft, change_manager


class SampleMissing(Invalid):
    """A folder of sample data lacks a set, or a set cannot be imported."""

    code, title = "sample_missing", "The sample data cannot be loaded"


@dataclass(frozen=True)
class Sample:
    """A public data set: where it stands in the folder, and who looks at it."""

    folder: str
    mapping: str
    vendor: str
    program: str
    email: str
    manager: str
    """One of the managers in the data, whose login this becomes."""


SAMPLES: Final = (
    Sample(
        "adventureworks", "adventureworks", "Adventure Works", "adventure-works",
        "manager@adventure-works.example", "Linda Mitchell",
    ),
    Sample("crm-sales", "crm-sales", "Maven", "maven", "manager@maven.example", "Melvin Marxen"),
)  # fmt: skip


def sign_ins() -> list[SignIn]:
    """The managers of the sets that are loaded."""
    return [SignIn(f"{sample.vendor} manager", sample.email) for sample in SAMPLES if has_signed_up(sample.email)]


def load_samples(folder: Path, report: Report, *, only: Collection[str] = ()) -> None:
    """Load the sets (or only those of these programs) that are not there yet. Raises SampleMissing."""
    for sample in SAMPLES:
        if has_signed_up(sample.email) or (only and sample.program not in only):
            continue
        path = folder / sample.folder
        if not path.is_dir():
            raise SampleMissing(f"{folder} has no folder {sample.folder}.")
        report(f"Importing {sample.folder}")
        told: list[str] = []
        status = import_from_command_line(
            path=path, mapping=sample.mapping, vendor=sample.vendor, program=sample.program, dry_run=False,
            strict=False, report=told.append,
        )  # fmt: skip
        if status != 0:
            raise SampleMissing(f"{path} could not be imported: {' '.join(told)}")
        _add_manager(sample)


@transaction.atomic
def _add_manager(sample: Sample) -> None:
    vendor_id = find_or_create_vendor(sample.vendor)
    with tenant(organization_id=vendor_id):
        organization = Organization.objects.get(pk=vendor_id)
    administrator = NewPerson(f"admin@{sample.email.partition('@')[2]}", "Administrator", Role.ADMINISTRATOR)
    actors = hire(organization, (administrator, NewPerson(sample.email, sample.manager, Role.PARTNER_MANAGER)))
    admin = actors[administrator.email]
    with tenant(organization_id=vendor_id, person_id=admin.person_id, door=DOOR):
        program = Program.objects.get(pk=find_program(sample.program, vendor=sample.vendor).program_id)
        manager = Manager.objects.filter(program=program, name=sample.manager).first()
        if manager is not None:
            change_manager(manager=manager, actor=admin, draft=_with_login(manager, actors[sample.email].person_id))


def _with_login(manager: Manager, person_id: UUID) -> ManagerDraft:
    return ManagerDraft(
        name=manager.name, email=manager.email, title=manager.title, team=manager.team, reports_to=manager.reports_to,
        person=Person.objects.get(pk=person_id), partner_types=tuple(manager.partner_types),
        regions=tuple(manager.regions), capacity=manager.capacity,
    )  # fmt: skip
