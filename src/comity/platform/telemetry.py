"""Counters for Prometheus and the answers to `/healthz` and `/readyz`."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, Histogram, generate_latest

REQUESTS = Histogram(
    "comity_request_seconds",
    "Time to answer a request, by route.",
    ["method", "route", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10),
)


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """The process can serve: the database answers, as the right role, with every migration. Why not is told locally."""
    from comity.platform.checks import readiness

    findings = readiness(connections["default"])
    answer = {"ready": not findings, **({"problems": findings} if is_local(request) else {})}
    return JsonResponse(answer, status=503 if findings else 200)


def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus, to whoever asks on this machine or shows the secret of COMITY_METRICS_TOKEN."""
    secret = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not is_local(request) and not (secret and secrets.compare_digest(given.encode(), secret.encode())):
        return HttpResponse(status=404)
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def is_local(request: HttpRequest) -> bool:
    """Whether the request was made on this machine, rather than handed on by a proxy on it."""
    handed_on = any(request.headers.get(name) for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"))
    return not handed_on and request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1", "", None)
