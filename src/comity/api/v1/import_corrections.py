"""Rows that an import could not take: read with their cells, set right, and imported again."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router
from ninja.responses import Status as Reply
from pydantic import Field

from comity.api.fields import Input, Output
from comity.api.paging import ListQuery, Page, page_of
from comity.api.tokens import IMPORT
from comity.api.v1.imports import ImportInFull, show_import
from comity.api.v1.lookups import import_of
from comity.connectors.corrections import correct_rows, import_corrected, rejects_of
from comity.connectors.exporting import files_with_rejects, header_of
from comity.connectors.models import ImportRun, Reject
from comity.kernel.errors import Invalid, NotFound

router = Router(tags=["Imports"])
Cells = Annotated[list[str], Field(max_length=2_000, description="One for each column of the file, in its order.")]


class RejectOut(Output):
    """One row that was not taken: where it stands, why, its cells, and the cells as somebody set them right."""

    id: UUID
    line: int
    column: str
    value: str
    reason: str
    columns: Annotated[list[str], Field(description="The head of the file, which names the cells.")]
    cells: list[str]
    corrected: Annotated[list[str] | None, Field(description="Null: nobody has set it right.")]
    is_cut: Annotated[bool, Field(description="Too long to be kept whole: it is corrected in the file only.")]


class RejectPage(Page[RejectOut]):
    """Rows that were not taken."""


class RejectRowsQuery(ListQuery):
    """The rows of one file."""

    file: Annotated[str, Field(max_length=255)]


class CorrectedRow(Input):
    """A row as it should have been; one that is sent as it stood counts as not corrected."""

    id: UUID
    cells: Cells


class CorrectedRows(Input):
    """Rows to keep as sent; nothing is imported yet."""

    rows: Annotated[list[CorrectedRow], Field(min_length=1, max_length=200)]


class RowsKept(Output):
    """How many rows differ from what was kept before."""

    changed: int


@router.get(
    "/imports/{uuid:import_id}/rejects/rows",
    response=RejectPage,
    auth=IMPORT,
    summary="List the rows that were not taken",
)
def list_rejected_rows(request: Any, import_id: UUID, query: Query[RejectRowsQuery]) -> Any:
    """The rejected rows of one file, each with its cells. Needs “import data”."""
    record = import_of(request.actor, import_id)
    if query.file not in {name for name, _rows in files_with_rejects(record)}:
        raise NotFound("There are no rejects of such a file.")
    columns = list(header_of(record, query.file).columns)
    return page_of(request, rejects_of(record, query.file), query, lambda reject: _show(reject, columns))


@router.patch("/imports/{uuid:import_id}/rejects/rows", response=RowsKept, auth=IMPORT, summary="Set rows right")
def correct_rejected_rows(request: Any, import_id: UUID, given: CorrectedRows) -> Any:
    """Keep rows as they should have been, all of them or none; “corrected” imports them. Needs “import data”."""
    record = import_of(request.actor, import_id)
    rows = {row.id: row.cells for row in given.rows}
    _require_known(record, set(rows))
    return RowsKept(changed=correct_rows(record=record, actor=request.actor, rows=rows))


@router.post(
    "/imports/{uuid:import_id}/corrected", response={202: ImportInFull}, auth=IMPORT, summary="Import corrected rows"
)
def import_corrected_rows(request: Any, import_id: UUID, response: HttpResponse) -> Any:
    """Import every row that was not taken again, as set right so far, through the same mapping. Needs “import data”."""
    begun = import_corrected(record=import_of(request.actor, import_id), actor=request.actor)
    response["Location"] = f"/api/v1/imports/{begun.pk}"
    return Reply(202, show_import(begun))


def _require_known(record: ImportRun, wanted: set[UUID]) -> None:
    known = set(
        Reject.objects.filter(vendor_id=record.vendor_id, run=record, pk__in=wanted).values_list("pk", flat=True)
    )
    if missing := wanted - known:
        named = ", ".join(sorted(str(key) for key in missing)[:3])
        raise Invalid("Nothing was kept.", fields={"rows": f"This import rejected no such row: {named}."})


def _show(reject: Reject, columns: list[str]) -> RejectOut:
    return RejectOut(
        id=reject.pk,
        line=reject.line,
        column=reject.column,
        value=reject.value,
        reason=reject.reason,
        columns=columns,
        cells=reject.raw,
        corrected=reject.corrected,
        is_cut=reject.is_cut,
    )
