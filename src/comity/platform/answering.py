"""One transaction a request, under the caller's identity; whatever the view wrote is undone when it refuses.

A view's exception never reaches a middleware (Django turns it into a response first), so the status decides: 400 and
above roll back unless the view says otherwise with `keep_writes(response)`. Pages and API share this.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from comity.platform.tenancy import tenant


def keep_writes[Response: HttpResponseBase](response: Response) -> Response:
    """Mark a response of status 400 or above whose writes must stay."""
    response.keep_writes = True  # type: ignore[attr-defined]
    return response


def answer_as(
    answer: Callable[[], HttpResponse],
    *,
    door: str,
    person_id: UUID | None,
    organization_id: UUID | None = None,
) -> HttpResponse:
    """Call `answer` in a transaction of this person (and organization), and render what it left to be rendered."""
    try:
        with tenant(organization_id=organization_id, person_id=person_id, door=door):
            response = answer()
            if hasattr(response, "render") and not getattr(response, "is_rendered", True):
                response = response.render()
            if response.status_code >= 400 and not getattr(response, "keep_writes", False):
                raise _Refused(response)
    except _Refused as refused:
        return refused.response
    return response


class _Refused(Exception):
    """Carries a refusal out of the transaction, which is rolled back on its way."""

    def __init__(self, response: HttpResponse) -> None:
        self.response = response
