"""Every page runs in one transaction, under the person's identity (see `platform.answering`), in their language."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from allauth.account.adapter import get_adapter
from allauth.usersessions.middleware import UserSessionsMiddleware
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation

from comity.identity.models import Person
from comity.kernel.errors import DomainError
from comity.platform.answering import answer_as
from comity.platform.languages import ENGLISH, supported

# Sign-in has no tenant yet and keeps its counters whatever comes; assets and health touch no data. The API opens its
# own transaction, since a token, not a session, says who calls.
WITHOUT_TENANT: Final = ("/accounts/", "/assets/", "/healthz", "/readyz", "/metrics", "/api/")

#: What machines read stays English whatever their headers say.
FOR_MACHINES: Final = ("/api/", "/healthz", "/readyz", "/metrics", "/assets/")

NOTED_EVERY: Final = 60.0
"""Seconds after which the same use of a session is noted again."""
NOTED_AT_MOST: Final = 10_000


class Language:
    """Speaks to a person who is signed in in their own language and by their own clock; before, as the browser asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Choose the language, answer, and give the clock of this thread back."""
        if request.path.startswith(FOR_MACHINES):
            translation.activate(ENGLISH)
            return self.get_response(request)
        if not isinstance(request.user, Person):
            return self.get_response(request)
        translation.activate(supported(request.user.language))
        request.LANGUAGE_CODE = translation.get_language()
        try:
            clock = ZoneInfo(request.user.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            clock = ZoneInfo("UTC")
        with timezone.override(clock):
            return self.get_response(request)


class LastSeen:
    """Notes when and from where a session was last used: at once from a new place, else once a minute.

    allauth's own would write, and wait for the disk, for each page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._noting = UserSessionsMiddleware(get_response)
        self._noted: dict[tuple[str, ...], float] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Note it unless it was noted a moment ago, and answer."""
        if not isinstance(request.user, Person):
            return self.get_response(request)
        address = get_adapter().get_client_ip(request)
        use = (str(request.session.session_key), str(address), request.headers.get("User-Agent", ""))
        now = time.monotonic()
        is_shown = request.path.startswith("/accounts/")  # the list of sessions stands there
        if not is_shown and now - self._noted.get(use, -NOTED_EVERY) < NOTED_EVERY:
            return self.get_response(request)
        if len(self._noted) >= NOTED_AT_MOST:
            self._noted.clear()
        self._noted[use] = now
        answer: HttpResponse = self._noting(request)
        return answer


class Tenancy:
    """Opens the transaction and tells the database who asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request inside its transaction."""
        if request.path.startswith(WITHOUT_TENANT):
            return self.get_response(request)
        person_id = request.user.pk if isinstance(request.user, Person) else None
        return answer_as(lambda: self.get_response(request), door="page", person_id=person_id)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """An expected failure that no form caught becomes a page with its sentence."""
        if not isinstance(exception, DomainError) or request.path.startswith("/api/"):
            return None
        return render(request, "errors/domain.html", {"error": exception}, status=exception.status)
