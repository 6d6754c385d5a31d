"""Every address of the installation."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from comity.platform import telemetry

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", telemetry.healthz, name="healthz"),
    path("readyz", telemetry.readyz, name="readyz"),
    path("metrics", telemetry.metrics, name="prometheus"),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("comity.api.urls")),
    path("", include("comity.web.urls")),
]
