"""Every address of the installation."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, URLResolver, include, path
from django.urls.resolvers import RoutePattern

from comity.platform import telemetry


class OnDemand(URLResolver):
    """Addresses in a namespace of their own that are loaded by the first request to one of them, or by a reverse.

    A reverse of any other name asks every resolver for its names; those in a namespace are not among them.
    """

    def _populate(self) -> None:
        if "urlconf_module" in self.__dict__:
            super()._populate()


API: Final = "comity.api.urls"
urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", telemetry.healthz, name="healthz"),
    path("readyz", telemetry.readyz, name="readyz"),
    path("metrics", telemetry.metrics, name="prometheus"),
    path("accounts/", include("allauth.urls")),
    OnDemand(RoutePattern("api/v1/"), API, app_name="api", namespace="api"),  # a third of the time to load all pages
    path("", include("comity.web.urls")),
]
