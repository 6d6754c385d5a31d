"""Setting a program up: its money, calendar and data-as-of date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction
from django.db.models import Q

from comity.identity.actors import Actor
from comity.identity.queries import organization_of
from comity.identity.roles import Permission
from comity.kernel.currencies import MINOR_UNITS
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.names import clean_name, slugify
from comity.kernel.words import words
from comity.platform.outbox import announce
from comity.programs.events import DataAsOfMoved, ProgramCurrencyChanged
from comity.programs.models import Program
from comity.programs.states import OrganizationModel

SLUG_LENGTH: Final = 80


class ProgramNameTaken(Conflict):
    """The organization has a program of that name."""

    code, title = "program_name_taken", words("There is a program of this name")


@dataclass(frozen=True)
class ProgramDraft:
    """What a person says of a program."""

    name: str
    currency: str = "USD"
    time_zone: str = "UTC"
    fiscal_year_starts: int = 1
    organization_model: str = OrganizationModel.CENTRALIZED
    vendor_name: str = ""
    """What partners read; the organization's own name where empty."""
    shows_peer_band: bool = False
    """Whether partners read where they stand among others (never whose or how many)."""


@transaction.atomic
def create_program(*, actor: Actor, draft: ProgramDraft) -> Program:
    """Open a program of the actor's organization. Raises NotAllowed, Invalid, ProgramNameTaken."""
    actor.require(Permission.MANAGE_PROGRAM)
    program = Program(vendor_id=actor.organization_id)
    _write(program, draft, actor)
    program.slug = slugify(program.name, max_length=SLUG_LENGTH)
    same = Q(slug=program.slug) | Q(name=program.name)
    if Program.objects.filter(same, vendor_id=actor.organization_id).exists():
        raise _name_taken(program.name)
    program.save(force_insert=True)
    return program


@transaction.atomic
def change_program(*, program: Program, actor: Actor, draft: ProgramDraft) -> Program:
    """Change what the settings page shows; the slug stays, so that addresses hold.

    A new currency is announced. Raises NotAllowed, Invalid, ProgramNameTaken.
    """
    actor.require(Permission.MANAGE_PROGRAM)
    current = Program.objects.select_for_update().get(vendor_id=actor.organization_id, pk=program.pk)
    former_currency = current.currency
    _write(current, draft, actor)
    others = Program.objects.filter(vendor_id=actor.organization_id, name=current.name).exclude(pk=current.pk)
    if others.exists():
        raise _name_taken(current.name)
    current.save()
    if current.currency != former_currency:
        announce(ProgramCurrencyChanged(program_id=current.pk, currency=current.currency))
    return current


@transaction.atomic
def set_data_as_of(*, program: Program, actor: Actor, on: date | None) -> Program:
    """Say by hand up to which day the data are complete: operations only, and back as well as forth."""
    actor.require(Permission.MANAGE_PROGRAM)
    moved = Program.objects.filter(vendor_id=actor.organization_id, pk=program.pk).exclude(data_as_of=on)
    if moved.update(data_as_of=on):
        announce(DataAsOfMoved(program_id=program.pk))
    program.data_as_of = on
    return program


@transaction.atomic
def advance_data_as_of(*, program: Program, newest: date) -> Program:
    """Move the date on to the newest fact of an import; never back."""
    current = Program.objects.select_for_update().get(vendor_id=program.vendor_id, pk=program.pk)
    if current.data_as_of is None or current.data_as_of < newest:
        current.data_as_of = newest
        current.save(update_fields=["data_as_of"])
    program.data_as_of = current.data_as_of
    return current


def _write(program: Program, draft: ProgramDraft, actor: Actor) -> None:
    wrong: dict[str, str] = {}
    if draft.currency not in MINOR_UNITS:
        wrong["currency"] = words("Give the three letters of a currency, such as EUR.")
    if not _is_time_zone(draft.time_zone):
        wrong["time_zone"] = words("Give a time zone by its name, such as Europe/Berlin.")
    if not 1 <= draft.fiscal_year_starts <= 12:
        wrong["fiscal_year_starts"] = words("Choose the month in which the fiscal year begins.")
    if draft.organization_model not in set(OrganizationModel):
        wrong["organization_model"] = words("Choose how the team is organised.")
    if wrong:
        raise Invalid(words("The program was not saved."), fields=wrong)
    program.name = clean_name(draft.name, max_length=200)
    vendor_name = draft.vendor_name.strip() or organization_of(actor).name
    program.vendor_name = clean_name(vendor_name, field="vendor_name")
    program.currency, program.time_zone = draft.currency, draft.time_zone
    program.fiscal_year_starts = draft.fiscal_year_starts
    program.organization_model = draft.organization_model
    program.shows_peer_band = draft.shows_peer_band


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return bool(name)


def _name_taken(name: str) -> ProgramNameTaken:
    return ProgramNameTaken(
        words("Your organization has a program “%(name)s” already.", name=name),
        fields={"name": words("Choose another name.")},
    )
