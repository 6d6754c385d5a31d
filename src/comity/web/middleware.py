"""One transaction a request, under the person's identity; whatever the view wrote is undone when it refuses.

The view's exception never reaches a middleware (Django turns it into a response first), so the status decides: 400 and
above roll back unless the view says otherwise with `keep_writes(response)`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from comity.identity.models import Person
from comity.kernel.errors import DomainError
from comity.platform.tenancy import tenant

# Sign-in has no tenant yet and keeps its counters whatever comes; assets and health touch no data. The API opens its
# own transaction, since a token, not a session, says who calls.
WITHOUT_TENANT: Final = ("/accounts/", "/assets/", "/healthz", "/readyz", "/metrics", "/api/")


def keep_writes[Response: HttpResponseBase](response: Response) -> Response:
    """Mark a response of status 400 or above whose writes must stay."""
    response.keep_writes = True  # type: ignore[attr-defined]
    return response


class Tenancy:
    """Opens the transaction and tells the database who asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request inside its transaction."""
        if request.path.startswith(WITHOUT_TENANT):
            return self.get_response(request)
        person_id = request.user.pk if isinstance(request.user, Person) else None
        with tenant(person_id=person_id, door="page"):
            response = self.get_response(request)
            if hasattr(response, "render") and not getattr(response, "is_rendered", True):
                response = response.render()
            if response.status_code >= 400 and not getattr(response, "keep_writes", False):
                transaction.set_rollback(True)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """An expected failure that no form caught becomes a page with its sentence."""
        if not isinstance(exception, DomainError) or request.path.startswith("/api/"):
            return None
        return render(request, "errors/domain.html", {"error": exception}, status=exception.status)
