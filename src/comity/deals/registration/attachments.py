"""Files beside a registration, kept for both sides as the registration is. The customer's signed letter is one of them,
marked as such: a rule may prefer it, so that adding one has the registration judged again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from comity.deals.models import Registration, RegistrationFile
from comity.deals.registration.rejudging import judge_again, judge_those_passed
from comity.deals.registration.sides import RegistrationNotFound, lock_program, on_vendor_side, own_locked
from comity.deals.states.registrations import OPEN, State
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict
from comity.kernel.words import coded, words
from comity.platform.file_types import CSV, JPEG, PDF, PNG, SPREADSHEET, ZIP
from comity.platform.files import Upload, remove_file, store_file
from comity.platform.models import StoredFile
from comity.programs.models import Partnership

PURPOSE: Final = "registration"
FILE_TYPES: Final = (PDF, PNG, JPEG, SPREADSHEET, CSV, ZIP)
"""Documents of offices are ZIP archives inside; a kept e-mail is text."""
LETTER_TYPES: Final = (PDF, PNG, JPEG)
"""What a signature can stand on."""
MOST_BYTES: Final = 10 * 1024 * 1024
MOST_FILES: Final = 20
TAKES_FILES: Final = (State.DRAFT, *OPEN)


class FilesClosed(Conflict):
    """Files are added while a registration runs, and taken away only from a draft: what was submitted is evidence."""

    code, title = "registration_files_closed", words("The files of this registration stay as they are")


class TooManyFiles(Conflict):
    """A registration has as many files as it may."""

    code, title = "too_many_files", words("There are too many files")


@transaction.atomic
def attach_file(
    *, registration: Registration, partnership: Partnership, actor: Actor, upload: Upload, at: datetime,
    is_letter: bool = False,
) -> RegistrationFile:  # fmt: skip
    """Put a file beside a registration of one's own; a letter has it judged again, should it be submitted.

    Raises NotAllowed, RegistrationNotFound, FilesClosed, TooManyFiles, FileTooLarge, FileTypeRefused.
    """
    with on_vendor_side(partnership, actor):
        lock_program(partnership.program_id)
        current = own_locked(partnership, registration)
        kept = keep_file(current, upload, actor, at=at, is_letter=is_letter)
        if is_letter and State(current.state) not in (State.DRAFT, State.RETURNED):
            verdict = judge_again(current, at=at)
            judge_those_passed(current, verdict, at=at)
        return kept


def keep_file(
    current: Registration, upload: Upload, actor: Actor, *, at: datetime, is_letter: bool = False
) -> RegistrationFile:
    """Store a file of a registration, on the vendor's side. Raises as `attach_file`."""
    if State(current.state) not in TAKES_FILES:
        raise FilesClosed(
            words(
                "%(current)s is %(state)s; nothing is added to it any more.",
                current=current.reference or "",
                state=coded(current.state),
            )
        )
    if RegistrationFile.objects.filter(vendor_id=current.vendor_id, registration=current).count() >= MOST_FILES:
        raise TooManyFiles(
            words(
                "A registration has %(most)s files at most; put several pages into one PDF.",
                most=MOST_FILES,
            )
        )
    stored = store_file(
        vendor_id=current.vendor_id, upload=upload, purpose=PURPOSE,
        allowed=LETTER_TYPES if is_letter else FILE_TYPES, max_bytes=MOST_BYTES, uploaded_by_id=actor.person_id,
    )  # fmt: skip
    if is_letter and not current.has_letter:
        current.has_letter = True
        current.save(update_fields=["has_letter"])
    return RegistrationFile.objects.create(
        vendor_id=current.vendor_id, registration=current, partnership_id=current.partnership_id,
        partner_id=current.partner_id, file=stored, name=stored.name, media_type=stored.media_type, size=stored.size,
        is_letter=is_letter, added_at=at, added_by_id=actor.person_id, added_by_name=actor.name[:200],
    )  # fmt: skip


@transaction.atomic
def remove_attachment(
    *, attached: RegistrationFile, registration: Registration, partnership: Partnership, actor: Actor
) -> None:
    """Take a file away from a draft, with its bytes. Raises NotAllowed, RegistrationNotFound, FilesClosed."""
    with on_vendor_side(partnership, actor):
        current = own_locked(partnership, registration)
        if current.state != State.DRAFT:
            raise FilesClosed(
                words("%(current)s was submitted; its files stay with it.", current=current.reference or "")
            )
        _remove(RegistrationFile.objects.select_related("file").filter(registration=current, pk=attached.pk))
        left = RegistrationFile.objects.filter(vendor_id=current.vendor_id, registration=current, is_letter=True)
        if attached.is_letter and not left.exists():
            current.has_letter = False
            current.save(update_fields=["has_letter"])


def remove_all(current: Registration) -> None:
    """Take the files of a draft away that is discarded. Vendor's side."""
    _remove(RegistrationFile.objects.select_related("file").filter(vendor_id=current.vendor_id, registration=current))


def _remove(files: QuerySet[RegistrationFile]) -> None:
    for one in files:
        stored = one.file
        one.delete()
        remove_file(stored)


def files_of(registration: Registration) -> QuerySet[RegistrationFile]:
    """The files of a registration that the reader has loaded, letters first."""
    found = RegistrationFile.objects.filter(vendor_id=registration.vendor_id, registration=registration)
    return found.order_by("-is_letter", "added_at", "id")


def file_of(registration: Registration, key: UUID) -> RegistrationFile:
    """One of them. Raises RegistrationNotFound."""
    found = files_of(registration).filter(pk=key).first()
    if found is None:
        raise RegistrationNotFound(words("There is no such file here."))
    return found


def content_for_vendor(attached: RegistrationFile, actor: Actor) -> StoredFile:
    """The stored file, for the vendor's people. Raises NotAllowed."""
    actor.require(Permission.VIEW_DEALS)
    return StoredFile.objects.get(vendor_id=attached.vendor_id, pk=attached.file_id)


def content_for_partner(attached: RegistrationFile, partnership: Partnership, actor: Actor) -> StoredFile:
    """The stored file, for the partner whose registration it is. Raises NotAllowed, RegistrationNotFound."""
    with on_vendor_side(partnership, actor) as vendor_id:
        return StoredFile.objects.get(vendor_id=vendor_id, pk=attached.file_id)


def attach_all(
    uploads: Sequence[tuple[Upload, bool]], *, registration: Registration, partnership: Partnership, actor: Actor,
    at: datetime,
) -> None:  # fmt: skip
    """Put the files of a form (with whether each is the letter) beside a registration. Raises as `attach_file`."""
    for upload, is_letter in uploads:
        attach_file(
            registration=registration, partnership=partnership, actor=actor, upload=upload, at=at, is_letter=is_letter
        )
