"""A programme's look on every page: what the base templates show, and the answer that carries its logo."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse

from comity.platform.files import open_file
from comity.platform.models import StoredFile
from comity.programs.models import Program

A_YEAR: Final = 31_536_000


def brand_of(program: Program, door: str, place: str) -> dict[str, Any]:
    """What the base templates show of a programme's look."""
    logo = ""
    if program.logo_id:
        logo = reverse(f"{door}:logo", args=[place, program.logo_id])
    return {"brand_hue": program.brand_hue, "brand_logo": logo}


def image_answer(stored: StoredFile, file_id: UUID) -> HttpResponse:
    """A small image, shown by the browser; nothing in it can run."""
    if stored.pk != file_id:
        raise Http404("No such logo.")
    with open_file(stored) as content:
        answer = HttpResponse(content.read(), content_type=stored.media_type)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = f"private, max-age={A_YEAR}, immutable"
    return answer
