"""Counters for Prometheus and the answers to `/healthz` and `/readyz`."""

from __future__ import annotations

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
    """The process can serve: the database answers, as the right role, with every migration."""
    from comity.platform.checks import readiness

    findings = readiness(connections["default"])
    return JsonResponse({"ready": not findings, "problems": findings}, status=503 if findings else 200)


def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus; only from this machine, a proxy must not pass it on."""
    if request.META.get("REMOTE_ADDR") not in ("127.0.0.1", "::1", "", None):
        return HttpResponse(status=404)
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)
