"""Answers that carry a stored file: always as a download, never shown by the browser as part of our pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from comity.platform.files import open_file
from comity.platform.models import StoredFile

PIECE_BYTES: Final = 256 * 1024


def download(stored: StoredFile) -> StreamingHttpResponse:
    """Send a file piece by piece; loading `stored` through a query is the permission check. Raises FileGone."""
    opened = open_file(stored)
    read = sync_to_async(opened.read)

    async def body() -> AsyncIterator[bytes]:
        # Asynchronously: of an ordinary iterator the server would first put the whole file into memory.
        with opened:
            while piece := await read(PIECE_BYTES):
                yield piece

    response = StreamingHttpResponse(body(), content_type=stored.media_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=stored.name)
    response["Content-Length"] = str(stored.size)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response
