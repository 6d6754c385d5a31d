"""Exports that stream: part by part, each under a tenant transaction of its own.

The request's transaction is over before the first byte of a streamed body is asked for, so a body that queried in it
would be empty. The parts are read asynchronously, in the request's own thread.
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Final
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse

from comity.platform.tenancy import tenant

Rows = Iterable[Sequence[object]]
Part = Callable[[str], tuple[Rows, str | None]]
"""Gives the rows behind a mark ("" at the start) and the mark of the next part, None after the last."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def stream_csv(
    *, organization_id: UUID, person_id: UUID, filename: str, header: Sequence[str], part: Part
) -> StreamingHttpResponse:
    """Answer with a CSV (UTF-8 with a byte-order mark, for spreadsheets) that is written while it is read."""

    @sync_to_async
    def next_part(mark: str) -> tuple[str, str | None]:
        with tenant(organization_id=organization_id, person_id=person_id, door="export"):
            rows, following = part(mark)
            return as_csv(rows), following

    async def body() -> AsyncIterator[bytes]:
        yield b"\xef\xbb\xbf" + as_csv([header]).encode()
        mark: str | None = ""
        while mark is not None:
            text, mark = await next_part(mark)
            yield text.encode()

    response = StreamingHttpResponse(body(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def as_csv(rows: Rows) -> str:
    """Rows as CSV lines; a text that a spreadsheet would take for a formula is marked as text."""
    out = io.StringIO()
    csv.writer(out).writerows([[plain_cell(cell) for cell in row] for row in rows])
    return out.getvalue()


def plain_cell(cell: object) -> str:
    """What stands in a cell."""
    if cell is None:
        return ""
    text = str(cell)
    return f"'{text}" if isinstance(cell, str) and text.startswith(_FORMULA) else text
