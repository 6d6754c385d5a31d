"""Imports by upload: files are kept, looked at, and only then imported, by a job under their own tenant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import QuerySet
from procrastinate.contrib.django import app

from comity.connectors import files
from comity.connectors.models import ImportFile, ImportRun, KeptMapping, Reject, RunState
from comity.connectors.services import begin_run
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.words import words
from comity.platform.file_types import CSV
from comity.platform.files import FileGone, Upload, path_of, plain_name, remove_file, store_file
from comity.programs.models import Program

log = structlog.get_logger(__name__)

PURPOSE: Final = "import"
RUN_IMPORT: Final = "run_import"
"""The job of `tasks.py`, which knows this module; so it is called by its name."""
MOST_FILES: Final = 50
LONGEST_MAPPING: Final = 200_000
"""Bytes."""
_SECOND_DOWNLOAD: Final = re.compile(r" ?\(\d+\)(?=\.[^.]+$)")
"""What browsers add to the name of a file that they have downloaded before."""


class NoMappingFits(Invalid):
    """No shipped mapping knows these columns. Nothing was kept."""

    code, title = "no_mapping_fits", words("No mapping fits these files")


class ImportStarted(Conflict):
    """The import has begun, or is over: it can neither be changed nor begun again."""

    code, title = "import_started", words("This import has begun already")


@dataclass(frozen=True)
class OwnMapping:
    """A mapping file of somebody's own: its name and its bytes."""

    name: str
    content: bytes


def imports_visible_to(actor: Actor, program: Program) -> QuerySet[ImportRun]:
    """The imports of a program, newest first. Raises NotAllowed."""
    actor.require(Permission.IMPORT_DATA)
    return ImportRun.objects.filter(vendor_id=actor.organization_id, program=program).order_by("-created_at", "-id")


@transaction.atomic
def receive_export(
    *,
    program: Program,
    actor: Actor,
    uploads: Sequence[Upload],
    mapping: str = "",
    own_mapping: OwnMapping | None = None,
    corrects: ImportRun | None = None,
    outlined: bool = False,
) -> ImportRun:
    """Keep the files of an export and choose its mapping: the one named, one's own, or the one that fits best.

    Where none fits, it is refused, or `outlined`: a first mapping is guessed by the headings, to be corrected. Nothing
    is read into the program yet. Raises NotAllowed, Invalid, NoMappingFits, MappingInvalid, FileTooLarge,
    FileTypeRefused.
    """
    actor.require(Permission.IMPORT_DATA)
    if not 1 <= len(uploads) <= MOST_FILES:
        raise Invalid(
            words("Choose the files of the export first, %(most_files)s at most.", most_files=MOST_FILES),
            fields={"files": words("Choose files.")},
        )
    names = _names(uploads)
    if corrects is not None and not (mapping or own_mapping):
        mapping, own_mapping = _mapping_used(corrects)
    chosen = _chosen(program, mapping, own_mapping)
    record = begin_run(
        program=program, mapping=chosen.mapping, source_name=", ".join(names), actor=actor, mapping_text=chosen.text,
        state=RunState.DRAFT,
    )  # fmt: skip
    _keep(record, dict(zip(names, uploads, strict=True)), actor)
    if corrects is not None:
        record.corrects_id = corrects.pk
    if not (mapping or own_mapping):
        record.mapping, record.mapping_text = _fitting(record, outlined)
    record.save(update_fields=["mapping", "mapping_text", "corrects_id"])
    return record


def _mapping_used(record: ImportRun) -> tuple[str, OwnMapping | None]:
    """The mapping of an earlier import, to be used again."""
    own = OwnMapping(record.mapping, record.mapping_text.encode()) if record.mapping_text else None
    return record.mapping, own


def _keep(record: ImportRun, uploads: Mapping[str, Upload], actor: Actor) -> None:
    for name, upload in uploads.items():
        stored = store_file(
            vendor_id=record.vendor_id, upload=upload, purpose=PURPOSE, allowed={CSV}, uploaded_by_id=actor.person_id
        )
        ImportFile.objects.create(vendor_id=record.vendor_id, run=record, stored=stored, name=name)


def _names(uploads: Sequence[Upload]) -> list[str]:
    """The names the files had where they came from. Raises Invalid when two are called the same."""
    names = [_SECOND_DOWNLOAD.sub("", plain_name(upload.name or "file")) for upload in uploads]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Invalid(
            words("Several files are called %(listed)s; rename or leave out all but one.", listed=tuple(twice)),
            fields={"files": words("Every file needs a name of its own.")},
        )
    return names


def _mapping_text(own: OwnMapping | None) -> str:
    if own is None:
        return ""
    if len(own.content) > LONGEST_MAPPING:
        raise files.MappingInvalid(words("%(own)s is far larger than a mapping.", own=own.name), mapping=own.name)
    try:
        return own.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise files.MappingInvalid(
            words("%(own)s is not UTF-8 text; save it as UTF-8.", own=own.name), mapping=own.name
        ) from None


@dataclass(frozen=True)
class _Chosen:
    """A mapping, and its text where it does not come with Comity."""

    mapping: files.Mapping
    text: str


def _chosen(program: Program, name: str, own: OwnMapping | None) -> _Chosen:
    """One's own file, the programme's own mapping of this name, or a shipped one; never a path of the server."""
    if own is not None:
        text = _mapping_text(own)
        return _Chosen(files.parse_mapping(text, name=plain_name(own.name or "mapping.toml")), text)
    kept = KeptMapping.objects.filter(vendor_id=program.vendor_id, program=program, name=name).first() if name else None
    if kept is not None:
        return _Chosen(files.parse_mapping(kept.text, name=kept.name), kept.text)
    return _Chosen(_known(name), "")


def _known(name: str) -> files.Mapping:
    """A shipped mapping. Raises MappingInvalid."""
    shipped = files.shipped_mappings()
    if name and name not in shipped:
        raise files.MappingInvalid(
            words("There is no mapping “%(name)s”; choose one of %(listed)s.", name=name, listed=tuple(shipped)),
            mapping=name,
        )
    return files.load_mapping(name or next(iter(shipped)))


def _fitting(record: ImportRun, outlined: bool) -> tuple[str, str]:
    """Name and own text of the mapping that fits best: the programme's own, or a shipped one, or an outline."""
    kept = {
        one.name: one.text for one in KeptMapping.objects.filter(vendor_id=record.vendor_id, program=record.program)
    }
    paths = paths_of(record)
    guesses = files.guess_mapping(paths, list(readable_mappings(kept).values()))
    if guesses:
        return guesses[0].name, kept.get(guesses[0].name, "")
    samples = files.read_samples(paths) if outlined else []
    if samples:
        return files.OUTLINE, files.write_toml(files.outline(samples))
    raise NoMappingFits(
        words(
            "No mapping that comes with Comity knows the columns of these files. Choose one to see "
            "what it misses, or upload a mapping of your own (docs/reference/mappings.md)."
        )
    )


def readable_mappings(kept: Mapping[str, str]) -> dict[str, files.Mapping]:
    """Kept mappings by name, but for those that this version of Comity cannot read any more: the page of imports names
    them, and the log."""
    found = {}
    for name, text in kept.items():
        try:
            found[name] = files.parse_mapping(text, name=name)
        except files.MappingInvalid as problem:
            log.warning("kept_mapping_unreadable", mapping=name, problem=problem.message)
    return found


def paths_of(record: ImportRun) -> dict[str, Path]:
    """The uploaded files by name. Raises FileGone."""
    found = ImportFile.objects.filter(vendor_id=record.vendor_id, run=record).order_by("name")
    paths = {one.name: path_of(one.vendor_id, one.stored_id) for one in found}
    gone = [name for name, path in paths.items() if not path.is_file()]
    if gone:
        raise FileGone(words("The content of %(listed)s is missing; upload the export again.", listed=tuple(gone)))
    return paths


def corrected_by(record: ImportRun) -> ImportRun | None:
    """The import whose bad rows this one brings back."""
    if record.corrects_id is None:
        return None
    runs = ImportRun.objects.filter(vendor_id=record.vendor_id, program_id=record.program_id)
    return runs.filter(pk=record.corrects_id).first()


def paths_beside(record: ImportRun) -> Mapping[str, Path]:
    """The files of the import that this one corrects, in which lookups may find what a file of rejects lacks."""
    found: dict[str, Path] = {}
    seen: set[UUID] = set()
    earlier = corrected_by(record)
    while earlier is not None and earlier.pk not in seen:
        seen.add(earlier.pk)
        for one in ImportFile.objects.filter(vendor_id=record.vendor_id, run=earlier):
            found[one.name] = path_of(one.vendor_id, one.stored_id)  # the first export had all of the file
        earlier = corrected_by(earlier)
    return {name: path for name, path in found.items() if path.is_file()}


def mapping_of(record: ImportRun) -> files.Mapping:
    """The mapping that the run uses. Raises MappingInvalid."""
    if record.mapping_text:
        return files.parse_mapping(record.mapping_text, name=record.mapping)
    return _known(record.mapping)


@transaction.atomic
def choose_mapping(
    *, record: ImportRun, actor: Actor, mapping: str, own_mapping: OwnMapping | None = None
) -> ImportRun:
    """Read the files another way. Raises NotAllowed, ImportStarted, MappingInvalid."""
    actor.require(Permission.IMPORT_DATA)
    draft = draft_of(record)
    chosen = _chosen(draft.program, mapping, own_mapping)
    draft.mapping, draft.mapping_text = chosen.mapping.name, chosen.text
    draft.save(update_fields=["mapping", "mapping_text"])
    return draft


@transaction.atomic
def start_import(*, record: ImportRun, actor: Actor, strict: bool = False, dry_run: bool = False) -> ImportRun:
    """Hand the import to a worker. Raises NotAllowed, ImportStarted, MappingInvalid."""
    actor.require(Permission.IMPORT_DATA)
    draft = draft_of(record)
    mapping_of(draft)
    draft.state, draft.strict, draft.dry_run, draft.started_by_id = RunState.WAITING, strict, dry_run, actor.person_id
    draft.save(update_fields=["state", "strict", "dry_run", "started_by_id"])
    app.configure_task(RUN_IMPORT).defer(organization=str(draft.vendor_id), run=str(draft.pk))
    return draft


@transaction.atomic
def import_again(*, record: ImportRun, actor: Actor) -> ImportRun:
    """A new draft of the same files: after a dry run, a refusal or a failure. Raises NotAllowed, FileGone."""
    actor.require(Permission.IMPORT_DATA)
    paths_of(record)
    draft = begin_run(
        program=record.program, mapping=mapping_of(record), source_name=record.source_name, actor=actor,
        mapping_text=record.mapping_text, state=RunState.DRAFT,
    )  # fmt: skip
    ImportRun.objects.filter(vendor_id=draft.vendor_id, pk=draft.pk).update(corrects_id=record.corrects_id)
    for one in ImportFile.objects.filter(vendor_id=record.vendor_id, run=record):
        ImportFile.objects.create(vendor_id=one.vendor_id, run=draft, stored_id=one.stored_id, name=one.name)
    return draft


@transaction.atomic
def discard_draft(*, record: ImportRun, actor: Actor) -> None:
    """Forget an upload that was not imported, with its files. Raises NotAllowed, ImportStarted."""
    actor.require(Permission.IMPORT_DATA)
    draft = draft_of(record)
    for one in ImportFile.objects.filter(vendor_id=draft.vendor_id, run=draft).select_related("stored"):
        one.delete()
        if not ImportFile.objects.filter(vendor_id=draft.vendor_id, stored_id=one.stored_id).exists():
            remove_file(one.stored)
    Reject.objects.filter(vendor_id=draft.vendor_id, run=draft).delete()
    draft.delete()


def draft_of(record: ImportRun) -> ImportRun:
    """The import, locked, while it may still be changed. Raises ImportStarted."""
    current = ImportRun.objects.select_for_update(of=("self",)).get(vendor_id=record.vendor_id, pk=record.pk)
    if current.state != RunState.DRAFT:
        raise ImportStarted(words("This import was started in the meantime; see how far it is."))
    return current
