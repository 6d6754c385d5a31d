"""What every request gets before anything else: a name of its own, in the logs and in the answer."""

from __future__ import annotations

import datetime
import secrets
import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

log = structlog.get_logger(__name__)
Answer = Callable[[HttpRequest], HttpResponse]


class ReceivedRequest(HttpRequest):
    """A request as pages get it: with its name and when it came in."""

    request_id: str
    received_at: datetime.datetime


class RequestIdentity:
    """Names the request, stamps when it came in, and logs how it went."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        from comity.platform.telemetry import REQUESTS

        name = secrets.token_hex(8)
        request.request_id = name  # type: ignore[attr-defined]
        request.received_at = timezone.now()  # type: ignore[attr-defined]
        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request=name):
            response = self.get_response(request)
            seconds = time.perf_counter() - started
            match = request.resolver_match
            route = match.route if match else "unmatched"
            REQUESTS.labels(request.method or "", route, str(response.status_code)).observe(seconds)
            log.info(
                "request",
                method=request.method,
                route=route,
                status=response.status_code,
                milliseconds=round(seconds * 1000, 1),
            )
        response.headers["X-Request-Id"] = name
        return response
