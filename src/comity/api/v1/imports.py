"""Imports: an export uploaded and handed to a worker, its progress, and the rows it could not take."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header
from ninja import File, Form, Query, Router, UploadedFile
from ninja.responses import Status as Reply
from pydantic import Field

from comity.api.fields import Input, Output
from comity.api.paging import ListQuery, Page, StrictQuery, page_of
from comity.api.tokens import IMPORT
from comity.api.v1.lookups import import_of, named_import, named_program, program_of
from comity.connectors.exporting import files_with_rejects, head_of_rejects, part_of_rejects
from comity.connectors.files import shipped_mappings
from comity.connectors.models import ImportRun, RunState
from comity.connectors.uploads import (
    LONGEST_MAPPING,
    OwnMapping,
    imports_visible_to,
    receive_export,
    start_import,
)
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Invalid, NotFound
from comity.platform.tenancy import tenant

router = Router(tags=["Imports"])
CSV: Final = "text/csv; charset=utf-8"


class Progress(Output):
    """How far the reading is, in bytes, and what the worker is at."""

    bytes_read: int
    bytes_total: int
    step: str


class FileRejects(Output):
    """How many rows of a file were not taken."""

    file: str
    rows: int


class ImportOut(Output):
    """One import: from what, how far, with what result."""

    id: UUID
    program_id: UUID
    state: RunState
    mapping: str
    source_name: str
    strict: bool
    dry_run: bool
    corrects_id: UUID | None
    progress: Progress
    counts: Annotated[dict[str, Any], Field(description="Rows read, good and bad by file; records written by kind.")]
    ignored_files: list[str]
    kept_edits: Annotated[list[Any], Field(description="What a person has set since, left as it is.")]
    notes: list[Any]
    problem: str
    created_at: datetime
    finished_at: datetime | None


class ImportInFull(ImportOut):
    """An import with the files that have rejected rows."""

    rejects: list[FileRejects]


class ImportPage(Page[ImportOut]):
    """Imports."""


class Mappings(Output):
    """The mappings that come with Comity."""

    items: list[str]


class ImportQuery(ListQuery):
    """The list of imports of one program."""

    program: UUID
    state: RunState | None = None


class RejectsQuery(StrictQuery):
    """Whose rejects."""

    file: Annotated[str | None, Field(max_length=255, description="Needed where several files have rejects.")] = None


class NewImport(Input):
    """Into which program, read how."""

    program_id: UUID
    mapping: Annotated[
        str, Field(max_length=120, description="Name of a shipped mapping; left out: the one that fits best.")
    ] = ""
    strict: Annotated[bool, Field(description="Import nothing if any row is bad.")] = False
    dry_run: Annotated[bool, Field(description="Say what would change, and change nothing.")] = False
    corrects_id: Annotated[UUID | None, Field(description="The import whose rejects come back corrected.")] = None


@router.get("/imports/mappings", response=Mappings, auth=IMPORT, summary="List mappings")
def list_mappings(request: Any) -> Any:
    """The mappings that come with Comity; one of your own is uploaded with the export. Needs “import data”."""
    request.actor.require(Permission.IMPORT_DATA)
    return Mappings(items=list(shipped_mappings()))


@router.get("/imports", response=ImportPage, auth=IMPORT, summary="List imports")
def list_imports(request: Any, query: Query[ImportQuery]) -> Any:
    """The imports of a program, newest first. Needs “import data”."""
    program = program_of(request.actor, query.program)
    found = imports_visible_to(request.actor, program)
    if query.state is not None:
        found = found.filter(state=query.state)
    return page_of(request, found, query, _show, newest_first=True)


@router.post("/imports", response={202: ImportInFull}, auth=IMPORT, summary="Import an export")
def add_import(
    request: Any,
    response: HttpResponse,
    new: Form[NewImport],
    files: list[UploadedFile] = File(..., description="The files of one export."),  # noqa: B008
    own_mapping: UploadedFile | None = File(None, description="A mapping of your own, in TOML."),  # noqa: B008
) -> Any:
    """Upload the files of an export; a worker imports them. Ask for the import to see how far it is."""
    actor: Actor = request.actor
    actor.require(Permission.IMPORT_DATA)
    program = named_program(actor, new.program_id)
    draft = receive_export(
        program=program,
        actor=actor,
        uploads=files,
        mapping=new.mapping,
        own_mapping=_own(own_mapping),
        corrects=named_import(actor, program, new.corrects_id),
    )
    started = start_import(record=draft, actor=actor, strict=new.strict, dry_run=new.dry_run)
    response["Location"] = f"/api/v1/imports/{started.pk}"
    return Reply(202, show_import(started))


@router.get("/imports/{uuid:import_id}", response=ImportInFull, auth=IMPORT, summary="Read an import")
def read_import(request: Any, import_id: UUID) -> Any:
    """How far the import is, and what came of it."""
    return show_import(import_of(request.actor, import_id))


@router.get(
    "/imports/{uuid:import_id}/rejects",
    response={200: None},
    auth=IMPORT,
    summary="Download the rows that were not taken",
    openapi_extra={"responses": {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}},
)
def download_rejects(request: Any, import_id: UUID, query: Query[RejectsQuery]) -> StreamingHttpResponse:
    """The rejected rows of one file as CSV, in its own columns with the reason: correct them and import them again."""
    record = import_of(request.actor, import_id)
    names = [name for name, _ in files_with_rejects(record)]
    if query.file is None and len(names) > 1:
        raise Invalid("Several files have rejects.", fields={"file": f"One of {', '.join(names)}."})
    name = query.file if query.file is not None else next(iter(names), None)
    if name not in names:
        raise NotFound("There are no rejects of such a file.")
    answer = StreamingHttpResponse(_lines(record, name), content_type=CSV)
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=f"rejects {name}")
    return answer


def _own(upload: UploadedFile | None) -> OwnMapping | None:
    """The mapping sent along; of one that is far too long no more than shows it."""
    if upload is None:
        return None
    return OwnMapping(upload.name or "mapping.toml", next(upload.chunks(LONGEST_MAPPING + 1), b""))


async def _lines(record: ImportRun, name: str) -> AsyncIterator[str]:
    """The file part by part, each in a transaction of its own: the request's is over when the body is sent."""

    def part(after: int) -> tuple[str, int | None]:
        with tenant(organization_id=record.vendor_id, door="api"):
            return part_of_rejects(record, name, after)

    yield head_of_rejects(record, name)
    after: int | None = 0
    while after is not None:
        text, after = await sync_to_async(part)(after)
        yield text


def _facts(record: ImportRun) -> dict[str, Any]:
    own = ImportOut.model_fields.keys() - {"progress"}
    progress = Progress(bytes_read=record.bytes_read, bytes_total=record.bytes_total, step=record.step)
    return {**{name: getattr(record, name) for name in own}, "progress": progress}


def _show(record: ImportRun) -> ImportOut:
    return ImportOut(**_facts(record))


def show_import(record: ImportRun) -> ImportInFull:
    """An import with the files that have rejected rows."""
    rejects = [FileRejects(file=name, rows=rows) for name, rows in files_with_rejects(record)]
    return ImportInFull(**_facts(record), rejects=rejects)
